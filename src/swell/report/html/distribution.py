"""How response times spread: bars of a histogram and the curve of percentiles.

Rules: pure. Bars are whole buckets joined, so their counts are exact; they are of equal width on a logarithmic
axis. The curve goes as far as the number of samples supports, and to p99.99 at most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.buckets import value_of

if TYPE_CHECKING:
    from swell.metrics.histogram import Histogram

__all__ = ["CURVE_TICKS", "Bars", "bars", "curve", "curve_place", "table_percentiles"]

_MOST_BARS = 90
# Buckets to each power of two are 2 ** 7.
_OCTAVE = 7
_TABLE = (50.0, 75.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.9, 99.95, 99.99)

CURVE_TICKS: dict[float, str] = {0.0: "0", 50.0: "50", 90.0: "90", 99.0: "99", 99.9: "99.9", 99.99: "99.99"}
"""Percentiles on the axis of the curve."""


@dataclass(frozen=True)
class Bars:
    """Bar i: `counts[i]` samples from `left[i]` to `right[i]` milliseconds."""

    left: list[float]
    right: list[float]
    counts: list[int]


def bars(histogram: Histogram) -> Bars:
    """At most `_MOST_BARS` bars from the smallest to the largest sample; those of 0 ms are left out."""
    positive = histogram.buckets > 0
    buckets, hits = histogram.buckets[positive].astype(np.int64), histogram.hits[positive]
    if not len(buckets):
        return Bars([], [], [])
    # At most one bar an octave, so that every bar is bounded by powers of two or parts of them.
    shift = next(
        (each for each in range(_OCTAVE) if (int(buckets[-1]) >> each) - (int(buckets[0]) >> each) < _MOST_BARS),
        _OCTAVE,
    )
    coarse = buckets >> shift
    places, inverse = np.unique(coarse, return_inverse=True)
    counts = np.zeros(len(places), np.int64)
    np.add.at(counts, inverse, hits)
    return Bars(
        left=_edge(places << shift),
        right=_edge((places + 1) << shift),
        counts=[int(each) for each in counts],
    )


def curve(histogram: Histogram) -> tuple[list[float], list[float]]:
    """(percentiles, milliseconds), dense where tails are; empty without samples."""
    if not histogram.count:
        return [], []
    # Even steps of the axis: each unit is one more nine.
    wanted = [100.0 * (1.0 - 10.0 ** (-place / 40.0)) for place in range(161)]
    shown = [q for q in wanted if q <= 50.0 or histogram.supports(q)]
    return shown, [histogram.percentile(q) for q in shown]


def curve_place(q: float) -> float:
    """Where percentile `q` stands on the axis: the number of nines."""
    return -math.log10(max(1.0 - q / 100.0, 1e-6))


def table_percentiles(histogram: Histogram) -> list[tuple[float, float]]:
    """(percentile, milliseconds) for a table, as far as the samples support them."""
    return [(q, histogram.percentile(q)) for q in _TABLE if histogram.supports(q)]


def _edge(buckets: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[float]:
    """The lower bound of each bucket: the middle less half a width, which the next one's middle gives."""
    here = value_of(buckets.astype(np.int32))
    below = value_of((buckets - 1).astype(np.int32))
    return [float(each) for each in (here + below) / 2.0]
