"""Blocks: a run cut into equal lengths of time, the unit of evidence when runs are compared.

Rules: single requests follow one another too closely to count as evidence, blocks of seconds do much less. The
warm-up and the last second, which is no whole one, are left out. All figures of a block are those of its seconds'
histograms. A block is None where nothing was measured.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import numpy as np

from swell.metrics.aggregate import Aggregate
from swell.metrics.buckets import Floats
from swell.metrics.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.analysis.measures import Measure
    from swell.metrics.store import MetricStore

__all__ = [
    "LEAST_BLOCKS",
    "Blocks",
    "Cut",
    "Endpoint",
    "cut_of",
    "least_factor",
    "lengthen",
    "read_blocks",
    "shares_of",
    "values_of",
]

LEAST_BLOCKS = 8
"""With fewer, nothing is concluded."""

Endpoint: TypeAlias = tuple[str, str]
"""Name and method; two empty texts mean all requests."""
Blocks: TypeAlias = "list[Aggregate | None]"

_WISHED = 10
_MANY = 30
_LENGTH = 5.0  # seconds; shorter blocks remember their neighbours
_WARM_UP_SHARE = 0.1
_WARM_UP_MOST = 60


class Cut(msgspec.Struct, frozen=True):
    """Which seconds of a run become blocks: `count` blocks of `length` seconds, from second `start` on."""

    start: int
    length: int
    count: int

    @property
    def seconds(self) -> int:
        """All that is compared."""
        return self.length * self.count


def cut_of(duration: float, *, warm_up: float | None = None, length: float | None = None) -> Cut:
    """How a run of this many seconds is cut.

    By default the first tenth (at most a minute) is warm-up, blocks have 5 seconds or a thirtieth of the run if that
    is longer, and less if there would not be ten of them.
    """
    whole = math.floor(duration + 1e-6)
    start = min(math.ceil(whole * _WARM_UP_SHARE), _WARM_UP_MOST) if warm_up is None else math.ceil(warm_up)
    steady = max(whole - start, 0)
    if length is None:
        wished = max(_LENGTH, steady // _MANY) if steady >= _WISHED * _LENGTH else steady // _WISHED
        each = max(int(wished), 1)
    else:
        each = max(math.ceil(length), 1)
    return Cut(start, each, steady // each)


def read_blocks(metrics: MetricStore, metric: str, cut: Cut) -> dict[Endpoint, Blocks]:
    """By endpoint, and for all together under ("", "")."""
    found: dict[Endpoint, Blocks] = {}
    for place in range(cut.count):
        start = cut.start + place * cut.length
        for (name, method), each in metrics.group_by(metric, ["name", "method"], {}, start, start + cut.length):
            if name:
                found.setdefault((name, method), [None] * cut.count)[place] = each
        total = metrics.aggregate(metric, {}, start, start + cut.length)
        if total is not None:
            found.setdefault(("", ""), [None] * cut.count)[place] = total
    return found


def lengthen(blocks: Sequence[Aggregate | None], factor: int) -> Blocks:
    """Each `factor` neighbours as one block; what is left over at the end is left out."""
    if factor == 1:
        return list(blocks)
    return [_joined(blocks[place : place + factor]) for place in range(0, len(blocks) - factor + 1, factor)]


def values_of(blocks: Sequence[Aggregate | None], measure: Measure, seconds: int) -> Floats:
    """The measure by block (`seconds` long); NaN where it says nothing.

    The rate of a counter is never 0, so that it has a logarithm: half an event stands for none.
    """
    return np.array([_value(block, measure, seconds) for block in blocks], np.float64)


def _value(block: Aggregate | None, measure: Measure, seconds: int) -> float:
    kind = block.kind if block is not None else "counter" if measure.statistic == "rate" else "trend"
    if kind == "counter":
        return max(block.sum if block is not None else 0.0, 0.5) / seconds
    if block is None or block.count < measure.least_samples:
        return math.nan
    if kind == "rate":
        return block.rate
    quantile = measure.percentile
    value = block.avg if quantile is None else block.percentile(quantile)
    # Zero has no logarithm: a time of nothing at all is below what is measured.
    return value if value > 0 else math.nan


def _joined(blocks: Sequence[Aggregate | None]) -> Aggregate | None:
    parts = [block for block in blocks if block is not None]
    if not parts:
        return None
    histograms = [part.histogram for part in parts if part.histogram is not None]
    return Aggregate(
        kind=parts[0].kind,
        count=sum(part.count for part in parts),
        sum=sum(part.sum for part in parts),
        min=min(part.min for part in parts),
        max=max(part.max for part in parts),
        last=parts[-1].last,
        seconds=sum(part.seconds for part in parts),
        histogram=Histogram.merge(*histograms) if histograms else None,
    )


def shares_of(blocks: Sequence[Aggregate | None]) -> tuple[Floats, Floats]:
    """Of a rate: how many samples were true, and how many there were, by block."""
    hits = [block.sum if block is not None else 0.0 for block in blocks]
    sizes = [float(block.count) if block is not None else 0.0 for block in blocks]
    return np.array(hits, np.float64), np.array(sizes, np.float64)


def least_factor(blocks: Sequence[Sequence[Aggregate | None]], measure: Measure) -> int:
    """How many neighbours must become one block, so that most blocks of both runs have samples enough.

    0: not even the longest that leave blocks enough would do.
    """
    count = min(len(each) for each in blocks)
    for factor in range(1, count // LEAST_BLOCKS + 1):
        if all(_is_enough(lengthen(each, factor), measure) for each in blocks):
            return factor
    return 0


def _is_enough(blocks: Sequence[Aggregate | None], measure: Measure) -> bool:
    counts = [block.count if block is not None else 0 for block in blocks]
    return float(np.median(counts)) >= measure.least_samples
