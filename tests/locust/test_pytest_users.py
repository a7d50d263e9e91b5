"""Locustfiles of pytest functions: each is a user, as in Locust."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.locust.conftest import FILES, LOCUST, SWELL, Ran, needs_locust, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.locust.server import Server

FUNCTIONS = FILES / "pytest_style" / "functions.py"


def seen(ran: Ran) -> list[tuple[str, str, bool, bool]]:
    """Name, method, whether there were requests and whether all of them failed."""
    return [(name, method, count > 0, count == failures) for name, method, count, failures, _ in ran.statistics]


@needs_locust
def test_as_in_locust(server: Server, tmp_path: Path) -> None:
    """Fixtures of the tool and of the file, functions of classes, and what a bad status does, on both."""
    ours = run(SWELL, FUNCTIONS, tmp_path / "swell", server.url)
    theirs = run(LOCUST, FUNCTIONS, tmp_path / "locust", server.url)
    assert seen(ours) == seen(theirs), ours.stderr[-3000:] + theirs.stderr[-3000:]
    assert [name for name, *_ in seen(ours)] == ["/ok", "blamed", "fast", "fast missing", "missing"]
    assert ours.code == theirs.code == 1
    assert "Traceback" not in ours.stderr


def _swell(folder: Path, source: str, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(source)
    command = [*SWELL, "-f", "test_it.py", "--headless", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_other_errors_are_exceptions(server: Server, tmp_path: Path) -> None:
    """A failed assertion is an exception of the user, which goes on; a function without fixtures is fine."""
    source = """
from locust.exception import StopUser
rounds = []

def test_it():
    rounds.append(1)
    if len(rounds) == 3:
        raise StopUser
    assert len(rounds) == 2, "not yet"
"""
    ran = _swell(tmp_path, source, "-t", "1s", "-H", server.url)
    assert ran.returncode == 1
    assert "AssertionError: not yet" in ran.stderr


def test_a_parameter_without_a_fixture(tmp_path: Path) -> None:
    """The message names the place, the parameter and the fixtures that there are."""
    ran = _swell(tmp_path, "\ndef test_it(database):\n    pass\n")
    assert ran.returncode == 1
    assert f"{tmp_path / 'test_it.py'}:2: there is no fixture for the parameter 'database' of test_it" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_listed(tmp_path: Path) -> None:
    """--list shows the functions; one user class in a file is enough to make functions plain functions again."""
    functions = "def test_a(session): ...\ndef test_b(session): ...\n"
    assert _swell(tmp_path, functions, "--list").stdout.split() == ["Available", "Users:", "test_a", "test_b"]
    user = "from locust import User\nclass Visitor(User): ...\n"
    assert _swell(tmp_path, functions + user, "--list").stdout.split() == ["Available", "Users:", "Visitor"]
