"""A page that shows a run made of known measurements, and a browser."""

from __future__ import annotations

import http.client
import http.server
import threading
from typing import TYPE_CHECKING, Any

import pytest

from swell.coordinator.control import Phase
from swell.coordinator.judge import Judge
from swell.coordinator.state import LiveRun
from swell.web.page import LivePage
from tests.report.conftest import healthy, make_plan, make_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.metrics.store import MetricStore


def make_live(store: MetricStore | None = None, *, seconds: int = 5, **plan: Any) -> LiveRun:
    """A run after so many seconds of its measurements, with its criteria judged."""
    made = make_plan(**plan)
    store = store or make_store(failing=True)
    live = LiveRun(made, 1, store, 10.0)
    live.phase, live.elapsed, live.seconds = Phase.RUNNING, float(seconds), seconds
    live.health = healthy(seconds)
    live.results = Judge(made).update(store, seconds) or ()
    return live


class Client:
    """Plain requests to a page."""

    def __init__(self, port: int, **headers: str) -> None:
        self.port = port
        self.headers = headers

    def send(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, dict[str, str]]:
        """Status, text, headers (names in lower case)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        try:
            connection.request(method, path, body or None, named)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read().decode(), found
        finally:
            connection.close()


class Conducting:
    """Plays the coordinator of a page: its thread does what the page is asked for."""

    def __init__(self, page: LivePage) -> None:
        self.page = page
        self.ended: list[str] = []
        self.sent: list[tuple[int, object]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: page.idle(self._over.is_set), daemon=True)
        self._thread.start()

    def do(self, job: Any) -> Any:
        """Do something in that thread."""
        return self.page.ask(job).result(60)

    def show(self, live: LiveRun) -> None:
        """A look of the coordinator at the run, which has a companion."""

        def look() -> None:
            self.page.look()
            self.page.refresh(live)

        if self.page.live is not live:
            companion = self.page.companion()
            self.do(lambda: companion.open(lambda index, value: self.sent.append((index, value)), self.ended.append))
        self.do(look)

    def close(self) -> None:
        self._over.set()
        self._thread.join(60)


@pytest.fixture
def page() -> Iterator[LivePage]:
    """A page on loopback."""
    made = LivePage()
    made.open()
    yield made
    made.shut()


@pytest.fixture
def conducting(page: LivePage) -> Iterator[Conducting]:
    """The thread that conducts its runs."""
    made = Conducting(page)
    yield made
    made.close()


class _Target(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/good" else 404)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def target() -> Iterator[str]:
    """A server that knows `/good` only."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
