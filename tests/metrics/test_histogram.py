"""Histogram: exact parts, percentiles, merging."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram, supports
from tests.metrics.naive import close_enough, nearest_rank

MAGNITUDES = st.one_of(
    st.floats(min_value=1e-6, max_value=1e6),
    st.floats(allow_nan=False, allow_infinity=False, width=64, min_value=-1e300, max_value=1e300),
    st.sampled_from([0.0, -0.0, 5e-324, -1e-310, 1.0, -1.0, 1e300, -1e300]),
)
LISTS = st.lists(MAGNITUDES, min_size=1, max_size=60)


def _same(one: Histogram, other: Histogram) -> bool:
    return (
        one.buckets.tolist() == other.buckets.tolist()
        and one.hits.tolist() == other.hits.tolist()
        and (one.count, one.min, one.max) == (other.count, other.min, other.max)
        and math.isclose(one.sum, other.sum, rel_tol=1e-9, abs_tol=1e290)
    )


@given(LISTS)
def test_count_sum_min_and_max_are_exact(values: list[float]) -> None:
    """What needs no bucket is exact, and the hits add up to the count."""
    found = Histogram.of(values)
    assert found.count == len(values) == int(found.hits.sum())
    assert found.sum == float(np.array(values).sum())
    assert (found.min, found.max) == (min(values), max(values))


@given(LISTS, st.one_of(st.sampled_from([0, 50, 90, 95, 99, 99.9, 100]), st.floats(0, 100)))
def test_percentiles_are_within_half_a_percent_of_the_nearest_rank(values: list[float], q: float) -> None:
    """A percentile is that of the sorted list to 0.5 %, and never outside the values."""
    found = Histogram.of(values).percentile(q)
    assert close_enough(found, nearest_rank(values, q))
    assert min(values) <= found <= max(values)


@given(LISTS, LISTS, LISTS)
def test_merging_is_associative_and_commutative(a: list[float], b: list[float], c: list[float]) -> None:
    """Any order and nesting of merges gives the histogram of all values."""
    x, y, z = Histogram.of(a), Histogram.of(b), Histogram.of(c)
    whole = Histogram.of([*a, *b, *c])
    for merged in (x.merge(y).merge(z), x.merge(y.merge(z)), z.merge(x, y), x.merge(y, z)):
        assert _same(merged, whole)


@given(LISTS, st.integers(1, 5))
def test_slices_merge_to_the_whole(values: list[float], parts: int) -> None:
    """Striped slices of the samples merge to the histogram of all of them."""
    slices = [Histogram.of(values[place::parts]) for place in range(parts)]
    assert _same(slices[0].merge(*slices[1:]), Histogram.of(values))


def test_the_empty_histogram_is_neutral_and_has_no_percentile() -> None:
    """Nothing merged with something is something; the percentile of nothing is NaN."""
    some = Histogram.of([1.0, 2.0])
    assert EMPTY_HISTOGRAM.merge(some) is some
    assert some.merge(EMPTY_HISTOGRAM) is some
    assert EMPTY_HISTOGRAM.merge(Histogram.of([])).count == 0
    assert math.isnan(EMPTY_HISTOGRAM.percentile(50))
    assert math.isnan(EMPTY_HISTOGRAM.share_at_most(1.0))


@pytest.mark.parametrize(("count", "rank"), [(1000, 999), (2000, 1998), (10_000, 9990)])
def test_ranks_survive_floating_point(count: int, rank: int) -> None:
    """p(99.9) of n samples is rank 0.999 n, not one more for a rounding error in 99.9."""
    found = Histogram.of([1.0] * rank + [1000.0] * (count - rank))
    assert found.percentile(99.9) == pytest.approx(1.0, rel=0.005)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused(bad: float) -> None:
    """NaN and infinities have no bucket."""
    with pytest.raises(ValueError, match="finite"):
        Histogram.of([1.0, bad])


@pytest.mark.parametrize("q", [-0.1, 100.1, math.nan])
def test_percentiles_outside_0_to_100_are_refused(q: float) -> None:
    """A percentile that cannot be is an error, not a number."""
    with pytest.raises(ValueError, match="between 0 and 100"):
        Histogram.of([1.0]).percentile(q)


@pytest.mark.parametrize(
    ("q", "least"), [(50, 20), (90, 100), (95, 200), (99, 1000), (99.9, 10_000), (99.99, 100_000), (100, 1)]
)
def test_a_percentile_is_supported_from_ten_samples_beyond_it(q: float, least: int) -> None:
    """Ten samples beyond the percentile support it, nine do not."""
    assert supports(least, q)
    assert not supports(least - 1, q)
    assert Histogram.of([1.0] * 20).supports(50)


@given(LISTS, MAGNITUDES)
def test_share_at_most_is_right_but_for_one_bucket(values: list[float], limit: float) -> None:
    """The share lies between those of limits 1 % below and above."""
    share = Histogram.of(values).share_at_most(limit)
    slack = abs(limit) * 0.01 + 2.3e-308
    low = sum(value <= limit - slack for value in values) / len(values)
    high = sum(value <= limit + slack for value in values) / len(values)
    assert low - 1e-12 <= share <= high + 1e-12
