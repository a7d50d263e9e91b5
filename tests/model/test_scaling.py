"""Tests of model.scaling: a plan made shorter or smaller keeps its shape."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model import profiles
from swell.model.named_profiles import load_profile
from swell.model.plan import (
    ArrivalPart,
    ArrivalPolicy,
    ArrivalRun,
    ArrivalRuns,
    ArrivalStages,
    Plan,
    Share,
    SharedIterations,
    Source,
    Stage,
    SteeredUsers,
    UserIterations,
    UserStages,
    Workload,
)
from swell.model.scaling import scale_plan, scale_profile

FACTORS = st.floats(min_value=0.001, max_value=100)
STAGES = st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 500)), min_size=1, max_size=5)


@given(STAGES, st.integers(0, 500), FACTORS)
def test_time_scale_keeps_users(pairs: list[tuple[float, int]], start: int, factor: float) -> None:
    """Time scaling multiplies every duration and no user count."""
    profile = profiles.stages(start, pairs)
    scaled = scale_profile(profile, time_scale=factor)
    assert isinstance(scaled, UserStages)
    assert profiles.duration(scaled) == pytest.approx((profiles.duration(profile) or 0) * factor)
    assert [stage.target for stage in scaled.stages] == [stage.target for stage in profile.stages]
    assert scaled.start == start


@given(STAGES, FACTORS, FACTORS)
def test_time_scale_keeps_rates(pairs: list[tuple[float, int]], factor: float, load: float) -> None:
    """Arrival rates keep their values under time scaling and are multiplied under load scaling; so is the total."""
    profile = profiles.rate_stages(5, [*pairs, (1000, 50)])
    scaled = scale_profile(profile, factor, load)
    assert isinstance(scaled, ArrivalStages)
    total = profiles.expected_arrivals(profile) * factor * load
    if total >= 1:
        assert profiles.expected_arrivals(scaled) == pytest.approx(total)
        assert [stage.target for stage in scaled.stages] == pytest.approx([s.target * load for s in profile.stages])


@given(STAGES, st.integers(0, 500), FACTORS)
def test_load_scale_keeps_times_and_order(pairs: list[tuple[float, int]], start: int, factor: float) -> None:
    """Load scaling rounds users to whole ones, never to none, keeps durations, and never turns a ramp around."""
    profile = profiles.stages(start, pairs)
    scaled = scale_profile(profile, load_scale=factor)
    assert isinstance(scaled, UserStages)
    assert [stage.duration for stage in scaled.stages] == [stage.duration for stage in profile.stages]
    before = [profile.start, *(stage.target for stage in profile.stages)]
    after = [scaled.start, *(stage.target for stage in scaled.stages)]
    for old, new in zip(before, after, strict=True):
        assert new == int(new)
        assert (new > 0) == (old > 0)
        assert abs(new - old * factor) <= 0.5 + 1e-6 or new == 1
    for (old, old_next), (new, new_next) in zip(itertools.pairwise(before), itertools.pairwise(after), strict=True):
        assert (new_next - new) * (old_next - old) >= 0


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), FACTORS, FACTORS)
def test_staircases_keep_their_total(counts: list[int], time: float, load: float) -> None:
    """Runs of arrivals scale their total, not each small count, and stay in their scaled slots."""
    profile = profiles.counted_arrivals(counts)
    scaled = scale_profile(profile, time, load)
    assert isinstance(scaled, ArrivalRuns)
    total = profiles.planned_iterations(scaled)
    assert total is not None
    assert (total > 0) == (sum(counts) > 0)
    assert abs(total - sum(counts) * time * load) <= 1
    assert scaled.duration == pytest.approx(len(counts) * time)
    for run in scaled.runs:
        assert run.count > 0
        assert run.start + run.count * run.interval <= scaled.duration * (1 + 1e-9)


def test_even_runs_keep_their_rate() -> None:
    """A tenth of the time holds a tenth of the arrivals at the same interval; double load halves the interval."""
    profile = ArrivalRuns((ArrivalRun(0.0, 0.01, 6000),), 60.0)
    assert scale_profile(profile, time_scale=0.1) == ArrivalRuns((ArrivalRun(0.0, pytest.approx(0.01), 600),), 6.0)
    assert scale_profile(profile, load_scale=2) == ArrivalRuns((ArrivalRun(0.0, 0.005, 12000),), 60.0)


def test_a_slow_rate_keeps_one_arrival() -> None:
    """A rehearsal too short for a slow rate still makes one arrival, of any spacing that knows its count."""
    for offset, spacing in ((0.0, "even"), (1.0, "even"), (0.0, "poisson")):
        profile = ArrivalStages((Stage(600, 0.1),), 0.1, spacing, offset)  # type: ignore[arg-type]
        scaled = scale_profile(profile, time_scale=0.01, load_scale=0.1)
        assert profiles.planned_iterations(scaled) == 1
        assert profiles.duration(scaled) == 6


def test_iterations() -> None:
    """Shared iterations follow time and load, iterations per user the time, users the load; none vanish."""
    assert scale_profile(SharedIterations(10, 1000, 600), 0.1, 0.5) == SharedIterations(5, 50, 60)
    assert scale_profile(UserIterations(10, 100, 600), 0.1, 0.5) == UserIterations(5, 10, 60)
    assert scale_profile(SharedIterations(1, 1, 600), 0.01, 0.01) == SharedIterations(1, 1, 6)


def test_steered_users() -> None:
    """A steered profile reaches its users after the scaled share of the time."""
    assert scale_profile(SteeredUsers(100, 10, 60), 0.1, 2) == SteeredUsers(200, 200, 6)
    assert scale_profile(SteeredUsers(3, math.inf), 0.1, 2) == SteeredUsers(6, math.inf)


def test_rounding_is_of_the_number_typed() -> None:
    """Five users at 0.3 are 1.5, which rounds up, although 0.3 as a float is a little less."""
    assert profiles.peak_users(scale_profile(profiles.constant_users(5, 1), load_scale=0.3)) == 2


def plan_of(*workloads: Workload) -> Plan:
    """A plan of ten minutes with these workloads."""
    return Plan(
        Source("x:y", "f"), workloads, thresholds=("http_req_duration: p(95)<500 over any 30s",), duration=600.0
    )


def test_a_plan_is_scaled_as_a_whole() -> None:
    """Start times, fixed counts, caps and parts of a sequence follow; lag, weights and thresholds stay."""
    sequence = profiles.sequence(
        ArrivalPart(profiles.constant_arrivals(10, 60), max_users=4, name="one"), ArrivalRuns((), 30.0)
    )
    workload = Workload(
        "a",
        (Share("x", 3.0), Share("y", fixed_count=4)),
        sequence,
        start_time=120.0,
        policy=ArrivalPolicy(5, 50, 0.5),
    )
    plan = plan_of(workload)
    scaled = scale_plan(plan, 0.5, 0.1)
    (after,) = scaled.workloads
    assert (after.start_time, scaled.duration, scaled.thresholds) == (60.0, 300.0, plan.thresholds)
    assert after.mix == (Share("x", 3.0), Share("y", fixed_count=1))
    assert after.policy == ArrivalPolicy(1, 5, 0.5)
    assert profiles.duration(after.profile) == 45
    assert profiles.planned_iterations(after.profile) == 30
    assert profiles.user_cap(after.profile, 0, 9) == 1
    assert [window.name for window in profiles.stage_windows(after.profile)] == ["one", "stage 2"]


def test_ten_minutes_are_rehearsed_in_ten_seconds() -> None:
    """A 10-minute stress test at a sixtieth of the time is the same curve in 10 s."""
    workload = Workload("a", (Share("x"),), load_profile("stress"))
    (after,) = scale_plan(plan_of(workload), time_scale=1 / 60).workloads
    assert profiles.duration(after.profile) == pytest.approx(10)
    steps, short = list(profiles.user_steps(workload.profile)), list(profiles.user_steps(after.profile))
    assert [count for _, count in short] == [count for _, count in steps]
    assert [at * 60 for at, _ in short] == pytest.approx([at for at, _ in steps])


@pytest.mark.parametrize(
    ("before", "factor", "after"),
    [(30, 0.5, 15), (30, 0.01, 5), (3, 0.01, 3), (0, 0.5, 0), (30, 10, 30), (math.inf, 0.1, math.inf)],
)
def test_graceful_stops(before: float, factor: float, after: float) -> None:
    """Grace shrinks with the time, down to 5 s, and never grows: requests keep their length."""
    workload = Workload("a", (Share("x"),), load_profile("smoke"), graceful_stop=before, graceful_ramp_down=before)
    (scaled,) = scale_plan(plan_of(workload), time_scale=factor).workloads
    assert (scaled.graceful_stop, scaled.graceful_ramp_down) == (after, after)


def test_factor_one_changes_nothing() -> None:
    """Unscaled, the plan is the same object."""
    plan = plan_of(Workload("a", (Share("x"),), load_profile("spike")))
    assert scale_plan(plan) is plan


@pytest.mark.parametrize("factor", [0, -1, math.nan, math.inf])
def test_senseless_factors_are_refused(factor: float) -> None:
    """A factor that is not above 0 is a ValueError that names the scale."""
    plan = plan_of()
    with pytest.raises(ValueError, match="time scale"):
        scale_plan(plan, time_scale=factor)
    with pytest.raises(ValueError, match="load scale"):
        scale_plan(plan, load_scale=factor)
