"""Exact percentiles of short runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics import snapshot as snapshots
from swell.metrics.exact import ExactTrends, ExactView
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.threshold import evaluate, parse_threshold


def measured(values: list[list[float]], first_points: int, limit: int = 1000) -> ExactTrends:
    """One worker for each list; even places have the tag a:b, a counter beside it must not matter."""
    store = MetricStore()
    exact = ExactTrends(store, limit)
    for worker, own in enumerate(values):
        recorder = Recorder(first_points=first_points)
        series = [recorder.series("t", "trend", TagSet.of(tags)) for tags in ({"a": "b"}, {"a": "c"})]
        other = recorder.series("n", "counter", TagSet.of({}))
        for place, value in enumerate(own):
            recorder.add_sample((series[place % 2], place / 7, value))
            recorder.add_sample((other, place / 7, 1.0))
        for second in (1.0, 2.0):
            store.add(worker, snapshots.encode(recorder.flush(second)))
        store.add(worker, snapshots.encode(recorder.flush()))
    return exact


@given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=20), min_size=1, max_size=3), st.floats(0, 100))
def test_percentiles_are_those_of_the_samples(values: list[list[float]], q: float) -> None:
    """Of all workers and series, and of a part by its tags."""
    exact = measured(values, 20)
    everything = [value for own in values for value in own]
    part = [value for own in values for value in own[::2]]
    for samples, tags in ((everything, {}), (part, {"a": "b"})):
        found = exact.percentile("t", q, tags)
        if samples:
            assert found == pytest.approx(float(np.percentile(samples, q)))
        else:
            assert found is None


def test_one_sample_too_many_and_there_is_no_answer() -> None:
    """A worker that had more than it was to send, or more than the limit: the histogram must do."""
    assert measured([[1.0, 2.0, 3.0, 4.0]], 4).percentile("t", 50) == 2.5
    assert measured([[1.0, 2.0, 3.0, 4.0]], 3).percentile("t", 50) is None
    assert measured([[1.0] * 8, [2.0]], 7).percentile("t", 50) is None
    assert measured([[1.0, 2.0, 3.0, 4.0]], 4, limit=3).percentile("t", 50) is None
    assert measured([[1.0] * 20], 10).percentile("t", 50) is None


def test_other_kinds_and_unknown_metrics_have_none() -> None:
    """Trends only."""
    exact = measured([[1.0]], 10)
    assert exact.values("n") is None
    assert exact.values("nothing") is None


def test_thresholds_are_judged_on_the_samples() -> None:
    """Of ten samples 1 to 10 the 95th percentile is 9.55, on the line to the largest."""
    exact = measured([[float(value) for value in range(1, 11)]], 10)
    view = ExactView(exact._store, exact)
    judged = evaluate(parse_threshold("t: p(95) < 9.6"), view)
    assert (judged.grade, judged.value) == ("met", pytest.approx(9.55))
    assert evaluate(parse_threshold("t: p(95) < 9.6"), exact._store).grade == "failed"
    assert evaluate(parse_threshold("t: med == 5.5"), view).grade == "met"
    assert evaluate(parse_threshold("t: max == 10"), view).grade == "met"
    assert evaluate(parse_threshold("n: count == 10"), view).grade == "met"
    windowed = view.aggregate("t", {}, 0.0, 1.0)
    assert windowed is not None
    assert windowed.count == 7
