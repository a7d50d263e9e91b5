"""How runs end: Ctrl-C and SIGTERM, several processes, thresholds of Swell's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.locust.conftest import FILES, LOCUST, SWELL, needs_locust, run
from tests.locust.server import Server

FOREVER = """
from locust import User, constant, task
from probe import note

class Visitor(User):
    wait_time = constant(60)

    @task
    def nothing(self):
        note("task")

    def on_stop(self):
        note("on_stop")
"""


def interrupted(tool: list[str], path: Path, folder: Path, number: int) -> tuple[int, list[str]]:
    """Run until the first task, send a signal; the exit code and the lines of the trace."""
    folder.mkdir()
    trace = folder / "trace.jsonl"
    process = subprocess.Popen(
        [*tool, "-f", str(path), "--headless", "--only-summary", "-u", "1"],
        cwd=folder,
        env={**os.environ, "TRACE": str(trace), "PYTHONPATH": str(FILES)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 30
        while not (trace.exists() and '"task"' in trace.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(number)
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()
    return code, trace.read_text().splitlines()


@needs_locust
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_in_the_order_of_locust(number: int, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM: quitting comes first, then the users end, then test_stop, then quit; exit code 0."""
    path = tmp_path / "forever.py"
    path.write_text(FOREVER)
    ours = interrupted(SWELL, path, tmp_path / "swell", number)
    theirs = interrupted(LOCUST, path, tmp_path / "locust", number)
    assert ours == theirs


def test_several_processes_have_master_and_workers(server: Server, tmp_path: Path) -> None:
    """With --processes the conducting process is the master, each worker a WorkerRunner, and the users are shared."""
    path = tmp_path / "several.py"
    path.write_text(
        (FILES / "messages.py")
        .read_text()
        .replace("from locust import User,", "import probe\nfrom locust import User,")
        .replace("runner.worker_count)", "0)")
    )
    ran = run([*SWELL, "--processes", "2"], path, tmp_path / "swell", server.url, "-u", "4", "-r", "4")
    kinds = [event for event in ran.trace if event["event"] == "kinds"]
    assert sorted(event["kinds"].index(True) for event in kinds) == [1, 2, 2], ran.stderr
    assert sorted(event["index"] for event in kinds) == [-1, 0, 1]
    assert sum(event["event"] == "users" for event in ran.trace) == 4
    complete = [event["users"] for event in ran.trace if event["event"] == "spawning_complete"]
    assert complete == [4, 4, 4]
    # Each start sends a message: the master's reaches both workers, each worker's reaches the master.
    assert sum(event["event"] == "got" for event in ran.trace) == 4
    assert ran.code == 0, ran.stderr


REPORTS = """
from locust import User, constant, events, task
from probe import note

got = {"made": 0, "reported": 0}

class Visitor(User):
    wait_time = constant(0.05)

    @task
    def once(self):
        got["made"] += 1

@events.report_to_master.add_listener
def tell(client_id, data):
    data["made"], got["made"] = got["made"], 0
    note("told", n=data["made"])

@events.worker_report.add_listener
def hear(client_id, data):
    got["reported"] += data["made"]

@events.test_stop.add_listener
def show(environment):
    if not hasattr(environment.runner, "post"):
        note("heard", n=got["reported"])
"""


def test_the_last_report_of_a_worker_counts(tmp_path: Path) -> None:
    """What a test adds to `report_to_master` after the last whole interval is with the master in its `test_stop`."""
    path = tmp_path / "reports.py"
    path.write_text(REPORTS)
    ran = run([*SWELL, "--processes", "2"], path, tmp_path / "swell", "", "-u", "2", "-r", "2", "-t", "4s")
    told = [event["n"] for event in ran.trace if event["event"] == "told"]
    assert [event["n"] for event in ran.trace if event["event"] == "heard"] == [sum(told)], ran.stderr
    assert sum(told) > 0
    assert ran.code == 0, ran.stderr


@pytest.mark.parametrize(("limit", "code"), [("count > 1", 0), ("count > 1000000", 1)])
def test_thresholds_judge_a_locust_run(limit: str, code: int, server: Server, tmp_path: Path) -> None:
    """A threshold on Locust's command line makes the exit code; the file is not changed for it."""
    path = tmp_path / "some.py"
    path.write_text(
        "from locust import HttpUser, constant, task\n\n"
        "class Visitor(HttpUser):\n    wait_time = constant(0.05)\n\n"
        "    @task\n    def ok(self):\n        self.client.get('/ok')\n"
    )
    folder = tmp_path / "run"
    folder.mkdir()
    command = [*SWELL, "-f", str(path), "--headless", "-H", server.url, "-u", "2", "-r", "2", "-t", "1s"]
    done = subprocess.run(
        [*command, "--threshold", f"http_reqs: {limit}"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr


def test_arrivals_without_a_change_of_the_file(server: Server, tmp_path: Path) -> None:
    """--rate starts task runs at a rate of their own: so many in the time, whatever the users' waits say."""
    path = tmp_path / "some.py"
    path.write_text(
        "from locust import FastHttpUser, constant, task\n\n"
        "class Visitor(FastHttpUser):\n    wait_time = constant(60)\n\n"
        "    @task\n    def ok(self):\n        self.client.get('/ok')\n"
    )
    arguments = ["--headless", "-H", server.url, "--rate", "20/s", "-u", "50", "-t", "2s", "--json", "--only-summary"]
    done = subprocess.run(
        [*SWELL, "-f", str(path), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert '"num_requests": 40' in done.stdout, done.stderr
    assert done.returncode == 0


def test_a_file_that_cannot_be_loaded_exits_with_one(tmp_path: Path) -> None:
    """An error at import shows the user's own frames and exits with 1, as Locust does."""
    path = tmp_path / "broken.py"
    path.write_text("from locust import User\n\nraise RuntimeError('at import')\n")
    done = subprocess.run(
        [sys.executable, "-m", "swell", "locust", "-f", str(path), "--headless"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "RuntimeError: at import" in done.stderr
    assert "swell/dialects" not in done.stderr
