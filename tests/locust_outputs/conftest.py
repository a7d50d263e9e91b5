"""A store fed with known requests, a clock that stands still, and the real Locust."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swell.dialects.locust.request_stats import RequestStats
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet

ORIGIN = 1_800_000_000.25
VERSION = "2.47"


class Clock:
    """Unix time by hand."""

    def __init__(self, now: float = ORIGIN) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Measurement:
    """A run of known requests. Times in seconds of the run; response times and errors as given."""

    def __init__(self, workers: int = 1) -> None:
        self.store = MetricStore(recent_seconds=60)
        self.recorders = [Recorder() for _ in range(workers)]

    def request(
        self,
        end: float,
        name: str,
        milliseconds: float = 12.0,
        *,
        method: str = "GET",
        error: str = "",
        kind: str = "http_500",
        size: int = 52,
        lag: float = 0.0,
        connect: float = 0.0,
        untimed: bool = False,
        worker: int = 0,
    ) -> None:
        """One request that ends at `end`; `connect` are the milliseconds of it that opened a connection."""
        tags = {"name": name, "method": method, "expected_response": "false" if error else "true", "status": "200"}
        if untimed:
            tags["untimed"] = "true"
        recorder = self.recorders[worker]
        series = recorder.request_series(TagSet.of(tags))
        seconds = milliseconds / 1000.0
        waiting = seconds - connect / 1000.0
        # On the connection there was a head too.
        recorder.add_request((series, end - seconds, end, lag, 0.0, waiting, 0.0, 100, size + 99))
        recorder.add_sample((recorder.beside(series, "body_received"), end, size))
        if error:
            recorder.add_error(kind, error, TagSet.of(tags), None)

    def flush(self, until: float) -> None:
        """The snapshots of all workers, up to `until`."""
        for index, recorder in enumerate(self.recorders):
            self.store.add(index, recorder.flush(until))

    def stats(self, **options: str) -> RequestStats:
        """The statistics of this run."""
        stats = RequestStats(clock=Clock(ORIGIN + self.store.seconds))
        stats.attach(self.store, ORIGIN, **options)
        return stats


@pytest.fixture
def measurement() -> Measurement:
    """An empty run of one worker."""
    return Measurement()


@pytest.fixture
def busy() -> Measurement:
    """15 seconds: each 20 x GET /b in 20 ms, of which 2 failed, and 10 x POST /a in 40 ms."""
    run = Measurement()
    for second in range(15):
        for place in range(20):
            failed = "HTTPError('500 Server Error: Oops for url: /b')" if place % 10 == 0 else ""
            run.request(second + 0.1 + place / 50, "/b", 20.0, error=failed)
        for place in range(10):
            run.request(second + 0.2 + place / 50, "/a", 40.0, method="POST", size=10)
        run.flush(second + 1.0)
    return run


@pytest.fixture(scope="session")
def real_locust() -> Path:
    """The `locust` command of the version to match."""
    command = Path(sys.executable).with_name("locust")
    if not command.exists():
        pytest.skip(f"Locust {VERSION} is not installed beside this Python (pip install locust)")
    answer = subprocess.run([command, "-V"], capture_output=True, text=True, timeout=60, check=False)
    if not answer.stdout.startswith(f"locust {VERSION}"):
        pytest.skip(f"the installed Locust is not {VERSION}: {answer.stdout.strip() or answer.stderr.strip()[-200:]}")
    return command
