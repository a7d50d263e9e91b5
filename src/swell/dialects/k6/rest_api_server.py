"""The server of the REST interface (`--address`, default localhost:6565).

Rules: on this machine only unless another address is asked for; a port that is taken costs a note, never the run.
Pages of other origins may neither read nor change anything: a request that a browser sends for one is refused.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from swell.dialects.k6.rest_api import answer
from swell.outputs.registry import host_and_port

if TYPE_CHECKING:
    from swell.dialects.k6.rest_api import Steerable

__all__ = ["DEFAULT_ADDRESS", "RestServer"]

DEFAULT_ADDRESS = "localhost:6565"
_LARGEST_BODY = 1 << 20


class RestServer:
    """Serves one run from `open` to `close`."""

    def __init__(self, address: str, run: Steerable) -> None:
        self._address = host_and_port(address, default_port=6565, default_host="localhost")
        self._run = run
        self._server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it does not."""
        return self._server.server_address[1] if self._server is not None else 0

    def open(self) -> str:
        """Listen; returns why that cannot be, in words for people, or an empty text."""
        run = self._run

        class Handler(_Handler):
            served = run

        host, port = self._address
        try:
            self._server = _Server(("127.0.0.1" if host == "localhost" else host, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return f"the REST API is off: cannot listen on {host}:{port}: {reason}"
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="REST API", daemon=True).start()
        return ""

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Steerable

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isdigit() else 0
        if size > _LARGEST_BODY:
            self.close_connection = True
            self._send(413, b"")
            return
        body = self.rfile.read(size)
        origin = self.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != self.headers.get("Host"):
            self._send(403, b"")
            return
        found = answer(self.command, self.path, body, self.served)
        text = b"ok" if found.document is None else json.dumps(found.document).encode()
        kind = "text/plain" if found.document is None else "application/json; charset=utf-8"
        self._send(found.status, text, kind)

    def do_GET(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _send(self, status: int, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Not on the terminal of a load test."""
