"""What follows from comparisons: the verdict of a run, the noise of a machine, the history of a figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from swell.analysis.comparison import Change, Comparison, ComparisonRow
from swell.analysis.history import figure_of, history_of
from swell.analysis.judged import with_comparison
from swell.analysis.likeness import different_loads, is_steady, load_key
from swell.analysis.measures import DEFAULT_MEASURES, Measure, MeasureError, parse_measures
from swell.analysis.noise import noise_of
from swell.runs.record import EndpointSummary, MetricSummary, Run
from tests.analysis.simulate import Load, plan_of, record_of, users_plan

LOAD = Load()


@pytest.mark.parametrize(
    ("own", "change", "verdict", "code"),
    [
        ("NONE", Change.EQUIVALENT, "PASS", 0),
        ("PASS", Change.IMPROVED, "PASS", 0),
        ("PASS", Change.REGRESSED, "FAIL", 1),
        ("NONE", Change.REGRESSED, "FAIL", 1),
        ("WARN", Change.EQUIVALENT, "WARN", 0),
        ("PASS", Change.INCONCLUSIVE, "WARN", 0),
        ("PASS", Change.INVALID, "INVALID", 3),
        ("FAIL", Change.EQUIVALENT, "FAIL", 1),
        ("FAIL", Change.INVALID, "FAIL", 1),
        ("INVALID", Change.REGRESSED, "INVALID", 3),
    ],
)
def test_the_comparison_counts_in_the_verdict(own: str, change: Change, verdict: str, code: int) -> None:
    """A regression fails the run, no comparison is no pass; what was worse before stays. The line is always there."""
    codes = {"FAIL": 1, "INVALID": 3}
    run = record_of(LOAD, verdict=own, exit_code=codes.get(own, 0), reasons=["why"] if own in codes else [])
    judged = with_comparison(run, change, "the line")
    assert (judged.verdict, judged.exit_code) == (verdict, code)
    assert "the line" in [*judged.reasons, *judged.notes]
    if verdict != own and verdict != "PASS":
        assert judged.reasons == ["the line"]


def test_an_inconclusive_comparison_fails_a_strict_run() -> None:
    """As any other warning does; and an interrupted run stays interrupted."""
    run = record_of(LOAD, verdict="PASS")
    assert with_comparison(run, Change.INCONCLUSIVE, "x", strict=True).exit_code == 1
    interrupted = record_of(LOAD, verdict="PASS", interrupted=True, exit_code=130)
    assert with_comparison(interrupted, Change.REGRESSED, "x").exit_code == 130


def pair(*effects: float, verdict: Change = Change.INCONCLUSIVE) -> Comparison:
    rows = [
        ComparisonRow(endpoint=f"GET /{place}", metric="http_req_duration p95", verdict=verdict, effect=effect)
        for place, effect in enumerate(effects)
    ]
    return Comparison(verdict=verdict, base_id="a", new_id="b", rows=rows)


def test_noise_grows_with_what_equal_runs_show() -> None:
    """Five pairs that differ by about 2 % ask for a margin above 2 %, by the endpoint that varies most."""
    noise = noise_of([pair(0.02, 0.001), pair(-0.02, 0.002), pair(0.015, 0.0), pair(-0.01, -0.001), pair(0.02, 0.0)])
    assert noise.pairs == 5
    assert noise.called == 0
    assert 0.03 < noise.margin < 0.08
    assert [row.endpoint for row in noise.rows] == ["GET /0", "GET /1"]
    assert noise.rows[0].largest == pytest.approx(0.02)
    assert noise.rows[1].margin == 0.005


def test_wrong_calls_are_counted() -> None:
    """A pair of equal runs that was told apart is told."""
    assert noise_of([pair(0.3, verdict=Change.REGRESSED), pair(0.0)]).called == 1
    with pytest.raises(ValueError, match="no figure"):
        noise_of([pair()])


def parsed(text: str) -> list[Measure]:
    kinds: dict[str, Any] = {"mine": "trend", "size": "trend", "level": "gauge", "sold": "counter"}
    return parse_measures(text, kinds.get, set(kinds), lambda name: name == "mine")


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("p99", [Measure("http_req_duration", "p99")]),
        ("p(99.9)", [Measure("http_req_duration", "p99.9")]),
        ("median", [Measure("http_req_duration", "p50")]),
        ("rate", [Measure("http_reqs", "rate", more_is_better=True)]),
        ("failures", [Measure("http_req_failed", "rate")]),
        ("http_req_waiting:p95", [Measure("http_req_waiting", "p95")]),
        ("http_req_duration", list(DEFAULT_MEASURES[:3])),
        ("mine:avg", [Measure("mine", "avg")]),
        ("sold:up", [Measure("sold", "rate", more_is_better=True)]),
        ("size:p95:down", [Measure("size", "p95")]),
    ],
)
def test_measures_as_people_write_them(text: str, measures: list[Measure]) -> None:
    """Short names, metrics, statistics, directions."""
    assert parsed(text) == measures


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http_req_duratio", "did you mean http_req_duration"),
        ("nothing_like_it", "no run has a metric"),
        ("level", "is a gauge"),
        ("sold", "better or worse"),
        ("size:p95", "better or worse"),
        ("size:p95:left", "no direction"),
        ("http_reqs:p95", "has a rate"),
        ("http_req_duration:max", "no statistic"),
        ("", "no run has a metric"),
    ],
)
def test_wrong_measures_are_explained(text: str, message: str) -> None:
    """What is wrong and what would be right."""
    with pytest.raises(MeasureError, match=message):
        parsed(text)


def test_loads_differ_by_what_is_sent_only() -> None:
    """Tags, names and seeds make no other load; stages, users and durations do, and are named."""
    plan = plan_of(LOAD)
    assert load_key(plan) == load_key(msgspec.structs.replace(plan, tags={"a": "b"}, name="n", seed=3, host="http://x"))
    longer = plan_of(replace(LOAD, seconds=90))
    assert load_key(plan) != load_key(longer)
    assert different_loads(plan, longer) == ["workload browse has another profile"]
    assert different_loads(plan, users_plan(5, 60)) == [
        "workload browse is in the base only",
        "workload w is in the new run only",
    ]
    assert different_loads(plan, msgspec.structs.replace(plan, duration=5.0)) == ["the duration is another"]


def test_steady_is_what_does_not_change_within_the_window() -> None:
    """A ramp is steady only where it has ended; users that stay are steady."""
    assert is_steady(users_plan(10, 60), 5, 60)
    assert is_steady(plan_of(LOAD), 5, 60)
    assert not is_steady(plan_of(replace(LOAD, ramp=True)), 5, 60)


def recorded(number: int, p95: float, **changes: Any) -> tuple[Run, str]:
    values = {"p95": p95, "med": p95 / 2, "rate": 10.0, "count": 100.0}
    duration = MetricSummary(name="http_req_duration", type="trend", unit="ms", values=values)
    endpoint = EndpointSummary(name="/a", method="GET", requests=100, failed=5, rate=9.0, duration=duration)
    run = record_of(LOAD, f"run-{number:02}", metrics=[duration], endpoints=[endpoint], started=1e9 + number, **changes)
    return run, f"commit{number}"


def test_history_is_in_order_and_tells_what_is_left_out() -> None:
    """The newest last; runs of another load, without the figure, or that prove nothing are counted."""
    runs = [recorded(number, 100.0 if number < 12 else 140.0) for number in range(24)]
    runs[3] = recorded(3, 100.0, verdict="INVALID")
    runs[4] = recorded(4, 100.0, plan=users_plan(3, 60))
    history = history_of(runs[::-1], Measure("http_req_duration", "p95"))
    assert [point.run for point in history.points][-1] == "run-23"
    assert len(history.points) == 22
    assert history.skipped == {"proved nothing": 1, "had another load": 1}
    [change] = history.changes
    assert (change.run, change.before, change.after, change.worse) == ("run-12", 100.0, 140.0, True)
    assert len(history_of(runs[::-1], Measure("http_req_duration", "p95"), most=5).points) == 5


def test_figures_of_endpoints() -> None:
    """By name or by method and name; what a record does not keep is said."""
    run, _ = recorded(1, 80.0)
    assert figure_of(run, Measure("http_req_duration", "p95"), "/a") == 80.0
    assert figure_of(run, Measure("http_req_duration", "p50"), "GET /a") == 40.0
    assert figure_of(run, Measure("http_req_failed", "rate"), "/a") == 0.05
    assert figure_of(run, Measure("http_reqs", "rate"), "/a") == 9.0
    assert figure_of(run, Measure("http_req_duration", "p95"), "/b") is None
    with pytest.raises(MeasureError, match="not p97"):
        figure_of(run, Measure("http_req_duration", "p97"), "/a")
    with pytest.raises(MeasureError, match="by endpoint"):
        figure_of(run, Measure("http_req_waiting", "p95"), "/a")
