"""Figures: what Locust's statistics say about some requests, as one value that adds up.

Rules: pure. Response times are milliseconds; requests without one (`untimed`) count as requests and are in no
histogram. Merging loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.buckets import value_of
from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOTHING", "Figures", "merged", "minus"]


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Requests, those without a response time among them, failures, bytes of content, times of all others."""

    requests: int = 0
    untimed: int = 0
    failures: int = 0
    content: float = 0.0
    histogram: Histogram = EMPTY_HISTOGRAM


NOTHING = Figures()


def merged(parts: Iterable[Figures]) -> Figures:
    """The figures of all requests together."""
    found = [part for part in parts if part.requests or part.failures]
    if len(found) < 2:
        return found[0] if found else NOTHING
    return Figures(
        sum(part.requests for part in found),
        sum(part.untimed for part in found),
        sum(part.failures for part in found),
        sum(part.content for part in found),
        EMPTY_HISTOGRAM.merge(*(part.histogram for part in found)),
    )


def minus(whole: Figures, part: Figures) -> Figures:
    """`whole` without `part`, which it contains. Minimum and maximum are then exact to the width of a bucket only."""
    return Figures(
        whole.requests - part.requests,
        whole.untimed - part.untimed,
        whole.failures - part.failures,
        whole.content - part.content,
        _without(whole.histogram, part.histogram),
    )


def _without(whole: Histogram, part: Histogram) -> Histogram:
    if not part.count or not whole.count:
        return whole
    hits = whole.hits.copy()
    hits[np.searchsorted(whole.buckets, part.buckets)] -= part.hits
    kept = hits > 0
    if not kept.any():
        return EMPTY_HISTOGRAM
    # The ends of the whole may have gone with the part: then the buckets that are left say where they are now.
    buckets = whole.buckets[kept]
    middles = value_of(buckets)
    high = whole.max if kept[-1] else float(middles[-1])
    low = whole.min if kept[0] else min(float(middles[0]), high)
    return Histogram(buckets, hits[kept], whole.count - part.count, whole.sum - part.sum, low, max(low, high))
