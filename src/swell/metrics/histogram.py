"""Histogram: how many samples fell into each bucket, with count, sum, minimum and maximum exact.

Rules: immutable and sparse (only buckets that hold something); merging is addition, so any order of merging
gives the same counts. A percentile is the nearest rank on the buckets' midpoints, never outside [min, max];
the lowest and the highest rank are exact. Relative error of any other percentile: at most 0.5 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.buckets import Buckets, Counts, Floats, bucket_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EMPTY_HISTOGRAM", "Histogram", "supports"]


def supports(count: int, q: float) -> bool:
    """Whether `count` samples say anything about percentile `q` (0 to 100): ten of them must lie beyond it.

    The maximum (q = 100) is exact whatever the count.
    """
    if q >= 100:
        return count > 0
    # The subtraction leaves 100 - 99.9 a hair below 0.1; ten thousand samples are enough all the same.
    return count * (100.0 - q) * (1 + 1e-9) >= 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Samples of one series. `buckets` ascend, `hits` are above 0 and add up to `count`.

    An empty histogram has count 0, sum 0.0 and NaN for min and max.
    """

    buckets: Buckets
    hits: Counts
    count: int
    sum: float
    min: float
    max: float

    @staticmethod
    def of(values: Iterable[float]) -> Histogram:
        """The histogram of finite numbers."""
        data: Floats = np.fromiter(values, np.float64)
        if not len(data):
            return EMPTY_HISTOGRAM
        if not np.isfinite(data).all():
            raise ValueError("a histogram takes finite numbers only")
        buckets, hits = np.unique(bucket_of(data), return_counts=True)
        with np.errstate(over="ignore"):
            total = float(data.sum())
        low, high = float(data.min()), float(data.max())
        return Histogram(buckets, hits.astype(np.int64), len(data), total, low, high)

    def merge(self, *others: Histogram) -> Histogram:
        """The histogram of all samples, as if all samples had gone into one."""
        parts = [part for part in (self, *others) if part.count]
        if len(parts) < 2:
            return parts[0] if parts else EMPTY_HISTOGRAM
        buckets, place = np.unique(np.concatenate([part.buckets for part in parts]), return_inverse=True)
        hits = np.zeros(len(buckets), np.int64)
        np.add.at(hits, place, np.concatenate([part.hits for part in parts]))
        return Histogram(
            buckets,
            hits,
            sum(part.count for part in parts),
            sum(part.sum for part in parts),
            min(part.min for part in parts),
            max(part.max for part in parts),
        )

    def percentile(self, q: float) -> float:
        """The least value with `q` percent (0 to 100) of the samples at or below (NaN: empty)."""
        if not 0 <= q <= 100:
            raise ValueError(f"a percentile lies between 0 and 100, not at {q}")
        if not self.count:
            return math.nan
        # 99.9 / 100 * 1000 is a hair above 999 in floating point, and must not become rank 1000.
        rank = math.ceil(q * self.count / 100.0 * (1 - 1e-12))
        if rank <= 1:
            return self.min
        if rank >= self.count:
            return self.max
        place = int(np.searchsorted(np.cumsum(self.hits), rank))
        middle = float(value_of(self.buckets[place : place + 1])[0])
        return min(max(middle, self.min), self.max)

    def share_at_most(self, limit: float) -> float:
        """The share (0 to 1) of samples at or below `limit`, to the width of one bucket; NaN when empty."""
        if not self.count:
            return math.nan
        if limit >= self.max:
            return 1.0
        if limit < self.min:
            return 0.0
        edge = bucket_of(np.array([limit]))[0]
        return float(self.hits[self.buckets <= edge].sum()) / self.count

    def supports(self, q: float) -> bool:
        """Whether there are samples enough to speak of percentile `q` (0 to 100); see `supports`."""
        return supports(self.count, q)


EMPTY_HISTOGRAM = Histogram(np.empty(0, np.int32), np.empty(0, np.int64), 0, 0.0, math.nan, math.nan)
