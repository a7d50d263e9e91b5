"""A finished run made of known measurements, without sockets or time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from swell.coordinator.health_log import HealthLog
from swell.coordinator.judge import Judge
from swell.coordinator.state import Outcome
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.plan import ArrivalStages, Plan, Share, Source, Stage, Workload
from swell.runs.record import Run
from swell.runs.summarize import summarize

THRESHOLDS = ("http_req_duration{name:/feed}: p(95) < 500ms", "http_req_failed: rate < 1%")


def make_plan(**changes: Any) -> Plan:
    """An open plan of 10 s with a secret in its environment."""
    fields: dict[str, Any] = {
        "source": Source("swell.dialects.python:load", "loadtest.py", env={"API_TOKEN": "hunter2", "STAGE": "test"}),
        "workloads": (Workload("browse", (Share("Browser"),), ArrivalStages((Stage(0.0, 50.0), Stage(10.0, 50.0)))),),
        "thresholds": THRESHOLDS,
        "host": "http://127.0.0.1:8000",
        "name": "shop [beta]",
        **changes,
    }
    return Plan(**fields)


def make_store(*, failing: bool = False, seconds: int = 10, per_second: int = 50) -> MetricStore:
    """`per_second` requests to /feed each second (100 ms each), a tenth of them failed with `failing`; one custom
    counter, one check, one group, arrivals with a lag of 1 ms, of which one was dropped.
    """
    store = MetricStore()
    recorder = Recorder()
    tags = TagSet.of({"name": "/feed", "method": "GET", "scenario": "browse"})
    good = recorder.request_series(tags.with_tags(status="200", expected_response="true"))
    bad = recorder.request_series(
        tags.with_tags(status="503", expected_response="false", error_code="503", error="status 503")
    )
    scenario = TagSet.of({"scenario": "browse"})
    lag = recorder.series("schedule_lag", "trend", scenario)
    iterations = recorder.series("iterations", "counter", scenario)
    dropped = recorder.series("dropped_iterations", "counter", scenario)
    users = recorder.series("vus_max", "gauge", scenario)
    check = recorder.series("checks", "rate", scenario.with_tags(check="has items"))
    group = recorder.series("group_duration", "trend", scenario.with_tags(group="::checkout"))
    sold = recorder.series("tickets_sold", "counter", scenario)
    for second in range(seconds):
        for place in range(per_second):
            start = second + place / per_second * 0.8
            failed = failing and place % 10 == 0
            recorder.add_request((bad if failed else good, start, start + 0.1, 0.001, 0.001, 0.097, 0.002, 200, 1000))
            recorder.add_sample((lag, start, 1.0))
            recorder.add_sample((check, start + 0.1, 0.0 if failed else 1.0))
            recorder.add_sample((group, start + 0.1, 120.0))
            if failed:
                recorder.add_error(
                    "status", "status 503", tags, {"url": "http://127.0.0.1:8000/feed", "body": "try [later]"}
                )
        end = second + 0.999
        recorder.add_sample((iterations, end, float(per_second)))
        recorder.add_sample((dropped, end, 1.0 if second == 5 else 0.0))
        recorder.add_sample((users, end, 7.0))
        recorder.add_sample((sold, end, 3.0))
        store.add(0, recorder.flush(second + 1.0))
    store.finish(float(seconds))
    return store


def healthy(seconds: int = 10) -> HealthLog:
    """A generator without trouble."""
    log = HealthLog()
    for second in range(seconds):
        log.add(0, second, {"cpu": 0.4, "loop_lag_ms": 1.5, "rss": 80_000_000, "users": 7, "state": "ok"})
    return log


def make_run(store: MetricStore, plan: Plan | None = None, **outcome: Any) -> Run:
    """The record of a run of `plan` that measured `store`."""
    plan = plan or make_plan()
    facts: dict[str, Any] = {
        "started": 1_800_000_000.0,
        "ended": 1_800_000_010.0,
        "duration": 10.0,
        "results": Judge(plan).finish(store),
        "health": healthy(),
        **outcome,
    }
    return summarize(plan, store, Outcome(**facts), run_id="20270115-080000-abcd", workers=1, command=["swell", "run"])


@pytest.fixture
def good_run() -> Run:
    """Everything on target, but for one dropped arrival."""
    return make_run(make_store())


@pytest.fixture
def failing_run() -> Run:
    """A tenth of the requests failed."""
    return make_run(make_store(failing=True))


@pytest.fixture
def run_of() -> Callable[..., Run]:
    """`make_run` for tests that change something."""
    return make_run
