"""Clients of databases, caches and WebSockets in user code stall their own user only."""

from __future__ import annotations

import base64
import hashlib
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from tests.blocking import cases_clients as cases
from tests.blocking.conftest import Run


class _WebSocket(socketserver.StreamRequestHandler):
    """Shakes hands, reads one short message, sends it back 0.3 s later."""

    def handle(self) -> None:
        key = b""
        while line := self.rfile.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"sec-websocket-key":
                key = value.strip()
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        self.wfile.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        _, size = self.rfile.read(2)
        mask = self.rfile.read(4)
        text = bytes(byte ^ mask[n % 4] for n, byte in enumerate(self.rfile.read(size & 127)))
        time.sleep(0.3)
        self.wfile.write(bytes([0x81, len(text)]) + text)
        self.rfile.read(8)  # its farewell


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@pytest.fixture(scope="module")
def websocket_port() -> Iterator[int]:
    """The port of a WebSocket server that takes 0.3 s to answer."""
    with _Server(("127.0.0.1", 0), _WebSocket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_psycopg3(run: Run, postgres_url: str) -> None:
    """Ten users of psycopg 3 sleep in PostgreSQL at once."""
    pytest.importorskip("psycopg")
    assert run(cases.psycopg3, url=postgres_url) == [[7] * 10, 10]


def test_psycopg2(run_once: Run, postgres_url: str) -> None:
    """Ten users of psycopg2, which waits in C, sleep in PostgreSQL at once."""
    pytest.importorskip("psycopg2")
    assert run_once(cases.psycopg2, url=postgres_url) == [[7] * 10, 10]


def test_redis(run: Run, redis_url: str) -> None:
    """Ten users of redis-py wait for an element at once; what one pushes another gets; time limits hold."""
    pytest.importorskip("redis")
    told = run(cases.redis_py, url=redis_url)
    assert told["blpop"] == [[None] * 10, 10]
    assert told["pair"][0] == "x"
    assert told["late"][0].startswith("TimeoutError")


def test_websocket_client(run: Run, websocket_port: int) -> None:
    """Ten users of websocket-client wait for an answer at once."""
    pytest.importorskip("websocket")
    assert run(cases.websocket_client, port=websocket_port) == [["hello"] * 10, 10]


def test_grpc(run_once: Run) -> None:
    """Ten users of grpc, which waits in C, wait for an answer at once."""
    pytest.importorskip("grpc")
    assert run_once(cases.grpc_client) == [["hello"] * 10, 10]
