"""Servers that keep what they get by HTTP and UDP, and periods as they are published."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from swell.dialects.artillery.buckets import Bucket

# The front door in a process of its own, and the server that a test sends its requests to.
from tests.artillery.conftest import runner, server  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator


class Received(NamedTuple):
    """One request that a server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Sink(ThreadingHTTPServer):
    """Takes anything; `answers` are used up one by one, then it is always 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.answers: list[int] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        status = self.server.answers.pop(0) if self.server.answers else 200
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.command, self.path, headers, body))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_PUT = _take

    def log_message(self, *args: Any) -> None:
        """Quiet."""


class Datagrams:
    """What comes by UDP."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._socket.getsockname()[1]

    def lines(self) -> list[str]:
        """All lines that are there; on loopback they are there once they were sent."""
        found: list[str] = []
        while True:
            try:
                found += self._socket.recv(65_536).decode().split("\n")
            except BlockingIOError:
                return found

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Such a server."""
    made = Sink()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def datagrams() -> Iterator[Datagrams]:
    """Such a socket."""
    made = Datagrams()
    yield made
    made.close()


def period(number: int = 0) -> Bucket:
    """One period of a run."""
    start = 1_800_000_000_000 + number * 10_000
    return Bucket(
        start,
        {"http.codes.200": 7, "vusers.created": 3, "errors.connect ECONNREFUSED 127.0.0.1:1": 1},
        {"http.request_rate": 0.7},
        {"http.response_time": {"min": 1, "max": 30.5, "count": 7, "p95": 20, "median": 4}},
        start,
        start + 10_000,
    )
