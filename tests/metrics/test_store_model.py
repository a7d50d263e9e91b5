"""The store against a naive model: any samples, any workers, any lateness, any window, memory or disk."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import encode
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from tests.metrics.naive import close_enough, nearest_rank

SECONDS = 45


class Sample(NamedTuple):
    """One sample of the model."""

    worker: int
    metric: str
    endpoint: str
    time: float
    value: float


KINDS = {"t": "trend", "c": "counter", "r": "rate", "g": "gauge"}
SAMPLES = st.lists(
    st.builds(
        Sample,
        st.integers(0, 2),
        st.sampled_from(sorted(KINDS)),
        st.sampled_from(["/a", "/b"]),
        st.floats(0, SECONDS - 0.01),
        st.one_of(st.floats(0.001, 60_000), st.just(0.0), st.floats(-1e6, 1e6)),
    ),
    max_size=60,
)
WINDOWS = st.tuples(st.none() | st.integers(-3, SECONDS + 3), st.none() | st.integers(-3, SECONDS + 3))


def _run(samples: list[Sample], lateness: list[int]) -> MetricStore:
    store = MetricStore(recent_seconds=15)
    recorders = [Recorder() for _ in range(3)]
    waiting: list[deque[bytes]] = [deque() for _ in range(3)]
    left = deque(sorted(samples, key=lambda sample: sample.time))
    for second in range(1, SECONDS + 1):
        while left and left[0].time < second:
            worker, metric, endpoint, time, value = left.popleft()
            number = recorders[worker].series(metric, KINDS[metric], TagSet.of({"endpoint": endpoint}))  # type: ignore[arg-type]
            recorders[worker].add_sample((number, time, value))
        for worker, recorder in enumerate(recorders):
            waiting[worker].append(encode(recorder.flush(second)))
            while len(waiting[worker]) > lateness[worker]:
                store.add(worker, waiting[worker].popleft())
    for worker, rest in enumerate(waiting):
        for data in rest:
            store.add(worker, data)
    return store


@settings(max_examples=25, deadline=None)
@given(
    SAMPLES,
    st.lists(st.sampled_from([0, 0, 1, 2, 20, SECONDS]), min_size=3, max_size=3),
    st.lists(WINDOWS, min_size=1, max_size=5),
    st.sampled_from([{}, {"endpoint": "/a"}]),
)
def test_every_window_is_that_of_the_samples(
    samples: list[Sample],
    lateness: list[int],
    windows: list[tuple[int | None, int | None]],
    tags: dict[str, str],
) -> None:
    """Counts, sums, extremes and percentiles of any window equal those of the plain list of samples."""
    store = _run(samples, lateness)
    for start, end in [(None, None), *windows]:
        for metric, kind in KINDS.items():
            values = [
                sample.value
                for sample in sorted(samples, key=lambda sample: sample.time)
                if sample.metric == metric
                and (not tags or sample.endpoint == tags["endpoint"])
                and math.floor(sample.time) >= (start if start is not None else 0)
                and math.floor(sample.time) < (end if end is not None else SECONDS)
            ]
            found = store.aggregate(metric, tags, start, end)
            if not values:
                assert found is None
                continue
            assert found is not None
            assert found.kind == kind
            assert found.count == len(values)
            if kind == "rate":
                assert found.passes == sum(value != 0 for value in values)
                continue
            assert found.sum == pytest.approx(math.fsum(values), rel=1e-9, abs=1e-6)
            if kind in ("trend", "gauge"):
                assert (found.min, found.max) == (min(values), max(values))
            if kind == "trend":
                for q in (0, 50, 95, 100):
                    assert close_enough(found.percentile(q), nearest_rank(values, q))


@settings(max_examples=20, deadline=None)
@given(SAMPLES)
def test_workers_in_any_split_give_the_same(samples: list[Sample]) -> None:
    """One worker with all samples and three workers with a part each end in the same numbers."""
    split = _run(samples, [0, 1, 2])
    whole = _run([sample._replace(worker=0) for sample in samples], [0, 0, 0])
    for metric in ("t", "c", "r"):
        one = dict(whole.per_second(metric))
        other = dict(split.per_second(metric))
        assert one.keys() == other.keys()
        for second, found in one.items():
            assert found.count == other[second].count
            assert found.sum == pytest.approx(other[second].sum, rel=1e-9, abs=1e-6)
            if found.histogram is not None:
                twin = other[second].histogram
                assert twin is not None
                assert found.histogram.buckets.tolist() == twin.buckets.tolist()
                assert found.histogram.hits.tolist() == twin.hits.tolist()
        groups = [(values, found.count) for values, found in whole.group_by(metric, ["endpoint"])]
        assert groups == [(values, found.count) for values, found in split.group_by(metric, ["endpoint"])]
