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


CONFTEST = """
import pytest
from locust.clients import HttpSession

@pytest.fixture
def api(user):
    session = HttpSession(base_url=user.host, request_event=user.environment.events.request, user=user)
    # A short run time would do, if gevent's clock did not lag after a start that took long.
    session.quit = user.environment.runner.quit
    yield session
"""


@needs_locust
def test_fixtures_of_a_conftest(server: Server, tmp_path: Path) -> None:
    """A fixture that is declared in a conftest.py beside the file serves, on both."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    path = tmp_path / "test_it.py"
    path.write_text("# args: -u 1 -t 30s\ndef test_it(api):\n    api.get('/ok')\n    api.quit()\n")
    ours = run(SWELL, path, tmp_path / "swell", server.url)
    theirs = run(LOCUST, path, tmp_path / "locust", server.url)
    assert seen(ours) == seen(theirs) == [("/ok", "GET", True, False)], ours.stderr[-3000:] + theirs.stderr[-3000:]
    assert ours.code == theirs.code == 0


def test_fixtures_of_fixtures_and_values(server: Server, tmp_path: Path) -> None:
    """Fixtures of folders above, fixtures that name fixtures, several parameters and `parametrize` serve too."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "conftest.py").write_text(
        "import pytest\n@pytest.fixture(name='known')\ndef make(api):\n    api.headers['a'] = 'b'\n    return api\n"
    )
    source = """
import pytest
@pytest.mark.parametrize(("path", "name"), [("/ok", "one"), pytest.param("/text", "two", id="second")])
def test_it(known, api, path, name):
    assert known is api
    known.get(path, name=name)
"""
    (inner / "test_it.py").write_text(source)
    command = [*SWELL, "-f", "inner/test_it.py", "--headless", "-u", "2", "-r", "2", "-t", "2s", "-H", server.url]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert '{"test_it[/ok-one]": 1, "test_it[second]": 1}' in ran.stderr
    assert "GET      one " in ran.stderr
    assert "GET      two " in ran.stderr


def test_values_that_do_not_fit(tmp_path: Path) -> None:
    """A row of `parametrize` with too few values is named with its function and line."""
    source = "import pytest\n@pytest.mark.parametrize('a,b', [(1,)])\ndef test_it(a, b): ...\n"
    ran = _swell(tmp_path, source)
    assert ran.returncode == 1
    assert "parametrize of test_it: 2 names (a, b) and 1 values: (1,)" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_fixtures_that_nobody_names(server: Server, tmp_path: Path) -> None:
    """`autouse`: for each user before the named ones, once for wide scopes, left out where only pytest can make it."""
    (tmp_path / "conftest.py").write_text("""
import pytest

@pytest.fixture(autouse=True, scope="session")
def whole():
    print("whole begins")
    yield "whole"
    print("whole ends")

@pytest.fixture(autouse=True)
def shadowed():
    print("never")

@pytest.fixture(autouse=True)
def patched(monkeypatch):
    print("never")
""")
    source = """
import pytest
users = []

@pytest.fixture
def named(own):
    print("named", own)
    return own

@pytest.fixture(autouse=True)
def own(session, whole):
    users.append(session)
    print("own begins", whole)
    yield len(users)
    print("own ends")

@pytest.fixture
def shadowed():
    print("shadowed")

def test_it(named, own, session):
    assert named == own
    assert users[own - 1] is session
    session.get("/ok")
"""
    ran = _swell(tmp_path, source, "-t", "1s", "-u", "2", "-r", "2", "-H", server.url)
    assert ran.returncode == 0, ran.stderr
    assert "left out: there is no fixture for its parameter 'monkeypatch'" in ran.stderr
    lines = [line for line in ran.stdout.splitlines() if line]
    assert lines[0] == "whole begins"
    assert sorted(lines[1:-1]) == sorted(["shadowed", "own begins whole", "own ends"] * 2 + ["named 1", "named 2"])
    assert lines[1:4] == ["shadowed", "own begins whole", "named 1"]
    assert lines[-1] == "whole ends"
