"""A slow server, and cases run in processes of their own (`inside`)."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Run: TypeAlias = Callable[..., Any]

ROOT = Path(__file__).parents[2]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(float(self.path.rpartition("=")[2] or 0) if "=" in self.path else 0)
        body = json.dumps({"path": self.path, "user": self.headers.get("X-User", "")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *args: object) -> None:
        """Clients that go away are part of the tests."""


@pytest.fixture(scope="session")
def slow() -> Iterator[str]:
    """The URL of a server that answers `/?wait=S` after S seconds."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts (in the kernel) and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(params=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a case on a loop of each kind; returns its result."""
    pytest.importorskip(request.param)
    return lambda case, **arguments: run_inside(case, request.param, **arguments)


@pytest.fixture
def run_once() -> Run:
    """Runs a case on the loop that workers have; returns its result."""
    return lambda case, **arguments: run_inside(case, "swell.runtime.hub", **arguments)


def run_inside(case: Callable[..., Any], loop: str, **arguments: Any) -> Any:
    kind = "asyncio" if loop == "asyncio" else "uvloop"
    command = [sys.executable, "-m", "tests.blocking.inside", case.__module__, case.__name__, kind]
    ended = subprocess.run(
        [*command, json.dumps(arguments)], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])
