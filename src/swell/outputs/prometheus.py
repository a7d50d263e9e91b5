"""Prometheus: a page that it scrapes, and remote write.

Rules: both show the totals since the start. The page is on this machine only unless another address is asked for; it
answers GET and nothing else. Remote write is version 1: protobuf in a snappy frame (see `wire`), one request for each
push, older ones first.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from swell.outputs.base import OutputError
from swell.outputs.cumulative import Cumulative
from swell.outputs.prometheus_names import exposition, samples_of
from swell.outputs.push import Endpoint, HttpPush, split_url
from swell.outputs.wire import snappy, write_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swell.outputs.batch import Batch
    from swell.outputs.cumulative import State
    from swell.outputs.prometheus_names import Sample

__all__ = ["PrometheusPage", "RemoteWrite"]


class PrometheusPage:
    """`prometheus=HOST:PORT`: the page `/metrics`, as long as the run goes on."""

    every = 3600.0

    def __init__(self, address: tuple[str, int]) -> None:
        self.label = f"prometheus={address[0]}:{address[1]}"
        self.lost = 0
        self._address = address
        self._state = Cumulative()
        self._server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once it is open."""
        return self._server.server_address[1] if self._server is not None else 0

    def open(self) -> None:
        """Listen; OutputError if the port is taken."""
        state = self._state

        class Page(_Page):
            def text(self) -> str:
                return exposition(samples_of(state.states()))

        try:
            self._server = _Server(self._address, Page)
        except OSError as error:
            raise OutputError(f"cannot listen on {self._address[0]}:{self._address[1]}: {error.strerror}") from None
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="prometheus page", daemon=True).start()

    def take(self, batch: Batch) -> None:
        """Add one second."""
        self._state.take(batch)

    def flush(self) -> None:
        """Nothing to send."""

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class RemoteWrite:
    """`prometheus-rw=URL`, for example http://localhost:9090/api/v1/write; `every` seconds between pushes.

    `samples` turns the states of all series into what is sent.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        every: float = 5.0,
        samples: Callable[[list[State]], Sequence[Sample]] = samples_of,
        verify: bool = True,
        label: str = "prometheus-rw",
    ) -> None:
        parts = split_url(url)
        path = (parts.path if parts.path not in {"", "/"} else "/api/v1/write") + (
            f"?{parts.query}" if parts.query else ""
        )
        fixed = {
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
            "User-Agent": "swell",
        }
        self._push = HttpPush(Endpoint(parts, path, {**(headers or {}), **fixed}, verify=verify))
        self.label = f"{label}={self._push.endpoint.address}{parts.path}"
        self.every = every
        self._samples = samples
        self._state = Cumulative()
        self._sent_until = 0.0

    @property
    def lost(self) -> int:
        """Pushes that were given up."""
        return self._push.backlog.lost

    def open(self) -> None:
        """An empty request tells whether there is a server that lets us in. OutputError if not."""
        self._push.endpoint.post(snappy(b""))

    def take(self, batch: Batch) -> None:
        """Add one second."""
        self._state.take(batch)

    def flush(self) -> None:
        """Push the state as of the newest second."""
        if self._state.until > self._sent_until:
            self._sent_until = self._state.until
            samples = self._samples(self._state.states())
            if samples:
                self._push.backlog.add(snappy(write_request(samples, round(self._state.until * 1000))))
        self._push.send()

    def close(self) -> None:
        """Close the connection."""
        self._push.endpoint.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An address that another program listens on is an error, not to be shared.
    allow_reuse_port = False


class _Page(BaseHTTPRequestHandler):
    """Answers GET /metrics; quiet."""

    def text(self) -> str:
        raise NotImplementedError

    def do_GET(self) -> None:
        """The page, or where it is."""
        if self.path.partition("?")[0] not in {"/", "/metrics"}:
            self.send_error(404)
            return
        body = self.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Not on the terminal of a load test."""
