"""Requests that a test logs by hand (`log_request`, `log_error`, `extend`), which no recorder has seen.

Rules: kept as exactly as measured ones. One object for each entry that was logged to; it costs memory by the second
and by the bucket, not by the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.dialects.locust.figures import Figures, merged
from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Logged"]

# Seconds whose response times are kept apart for current percentiles: the window may be set to more than 10 s.
_KEPT = 60
# Values that wait to be counted.
_PENDING = 1024


class Logged:
    """All that was logged to one entry. Times are Unix seconds, response times milliseconds."""

    __slots__ = (
        "_histogram",
        "_pending",
        "_recent",
        "content",
        "fails",
        "failures",
        "last",
        "reqs",
        "requests",
        "untimed",
    )

    def __init__(self) -> None:
        self.requests = 0
        self.untimed = 0
        self.failures = 0
        self.content = 0.0
        self.last: float | None = None
        self.reqs: dict[int, int] = {}
        """By Unix second: requests."""
        self.fails: dict[int, int] = {}
        """By Unix second: failures."""
        self._histogram = EMPTY_HISTOGRAM
        self._pending: list[float] = []
        self._recent: dict[int, list[float]] = {}

    def add(self, now: float, response_time: float | None, content_length: float) -> None:
        """Log one request."""
        second = int(now)
        self.requests += 1
        self.content += content_length or 0
        self.last = now
        self.reqs[second] = self.reqs.get(second, 0) + 1
        if response_time is None:
            self.untimed += 1
            return
        self._pending.append(float(response_time))
        if second not in self._recent:
            for old in [each for each in self._recent if each < second - _KEPT]:
                del self._recent[old]
        self._recent.setdefault(second, []).append(float(response_time))
        if len(self._pending) >= _PENDING:
            self._count()

    def fail(self, now: float) -> None:
        """Log one failure."""
        second = int(now)
        self.failures += 1
        self.fails[second] = self.fails.get(second, 0) + 1

    def extend(self, figures: Figures, last: float | None, reqs: Mapping[int, int], fails: Mapping[int, int]) -> None:
        """Add requests that were counted elsewhere."""
        self._count()
        both = merged([self.figures(), figures])
        self.requests, self.untimed, self.failures = both.requests, both.untimed, both.failures
        self.content, self._histogram = both.content, both.histogram
        if last is not None:
            self.last = last if self.last is None else max(self.last, last)
        for own, other in ((self.reqs, reqs), (self.fails, fails)):
            for second, count in other.items():
                own[second] = own.get(second, 0) + count

    def figures(self) -> Figures:
        """Everything so far."""
        self._count()
        return Figures(self.requests, self.untimed, self.failures, self.content, self._histogram)

    def window(self, start: int, end: int) -> tuple[int, int]:
        """Requests and failures in the Unix seconds [start, end)."""
        seconds = range(start, end)
        return (
            sum(self.reqs.get(second, 0) for second in seconds),
            sum(self.fails.get(second, 0) for second in seconds),
        )

    def times(self, start: int, end: int) -> Histogram:
        """Response times in the Unix seconds [start, end), of which only the newest minute is known."""
        return Histogram.of(value for second in range(start, end) for value in self._recent.get(second, ()))

    def _count(self) -> None:
        if self._pending:
            self._histogram = self._histogram.merge(Histogram.of(self._pending))
            self._pending.clear()
