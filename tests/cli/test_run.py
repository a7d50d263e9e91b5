"""`swell run` from end to end: results, exit codes, and ways to go wrong while it runs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from swell.runs.store import StoreError, open_store
from tests.cli.conftest import Command
from tests.commands import PATIENCE, wait_for

Start = Callable[..., Command]

SHORT = ("-u", "3", "-t", "1.5s")
LONG = ("-u", "3", "-t", "10m")


def all_gone(processes: list[psutil.Process]) -> bool | None:
    """True once none of them runs."""
    alive = [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    return True if not alive else None


def test_a_passing_run(start: Start, target: str, folder: Path) -> None:
    """Summary on stdout with the verdict last, exit code 0, JSON written, record stored."""
    command = start(
        "run", "loadtest.py", "--host", target, *SHORT, "--threshold", "http_req_failed: rate < 1%", "--json", "s.json"
    )
    assert command.wait() == 0, command.err
    assert "GET /look" in command.out
    assert "PASS" in command.out.strip().splitlines()[-1]
    summary = json.loads((folder / "s.json").read_text())
    assert summary["schema"] == "swell.summary/1"
    assert summary["verdict"] == "PASS"
    assert summary["metrics"]["http_reqs"]["values"]["count"] == summary["endpoints"][0]["values"]["count"] > 0
    assert command.stored()["verdict"] == "PASS"


def test_a_failing_run(start: Start, target: str) -> None:
    """A missed threshold is exit code 1, with the measured value."""
    command = start("run", "loadtest.py", "--host", target, *SHORT, "--threshold", "http_reqs: count > 1000000")
    assert command.wait() == 1
    assert "FAIL" in command.out
    assert "http_reqs: count > 1000000" in command.out


def test_a_file_of_thresholds(start: Start, target: str, folder: Path) -> None:
    """`--thresholds FILE` judges by each line of the file."""
    (folder / "criteria.txt").write_text("# ours\nhttp_reqs: count > 0\nhttp_reqs: count > 1000000\n", encoding="utf-8")
    command = start("run", "loadtest.py", "--host", target, *SHORT, "--thresholds", "criteria.txt")
    assert command.wait() == 1
    assert "http_reqs: count > 0" in command.out
    assert "http_reqs: count > 1000000" in command.out


def test_the_files_of_a_run(start: Start, target: str, folder: Path) -> None:
    """One run writes all its files, also into folders that are not there yet."""
    files = {
        "--html": "new/report.html",
        "--junit": "new/junit.xml",
        "--markdown": "new/it.md",
        "--json": "new/it.json",
    }
    options = [word for pair in files.items() for word in pair]
    command = start("run", "loadtest.py", "--host", target, *SHORT, *options, "--out", "csv=rows.csv")
    assert command.wait() == 0, command.err
    starts = {option: (folder / path).read_text(encoding="utf-8")[:15] for option, path in files.items()}
    assert starts["--html"].lower() == "<!doctype html>"
    assert starts["--junit"].startswith("<?xml")
    assert starts["--markdown"].startswith("## ")
    assert starts["--json"].startswith("{")
    assert "http_reqs" in (folder / "rows.csv").read_text(encoding="utf-8")


def test_json_on_stdout_is_nothing_but_json(start: Start, target: str) -> None:
    """With `--json -` the table goes to stderr."""
    command = start("run", "loadtest.py", "--host", target, *SHORT, "--json", "-")
    assert command.wait() == 0
    assert json.loads(command.out)["verdict"] == "NONE"
    assert "GET /look" in command.err


def test_what_a_test_prints_never_mixes_with_results(start: Start, target: str, folder: Path) -> None:
    """Lines printed while loading and while running go to stderr."""
    text = (folder / "loadtest.py").read_text()
    (folder / "chatty.py").write_text("print('hello from the file')\n" + text + "        print('hello from a task')\n")
    command = start("run", "chatty.py", "--host", target, *SHORT, "--json", "-")
    assert command.wait() == 0, command.err
    assert json.loads(command.out)["schema"] == "swell.summary/1"
    assert "hello from the file" in command.err
    assert "hello from a task" in command.err


def test_quiet_shows_the_result_only(start: Start, target: str) -> None:
    """Nothing on stderr, the summary on stdout."""
    command = start("run", "loadtest.py", "--host", target, *SHORT, "-q")
    assert command.wait() == 0
    assert command.err == ""
    assert "GET /look" in command.out


def test_exact_arrivals_over_two_processes(start: Start, target: str, folder: Path) -> None:
    """Two workers start exactly the arrivals of the plan."""
    command = start(
        "run", "loadtest.py", "--host", target, "--rate", "40/s", "-t", "2s", "--processes", "2", "--json", "s.json"
    )
    assert command.wait() == 0, command.err
    [workload] = json.loads((folder / "s.json").read_text())["workloads"]
    assert workload["planned"] == 80
    assert workload["started"] + workload["dropped"] == 80


def test_in_a_thread(start: Start, target: str) -> None:
    """`--processes 0` runs without a child process."""
    command = start("run", "loadtest.py", "--host", target, *SHORT, "--processes", "0")
    assert command.wait() == 0, command.err
    assert "GET /look" in command.out


def test_a_target_that_is_down(start: Start, nowhere: str) -> None:
    """Said in the first seconds while the run goes on; it ends in order and fails its threshold."""
    command = start(
        "run", "loadtest.py", "--host", nowhere, "-u", "2", "-t", "4s", "--threshold", "http_req_failed: rate < 1%"
    )
    wait_for(lambda: "so far failed" in command.err or None)
    assert command.process.poll() is None
    assert command.wait() == 1
    assert nowhere in command.err
    assert "refused" in command.out


def test_an_error_in_a_task_is_shown_once_with_the_users_traceback(start: Start, target: str, folder: Path) -> None:
    """Script errors are grouped, with one example that has no frames of ours."""
    (folder / "buggy.py").write_text(
        "from swell import HttpUser, constant, task\n\n"
        "class Visitor(HttpUser):\n    wait_time = constant(0.05)\n\n"
        "    @task\n    def look(self):\n        self.client.get('/look')\n        {}['basket']\n"
    )
    command = start("run", "buggy.py", "--host", target, *SHORT)
    assert command.wait() == 0, command.err
    assert "KeyError: 'basket'" in command.out
    assert "buggy.py" in command.out
    assert "src/swell" not in command.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order(start: Start, target: str, number: int) -> None:
    """Exit code 130; summary and record are there; no worker stays."""
    command = start("run", "loadtest.py", "--host", target, *LONG)
    workers = command.workers(1)
    command.wait_until_loading()
    command.process.send_signal(number)
    assert command.wait() == 130, command.err
    assert "GET /look" in command.out
    assert "interrupted" in command.out
    assert command.stored()["interrupted"] is True
    assert wait_for(lambda: all_gone(workers))


def test_ctrl_c_reaches_the_whole_group(start: Start, target: str) -> None:
    """A terminal signals all processes of the group; workers leave it to the coordinator and end in order."""
    command = start("run", "loadtest.py", "--host", target, *LONG, "--processes", "2", start_new_session=True)
    workers = command.workers(2)
    command.wait_until_loading()
    os.killpg(command.process.pid, signal.SIGINT)
    assert command.wait() == 130, command.err
    assert "lost" not in command.err
    assert command.stored()["generator"]["lost"] == []
    assert wait_for(lambda: all_gone(workers))


def test_a_killed_worker(start: Start, target: str) -> None:
    """Reported at once, the other one goes on, the verdict says so: INVALID, exit code 3."""
    command = start(
        "run",
        "loadtest.py",
        "--host",
        target,
        "-u",
        "4",
        "-t",
        "5s",
        "--processes",
        "2",
        "--threshold",
        "http_req_failed: rate < 50%",
    )
    workers = command.workers(2)
    command.wait_until_loading()
    wait_for(lambda: all(worker.net_connections("tcp") for worker in workers) or None)
    workers[0].kill()
    wait_for(lambda: "is lost: killed by SIGKILL" in command.err or None)
    assert command.process.poll() is None
    assert command.wait() == 3, command.err
    assert "INVALID" in command.out
    assert "lost" in command.out
    assert wait_for(lambda: all_gone(workers))


def test_kill_of_the_coordinator_leaves_no_worker(start: Start, target: str) -> None:
    """Workers end when their coordinator is gone, however it went."""
    command = start("run", "loadtest.py", "--host", target, *LONG, "--processes", "2")
    workers = command.workers(2)
    command.wait_until_loading()
    command.process.kill()
    command.wait()
    assert wait_for(lambda: all_gone(workers))


def test_kill_of_the_coordinator_ends_even_a_blocked_worker(start: Start, target: str, folder: Path) -> None:
    """User code that never gives way cannot keep a worker alive (Linux: the kernel sees to it)."""
    if sys.platform != "linux":
        pytest.skip("needs PR_SET_PDEATHSIG")
    (folder / "blocked.py").write_text(
        "from swell import HttpUser, task\n\nclass Visitor(HttpUser):\n    @task\n    def look(self):\n"
        "        self.client.get('/look')\n        while True:\n            pass\n"
    )
    command = start("run", "blocked.py", "--host", target, *LONG)
    workers = command.workers(1)
    command.wait_until_loading()
    command.process.kill()
    command.wait()
    assert wait_for(lambda: all_gone(workers))


def test_a_reader_that_closes_the_pipe(start: Start, target: str) -> None:
    """A closed stdout costs the table, not the verdict."""
    reading, writing = os.pipe()
    os.close(reading)
    command = start("run", "loadtest.py", "--host", target, *SHORT, stdout=writing)
    os.close(writing)
    assert command.wait() == 0, command.err
    assert "Traceback" not in command.err
    assert "Error" not in command.err


def test_a_full_disk_behind_stdout(start: Start, target: str) -> None:
    """What cannot be printed costs a warning; the exit code stays the verdict's."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        command = start("run", "loadtest.py", "--host", target, *SHORT, stdout=full)
        assert command.wait() == 0, command.err
    assert "could not be printed" in command.err
    assert "Traceback" not in command.err


def test_a_folder_that_cannot_store(start: Start, target: str, folder: Path) -> None:
    """The run is shown and judged although its record cannot be kept."""
    (folder / ".swell").write_text("not a folder")
    command = start("run", "loadtest.py", "--host", target, *SHORT)
    assert command.wait() == 0, command.err
    assert "could not be stored" in command.err
    assert "GET /look" in command.out


def test_setup_that_fails(start: Start, target: str, folder: Path) -> None:
    """Exit code 2 with the user's traceback; no load was made."""
    text = (folder / "loadtest.py").read_text()
    (folder / "prepared.py").write_text(
        text + "\nfrom swell import setup\n\n@setup\ndef prepare():\n    raise RuntimeError('no stock')\n"
    )
    command = start("run", "prepared.py", "--host", target, *SHORT)
    assert command.wait() == 2
    assert "RuntimeError: no stock" in command.err
    assert "prepared.py" in command.err
    assert "src/swell" not in command.err


def test_secrets_stay_out_of_the_store(start: Start, target: str, folder: Path) -> None:
    """Secrets in the environment, in URLs, headers and bodies are nowhere in the files of the store."""
    (folder / "secret.py").write_text(
        "from swell import HttpUser, task\n"
        "class Visitor(HttpUser):\n"
        "    @task\n"
        "    def look(self):\n"
        "        self.client.get('/none?token=hunter3', headers={'Authorization': 'Bearer hunter4hunter4'})\n"
        "        self.client.post('/none', json={'password': 'hunter5'}, cookies={'session': 'hunter6'})\n"
    )
    command = start("run", "secret.py", "--host", target, *SHORT, "-e", "API_TOKEN=hunter2", "-e", "STAGE=blue")
    assert command.wait() == 0, command.err
    stored = b"".join(path.read_bytes() for path in (folder / ".swell").iterdir())
    assert b"hunter" not in stored
    assert b"STAGE=blue" in stored
    assert "hunter" not in command.out


def test_a_killed_run_is_stored(start: Start, target: str, folder: Path) -> None:
    """SIGKILL of the coordinator leaves the run in the store, up to its last second, marked as cut off."""
    command = start("run", "loadtest.py", "--host", target, "-u", "2", "-t", "60s")

    def seconds() -> float | None:
        try:
            with (
                contextlib.closing(open_store(str(folder / ".swell" / "runs.db"))) as store,
                store.metrics(store.find("last")) as metrics,
            ):
                return metrics.seconds if metrics.seconds >= 2 else None
        except StoreError:
            return None

    wait_for(seconds)
    command.ps.kill()
    command.wait()
    with contextlib.closing(open_store(str(folder / ".swell" / "runs.db"))) as store:
        found = store.find("last")
        assert not found.finished
        run = store.run(found)
    assert run.interrupted
    assert run.totals is not None
    assert run.totals.requests > 0


def test_help_is_fast() -> None:
    """The help imports nothing heavy."""
    code = (
        "import sys; from swell.cli.main import main; main(['--help']); print([m for m in HEAVY if m in sys.modules])"
    )
    heavy = ["numpy", "rich", "starlette", "asyncio", "httptools"]
    text = subprocess.run(
        [sys.executable, "-c", code.replace("HEAVY", repr(heavy))],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout
    assert text.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("check", "loadtest.py"), 0), (("run", "--help"), 0), (("--help",), 0), (("check", "--nothing"), 2)],
)
def test_a_reader_that_is_gone(start: Start, arguments: tuple[str, ...], code: int) -> None:
    """A closed pipe is no error, and says nothing; wrong use stays wrong."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = start(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert command.wait() == code
    assert "BrokenPipe" not in command.err
    assert (command.err == "") == (code == 0)


def test_a_reader_that_is_gone_changes_no_verdict(start: Start, target: str) -> None:
    """The exit code is that of the run."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = start(
            "run", "loadtest.py", "--host", target, *SHORT, "-q", "--threshold", "http_reqs: count < 1", stdout=writer
        )
    finally:
        os.close(writer)
    assert command.wait() == 1
    assert command.err == ""


def test_rows_that_run_out_end_the_test_as_planned(start: Start, target: str, folder: Path) -> None:
    """on_end="stop_test" is judged by what was measured, and told."""
    (folder / "fed.py").write_text(
        "from swell import HttpUser, constant, feeder, task\n\n"
        "rows = feeder(range(20), policy='unique', on_end='stop_test', name='accounts')\n\n"
        "class Visitor(HttpUser):\n    wait_time = constant(0.01)\n\n"
        "    @task\n    def look(self):\n        rows.next()\n        self.client.get('/look')\n"
    )
    command = start(
        "run", "fed.py", "--host", target, "-u", "2", "-t", "10m", "--threshold", "http_req_failed: rate < 1%"
    )
    assert command.wait() == 0, command.out
    assert "feeder accounts has no rows left" in command.out
    assert command.stored()["verdict"] == "PASS"


def test_a_target_that_answers_is_up(start: Start, target: str, folder: Path) -> None:
    """When all requests fail by their status, nobody asks whether the target is up; -q says the error as one."""
    (folder / "lost.py").write_text((folder / "loadtest.py").read_text().replace('"/look"', '"/broken"'))
    command = start("run", "lost.py", "--host", target, "-u", "2", "-t", "3s", "-q")
    assert command.wait() == 0, command.err
    assert command.err.startswith("error: all ")
    assert "The target answers" in command.err
    assert "Is http" not in command.err
