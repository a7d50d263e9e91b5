"""Artillery's metrics by their own dotted names, on the recorder of a worker, and read back from the store.

Rules: a name of Artillery's (`http.codes.200`, any text) is no name of a metric here, so it is the tag of one of three:
`artillery_counter{counter:...}`, `artillery_rate{rate:...}` (a count of events), `artillery_histogram{histogram:...}`.
Adding is the hot path: a look-up and one append. Names are cut at 1,024 characters, as in Artillery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from swell.metrics.tags import TagSet

if TYPE_CHECKING:
    from swell.metrics.recorder import Recorder
    from swell.runtime.hub import Hub

__all__ = [
    "COUNTER",
    "HISTOGRAM",
    "RATE",
    "ArtilleryMetrics",
    "MetricSink",
    "NoMetrics",
    "selector",
]

COUNTER = "artillery_counter"
RATE = "artillery_rate"
HISTOGRAM = "artillery_histogram"
_TAGS = {COUNTER: "counter", RATE: "rate", HISTOGRAM: "histogram"}
_LONGEST = 1024
# What measures times; of a test's own histograms nobody knows.
_TIMES = ("http.", "websocket.", "socketio.", "vusers.session_length", "browser.")


class MetricSink(Protocol):
    """Where a VU's metrics go."""

    def counter(self, name: str, n: int = 1) -> None:
        """Add `n` to a counter; 0 makes it exist."""
        ...

    def histogram(self, name: str, value_ms: float) -> None:
        """One value, mostly in milliseconds."""
        ...

    def rate(self, name: str) -> None:
        """One event of a rate."""
        ...


class ArtilleryMetrics:
    """The metrics of all VUs of one worker."""

    __slots__ = ("_add", "_counters", "_histograms", "_rates", "_recorder", "_time")

    def __init__(self, recorder: Recorder, hub: Hub) -> None:
        self._recorder = recorder
        self._add = recorder.add_sample
        self._time = hub.time
        self._counters: dict[str, int] = {}
        self._rates: dict[str, int] = {}
        self._histograms: dict[str, int] = {}

    def counter(self, name: str, n: int = 1) -> None:
        """As `MetricSink.counter`."""
        series = self._counters.get(name)
        if series is None:
            series = self._counters[name] = self._series(COUNTER, name)
        self._add((series, self._time(), n))

    def rate(self, name: str) -> None:
        """As `MetricSink.rate`."""
        series = self._rates.get(name)
        if series is None:
            series = self._rates[name] = self._series(RATE, name)
        self._add((series, self._time(), 1))

    def histogram(self, name: str, value_ms: float) -> None:
        """As `MetricSink.histogram`."""
        series = self._histograms.get(name)
        if series is None:
            series = self._histograms[name] = self._series(HISTOGRAM, name)
        self._add((series, self._time(), value_ms))

    def _series(self, metric: str, name: str) -> int:
        tags = TagSet.of({_TAGS[metric]: name[:_LONGEST]})
        if metric != HISTOGRAM:
            return self._recorder.series(metric, "counter", tags)
        return self._recorder.series(metric, "trend", tags, is_time=name.startswith(_TIMES) or "response_time" in name)


class NoMetrics:
    """Keeps nothing: what `before` and `after` do is not measured, as in Artillery."""

    def counter(self, name: str, n: int = 1) -> None:
        """Nothing."""

    def histogram(self, name: str, value_ms: float) -> None:
        """Nothing."""

    def rate(self, name: str) -> None:
        """Nothing."""


def selector(metric: str, name: str) -> str:
    """How a threshold names it: `artillery_counter{counter:"http.codes.200"}`."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{metric}{{{_TAGS[metric]}:"{quoted}"}}'
