"""`swell locust` without --headless, end to end: Locust's endpoints, several runs, Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from swell.dialects.locust.page_form import PageForm, arguments_of
from swell.web.desk import Field
from tests import services
from tests.web.served import served, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.web.conftest import Client

FILE = """
import logging
from locust import HttpUser, constant, events, task

@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--word", default="x", help="A word")

class Reader(HttpUser):
    wait_time = constant(0.05)

    def on_start(self):
        print("token=abc12345 says the user")
        logging.getLogger("own").warning("says the log")

    @task
    def read(self):
        self.client.get("/" + self.environment.parsed_options.word)
"""


def swell_locust(folder: Path, *more: str) -> AbstractContextManager[tuple[Client, subprocess.Popen[str]]]:
    """`swell locust` with a page, once it answers."""
    (folder / "locustfile.py").write_text(FILE)
    port = services.free_port()
    return served(folder, port, "/stats/requests", "locust", "--web-port", str(port), "--no-store", *more)


def post(client: Client, path: str, **values: Any) -> dict[str, Any]:
    _, text, _ = client.send("POST", path, urlencode(values), Content_Type="application/x-www-form-urlencoded")
    return json.loads(text)


def stats(client: Client) -> dict[str, Any]:
    return json.loads(client.send("GET", "/stats/requests")[1])


@pytest.mark.timeout(240)
def test_runs_from_the_page(tmp_path: Path, target: str) -> None:
    """/swarm starts and changes a run, /stats/requests shows it, /stop ends it; then another; Ctrl-C ends all."""
    with swell_locust(tmp_path, "--host", target) as (client, process):
        assert stats(client)["state"] == "ready"
        assert post(client, "/swarm", user_count="none", spawn_rate=1)["success"] is False
        assert post(client, "/swarm", user_count=2, spawn_rate=2, word="good")["success"] is True
        until(lambda: stats(client)["user_count"] == 2)
        assert post(client, "/swarm", user_count=4, spawn_rate=4)["message"] == "Swarming updated"
        until(lambda: stats(client)["user_count"] == 4 and stats(client)["state"] == "running")
        found = stats(client)
        assert [row["name"] for row in found["stats"]] == ["/good", "Aggregated"]
        assert found["stats"][0]["num_requests"] > 0
        assert found["errors"] == []
        assert client.send("GET", "/stats/requests/csv")[1].startswith("Type,Name,Request Count")
        assert client.send("GET", "/exceptions")[1] == '{"exceptions":[]}'
        assert client.send("GET", "/stop", Sec_Fetch_Site="cross-site")[0] == 403
        assert client.send("GET", "/stop", Sec_Fetch_Site="same-site")[0] == 405
        assert json.loads(client.send("GET", "/stop")[1])["success"] is True
        until(lambda: stats(client)["state"] == "stopped")
        until(lambda: client.send("GET", "/stats/report")[0] == 200)
        assert post(client, "/swarm", user_count=1, spawn_rate=1)["success"] is True
        until(lambda: [error["occurrences"] > 0 for error in stats(client)["errors"]] == [True])
        assert stats(client)["stats"][0]["name"] == "/x"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 1


@pytest.mark.timeout(240)
def test_what_workers_print(tmp_path: Path, target: str) -> None:
    """Prints and log lines are on the page, without secrets and tables, and in the terminal as they came."""
    said = ""
    with swell_locust(tmp_path, "--host", target, "--processes", "2") as (client, process):
        assert post(client, "/swarm", user_count=2, spawn_rate=2, word="good")["success"] is True
        logs: Callable[[], str] = lambda: client.send("GET", "/logs")[1]  # noqa: E731 - asked several times
        until(lambda: "says the user" in logs() and "own: says the log" in logs())
        assert "abc12345" not in logs()
        assert "# reqs" not in logs()
        assert "worker 1: " in logs()
        assert client.send("GET", "/api/runs")[0] == 404
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert "token=abc12345 says the user" in said
    assert "own: says the log" in said


@pytest.mark.timeout(240)
def test_autostart_and_autoquit(tmp_path: Path, target: str) -> None:
    """The run begins at once, the page is there while it goes on, and the program ends after it."""
    more = ["--host", target, "--word", "good", "--autostart", "--autoquit", "0", "-u", "1", "-t", "3"]
    with swell_locust(tmp_path, *more) as (client, process):
        assert "<!doctype html>" in client.send("GET", "/")[1]
        assert process.wait(60) == 0


def test_the_form_as_a_command_line() -> None:
    """Values become options; empty ones leave what was typed; a value is never an option of its own."""
    fields = [Field(name="word", label=""), Field(name="flag", label="", kind="flag", value=False)]
    form = PageForm(fields=fields, flags={"word": "--word", "flag": "--flag"})
    values = {"user_count": "5", "spawn_rate": "", "host": "--headless", "word": "a b", "flag": True, "evil": "--x"}
    assert arguments_of(values, form) == ["--users=5", "--host=--headless", "--word=a b", "--flag"]
    assert arguments_of({"user_classes": ["A", "B"]}, form) == ["A", "B"]
    with pytest.raises(ValueError, match="user classes"):
        arguments_of({"user_classes": ["--logfile=/tmp/x"]}, form)
