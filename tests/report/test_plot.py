"""The small text plot."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swell.report.plot import text_plot

BARS = " ▁▂▃▄▅▆▇█"


def plot(values: list[float], height: int = 4) -> list[str]:
    """A plot with one column for each value."""
    return text_plot(
        lambda at: values[min(int(at), len(values) - 1)],
        float(len(values)),
        top_label=lambda top: f"{top:g}",
        time_label=lambda end: f"{end:g}s",
        bars=BARS,
        width=len(values),
        height=height,
    )


def test_a_ramp() -> None:
    """Columns rise to the top row, which carries the largest value."""
    lines = plot([0, 1, 2, 3, 4])
    assert lines[0].startswith("4 |")
    assert lines[0].endswith("█")
    assert lines[-1].endswith("5s")


def test_a_short_peak_is_not_lost() -> None:
    """A column shows the largest value within it."""
    lines = text_plot(
        lambda at: 10.0 if 49 < at < 51 else 0.0,
        100.0,
        top_label=str,
        time_label=str,
        bars=BARS,
        width=10,
    )
    assert "█" in lines[0]


def test_no_load_at_all() -> None:
    """All zero draws nothing and divides by nothing."""
    assert not any("█" in line for line in plot([0.0, 0.0]))


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30), st.integers(2, 6))
def test_something_above_zero_is_always_visible(values: list[float], height: int) -> None:
    """However small beside the peak, a value above zero has a mark in the lowest row; zero has none."""
    lines = plot(values, height)
    lowest = lines[height - 1].split("|", 1)[1].ljust(len(values))
    assert [mark != " " for mark in lowest] == [value > 0 for value in values]
