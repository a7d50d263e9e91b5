"""A finished run of a k6 script made of known measurements."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from swell.coordinator.judge import Judge
from swell.coordinator.state import Outcome
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.plan import Plan, Share, Source, Stage, UserStages, Workload
from swell.runs.record import Run
from swell.runs.summarize import summarize

THRESHOLDS = (
    "http_req_duration: p(95)<500",
    "http_req_duration{name:booking}: p(95)<50",
    "http_req_failed: rate<0.01",
    "sales: count>5 abort after 10s",
)


class Measured(NamedTuple):
    """A run and what it measured."""

    run: Run
    store: MetricStore


def measure(thresholds: tuple[str, ...] = THRESHOLDS, seconds: int = 10) -> Measured:
    """Ten requests of 100 ms a second, one of them failed; two checks in two groups; a counter of its own."""
    store, recorder = MetricStore(), Recorder()
    tags = TagSet.of({"name": "booking", "method": "GET", "scenario": "default", "group": "::shop"})
    good = recorder.request_series(tags.with_tags(status="200", expected_response="true"))
    bad = recorder.request_series(tags.with_tags(status="503", expected_response="false"))
    plain = TagSet.of({"scenario": "default", "group": ""})
    rate = recorder.series("checks", "rate", plain.with_tags(check="zebra", group="::shop"))
    other = recorder.series("checks", "rate", plain.with_tags(check="apple", group="::shop::cart"))
    group = recorder.series("group_duration", "trend", plain.with_tags(group="::shop"))
    iterations = recorder.series("iterations", "counter", plain)
    length = recorder.series("iteration_duration", "trend", plain)
    users = recorder.series("vus", "gauge", plain)
    dropped = recorder.series("dropped_iterations", "counter", plain)
    lag = recorder.series("schedule_lag", "trend", plain)
    sales = recorder.series("sales", "counter", plain)
    waited = recorder.series("waited", "trend", plain, is_time=True)
    for second in range(seconds):
        for place in range(10):
            start = second + place / 12
            recorder.add_request((bad if not place else good, start, start + 0.1, 0.0, 0.001, 0.097, 0.002, 200, 1000))
            recorder.add_sample((rate, start, float(place > 0)))
            recorder.add_sample((other, start, 1.0))
            recorder.add_sample((iterations, start, 1.0))
            recorder.add_sample((length, start, 1500.0))
            recorder.add_sample((group, start, 120.0))
            recorder.add_sample((lag, start, 1.0))
            recorder.add_sample((waited, start, 10.0 * (place + 1)))
        recorder.add_sample((users, second + 0.9, float(min(second + 1, 3))))
        recorder.add_sample((sales, second + 0.9, 3.0))
        recorder.add_sample((dropped, second + 0.9, 0.0))
        store.add(0, recorder.flush(second + 1.0))
    store.finish(float(seconds))
    plan = Plan(
        source=Source("swell.dialects.k6:load", "script.js"),
        workloads=(Workload("default", (Share("default"),), UserStages((Stage(10.0, 3.0),))),),
        thresholds=thresholds,
    )
    facts: dict[str, Any] = {"started": 1_800_000_000.0, "ended": 1_800_000_010.0, "duration": float(seconds)}
    outcome = Outcome(**facts, results=list(Judge(plan).finish(store)))
    return Measured(summarize(plan, store, outcome, run_id="20270115-080000-abcd", workers=1), store)


@pytest.fixture(scope="session")
def measured() -> Measured:
    """A run with thresholds, one of which failed."""
    return measure()
