"""Noise: how much runs of one and the same test differ from each other on one machine.

Rules: pure. Every change that such comparisons show is noise, also what no single run can show of itself: the mood of
the machine from one run to the next. A margin is trusted if such noise goes beyond it in one of forty comparisons.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from swell.analysis.comparison import Change
from swell.analysis.student import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.analysis.comparison import Comparison, ComparisonRow

__all__ = ["Noise", "NoiseRow", "noise_of"]


class NoiseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `largest` is the largest change seen, `margin` the smallest to trust; both relative, or of shares."""

    endpoint: str
    metric: str
    relative: bool
    pairs: int
    largest: float
    margin: float


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """What pairs of equal runs showed. `called`: pairs in which something REGRESSED or IMPROVED, which is wrong."""

    schema: str = "swell.noise/1"
    pairs: int
    called: int
    tried_margin: float
    margin: float
    """The smallest margin to trust for all relative figures."""
    share_margin: float
    """The same for shares (of failures); 0 where nothing failed."""
    rows: list[NoiseRow] = []


def noise_of(comparisons: Sequence[Comparison]) -> Noise:
    """The noise in comparisons of runs that do not differ; ValueError if there is none with figures."""
    seen: dict[tuple[str, str], list[ComparisonRow]] = {}
    for comparison in comparisons:
        for row in comparison.rows:
            if row.effect is not None:
                seen.setdefault((row.endpoint, row.metric), []).append(row)
    if not seen:
        raise ValueError("no figure could be compared")
    rows = [_row(found) for found in seen.values()]
    called = sum(any(row.verdict in {Change.REGRESSED, Change.IMPROVED} for row in each.rows) for each in comparisons)
    return Noise(
        pairs=len(comparisons),
        called=called,
        tried_margin=comparisons[0].margin,
        margin=max((row.margin for row in rows if row.relative), default=0.0),
        share_margin=max((row.margin for row in rows if not row.relative), default=0.0),
        rows=sorted(rows, key=lambda row: -row.margin if row.relative else 0.0),
    )


def _row(found: Sequence[ComparisonRow]) -> NoiseRow:
    first = found[0]
    effects = [row.effect or 0.0 for row in found]
    sizes = [math.log1p(each) if first.relative else each for each in effects]
    # The true change is 0, so that the mean square is the variance, with as many degrees of freedom as pairs.
    spread = math.sqrt(sum(each * each for each in sizes) / len(sizes))
    reach = t_quantile(0.975, len(sizes)) * spread
    # Rounded up to what a person would type.
    margin = math.ceil(math.expm1(reach) * 200 - 1e-9) / 200 if first.relative else math.ceil(reach * 2000) / 2000
    return NoiseRow(
        endpoint=first.endpoint,
        metric=first.metric,
        relative=first.relative,
        pairs=len(found),
        largest=max(effects, key=abs),
        margin=margin,
    )
