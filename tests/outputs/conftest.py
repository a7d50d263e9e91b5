"""Known measurements, second by second, and servers that keep what they get."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from swell.coordinator.state import LiveRun
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.plan import Plan, Source
from swell.outputs.base import Output, wants_points
from swell.outputs.batch import Batch
from swell.outputs.feed import OutputFeed

ORIGIN = 1_800_000_000.0
"""Unix time at which the load of these tests began."""

NAME = 'http://h/a b,c="d"?token=hunter2secret'


class Load:
    """A run that goes on when told to: ten requests of 100 ms, ten checks (one fails) and a gauge each second."""

    def __init__(self, *, keep_points: bool = False) -> None:
        self.store = MetricStore()
        self.live = LiveRun(Plan(source=Source("a:b", "c"), workloads=()), 1, self.store, None)
        self._recorder = Recorder(keep_points=keep_points)
        tags = TagSet.of({"name": NAME, "method": "GET"})
        self._good = self._recorder.request_series(tags.with_tags(status="200", expected_response="true"))
        self._check = self._recorder.series("checks", "rate", TagSet.of({"check": "is ok"}))
        self._users = self._recorder.series("vus", "gauge", TagSet.of({"scenario": "s"}))

    def second(self) -> None:
        """One more second is measured and merged."""
        number = self.live.seconds
        for place in range(10):
            start = number + place / 15
            self._recorder.add_request((self._good, start, start + 0.1, 0.0, 0.001, 0.097, 0.002, 200, 1000))
            self._recorder.add_sample((self._check, start, float(place > 0)))
        self._recorder.add_sample((self._users, number + 0.9, float(number + 1)))
        self.merge(number + 1.0)

    def late_request(self, second: int) -> None:
        """A request that ended in an older second is told only now."""
        self._recorder.add_request((self._good, second, second + 0.1, 0.0, 0.001, 0.097, 0.002, 200, 1000))

    def merge(self, until: float) -> None:
        """What was measured so far reaches the store."""
        self.store.add(0, self._recorder.flush(until))
        self.live.seconds = int(until)
        self.live.elapsed = until


def run_through(output: Output, seconds: int = 3, origin: float = ORIGIN) -> list[str]:
    """Open the output, feed it a load of so many seconds and close it; returns the notes."""
    output.open()
    load = Load(keep_points=wants_points([output]))
    feed = OutputFeed([output], load.store, clock=lambda: origin + load.live.elapsed)
    for _ in range(seconds):
        load.second()
        feed.refresh(load.live)
    feed.close()
    return feed.notes()


class Collector:
    """An output that keeps its batches."""

    label = "collector"
    every = 0.0
    lost = 0

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def open(self) -> None:
        """Nothing to do."""

    def take(self, batch: Batch) -> None:
        """Keep it."""
        self.batches.append(batch)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def batches(seconds: int = 3) -> list[Batch]:
    """What an output gets of such a load."""
    collector = Collector()
    assert run_through(collector, seconds) == []
    return collector.batches


class Received(NamedTuple):
    """One request that the server got."""

    path: str
    headers: dict[str, str]
    body: bytes


class Sink:
    """A web server that keeps what it gets; `answers` are used up one by one, then it is always 204."""

    def __init__(self, port: int) -> None:
        self.received: list[Received] = []
        self.answers: list[int] = []
        self.url = f"http://127.0.0.1:{port}"


@contextmanager
def sink() -> Iterator[Sink]:
    """Such a server, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status = found.answers.pop(0) if found.answers else 204
            if status < 300:
                found.received.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Sink(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def wait_until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Until it holds; the test fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
