"""run_single_user: one user of a file that is run directly."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locust.server import Server

_FILE = """
from locust import FastHttpUser, constant, events, run_single_user, task

@events.test_start.add_listener
def begun(environment, **_):
    print("begun", environment.parsed_options.locustfile)

class Visitor(FastHttpUser):
    wait_time = constant(0.01)
    host = "{url}"
    rounds = 0

    @task
    def look(self):
        self.client.get("/a")
        with self.client.get("/b", catch_response=True) as response:
            response.failure("not good")
        Visitor.rounds += 1
        if Visitor.rounds == 2:
            self.environment.runner.quit()

{end}
"""


def _run(tmp_path: Path, source: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    (tmp_path / "one.py").write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "swell", *words],
        cwd=tmp_path,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_one_user_prints_its_requests(tmp_path: Path, server: Server) -> None:
    """`swell python FILE` runs the user with its events, prints a line for each request, and goes on after it."""
    end = "if __name__ == '__main__':\n    run_single_user(Visitor, include_length=True)\n    print('after')"
    ran = _run(tmp_path, _FILE.format(url=server.url, end=end), "python", "one.py")
    assert ran.returncode == 0, ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines() if line.strip()]
    assert lines[0][:2] == ["type", "name"]
    assert ["begun", "one.py"] in lines
    assert [line[1] for line in lines if line[0] == "GET"] == ["/a", "/b", "/a", "/b"]
    assert lines[-1] == ["after"]
    assert "not good" in ran.stdout


def test_debuggers_stop_in_tasks(tmp_path: Path, server: Server) -> None:
    """A breakpoint in a task can be looked at and left."""
    source = _FILE.replace('self.client.get("/a")', "breakpoint()")
    end = "if __name__ == '__main__':\n    run_single_user(Visitor)"
    ran = _run(tmp_path, source.format(url=server.url, end=end), "python", "one.py", stdin="p 40 + 2\nc\nc\n")
    assert "(Pdb) 42" in ran.stdout


def test_within_a_test_it_says_what_to_do(tmp_path: Path, server: Server) -> None:
    """At the top of a file that `swell locust` runs, run_single_user is a mistake with a message."""
    ran = _run(
        tmp_path,
        _FILE.format(url=server.url, end="run_single_user(Visitor)"),
        "locust", "-f", "one.py", "--headless", "-u", "1", "--no-store",
    )  # fmt: skip
    assert ran.returncode != 0
    assert "swell python" in ran.stderr + ran.stdout


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A wrong name is told."""
    ran = _run(tmp_path, "", "python", "two.py")
    assert ran.returncode == 2
    assert "two.py" in ran.stderr
