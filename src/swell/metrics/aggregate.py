"""Aggregate: what a selector measured in a window, as thresholds, live views and reports read it.

Rules: a value, never empty (no sample at all is None, not an aggregate of nothing). What the metric's kind
does not have is NaN: percentiles exist for trends only. Percentiles follow
`histogram.Histogram.percentile`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swell.metrics.histogram import Histogram, supports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.metrics.builtin import Kind
    from swell.metrics.frame import Frame

__all__ = ["Aggregate"]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """One metric over `seconds` seconds.

    `count` is how many samples there are (of a rate: passes and fails), `sum` their sum (of a counter: its
    value), `last` the newest value of a gauge. `min` and `max` mean something for trends and gauges.
    """

    kind: Kind
    count: int
    sum: float
    min: float
    max: float
    last: float
    seconds: float
    histogram: Histogram | None = None

    @staticmethod
    def of_rows(frame: Frame, kind: Kind, seconds: float) -> Iterator[Aggregate]:
        """One for each row of a frame."""
        start = 0
        for row in range(len(frame)):
            end = start + int(frame.width[row])
            count, total = int(frame.count[row]), float(frame.sum[row])
            low, high = float(frame.min[row]), float(frame.max[row])
            if kind in ("counter", "rate"):
                low = high = math.nan
            histogram = None
            if kind == "trend":
                histogram = Histogram(frame.bucket[start:end], frame.hits[start:end], count, total, low, high)
            last = float(frame.last[row]) if kind == "gauge" else math.nan
            yield Aggregate(kind, count, total, low, high, last, seconds, histogram)
            start = end

    @property
    def passes(self) -> int:
        """Of a rate: how many samples were true; 0 otherwise."""
        return int(self.sum) if self.kind == "rate" else 0

    @property
    def fails(self) -> int:
        """Of a rate: how many samples were false; 0 otherwise."""
        return self.count - self.passes if self.kind == "rate" else 0

    @property
    def value(self) -> float:
        """The one number that the kind is about: gauge last, counter sum, rate share of passes, trend average."""
        if self.kind == "gauge":
            return self.last
        if self.kind == "counter":
            return self.sum
        return self.rate if self.kind == "rate" else self.avg

    @property
    def avg(self) -> float:
        """The mean of the samples."""
        return self.sum / self.count

    @property
    def med(self) -> float:
        """The 50th percentile."""
        return self.percentile(50)

    @property
    def rate(self) -> float:
        """Of a rate: the share (0 to 1) of passes. Of a counter: its sum per second. Else: samples per second."""
        if self.kind == "rate":
            return self.sum / self.count
        amount = self.sum if self.kind == "counter" else float(self.count)
        return amount / self.seconds if self.seconds > 0 else math.nan

    def percentile(self, q: float) -> float:
        """Percentile `q` (0 to 100) of a trend; NaN for other kinds."""
        return self.histogram.percentile(q) if self.histogram is not None else math.nan

    def supports(self, q: float) -> bool:
        """Whether there are samples enough to speak of percentile `q` (0 to 100)."""
        return self.histogram is not None and supports(self.count, q)
