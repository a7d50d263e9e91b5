"""Test code that goes wrong: what ends the run, what it says, and with which exit code."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.locust.conftest import LOCUST, SWELL, needs_locust

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locust.server import Server

EXITS = """
import sys
from locust import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.1)
    rounds = 0

    def on_stop(self):
        print("stopped")

    @task
    def visit(self):
        self.client.get("/ok")
        self.rounds += 1
        if self.rounds == 3:
            sys.exit({argument})
"""

SHAPE = """
from locust import LoadTestShape, User, task

class Visitor(User):
    @task
    def nothing(self):
        pass

class Shape(LoadTestShape):
    def tick(self):
        return {answer}
"""

IDLE = "from locust import User\nclass Visitor(User): ...\n"


def _run(tool: list[str], folder: Path, source: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "broken.py").write_text(source)
    command = [*tool, "-f", "broken.py", "--headless", "--only-summary", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("argument", "code"), [("4", 4), ("", 0), ("'no data'", 1)])
def test_exit_in_a_task(argument: str, code: int, server: Server, tmp_path: Path) -> None:
    """`sys.exit()` in a task ends the test with its code; users stop as always and what was measured is shown."""
    ran = _run(SWELL, tmp_path, EXITS.replace("{argument}", argument), "-H", server.url, "-t", "30s")
    assert ran.returncode == code, ran.stderr
    assert ran.stdout.split() == ["stopped"]
    assert "GET      /ok " in ran.stderr
    assert argument.strip("'") in ran.stderr
    assert "Traceback" not in ran.stderr


@needs_locust
@pytest.mark.parametrize(("argument", "code"), [("3", 3), ("0", 0), ("", 0), ("'set TOKEN'", 1)])
def test_exit_while_loading(argument: str, code: int, tmp_path: Path) -> None:
    """A file that exits while it is loaded ends the command with its code, as under Locust."""
    source = f"import sys\nsys.exit({argument})\n"
    ours, theirs = (_run(tool, tmp_path, source) for tool in (SWELL, LOCUST))
    assert ours.returncode == theirs.returncode == code
    assert argument.strip("'") in ours.stderr
    assert "Traceback" not in ours.stderr


@pytest.mark.parametrize("answer", ["'2', 3", "2", "-1, 1", "1, 0", "1, float('inf')", "1, 1, None, 4"])
def test_answers_of_shapes_that_make_no_sense(answer: str, tmp_path: Path) -> None:
    """The test ends with exit code 2, the answer is shown, and there is no frame of ours."""
    ran = _run(SWELL, tmp_path, SHAPE.replace("{answer}", answer))
    assert ran.returncode == 2, ran.stderr
    assert "tick() gives a number of users from 0 on" in ran.stderr
    assert "Traceback" not in ran.stderr


@needs_locust
def test_a_negative_number_of_users(tmp_path: Path) -> None:
    """It is refused with 2, which Locust exits with at the end."""
    ours, theirs = (_run(tool, tmp_path, IDLE, "-u", "-3", "-t", "1s") for tool in (SWELL, LOCUST))
    assert ours.returncode == theirs.returncode == 2
    assert "argument -u/--users: must be 0 or more" in ours.stderr


@pytest.mark.parametrize("option", ["--csv", "--json-file", "--logfile"])
def test_files_that_cannot_be_written(option: str, tmp_path: Path) -> None:
    """They are named before the load starts; no worker is lost over them."""
    (tmp_path / "plain").write_text("")
    ran = _run(SWELL, tmp_path, IDLE, option, "plain/of", "-t", "1s")
    assert ran.returncode == 2
    assert f"error: {option} plain/of" in ran.stderr
    assert "plain is no directory" in ran.stderr


@needs_locust
def test_list_takes_any_names(tmp_path: Path) -> None:
    """`--list` shows all users whatever names follow, as in Locust."""
    ours, theirs = (_run(tool, tmp_path, IDLE, "--list", "Nobody") for tool in (SWELL, LOCUST))
    assert (
        (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout) == (0, "Available Users:\n    Visitor\n")
    )


LOOPS = """
import asyncio, time
from locust import User, constant, events, task

class Visitor(User):
    wait_time = constant(60)

    @task
    def visit(self):
        begun = time.time()
        asyncio.run(asyncio.sleep(1))
        self.environment.events.request.fire(
            request_type="LOOP", name="sleep", response_time=(time.time() - begun) * 1000, response_length=0
        )
        if self.environment.runner.user_count == 3:
            print("through", flush=True)
"""


def test_loops_of_several_users(tmp_path: Path) -> None:
    """`asyncio.run` in the tasks of several users at once: each stalls its own user, none is an error."""
    ran = _run(SWELL, tmp_path, LOOPS, "-u", "3", "-r", "3", "-t", "6s")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["through"] * 3
    assert "LOOP     sleep" in ran.stderr
