"""Tests of model.profiles and its builders: user counts and rates as exact functions of time."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model import profiles
from swell.model.arrivals import arrivals
from swell.model.plan import (
    ArrivalPart,
    ArrivalPolicy,
    ArrivalRun,
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    Profile,
    SharedIterations,
    Stage,
    SteeredUsers,
    UserIterations,
    UserStages,
)

DURATIONS = st.one_of(st.just(0.0), st.floats(min_value=0.01, max_value=30_000))
USERS = st.integers(min_value=0, max_value=60)


@st.composite
def user_stages(draw: st.DrawFn) -> UserStages:
    """Profiles with whole targets: ramps, holds and jumps."""
    pairs = draw(st.lists(st.tuples(DURATIONS, USERS), min_size=1, max_size=6))
    return profiles.stages(draw(USERS), pairs)


def exact_count(profile: UserStages, at: float) -> int:
    """Floor of the line on the way up, ceiling on the way down, in exact arithmetic."""
    edge, value = Fraction(0), Fraction(profile.start)
    for stage in profile.stages:
        end = edge + Fraction(stage.duration)
        if Fraction(at) < end:
            line = value + (Fraction(stage.target) - value) * (Fraction(at) - edge) / Fraction(stage.duration)
            return math.floor(line) if stage.target >= value else math.ceil(line)
        edge, value = end, Fraction(stage.target)
    return int(value)


def test_ramp_up_and_down_follows_the_line() -> None:
    """User n starts when the line reaches n; a user leaves when the line reaches n - 1."""
    profile = profiles.stages(0, [(10, 5), (3, 5), (10, 0)])
    assert list(profiles.user_steps(profile)) == [
        (0.0, 0),
        (2.0, 1),
        (4.0, 2),
        (6.0, 3),
        (8.0, 4),
        (10.0, 5),
        (15.0, 4),
        (17.0, 3),
        (19.0, 2),
        (21.0, 1),
        (23.0, 0),
    ]


def test_start_jump_and_hold() -> None:
    """A stage of 0 seconds jumps at its instant, and a hold changes nothing."""
    profile = profiles.stages(4, [(5, 4), (0, 10), (5, 10), (0, 1), (2, 3)])
    assert list(profiles.user_steps(profile)) == [(0.0, 4), (5.0, 10), (10.0, 1), (11.0, 2), (12.0, 3)]
    assert profiles.peak_users(profile) == 10


def test_changes_at_one_instant_are_one_step() -> None:
    """A peak that lasts for no time is not a step; nor is a jump away and back."""
    assert list(profiles.user_steps(profiles.stages(0, [(2, 2), (0, 0), (1, 0)]))) == [(0.0, 0), (1.0, 1), (2.0, 0)]
    assert list(profiles.user_steps(profiles.stages(3, [(1, 3), (0, 9), (0, 3), (1, 3)]))) == [(0.0, 3)]
    assert list(profiles.user_steps(profiles.stages(0, [(0, 7), (1, 7)]))) == [(0.0, 7)]


def test_levels_between_whole_users_hold_the_whole_ones() -> None:
    """Where a ramp ends between two whole numbers, no user comes or goes without the line reaching a whole number."""
    profile = UserStages((Stage(10, 2.5), Stage(10, 2.5), Stage(10, 5.0), Stage(10, 2.5), Stage(10, 3.5)))
    counts = [count for _, count in profiles.user_steps(profile)]
    assert counts == [0, 1, 2, 3, 4, 5, 4, 3]


@given(user_stages())
def test_steps_are_changes_in_order(profile: UserStages) -> None:
    """Steps start at 0, rise strictly in time, always change the count, and stay within the profile."""
    steps = list(profiles.user_steps(profile))
    length = profiles.duration(profile)
    assert length is not None
    assert steps[0][0] == 0.0
    assert all(early[0] < late[0] and early[1] != late[1] for early, late in itertools.pairwise(steps))
    assert steps[-1][0] <= length
    assert max(count for _, count in steps) <= profiles.peak_users(profile)
    assert steps[-1][1] == int(profile.stages[-1].target)


@given(user_stages(), st.floats(min_value=0, max_value=1))
def test_steps_match_the_line(profile: UserStages, share: float) -> None:
    """At any time the last step, users_at, and the line in exact arithmetic agree (rounding of a time apart)."""
    length = profiles.duration(profile)
    assert length is not None
    at = length * share
    if at >= length:
        assert profiles.users_at(profile, at) == 0
        return
    steps = list(profiles.user_steps(profile))
    from_steps = [count for time, count in steps if time <= at][-1]
    assert profiles.users_at(profile, at) == from_steps
    if all(abs(time - at) > 1e-9 * (1 + length) for time, _ in steps):
        assert from_steps == exact_count(profile, at)


@given(user_stages())
def test_each_step_is_where_the_line_is_whole(profile: UserStages) -> None:
    """users_at changes exactly at the time of each step, not one float earlier."""
    length = profiles.duration(profile)
    assert length is not None
    for (_, count), (time, then) in itertools.pairwise(profiles.user_steps(profile)):
        assert profiles.users_at(profile, math.nextafter(time, 0)) == count
        if time < length:
            assert profiles.users_at(profile, time) == then


def test_steps_are_lazy() -> None:
    """The first steps of a ramp to 100 million users come at once."""
    steps = profiles.user_steps(profiles.stages(0, [(1000, 100_000_000)]))
    assert list(itertools.islice(steps, 3)) == [(0.0, 0), (0.00001, 1), (0.00002, 2)]


def test_endless_hold() -> None:
    """A hold may last for ever; a ramp may not."""
    profile = profiles.stages(0, [(2, 2), (math.inf, 2)])
    assert profiles.duration(profile) == math.inf
    assert list(profiles.user_steps(profile)) == [(0.0, 0), (1.0, 1), (2.0, 2)]
    assert profiles.users_at(profile, 1e9) == 2
    with pytest.raises(ValueError, match="duration of stage 1"):
        profiles.stages(0, [(math.inf, 5)])


def test_ramp_users_spawns_at_the_rate() -> None:
    """-u 5 -r 2 -t 10: the first user at once, then one every half second, then all until the end."""
    profile = profiles.ramp_users(5, 2, 10)
    assert list(profiles.user_steps(profile)) == [(0.0, 1), (0.5, 2), (1.0, 3), (1.5, 4), (2.0, 5)]
    assert profiles.duration(profile) == 10
    assert list(profiles.user_steps(profiles.ramp_users(100, 10, 0.45))) == [
        (0.0, 1),
        (0.1, 2),
        (0.2, 3),
        (pytest.approx(0.3), 4),
        (0.4, 5),
    ]
    assert list(profiles.user_steps(profiles.ramp_users(7, math.inf, 5))) == [(0.0, 7)]


def test_ramp_users_in_batches() -> None:
    """Batched as Locust does: floor(rate) users every batch/rate seconds, the first batch at once."""
    profile = profiles.ramp_users(25, 10, 60, batched=True)
    assert list(profiles.user_steps(profile)) == [(0.0, 10), (1.0, 20), (2.0, 25)]
    slow = profiles.ramp_users(3, 0.5, 60, batched=True)
    assert list(profiles.user_steps(slow)) == [(0.0, 1), (2.0, 2), (4.0, 3)]
    fraction = profiles.ramp_users(5, 2.5, 60, batched=True)
    assert list(profiles.user_steps(fraction)) == [(0.0, 2), (0.8, 4), (1.6, 5)]
    cut = profiles.ramp_users(100, 10, 2.5, batched=True)
    assert list(profiles.user_steps(cut)) == [(0.0, 10), (1.0, 20), (2.0, 30)]
    assert profiles.duration(cut) == 2.5


@given(
    st.integers(1, 300),
    st.floats(min_value=0.05, max_value=400),
    st.floats(min_value=0.01, max_value=7200),
    st.booleans(),
)
def test_ramp_users_keeps_length_and_count(users: int, rate: float, length: float, batched: bool) -> None:
    """Whatever the rate, the profile lasts as asked, begins with a user and never exceeds the users asked for."""
    profile = profiles.ramp_users(users, rate, length, batched=batched)
    assert profiles.duration(profile) == pytest.approx(length, rel=1e-12)
    assert 1 <= profiles.users_at(profile, 0) <= profiles.peak_users(profile) <= users
    if users / rate < length:
        assert profiles.peak_users(profile) == users


def test_steering_goes_both_ways() -> None:
    """From any count to any other, one user at a time, the first at once, or all at once at an infinite rate."""
    assert list(profiles.steer(2, 5, 10)) == [(0.0, 3), (0.1, 4), (0.2, 5)]
    assert list(profiles.steer(3, 1, 4)) == [(0.0, 2), (0.25, 1)]
    assert list(profiles.steer(3, 9, math.inf)) == [(0.0, 9)]
    assert list(profiles.steer(4, 4, 1)) == [(0.0, 4)]
    with pytest.raises(ValueError, match="spawn rate"):
        list(profiles.steer(0, 1, 0))


@given(st.integers(0, 50), st.floats(min_value=0.01, max_value=1000), st.floats(min_value=0, max_value=5000))
def test_steered_users_at_matches_their_steps(users: int, rate: float, at: float) -> None:
    """users_at of a steered profile is its last step."""
    profile = SteeredUsers(users, rate)
    assert profiles.users_at(profile, at) == [n for time, n in profiles.user_steps(profile) if time <= at][-1]


def test_iteration_profiles() -> None:
    """Iteration profiles run all their users from 0 to the maximum duration and know their total."""
    shared, each = SharedIterations(3, 100, 60.0), UserIterations(3, 100, 60.0)
    assert list(profiles.user_steps(shared)) == list(profiles.user_steps(each)) == [(0.0, 3)]
    assert (profiles.planned_iterations(shared), profiles.planned_iterations(each)) == (100, 300)
    assert (profiles.duration(shared), profiles.peak_users(each), profiles.users_at(shared, 59.9)) == (60.0, 3, 3)
    assert profiles.users_at(shared, 60.0) == 0
    assert profiles.planned_iterations(profiles.constant_users(5, 10)) is None


def test_rates_and_integrals() -> None:
    """A ramp of rates has the line's value at each time and the triangle's area under it."""
    profile = profiles.rate_stages(0, [(10, 100), (5, 100), (0, 20), (5, 20)])
    assert [profiles.rate_at(profile, at) for at in (0, 5, 12, 15, 19.9, 20, -1)] == [0, 50, 100, 20, 20, 0, 0]
    assert [profiles.arrivals_by(profile, at) for at in (-1, 0, 5, 10, 15, 20, 99)] == [
        0,
        0,
        125,
        500,
        1000,
        1100,
        1100,
    ]
    assert profiles.peak_rate(profile) == 100
    assert profiles.expected_arrivals(profile) == 1100


@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_a_rate_per_minute_for_a_minute_is_its_number(offset: float) -> None:
    """N per T for T plans n arrivals even where n/T has no exact float."""
    for number in range(1, 400):
        for seconds in (1, 7, 60, 3600, 28800):
            profile = profiles.constant_arrivals(number / seconds, seconds, offset=offset)
            assert profiles.planned_iterations(profile) == number


def test_fractions_of_an_arrival() -> None:
    """A last unit of area that is not full holds an arrival that opens it, but none that would close it."""
    assert profiles.planned_iterations(profiles.constant_arrivals(1, 2.5)) == 3
    assert profiles.planned_iterations(profiles.constant_arrivals(1, 2.5, offset=1)) == 2
    assert profiles.planned_iterations(profiles.constant_arrivals(1, 2.5, spacing="poisson")) == 3
    assert profiles.planned_iterations(profiles.constant_arrivals(1, 2.5, spacing="exponential")) is None
    assert profiles.planned_iterations(profiles.constant_arrivals(0, 10)) == 0


def test_runs_of_arrivals() -> None:
    """Runs know their count, their rate and how many are due by a time."""
    profile = profiles.counted_arrivals([2, 0, 4])
    assert profile == ArrivalRuns((ArrivalRun(0.0, 0.5, 2), ArrivalRun(2.0, 0.25, 4)), 3.0)
    assert [profiles.arrivals_by(profile, at) for at in (-1, 0, 0.4, 0.5, 1.9, 2.0, 3)] == [0, 1, 1, 2, 2, 3, 6]
    assert [profiles.rate_at(profile, at) for at in (0.5, 1.5, 2.5, 3)] == [2, 0, 4, 0]
    assert profiles.planned_iterations(profile) == profiles.expected_arrivals(profile) == 6
    assert profiles.peak_rate(profile) == 4


def test_sequences_shift_their_parts() -> None:
    """Parts follow one another; totals, rates, caps and windows are those of the part then running."""
    profile = profiles.sequence(
        ArrivalPart(profiles.constant_arrivals(10, 5), max_users=3, name="warm up"),
        ArrivalRuns((), 2.0),
        profiles.constant_arrivals(4, 2, spacing="poisson"),
    )
    assert profiles.duration(profile) == 9
    assert profiles.planned_iterations(profile) == 58
    assert [profiles.rate_at(profile, at) for at in (0, 4.9, 5, 6.9, 7, 8.9, 9)] == [10, 10, 0, 0, 4, 4, 0]
    assert [profiles.arrivals_by(profile, at) for at in (5, 7, 8, 9)] == [50, 50, 54, 58]
    assert [profiles.user_cap(profile, at, 100) for at in (0, 4.9, 5, 8)] == [3, 3, 100, 100]
    assert [tuple(window) for window in profiles.stage_windows(profile)] == [
        ("warm up", 0, 5),
        ("stage 2", 5, 7),
        ("stage 3", 7, 9),
    ]
    assert profiles.planned_iterations(ArrivalSequence(())) == 0


def test_windows_of_stages() -> None:
    """Each stage that lasts has a window, named or numbered; a profile without stages has one."""
    profile = UserStages((Stage(10, 5, "up"), Stage(0, 9), Stage(5, 9)))
    assert [tuple(window) for window in profiles.stage_windows(profile)] == [("up", 0, 10), ("stage 2", 10, 15)]
    assert [tuple(window) for window in profiles.stage_windows(SteeredUsers(5))] == [("stage 1", 0, math.inf)]


def test_many_stages_do_not_drift() -> None:
    """The edges of 28,800 stages of 0.1 s are exact sums, not sums of rounded sums."""
    profile = UserStages(tuple(Stage(0.1, 1.0) for _ in range(28_800)), 1.0)
    assert profiles.duration(profile) == float(Fraction(0.1) * 28_800)


def test_staircases() -> None:
    """A staircase has its levels, each of the same length, with jumps or short ramps between."""
    steps = profiles.stepped_users(10, 10, 60, 3)
    assert list(profiles.user_steps(steps)) == [(0.0, 10), (60.0, 20), (120.0, 30)]
    assert profiles.duration(steps) == 180
    ramped = profiles.stepped_arrivals(5, 5, 10, 2, ramp=2)
    assert [profiles.rate_at(ramped, at) for at in (9, 10, 11, 12, 19)] == [5, 5, 7.5, 10, 10]
    with pytest.raises(ValueError, match="ramp of a step"):
        profiles.stepped_users(1, 1, 5, 2, ramp=6)


def test_pause_between_stages() -> None:
    """A pause ends all arrivals at once for its length."""
    profile = ArrivalStages((Stage(5, 10), *profiles.pause(3), Stage(0, 10), Stage(5, 10)), 10)
    assert [profiles.rate_at(profile, at) for at in (4, 5, 7.9, 8, 12)] == [10, 0, 0, 10, 10]
    assert profiles.expected_arrivals(profile) == 100


@pytest.mark.parametrize(
    "profile",
    [
        UserStages((Stage(-1, 5),)),
        UserStages((Stage(1, -5),)),
        UserStages((Stage(1, 5),), -1),
        ArrivalStages((Stage(math.inf, 5),), 5),
        ArrivalStages((Stage(1, math.nan),)),
        SteeredUsers(5, 0),
        SteeredUsers(-1),
        SharedIterations(-1, 5),
        UserIterations(1, 5, -1.0),
        ArrivalRuns((ArrivalRun(-1, 1, 1),), 1.0),
        ArrivalSequence((ArrivalPart(ArrivalRuns((), -1.0)),)),
    ],
)
def test_senseless_profiles_are_refused(profile: Profile) -> None:
    """Negative, endless or undefined numbers are a ValueError that names the field."""
    with pytest.raises(ValueError, match=r"must be"):
        profiles.check_profile(profile)


def test_initial_users_follow_the_peak_rate() -> None:
    """Without a number, an open workload starts with as many users as its peak rate keeps busy for 50 ms each."""
    profile = profiles.constant_arrivals(5000.0, 10.0)
    assert profiles.initial_users(profile, ArrivalPolicy()) == 250
    assert profiles.initial_users(profile, ArrivalPolicy(max_users=100)) == 100
    assert profiles.initial_users(profile, ArrivalPolicy(initial_users=7)) == 7
    assert profiles.initial_users(profiles.constant_arrivals(0.1, 10.0), ArrivalPolicy()) == 1


def test_a_run_that_ends_before_its_profile() -> None:
    """Arrivals from the end of the run on are not planned; iterations are planned all the same, since they are
    dropped.
    """
    ramp = profiles.rate_stages(0.0, [(10.0, 50.0)])
    assert profiles.planned_iterations(ramp, 5.0) == sum(1 for each in arrivals_list(ramp) if each < 5.0)
    assert profiles.planned_iterations(ramp, 10.0) == profiles.planned_iterations(ramp) == 250
    assert profiles.planned_iterations(ramp, 0.0) == 0
    runs = ArrivalRuns((ArrivalRun(1.0, 0.5, 10), ArrivalRun(3.0, 0.0, 4)), 10.0)
    assert profiles.planned_iterations(runs, 3.0) == 4
    assert profiles.planned_iterations(runs, 3.1) == 9
    phases = ArrivalSequence((ArrivalPart(profiles.constant_arrivals(10.0, 2.0)), ArrivalPart(runs)))
    assert profiles.planned_iterations(phases, 2.0) == 20
    assert profiles.planned_iterations(phases, 5.0) == 24
    assert profiles.planned_iterations(SharedIterations(2, 30), 5.0) == 30
    assert profiles.planned_iterations(UserStages((Stage(10.0, 5.0),)), 5.0) is None
    assert profiles.expected_arrivals(ramp, 5.0) == pytest.approx(62.5)


def arrivals_list(profile: ArrivalStages) -> list[float]:
    """All intended times."""
    return [at for chunk in arrivals(profile, seed=1) for at in chunk.tolist()]
