"""Tests of model.units: what people type, and what they read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.units import (
    format_count,
    format_duration,
    format_rate,
    format_size,
    parse_duration,
    parse_rate,
    parse_size,
    plural,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0),
        ("90s", 90.0),
        ("1h30m", 5400.0),
        ("1h 30m 15s", 5415.0),
        ("500ms", 0.5),
        ("1.5m", 90.0),
        ("0.5 min", 30.0),
        ("2 hours", 7200.0),
        ("1d", 86400.0),
        ("100us", 1e-4),
        ("100µs", 1e-4),
        ("1e3", 1000.0),
        (".5s", 0.5),
        (" 10s ", 10.0),
        ("0", 0.0),
        ("0.1s", 0.1),
        (90, 90.0),
        (1.5, 1.5),
    ],
)
def test_duration_is_read(text: str | float, seconds: float) -> None:
    """The usual ways to write a duration give exactly its seconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "10x", "-5s", "-1", "1h1h", "5 5", "1h30", "s", "nan", "inf", "1e999", "1.2.3s", "1s,", "٣s"],
)
def test_wrong_duration_is_refused(text: str) -> None:
    """Anything that is no duration is a ValueError with a sentence for people."""
    with pytest.raises(ValueError, match=r"duration|unit"):
        parse_duration(text)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, True])
def test_wrong_number_is_no_duration(value: float) -> None:
    """Numbers that are no length of time are refused, true and false among them."""
    with pytest.raises(ValueError, match="duration"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50", 50.0),
        ("200/s", 200.0),
        ("100/1m", 100 / 60),
        ("100/m", 100 / 60),
        ("3000/h", 3000 / 3600),
        ("5 / 10s", 0.5),
        ("1/100ms", 10.0),
        ("7/30", 7 / 30),
        (12, 12.0),
        ("0", 0.0),
    ],
)
def test_rate_is_read(text: str | float, rate: float) -> None:
    """A rate is a number per second, or per whatever stands behind the slash."""
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "/s", "x/s", "10/0s", "10/", "-5/s", "10/x", "10/-1s", "1/2/3"])
def test_wrong_rate_is_refused(text: str) -> None:
    """Anything that is no rate is a ValueError that says so."""
    with pytest.raises(ValueError, match="rate"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("512B", 512),
        ("64kB", 64_000),
        ("64 KB", 64_000),
        ("64k", 64_000),
        ("1.5MB", 1_500_000),
        ("4MiB", 4 * 1024**2),
        ("4Mi", 4 * 1024**2),
        ("2GB", 2_000_000_000),
        ("1KiB", 1024),
        (100, 100),
        ("0.0001kB", 0),
    ],
)
def test_size_is_read(text: str | float, size: int) -> None:
    """Sizes are decimal, binary only where written so."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "kB", "10XB", "-1", "1 2", "ten"])
def test_wrong_size_is_refused(text: str) -> None:
    """Anything that is no size is a ValueError that says so."""
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (90, "1m30s"),
        (5400, "1h30m"),
        (0.5, "500ms"),
        (0.0123, "12.3ms"),
        (0.9996, "1s"),
        (0.9994, "999ms"),
        (1.5, "1.5s"),
        (59.9996, "1m"),
        (86400, "1d"),
        (12e-6, "12us"),
        (999.6e-6, "1ms"),
        (3e-9, "3ns"),
        (-2, "-2s"),
        (math.inf, "unlimited"),
    ],
)
def test_duration_is_written(seconds: float, text: str) -> None:
    """Durations read as people write them, without leftovers such as 60 s or 1000 ms."""
    assert format_duration(seconds) == text


@given(st.floats(min_value=1e-8, max_value=1e7))
def test_written_duration_reads_back(seconds: float) -> None:
    """A written duration is read back as the same time, up to the digits shown."""
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=6e-3, abs=6e-4 if seconds >= 1 else 0)


@given(st.text(max_size=12))
def test_parsers_never_fail_otherwise(text: str) -> None:
    """Any text is either read or refused with ValueError, and what is read is finite and not negative."""
    for parse in (parse_duration, parse_rate, parse_size):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert 0 <= value < math.inf


def test_sizes_counts_and_rates_are_written() -> None:
    """Numbers in tables are short, with separators where they are long."""
    assert [format_size(size) for size in (0, 999, 1000, 1536, 999_960, 2_340_000_000, 5e15)] == [
        "0 B",
        "999 B",
        "1 kB",
        "1.5 kB",
        "1 MB",
        "2.3 GB",
        "5,000.0 TB",
    ]
    assert [format_count(value) for value in (0, 12.34, 12.0, 1234567, 1234.5)] == [
        "0",
        "12.3",
        "12",
        "1,234,567",
        "1,234",
    ]
    assert [format_rate(rate) for rate in (0, 0.05, 12.5, 200, 12345.6)] == [
        "0/s",
        "0.05/s",
        "12.5/s",
        "200/s",
        "12,346/s",
    ]


def test_one_thing_is_no_things() -> None:
    """Messages count in the number that the language has."""
    assert [plural(count, "request") for count in (0, 1, 2, 12_345)] == [
        "0 requests",
        "1 request",
        "2 requests",
        "12,345 requests",
    ]
    assert [plural(count, "criterion", "criteria") for count in (1, 3)] == ["1 criterion", "3 criteria"]
