"""Numbers in k6's manner."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.k6.summary_numbers import figure, percent, plain, size, time


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (0.0000005, "0ns"),
        (0.0005, "500ns"),
        (0.35427, "354.27µs"),
        (0.0652, "65.2µs"),
        (12.9, "12.9ms"),
        (148.219, "148.21ms"),
        (999.999, "999.99ms"),
        (1000, "1s"),
        (2069.9, "2.06s"),
        (60_000, "1m0s"),
        (63_900, "1m3s"),
        (3_723_000, "1h2m3s"),
        (-0.004231, "-4231ns"),
    ],
)
def test_times_are_cut_after_two_decimals(milliseconds: float, text: str) -> None:
    """Times take the unit that fits and are cut, not rounded."""
    assert time(milliseconds) == text


@pytest.mark.parametrize(("unit", "text"), [("s", "1.24s"), ("ms", "1235.68ms"), ("us", "1235678.00µs")])
def test_a_fixed_unit_has_two_rounded_decimals(unit: str, text: str) -> None:
    """With summaryTimeUnit all times are in one unit."""
    assert time(1235.678, unit) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 B"),
        (7.2, "7 B"),
        (542, "542 B"),
        (1300, "1.3 kB"),
        (9_960, "10 kB"),
        (31_400, "31 kB"),
        (1.3e6, "1.3 MB"),
    ],
)
def test_sizes_have_one_decimal_below_ten(amount: float, text: str) -> None:
    """Sizes are decimal."""
    assert size(amount) == text


def test_shares_are_cut() -> None:
    """37498 of 67336 is 55.688 %, shown as 55.68 %, and 0.29 stays 29 %."""
    assert percent(37498 / 67336) == "55.68%"
    assert percent(0.29) == "29.00%"
    assert percent(1) == "100.00%"


def test_plain_numbers_have_up_to_six_decimals() -> None:
    """Zeros at the end go."""
    assert plain(13.1221794) == "13.122179"
    assert plain(45.0) == "45"
    assert plain(-0.0) == "0"
    assert figure(120, "default") == "120"


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_number_is_too_odd(value: float) -> None:
    """Whatever a script hands over is shown somehow."""
    assert all((time(value), size(value), percent(value), plain(value)))


@given(st.floats(0.001, 59_999))
def test_a_cut_time_is_never_above_the_measured_one(milliseconds: float) -> None:
    """Cutting off digits never makes a time longer."""
    text = time(milliseconds)
    factor = {"µs": 0.001, "ms": 1.0, "ns": 1e-6}.get(text.lstrip("0123456789."), 1000.0)
    shown = float(text.rstrip("µmns")) * factor
    assert shown <= milliseconds * (1 + 1e-9)
    assert math.isclose(shown, milliseconds, rel_tol=0.011)
