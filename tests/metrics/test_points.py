"""Single samples on their way from a worker to outputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics import snapshot as snapshots
from swell.metrics.points import Points, pack_points, unpack_points
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import EMPTY, TagSet


def recorded(recorder: Recorder) -> tuple[MetricStore, list[Points]]:
    """What the recorder has, sent over the wire into a store that somebody taps."""
    store, seen = MetricStore(), list[Points]()
    store.point_taps.append(seen.append)
    store.add(0, snapshots.encode(recorder.flush()))
    return store, seen


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.9), st.booleans(), st.booleans()), min_size=1, max_size=30),
    st.lists(st.floats(-1e9, 1e9), max_size=10),
)
def test_points_add_up_to_the_rows(requests: list[tuple[float, float, bool, bool]], values: list[float]) -> None:
    """Count and sum of each metric's points are those of its rows: nothing is missing, nothing is there twice."""
    recorder = Recorder(100.0, keep_points=True)
    tags = TagSet.of({"name": "/", "expected_response": "true"})
    good, lost = recorder.request_series(tags), recorder.request_series(TagSet.of({"error": "x"}), sent=False)
    own = recorder.series("own", "trend", EMPTY)
    for place, (start, took, sent, opened) in enumerate(requests):
        begin, end = 100.0 + start + place * 1e-6, 100.0 + start + took + place * 1e-6
        series = good if sent else lost
        recorder.add_request((series, begin, end, 0.01, 0.1 * took, 0.8 * took, 0.1 * took, 20, 300))
        if opened:
            recorder.add_connect((series, end, 0.04, 0.01, 0.02, 0.01))
    for value in values:
        recorder.add_sample((own, 101.0, value))
    store, seen = recorded(recorder)
    series = store.series_list()
    (points,) = seen
    assert (np.diff(points.time) >= 0).all()
    for metric in {each.metric for each in series}:
        mine = np.isin(points.series, [number for number, each in enumerate(series) if each.metric == metric])
        total = store.totals(metric)
        assert int(mine.sum()) == (total.count if total is not None else 0), metric
        if total is not None:
            assert math.isclose(points.value[mine].sum(), total.sum, rel_tol=1e-9, abs_tol=1e-6), metric


def test_without_being_asked_for_there_are_none() -> None:
    """A run that wants no points sends none."""
    recorder = Recorder()
    recorder.add_sample((recorder.series("own", "counter", EMPTY), 0.5, 1.0))
    assert recorder.flush().points == b""


def test_odd_bytes_are_no_points() -> None:
    """A damaged snapshot raises, and whole ones come back."""
    with pytest.raises(ValueError, match="no whole number"):
        unpack_points(b"x" * 21)
    points = Points(np.array([3, 1]), np.array([0.5, 0.25]), np.array([1.5, -2.0]))
    for got, wanted in zip(unpack_points(pack_points(points)), points, strict=True):
        assert got.tolist() == wanted.tolist()
