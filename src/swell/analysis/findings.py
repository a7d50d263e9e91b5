"""What the blocks of two runs say about one measure of one endpoint, before all rows are judged together.

Rules: pure. Where an endpoint has few requests, neighbouring blocks are joined until a block says something; where even
that leaves too few, the finding has no effect and says why. Rates 0..1 are compared by their difference, all else by
logarithms.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swell.analysis.blocks import LEAST_BLOCKS, least_factor, lengthen, shares_of, values_of
from swell.analysis.effects import compare_logs, compare_shares

if TYPE_CHECKING:
    from swell.analysis.blocks import Blocks, Cut
    from swell.analysis.comparison import CompareOptions
    from swell.analysis.effects import Effect
    from swell.analysis.measures import Measure
    from swell.metrics.buckets import Floats

__all__ = ["Finding", "find"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row; `base` and `new` are the medians of the blocks, of shares those of all samples."""

    endpoint: str
    measure: Measure
    base: float | None = None
    new: float | None = None
    effect: Effect | None = None
    blocks: int = 0
    block_seconds: int = 0
    note: str = ""


def find(
    endpoint: str, measure: Measure, base: Blocks, new: Blocks, cut: Cut, *, paired: bool, options: CompareOptions
) -> Finding | None:
    """The finding; None where there is nothing to compare: a share that is 0 in both runs."""
    kind = next((block.kind for block in [*base, *new] if block is not None), "counter")
    if kind == "rate":
        return _shares(endpoint, measure, base, new, cut)
    factor = least_factor((base, new), measure)
    if factor == 0:
        return Finding(endpoint, measure, note="too few samples")
    seconds = cut.length * factor
    first, second = (values_of(lengthen(each, factor), measure, seconds) for each in (base, new))
    if paired:
        both = np.isfinite(first) & np.isfinite(second)
        first, second = first[both], second[both]
    else:
        first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    if min(len(first), len(second)) < LEAST_BLOCKS:
        return Finding(endpoint, measure, note="too few blocks have samples enough")
    # Each row draws by its own numbers, whatever other rows there are.
    own = zlib.crc32(f"{endpoint}\n{measure.text}".encode())
    effect = compare_logs(
        first,
        second,
        paired=paired,
        seed=options.seed * 2**32 + own,
        bucketed=measure.percentile is not None,
        resamples=options.resamples,
    )
    return Finding(endpoint, measure, _median(first), _median(second), effect, min(len(first), len(second)), seconds)


def _shares(endpoint: str, measure: Measure, base: Blocks, new: Blocks, cut: Cut) -> Finding | None:
    first, second = shares_of(base), shares_of(new)
    if min(first[1].sum(), second[1].sum()) < 1:
        return Finding(endpoint, measure, note="too few samples")
    if first[0].sum() == second[0].sum() == 0:
        return None
    effect = compare_shares(first, second)
    return Finding(endpoint, measure, effect.base, effect.new, effect, len(base), cut.length)


def _median(values: Floats) -> float:
    return float(np.median(values))
