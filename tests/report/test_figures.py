"""Numbers as text: three digits, one unit, never a false bound."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.report.figures import amount, milliseconds, plural, share, signed_share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 ms"),
        (0.045, "45.0 us"),
        (0.9996, "1.00 ms"),
        (12.34, "12.3 ms"),
        (999.6, "1.00 s"),
        (1250, "1.25 s"),
        (59_960, "1m00s"),
        (125_000, "2m05s"),
        (-5, "-5.00 ms"),
        (math.nan, "-"),
    ],
)
def test_times(value: float, text: str) -> None:
    """Units change where the number would get too long."""
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (1, "100 %"), (0.125, "12.5 %"), (0.0008, "0.08 %"), (1e-7, "<0.01 %"), (0.99999, ">99.9 %")],
)
def test_shares(value: float, text: str) -> None:
    """Nothing that happened is 0 %, nothing that failed once is 100 %."""
    assert share(value) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_share_inside_never_looks_like_a_bound(value: float) -> None:
    """Whatever the share, the text is neither 0 % nor 100 %."""
    assert share(value) not in {"0 %", "100 %"}


@given(st.floats(1e-6, 1e7))
def test_times_keep_three_digits(value: float) -> None:
    """The text is within half a per cent of the value."""
    text = milliseconds(value)
    if text[-1] == "s" and "m" in text and " " not in text:
        minutes, seconds = text[:-1].split("m")
        shown = (int(minutes) * 60 + int(seconds)) * 1000
    else:
        number, unit = text.split(" ")
        shown = float(number.replace(",", "")) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
    assert shown == pytest.approx(value, rel=0.01, abs=1e-5)


def test_margins_have_a_sign() -> None:
    """Inside is +, beyond is -."""
    assert signed_share(0.38) == "+38.0 %"
    assert signed_share(-0.042) == "-4.20 %"
    assert signed_share(0.9996) == "+100 %"


def test_amounts_follow_their_unit() -> None:
    """Times, sizes, counts and rates each in their own way."""
    assert amount(12.3, "ms") == "12.3 ms"
    assert amount(1_500_000, "bytes") == "1.5 MB"
    assert amount(1_500, "bytes", per_second=True) == "1.5 kB/s"
    assert amount(12345, "") == "12,345"
    assert amount(2.5, "", per_second=True) == "2.5/s"


def test_plurals() -> None:
    """One thing, several things."""
    assert plural(1, "worker") == "1 worker"
    assert plural(12000, "request") == "12,000 requests"
