"""`swell run --web`, `--web-start` and `--web-stay`, end to end: the form, steering, history, reports, Ctrl-C."""

from __future__ import annotations

import http.client
import http.server
import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from swell.runs.store import open_store
from tests import services
from tests.web.served import served, until

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.web.conftest import Client

FILE = """
from swell import HttpUser, constant, task

class Reader(HttpUser):
    wait_time = constant(0.05)

    @task
    def read(self):
        print("password=hunter2 read")
        self.client.get("/good")
"""
JSON = {"Content_Type": "application/json"}


def swell_run(folder: Path, *options: str) -> AbstractContextManager[tuple[Client, subprocess.Popen[str]]]:
    """A run with a page, once the page answers."""
    (folder / "load.py").write_text(FILE)
    port = services.free_port()
    return served(folder, port, "/", "run", "load.py", "--web", f"127.0.0.1:{port}", "-q", *options)


def state(client: Client) -> dict[str, Any]:
    """All that the page shows now."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.request("GET", "/api/events")
    answer = connection.getresponse()
    try:
        while True:
            line = answer.readline().decode()
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
    finally:
        connection.close()


def post(client: Client, path: str, **values: Any) -> tuple[int, str]:
    """Send a form; status and message."""
    status, text, _ = client.send("POST", path, json.dumps(values), **JSON)
    return status, json.loads(text)["message"]


def stored(client: Client) -> list[dict[str, Any]]:
    """The stored runs that are over."""
    return [each for each in json.loads(client.send("GET", "/api/runs")[1])["runs"] if each["finished"]]


@pytest.mark.timeout(300)
def test_runs_from_the_form(tmp_path: Path, target: str) -> None:
    """The form starts a run, changes its users and stops it; mistakes come back; the next is another; all are kept."""
    with swell_run(tmp_path, "--web-start") as (client, process):
        assert stored(client) == []
        assert state(client)["desk"]["can_start"] is True
        status, message = post(client, "/api/start", users="many")
        assert status == 409
        assert "--users" in message
        # What only the file can say is told when it is loaded.
        assert post(client, "/api/start", users="2")[0] == 200
        until(lambda: "host" in state(client)["desk"]["trouble"])
        assert post(client, "/api/start", users="2", host=target, name="first")[0] == 200
        until(lambda: state(client).get("now", {}).get("users") == 2)
        desk = state(client)["desk"]
        assert (desk["can_start"], desk["can_steer"], desk["trouble"]) == (False, True, "")
        assert post(client, "/api/steer", users="4", spawn_rate="10")[0] == 200
        until(lambda: state(client)["now"]["users"] == 4)
        assert state(client)["desk"]["current"]["users"] == "4"
        report = until(lambda: _report(client, "/api/report-so-far.html"))
        assert "the run goes on" in report
        assert post(client, "/api/stop")[0] == 200
        until(lambda: state(client)["desk"]["downloads"])
        assert state(client)["desk"]["can_start"] is True
        assert post(client, "/api/start", users="1", host=target, duration="3s", name="second")[0] == 200
        until(lambda: len(stored(client)) == 2)
        second, first = stored(client)
        assert [first["name"], second["name"]] == ["first", "second"]
        assert second["requests"] > 0
        assert [first["users"], second["users"]] == [4, 1]
        until(lambda: state(client)["desk"]["downloads"])
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    record = _record(tmp_path, first["id"])
    assert [note for note in record["notes"] if "live page" in note] == [
        "the test ended the load: stopped on the live page",
        "the load was changed on the live page",
    ]
    assert "--users=2" in " ".join(record["command"])


@pytest.mark.timeout(300)
def test_a_page_that_stays(tmp_path: Path, target: str) -> None:
    """With --web-stay the run begins at once, secrets in what it prints are hidden, and Ctrl-C ends run and page."""
    with swell_run(tmp_path, "--web-stay", "-u", "1", "-H", target) as (client, process):
        until(lambda: state(client).get("now", {}).get("total"))
        lines = until(lambda: [text for _, level, text in state(client)["lines"] if level == "output"])
        assert "read" in lines[0]
        assert "hunter2" not in "".join(lines)
        assert post(client, "/api/start", users="1")[0] == 409
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


@pytest.mark.timeout(300)
def test_a_plain_page_steers_and_leaves_the_plan(tmp_path: Path, target: str) -> None:
    """Without a form the users can be changed too; a run that nobody changed is stored as it was planned."""
    summary = tmp_path / "summary.json"
    with swell_run(tmp_path, "-u", "2", "-r", "2", "-t", "4s", "-H", target, "--json", str(summary)) as (
        client,
        process,
    ):
        until(lambda: state(client).get("now", {}).get("total"))
        assert state(client)["desk"]["can_steer"] is True
        assert post(client, "/api/start", users="1")[0] == 409
        assert process.wait(60) == 0
    found = json.loads(summary.read_text())
    assert "changed" not in json.dumps(found)
    run = _record(tmp_path, "last")
    assert run["plan"]["workloads"][0]["profile"]["type"] == "users"


@pytest.mark.timeout(300)
def test_arrivals_are_steered(tmp_path: Path, target: str) -> None:
    """An arrival rate is changed while the run goes on: all planned arrivals of both rates start; it is stored so."""
    with swell_run(tmp_path, "--rate", "10/s", "-t", "12s", "-H", target) as (client, process):
        until(lambda: state(client).get("now", {}).get("total"))
        desk = state(client)["desk"]
        assert [field["name"] for field in desk["fields"] if field["steers"]] == ["rate"]
        assert post(client, "/api/steer", rate="fast")[0] == 409
        assert post(client, "/api/steer", rate="50/s") == (200, "")
        assert process.wait(60) == 0
    run = _record(tmp_path, "last")
    assert "the load was changed on the live page" in run["notes"]
    profile = run["plan"]["workloads"][0]["profile"]
    before, after = profile["parts"]
    [first], [last] = before["profile"]["stages"], after["profile"]["stages"]
    assert (first["duration"] + last["duration"], last["target"]) == (12.0, 50.0)
    [done] = run["workloads"]
    assert done["planned"] == first["duration"] * 10 + last["duration"] * 50
    assert done["started"] + done["dropped"] == done["planned"]


def _report(client: Client, path: str) -> str:
    status, text, headers = client.send("GET", path)
    if status != 200:
        return ""
    assert "attachment" in headers["content-disposition"]
    return text


def _record(folder: Path, ref: str) -> dict[str, Any]:
    store = open_store(str(folder / ".swell" / "runs.db"))
    try:
        return msgspec.to_builtins(store.run(store.find(ref)))
    finally:
        store.close()
