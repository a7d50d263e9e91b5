"""Commands as people run them: in a folder of their own, against a small target on loopback."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from swell.cli.main import main
from swell.runs.store import open_store
from tests import commands
from tests.commands import wait_for
from tests.services import free_port

TEST_FILE = """
from swell import HttpUser, constant, task

class Visitor(HttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/look")
"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"ok": true}'
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Clients that go away are what these tests are about."""


@pytest.fixture(scope="session")
def target() -> Iterator[str]:
    """The URL of a target that answers at once."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def nowhere() -> str:
    """A URL on which nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a test file `loadtest.py`."""
    (tmp_path / "loadtest.py").write_text(TEST_FILE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


class Said:
    """What a command in this process answered."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def swell(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Call the command line in this process (for what ends before anything runs)."""

    def call(*arguments: str) -> Said:
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


class Command(commands.Command):
    """A `swell` process that runs a test here."""

    def workers(self, count: int) -> list[psutil.Process]:
        """The worker processes, once there are so many."""
        return wait_for(lambda: found if len(found := self._workers()) == count else None)

    def wait_until_loading(self) -> None:
        """Until the first progress line says that requests are made: the plain view writes one every 10 s, so this
        looks at the connections of the workers instead.
        """
        wait_for(lambda: any(_connected(worker) for worker in self._workers()) or None)

    def _workers(self) -> list[psutil.Process]:
        try:
            return [p for p in self.ps.children() if any("swell.coordinator.child" in a for a in p.cmdline())]
        except psutil.Error:
            return []

    def stored(self) -> dict[str, Any]:
        """The one stored record."""
        with contextlib.closing(open_store(str(self._out.parent / ".swell" / "runs.db"))) as store:
            [found] = store.list()
            return msgspec.to_builtins(store.run(found))


def _connected(process: psutil.Process) -> bool:
    try:
        return bool(process.net_connections("tcp"))
    except psutil.Error:
        return False


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Command]]:
    """Start a `swell` process; what still lives at the end of the test is killed with all its children."""
    started: list[Command] = []

    def launch(*arguments: str, **options: Any) -> Command:
        command = Command(folder, arguments, env={**os.environ, "TERM": "dumb"}, **options)
        started.append(command)
        return command

    yield launch
    commands.kill_all(started)
