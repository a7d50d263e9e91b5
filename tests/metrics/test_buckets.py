"""Buckets: error bound, order, symmetry."""

from __future__ import annotations

import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.buckets import BUCKET_LIMIT, bucket_of, bucket_of_positive, value_of

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SMALLEST = sys.float_info.min


def _array(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


@given(FINITE)
def test_midpoint_is_within_half_a_percent(value: float) -> None:
    """The midpoint of a number's bucket is within 0.5 % of it, at any magnitude and sign."""
    middle = float(value_of(bucket_of(_array(value)))[0])
    assert np.isfinite(middle)
    if abs(value) >= SMALLEST:
        assert abs(middle - value) <= 0.005 * abs(value)
    else:
        assert middle == 0.0


@given(FINITE, FINITE)
def test_buckets_keep_the_order(one: float, other: float) -> None:
    """A larger number never has a smaller bucket."""
    low, high = bucket_of(_array(min(one, other), max(one, other)))
    assert low <= high


@given(FINITE)
def test_negative_numbers_mirror_positive_ones(value: float) -> None:
    """The bucket of -x is minus the bucket of x, and all stay within the limit."""
    plus, minus = bucket_of(_array(value, -value))
    assert plus == -minus
    assert abs(int(plus)) < BUCKET_LIMIT


def test_zero_and_subnormal_numbers_share_bucket_zero() -> None:
    """Zero of either sign and numbers below the smallest normal one are bucket 0, whose value is 0."""
    values = _array(0.0, -0.0, 5e-324, -5e-324, SMALLEST * (1 - 1e-10))
    assert bucket_of(values).tolist() == [0] * 5
    assert value_of(bucket_of(values)).tolist() == [0.0] * 5


def test_the_largest_number_has_a_finite_midpoint() -> None:
    """The topmost bucket stands for a finite number."""
    assert np.isfinite(value_of(bucket_of(_array(sys.float_info.max)))[0])


@given(st.lists(st.floats(min_value=SMALLEST, max_value=1e300), min_size=1))
def test_the_fast_way_agrees_for_positive_numbers(values: list[float]) -> None:
    """bucket_of_positive gives what bucket_of gives, also for a strided array."""
    array = np.repeat(np.array(values), 2)[::2]
    assert bucket_of_positive(array).tolist() == bucket_of(array).tolist()
