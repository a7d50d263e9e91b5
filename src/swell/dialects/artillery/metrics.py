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

    def timed(self, counter: str, histogram: str, value_ms: float) -> None:
        """One more of a counter, and its time."""
        ...

    def request(self) -> None:
        """An HTTP request goes out: `http.requests`, `http.request_rate`."""
        ...

    def response(self, status: int, size: int, wait_ms: float) -> None:
        """Its response: `http.responses`, `http.codes.*`, `http.downloaded_bytes`, `http.response_time*`."""
        ...


class ArtilleryMetrics:
    """The metrics of all VUs of one worker."""

    __slots__ = ("_add", "_counters", "_histograms", "_rates", "_recorder", "_request", "_responses", "_time")

    def __init__(self, recorder: Recorder, hub: Hub) -> None:
        self._recorder = recorder
        self._add = recorder.add_sample
        self._time = hub.time
        self._counters: dict[str, int] = {}
        self._rates: dict[str, int] = {}
        self._histograms: dict[str, int] = {}
        self._request: tuple[int, int] | None = None
        self._responses: dict[int, tuple[int, int, int, int, int]] = {}

    def request(self) -> None:
        """As `MetricSink.request`."""
        series = self._request
        if series is None:
            series = self._request = self._of(COUNTER, "http.requests"), self._of(RATE, "http.request_rate")
        requests, rate = series
        now = self._time()
        self._add((requests, now, 1, rate, now, 1))

    def response(self, status: int, size: int, wait_ms: float) -> None:
        """As `MetricSink.response`."""
        series = self._responses.get(status)
        if series is None:
            series = self._responses[status] = (
                self._of(COUNTER, "http.responses"),
                self._of(COUNTER, f"http.codes.{status}"),
                self._of(COUNTER, "http.downloaded_bytes"),
                self._of(HISTOGRAM, "http.response_time"),
                self._of(HISTOGRAM, f"http.response_time.{status // 100}xx"),
            )
        responses, code, loaded, wait, wait_of_class = series
        now = self._time()
        # One list, in the recorder's flat form: this is done for every response.
        self._add((
            responses, now, 1, code, now, 1, loaded, now, size, wait, now, wait_ms, wait_of_class, now, wait_ms,
        ))  # fmt: skip

    def counter(self, name: str, n: int = 1) -> None:
        """As `MetricSink.counter`."""
        series = self._counters.get(name)
        if series is None:
            series = self._counters[name] = self._of(COUNTER, name)
        self._add((series, self._time(), n))

    def rate(self, name: str) -> None:
        """As `MetricSink.rate`."""
        series = self._rates.get(name)
        if series is None:
            series = self._rates[name] = self._of(RATE, name)
        self._add((series, self._time(), 1))

    def histogram(self, name: str, value_ms: float) -> None:
        """As `MetricSink.histogram`."""
        series = self._histograms.get(name)
        if series is None:
            series = self._histograms[name] = self._of(HISTOGRAM, name)
        self._add((series, self._time(), value_ms))

    def timed(self, counter: str, histogram: str, value_ms: float) -> None:
        """As `MetricSink.timed`."""
        count = self._counters.get(counter)
        if count is None:
            count = self._counters[counter] = self._of(COUNTER, counter)
        time = self._histograms.get(histogram)
        if time is None:
            time = self._histograms[histogram] = self._of(HISTOGRAM, histogram)
        now = self._time()
        self._add((count, now, 1, time, now, value_ms))

    def _of(self, metric: str, name: str) -> int:
        """A series by its name, for those that do not know it yet."""
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

    def timed(self, counter: str, histogram: str, value_ms: float) -> None:
        """Nothing."""

    def request(self) -> None:
        """Nothing."""

    def response(self, status: int, size: int, wait_ms: float) -> None:
        """Nothing."""


def selector(metric: str, name: str) -> str:
    """How a threshold names it: `artillery_counter{counter:"http.codes.200"}`."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{metric}{{{_TAGS[metric]}:"{quoted}"}}'
