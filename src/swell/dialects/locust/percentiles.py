"""How Locust names, computes and rounds response times.

Rules: pure. Response times are milliseconds, percentiles are shares (0 to 1). What is shown is in whole milliseconds,
as people and scripts expect it, but never above the maximum: the value itself comes from exact counts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.buckets import bucket_of, value_of
from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "avg",
    "bucket_response_time",
    "calculate_response_time_percentile",
    "counts_of",
    "diff_response_time_dicts",
    "get_readable_percentiles",
    "histogram_of_counts",
    "percentiles_of",
    "proper_round",
    "shown_median",
    "shown_percentile",
]


def bucket_response_time(response_time: float) -> int:
    """The key of a response time in `response_times`: two significant digits, whole milliseconds.

    A test may assign another function to `locust.stats.bucket_response_time`.
    """
    if response_time < 100:
        return round(response_time)
    for limit, digits in ((1_000, -1), (10_000, -2)):
        if response_time < limit:
            return int(round(response_time, digits))
    return int(round(response_time, -3))


def get_readable_percentiles(percentile_list: Iterable[float]) -> list[str]:
    """Shares as column titles: 0.5 is "50%", 0.999 is "99.9%"."""
    return [f"{_plain_number(100 * share)}%" for share in percentile_list]


def calculate_response_time_percentile(response_times: Mapping[int, int], num_requests: int, percent: float) -> int:
    """The highest key that leaves at most a share `percent` of `num_requests` below it; 0 without any."""
    at_most = int(num_requests * percent)
    below = num_requests
    for key in sorted(response_times, reverse=True):
        below -= response_times[key]
        if below <= at_most:
            return key
    return 0


def diff_response_time_dicts(latest: Mapping[int, int], old: Mapping[int, int]) -> dict[int, int]:
    """What came to `latest` since `old`; keys without change are left out."""
    return {key: count - old.get(key, 0) for key, count in latest.items() if count != old.get(key, 0)}


def avg(values: list[float]) -> float:
    """The mean; 0.0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def proper_round(val: float, digits: int = 0) -> float:
    """Round half up (Python's own rounds 0.5 to 0)."""
    value = float(val)
    return round(value + 10.0 ** (-len(str(value)) - 1), digits)


def counts_of(histogram: Histogram, key_of: Callable[[float], int]) -> dict[int, int]:
    """The histogram as Locust's `response_times`."""
    counts: dict[int, int] = {}
    middles = np.clip(value_of(histogram.buckets), histogram.min, histogram.max)
    for middle, hits in zip(middles.tolist(), histogram.hits.tolist(), strict=True):
        key = key_of(middle)
        counts[key] = counts.get(key, 0) + hits
    return counts


def histogram_of_counts(counts: Mapping[int, int], total: float, low: float | None, high: float) -> Histogram:
    """A histogram from `response_times` and the exact sum, minimum and maximum that go with it."""
    pairs = sorted((key, hits) for key, hits in counts.items() if hits > 0)
    if not pairs:
        return EMPTY_HISTOGRAM
    values = np.array([key for key, _ in pairs], np.float64)
    buckets, place = np.unique(bucket_of(values), return_inverse=True)
    hits = np.zeros(len(buckets), np.int64)
    np.add.at(hits, place, np.array([hits for _, hits in pairs], np.int64))
    return Histogram(
        buckets, hits, int(hits.sum()), float(total), float(values[0] if low is None else low), float(high)
    )


def percentiles_of(histogram: Histogram, shares: Sequence[float]) -> list[float]:
    """As `Histogram.percentile` for each share, in one go: tables ask for a dozen in every row. NaN when empty."""
    count = histogram.count
    if not count or not shares:
        return [math.nan] * len(shares)
    ranks = [math.ceil(share * 100.0 * count / 100.0 * (1 - 1e-12)) for share in shares]
    places = np.searchsorted(np.cumsum(histogram.hits), np.minimum(ranks, count))
    middles = np.clip(value_of(histogram.buckets[places]), histogram.min, histogram.max).tolist()
    return [
        histogram.min if rank <= 1 else histogram.max if rank >= count else middle
        for rank, middle in zip(ranks, middles, strict=True)
    ]


def shown_percentile(value: float, high: float) -> int:
    """A percentile as tables show it."""
    return 0 if math.isnan(value) else min(round(value), int(high))


def shown_median(value: float, low: float, high: float) -> float:
    """The median as files show it: whole milliseconds, or the minimum or maximum where rounding would pass it."""
    return 0 if math.isnan(value) else min(max(round(value), low), high)


def _plain_number(value: float) -> float:
    return int(value) if value.is_integer() else round(value, 6)
