"""Comparisons of two runs: the words, what they rest on, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from swell.analysis.compare import compare
from swell.analysis.comparison import Change, CompareOptions, Comparison, ComparisonRow
from swell.analysis.measures import Measure
from swell.runs.record import GeneratorSummary, HostFacts, Run
from tests.analysis.simulate import Load, plan_of, record_of, simulate

QUIET = Load(seconds=120, wander=0.01, spread=0.1)


def compared(base: Load, new: Load, options: CompareOptions | None = None, **changes: Any) -> Comparison:
    first, second = simulate(base, 1), simulate(new, 2)
    return compare(record_of(base, "a"), first, record_of(new, "b", **changes), second, options)


def row_of(comparison: Comparison, endpoint: str, metric: str) -> ComparisonRow:
    return next(row for row in comparison.rows if row.endpoint == endpoint and row.metric == metric)


def test_equal_runs_are_equivalent() -> None:
    """On a quiet machine all figures of two equal runs are within the margin, and their intervals hold 0."""
    comparison = compared(QUIET, QUIET, CompareOptions(margin=0.1))
    assert comparison.verdict is Change.EQUIVALENT
    assert {row.verdict for row in comparison.rows} == {Change.EQUIVALENT}
    assert comparison.needed is None
    assert len({(row.endpoint, row.metric) for row in comparison.rows}) == len(comparison.rows) == 16
    assert any("no request failed" in note for note in comparison.notes)


def test_a_slower_endpoint_is_named() -> None:
    """An endpoint that takes 30 % longer regresses by 30 %; the others do not."""
    comparison = compared(QUIET, replace(QUIET, slower={"/search": 1.3}))
    assert comparison.verdict is Change.REGRESSED
    assert {row.endpoint for row in comparison.of(Change.REGRESSED)} <= {"GET /search", "all requests"}
    row = row_of(comparison, "GET /search", "http_req_duration p50")
    assert row.verdict is Change.REGRESSED
    assert row.effect == pytest.approx(0.3, abs=0.03)
    assert row.low is not None
    assert row.low > 0.05


def test_a_faster_endpoint_has_improved() -> None:
    """The same the other way round; less of a latency is better."""
    comparison = compared(QUIET, replace(QUIET, slower={"/search": 0.7}))
    assert row_of(comparison, "GET /search", "http_req_duration p95").verdict is Change.IMPROVED


def test_fewer_requests_are_worse() -> None:
    """A rate that falls is a regression, one that rises an improvement."""
    endpoints = {name: (rate / 2, median) for name, (rate, median) in QUIET.endpoints.items()}
    half = replace(QUIET, endpoints=endpoints)
    assert row_of(compared(QUIET, half), "GET /shows", "http_reqs rate").verdict is Change.REGRESSED
    assert row_of(compared(half, QUIET), "GET /shows", "http_reqs rate").verdict is Change.IMPROVED


def test_new_failures_are_a_regression_in_points_of_a_hundred() -> None:
    """From none to 3 % of one endpoint: a difference of shares, no quotient."""
    comparison = compared(QUIET, replace(QUIET, failing={"/shows": 0.03}))
    row = row_of(comparison, "GET /shows", "http_req_failed rate")
    assert row.verdict is Change.REGRESSED
    assert not row.relative
    assert row.effect == pytest.approx(0.03, abs=0.01)
    assert not any(row.endpoint == "GET /search" for row in comparison.rows if row.metric == "http_req_failed rate")


def test_what_is_not_certain_says_how_long_it_would_take() -> None:
    """Short runs on a noisy machine settle nothing, and say what would."""
    noisy = Load(seconds=30, wander=0.1)
    comparison = compared(noisy, noisy)
    assert any("only 26 s were compared" in note for note in comparison.notes)
    assert comparison.verdict is Change.INCONCLUSIVE
    needed = [row.needed for row in comparison.of(Change.INCONCLUSIVE) if row.needed is not None]
    assert needed
    assert min(needed) > 30
    assert comparison.needed is None or min(needed) <= comparison.needed <= max(needed)


def test_the_same_comparison_twice_is_the_same() -> None:
    """Resamples are seeded; a row does not depend on which other rows there are, but for the correction."""
    one = compared(QUIET, replace(QUIET, slower={"/search": 1.1}))
    assert one == compared(QUIET, replace(QUIET, slower={"/search": 1.1}))
    alone = compared(
        QUIET,
        replace(QUIET, slower={"/search": 1.1}),
        CompareOptions(measures=(Measure("http_req_duration", "p50"),), endpoints=("/search",)),
    )
    [row] = alone.rows
    both = row_of(one, "GET /search", "http_req_duration p50")
    assert (row.effect, row.low, row.high) == (both.effect, both.low, both.high)


def test_a_ramp_is_compared_moment_by_moment() -> None:
    """Where the load grows, blocks are compared at the same time of both runs, which keeps the interval small."""
    ramp = replace(QUIET, ramp=True)
    comparison = compared(ramp, replace(ramp, slower={"/search": 1.3}))
    assert comparison.paired
    row = row_of(comparison, "GET /search", "http_req_duration p50")
    assert row.verdict is Change.REGRESSED
    assert row.high is not None
    assert row.low is not None
    assert row.high - row.low < 0.1


def test_an_endpoint_with_few_requests_is_invalid_by_itself() -> None:
    """It says that samples are missing, and leaves the verdict to the others."""
    rare = replace(QUIET, endpoints={**QUIET.endpoints, "/rare": (0.3, 10.0)})
    comparison = compared(rare, rare, CompareOptions(margin=0.1))
    row = row_of(comparison, "GET /rare", "http_req_duration p95")
    assert (row.verdict, row.note) == (Change.INVALID, "too few samples")
    assert comparison.verdict is not Change.INVALID


def test_an_endpoint_of_one_run_only_is_told() -> None:
    """What only one of the runs requested cannot be compared, and is no secret."""
    more = replace(QUIET, endpoints={**QUIET.endpoints, "/new": (5.0, 10.0)})
    assert any("GET /new is in the new run only" in note for note in compared(QUIET, more).notes)


def test_json_keeps_everything() -> None:
    """A comparison survives JSON."""
    comparison = compared(QUIET, replace(QUIET, failing={"/shows": 0.03}))
    assert msgspec.json.decode(msgspec.json.encode(comparison), type=Comparison) == comparison


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another load": ({"plan": plan_of(replace(QUIET, ramp=True))}, "workload browse has another profile"),
    "an invalid run": ({"verdict": "INVALID", "reasons": ["nothing was measured"]}, "proves nothing"),
    "a saturated generator": ({"generator": GeneratorSummary(saturated_seconds=3)}, "saturated for 3 s"),
    "another machine": ({"host": HostFacts(name="there", system="Linux 6", cpus=8)}, "2 processors"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_must_not_be_compared_is_refused(case: str) -> None:
    """Other loads, machines and runs that prove nothing: INVALID with the reason; with force a note."""
    changes, reason = REFUSED[case]
    refused = compared(QUIET, QUIET, **changes)
    assert refused.verdict is Change.INVALID
    assert refused.rows == []
    assert any(reason in each for each in refused.reasons)
    forced = compared(QUIET, QUIET, CompareOptions(force=True, margin=0.1), **changes)
    assert forced.verdict is not Change.INVALID
    assert any(reason in each for each in forced.notes)


@pytest.mark.parametrize("changes", [{"name": "x"}, {"tags": {"a": "b"}}, {"host": "http://other"}, {"seed": 5}])
def test_what_does_not_change_the_load_does_not_matter(changes: dict[str, Any]) -> None:
    """Names, tags, the address of the target and seeds are no other load."""
    plan = plan_of(QUIET, **changes)
    assert compared(QUIET, QUIET, CompareOptions(margin=0.1), plan=plan).verdict is not Change.INVALID


def test_short_runs_are_refused() -> None:
    """Seven seconds give no blocks, whatever is asked for."""
    short = Load(seconds=7)
    comparison = compared(short, short, CompareOptions(force=True))
    assert comparison.verdict is Change.INVALID
    assert "too short" in comparison.reasons[0]


def test_a_run_that_ended_early_is_compared_as_far_as_it_goes() -> None:
    """Both runs are cut to the shorter one."""
    base, new = simulate(QUIET, 1), simulate(replace(QUIET, seconds=60), 2)
    early: Run = record_of(QUIET, "b", duration=60.3, interrupted=True)
    comparison = compare(record_of(QUIET, "a"), base, early, new)
    assert comparison.start + comparison.seconds <= 60
    assert any("ended early" in note for note in comparison.notes)
