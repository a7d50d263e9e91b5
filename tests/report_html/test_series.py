"""Thinning keeps counts and percentiles; bars and curves say what the histogram says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.histogram import Histogram
from swell.metrics.store import MetricStore
from swell.report.html.distribution import bars, curve, table_percentiles
from swell.report.html.series import MOST_POINTS, OverTime, endpoint_lines, over_time
from swell.report.html.sparkline import sparkline
from tests.report.conftest import make_store

TIMES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=300)


def test_an_empty_store_has_no_lines() -> None:
    """None, not a line of nothing."""
    assert over_time(MetricStore()) is None
    assert endpoint_lines(MetricStore()) == {}


@pytest.mark.parametrize("seconds", [1, 7, 59, 721, 1500])
def test_windows_keep_every_request(seconds: int) -> None:
    """However long the run, all requests and failures are in some window, and the windows are few and without gaps."""
    store = make_store(failing=True, seconds=seconds, per_second=10)
    lines = over_time(store)
    assert lines is not None
    assert sum(lines.requests) == sum(each.count for each in lines.histograms) == 10 * seconds
    assert sum(lines.failed) == seconds
    assert len(lines.starts) <= MOST_POINTS
    assert lines.ends[:-1] == lines.starts[1:]
    assert lines.end == seconds


@pytest.mark.parametrize("most", [1, 3, 60])
def test_a_coarser_line_has_the_merged_percentiles(most: int) -> None:
    """The table under the plots merges histograms; its counts are the same."""
    lines = over_time(make_store(seconds=25))
    assert lines is not None
    coarse = lines.coarser(most)
    assert len(coarse.starts) <= most
    assert sum(coarse.requests) == sum(lines.requests)
    assert coarse.end == lines.end
    if most == 1:
        assert coarse.percentile(95)[0] == pytest.approx(Histogram.of([100.0]).percentile(95), rel=0.01)


def test_a_short_rest_makes_no_peak() -> None:
    """A run that ends a moment after a whole second has no last point made of that moment."""
    store = make_store(seconds=10)
    store.finish(10.02)
    lines = over_time(store)
    assert lines is not None
    assert max(lines.rate) == pytest.approx(50.0)
    assert lines.end == pytest.approx(10.02)


def test_windows_without_requests_have_no_percentile() -> None:
    """NaN, so that the line has a gap."""
    lines = OverTime(1, [0.0], [1.0], [0], [0], [0.0], [Histogram.of([])])
    assert math.isnan(lines.percentile(95)[0])
    assert math.isnan(lines.failed_share[0])
    assert lines.rate == [0.0]


@given(TIMES)
def test_bars_hold_every_sample(values: list[float]) -> None:
    """The bars' counts add up, they do not overlap, and all samples lie in them."""
    histogram = Histogram.of(values)
    found = bars(histogram)
    assert sum(found.counts) == len(values)
    assert all(left < right for left, right in zip(found.left, found.right, strict=True))
    assert all(right <= left * 1.000001 for right, left in zip(found.right, found.left[1:], strict=False))
    assert found.left[0] <= min(values) * 1.01
    assert found.right[-1] >= max(values) * 0.99


@given(TIMES)
def test_the_curve_rises_and_stays_below_the_maximum(values: list[float]) -> None:
    """Percentiles never fall, never pass the maximum, and none is shown that the samples do not support."""
    histogram = Histogram.of(values)
    percentiles, shown = curve(histogram)
    assert shown == sorted(shown)
    assert shown[-1] <= max(values)
    assert all(q <= 50.0 or histogram.supports(q) for q in percentiles)
    assert all(histogram.supports(q) for q, _ in table_percentiles(histogram))


def test_the_curve_ends_at_four_nines() -> None:
    """With samples enough it reaches p99.99 and no further."""
    percentiles, _ = curve(Histogram.of([1.0 + place / 1e6 for place in range(200_000)]))
    assert percentiles[-1] == pytest.approx(99.99)


@given(st.lists(st.one_of(st.floats(0, 1e9), st.just(math.nan)), max_size=60))
def test_sparklines_are_finite(values: list[float]) -> None:
    """Whatever the values, a small line has no NaN in its path, or is not there."""
    line = sparkline(values, 'a "quoted" <text>')
    assert "nan" not in line.split("<path")[-1]
    assert "<text>" not in line
    assert bool(line) == any(math.isfinite(value) for value in values)
