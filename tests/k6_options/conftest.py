"""The front door of `swell k6`, and a server that counts connections, with and without TLS."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme

from ..k6.conftest import k6, server

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Counting", "authority", "counting", "k6", "server", "tls_server"]


class Counting(ThreadingHTTPServer):
    """Answers with what it knows of the connection; `peers` are (address, port) of each request's client."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context = context
        self.peers: list[tuple[str, int]] = []
        self.seen: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread."""
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except OSError:
                return
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: clients go away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def do_GET(self) -> None:
        """Answer with what is known of the connection."""
        self.server.peers.append((self.client_address[0], self.client_address[1]))
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        shown: dict[str, Any] = {"host": self.headers.get("Host", "")}
        sock = cast("socket.socket", self.connection)
        if isinstance(sock, ssl.SSLSocket):
            subject = cast("dict[str, Any]", sock.getpeercert() or {}).get("subjectAltName", ())
            shown |= {
                "version": sock.version(),
                "cipher": (sock.cipher() or ("",))[0],
                "client": [each[1] for each in subject],
            }
        body = json.dumps(shown).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Nothing."""


@pytest.fixture
def counting() -> Generator[Counting]:
    """A server of this test alone."""
    made = Counting()
    yield made
    made.shutdown()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority for servers and clients."""
    return trustme.CA()


@pytest.fixture
def tls_server(authority: trustme.CA) -> Generator[Callable[..., Counting]]:
    """Makes servers with TLS; `lowest` and `highest` are versions, `wants`: clients must show a certificate."""
    made: list[Counting] = []

    def make(
        lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
        highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        *,
        wants: bool = False,
    ) -> Counting:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", "*.a.test").configure_cert(context)
        context.minimum_version, context.maximum_version = lowest, highest
        if wants:
            authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        made.append(Counting(context))
        return made[-1]

    yield make
    for each in made:
        each.shutdown()
