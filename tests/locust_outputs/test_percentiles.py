"""Numbers as Locust names and rounds them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.locust.figures import Figures, merged, minus
from swell.dialects.locust.percentiles import (
    bucket_response_time,
    calculate_response_time_percentile,
    counts_of,
    diff_response_time_dicts,
    get_readable_percentiles,
    histogram_of_counts,
    percentiles_of,
    shown_percentile,
)
from swell.metrics.histogram import Histogram

times = st.lists(st.floats(min_value=0.01, max_value=100_000.0), min_size=1, max_size=200)


def test_readable_percentiles() -> None:
    """Shares become whole percents where they are whole."""
    shares = [0.5, 0.66, 0.95, 0.999, 0.9999, 1.0, 0.123456789]
    assert get_readable_percentiles(shares) == ["50%", "66%", "95%", "99.9%", "99.99%", "100%", "12.345679%"]


@pytest.mark.parametrize(
    ("time", "key"),
    [(0.4, 0), (2.5, 2), (99.6, 100), (147, 150), (145, 140), (3432, 3400), (9_960, 10_000), (58_760, 59_000)],
)
def test_keys_of_response_times(time: float, key: int) -> None:
    """Two significant digits, halves to even, as Python rounds."""
    assert bucket_response_time(time) == key


def test_percentile_of_keys() -> None:
    """`calculate_response_time_percentile` walks from the top, as users of the function know it."""
    keys = {10: 5, 20: 4, 30: 1}
    assert [calculate_response_time_percentile(keys, 10, share) for share in (0.1, 0.5, 0.9, 1.0)] == [10, 20, 30, 30]
    assert calculate_response_time_percentile({}, 0, 0.5) == 0
    assert diff_response_time_dicts({10: 5, 20: 2}, {10: 5, 20: 1}) == {20: 1}


@given(times, st.floats(min_value=0.001, max_value=1.0))
def test_shown_percentiles_stay_below_the_maximum(values: list[float], share: float) -> None:
    """What tables show is never above the maximum they show."""
    histogram = Histogram.of(values)
    assert shown_percentile(histogram.percentile(share * 100), histogram.max) <= int(max(values))


@given(times, st.lists(st.floats(min_value=0.0, max_value=1.0), max_size=5))
def test_many_percentiles_at_once(values: list[float], shares: list[float]) -> None:
    """They are those of the histogram, one by one."""
    histogram = Histogram.of(values)
    assert percentiles_of(histogram, shares) == [histogram.percentile(share * 100.0) for share in shares]


@given(times)
def test_counts_lose_no_request(values: list[float]) -> None:
    """The keys of a histogram hold all its requests, and make a histogram of as many again."""
    histogram = Histogram.of(values)
    counts = counts_of(histogram, bucket_response_time)
    assert sum(counts.values()) == len(values)
    back = histogram_of_counts(counts, histogram.sum, histogram.min, histogram.max)
    assert (back.count, back.sum, back.min, back.max) == (len(values), histogram.sum, min(values), max(values))


@given(times, times)
def test_figures_can_be_taken_apart(one: list[float], other: list[float]) -> None:
    """What remains without a part has the counts of the rest."""
    first, second = (Figures(len(part), 0, 1, 5.0, Histogram.of(part)) for part in (one, other))
    rest = minus(merged([first, second]), first)
    assert (rest.requests, rest.failures, rest.content, rest.histogram.count) == (len(other), 1, 5.0, len(other))
    buckets = Counter(dict(zip(rest.histogram.buckets.tolist(), rest.histogram.hits.tolist(), strict=True)))
    whole = Histogram.of(other)
    assert buckets == Counter(dict(zip(whole.buckets.tolist(), whole.hits.tolist(), strict=True)))
    assert rest.histogram.min == pytest.approx(whole.min, rel=0.005)
    assert rest.histogram.max == pytest.approx(whole.max, rel=0.005)
