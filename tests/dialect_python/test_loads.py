"""Builders of loads, and load shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import swell
from swell import LoadTestShape
from swell.dialects.python.shapes import shape_profile
from swell.model import profiles
from swell.model.plan import (
    ArrivalPolicy,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    Stage,
    UserIterations,
    UserStages,
)


def test_users() -> None:
    """A number of users from the start on."""
    load = swell.users(10, "1m")
    assert load.profile == UserStages((Stage(60, 10),), 10)


def test_ramp() -> None:
    """Users come at the spawn rate, and the duration is that of the whole."""
    load = swell.ramp(100, 10, "5m")
    assert profiles.duration(load.profile) == 300
    assert profiles.users_at(load.profile, 5) == 51
    assert profiles.users_at(load.profile, 299) == 100


def test_stages() -> None:
    """Parts are pairs, triples with a name, and pauses."""
    load = swell.stages(("1m", 10), (30, 10, "hold"), swell.pause("10s"), ("0s", 5), ("5s", 5), start=2)
    assert load.profile == UserStages(
        (Stage(60, 10), Stage(30, 10, "hold"), Stage(0, 0), Stage(10, 0), Stage(0, 5), Stage(5, 5)), 2
    )


def test_arrivals() -> None:
    """Rates may be texts; spacing and policy go along."""
    load = swell.arrivals("120/1m", 30, spacing="poisson", max_users=50, max_lag="2s", fresh_users=True)
    assert load.profile == ArrivalStages((Stage(30, 2),), 2, "poisson")
    assert load.policy == ArrivalPolicy(max_users=50, max_lag=2)
    assert load.fresh_users


def test_arrival_stages() -> None:
    """Targets are rates."""
    load = swell.arrival_stages(("10s", "5/s"), (10, 5), start="60/1m")
    assert load.profile == ArrivalStages((Stage(10, 5), Stage(10, 5)), 1)
    assert profiles.expected_arrivals(load.profile) == 80


def test_steps() -> None:
    """Staircases of users and of rates."""
    assert profiles.users_at(swell.steps(10, 5, "1m", 3).profile, 130) == 20
    down = swell.arrival_steps(10, -5, 60, 2)
    assert profiles.rate_at(down.profile, 61) == 5


def test_iterations() -> None:
    """Shared among users, or by each."""
    assert swell.iterations(100, users=5).profile == SharedIterations(5, 100, 600)
    assert swell.iterations_per_user(3, users=4, max_duration="1m").profile == UserIterations(4, 3, 60)


def test_common_options() -> None:
    """Name, start time, graceful stop and tags are those of the workload."""
    load = swell.users(1, 1, name="night", start_time="1m", graceful_stop="5s", tags={"team": 7})
    assert (load.name, load.start_time, load.graceful_stop, load.tags) == ("night", 60, 5, {"team": "7"})


def test_sequence_of_users() -> None:
    """Users one after the other: each part begins at its own start."""
    load = swell.sequence(swell.users(5, 10), swell.pause(5), swell.ramp(4, 1, 10))
    assert profiles.duration(load.profile) == 25
    assert [profiles.users_at(load.profile, at) for at in (0, 9, 12, 15, 24)] == [5, 5, 0, 1, 4]


def test_sequence_of_arrivals() -> None:
    """Arrivals one after the other keep their spacing and their cap of users."""
    load = swell.sequence(
        swell.arrivals(10, 2, max_users=3, name="first"), swell.pause(1), swell.arrivals(5, 2, spacing="poisson")
    )
    profile = load.profile
    assert isinstance(profile, ArrivalSequence)
    assert [part.max_users for part in profile.parts] == [3, None, None]
    assert profiles.planned_iterations(profile) == 30
    assert profiles.duration(profile) == 5


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: swell.users(1.5, 10), "whole number"),
        (lambda: swell.users(-1, 10), "whole number"),
        (lambda: swell.users(1, "soon"), "duration"),
        (lambda: swell.ramp(10, 0, 10), "spawn rate"),
        (swell.stages, "at least one part"),
        (lambda: swell.stages((1, 2, 3, 4)), "a stage is"),
        (lambda: swell.stages((10, "5")), "number of users"),
        (lambda: swell.stages((10, -5)), "target"),
        (lambda: swell.arrivals("fast", 10), "rate"),
        (lambda: swell.arrivals(1, 10, spacing="random"), "spacing is"),
        (lambda: swell.arrivals(1, 10, initial_users=5, max_users=2), "initial_users"),
        (swell.sequence, "takes"),
        (lambda: swell.sequence(swell.iterations(5)), "takes"),
        (lambda: swell.sequence(swell.users(1, 1), swell.arrivals(1, 1)), "mix"),
    ],
)
def test_impossible_loads(make: Any, problem: str) -> None:
    """What cannot be is refused with a reason."""
    with pytest.raises(ValueError, match=problem):
        make()


def test_unknown_options() -> None:
    """An option that a load does not have is named, with those it has."""
    with pytest.raises(TypeError, match=r"'max_users' is no option of this load; known: .*start_time"):
        swell.users(1, 1, max_users=5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"'maxusers'.*max_users"):
        swell.arrivals(1, 1, maxusers=5)  # type: ignore[call-arg]


class Steps(LoadTestShape):
    """(until, users, rate)."""

    table = ((5, 10, 100), (10, 20, 5), (20, 4, 2))

    def tick(self) -> tuple[int, float] | None:
        for until, users, rate in self.table:
            if self.get_run_time() < until:
                return users, rate
        return None


def test_shape_becomes_stages() -> None:
    """A shape is asked once a second; the count goes to each new number at its rate, and None ends it."""
    profile = shape_profile(Steps())
    assert profiles.duration(profile) == pytest.approx(20)
    assert [profiles.users_at(profile, at) for at in (1, 4.9, 6.05, 7.05, 9, 12, 18.5)] == [10, 10, 15, 20, 20, 16, 4]
    assert len(profile.stages) <= 7


def test_shape_with_state() -> None:
    """A shape may count its ticks, reset its time and look at the number of users."""

    class Counting(LoadTestShape):
        ticks = 0
        seen: list[int] = []  # noqa: RUF012

        def tick(self) -> tuple[int, float] | None:
            self.ticks += 1
            self.seen.append(self.get_current_user_count())
            if self.ticks == 3:
                self.reset_time()
            return None if self.ticks == 6 and self.get_run_time() == 3 else (self.ticks, 1000)

    assert profiles.duration(shape_profile(Counting())) == pytest.approx(5)
    assert Counting.seen == [0, 1, 2, 3, 4, 5]


def test_endless_shape_is_cut() -> None:
    """A shape without an end lasts as long as asked for."""

    class Endless(LoadTestShape):
        def tick(self) -> tuple[int, float]:
            return 5, 5

    assert profiles.duration(shape_profile(Endless(), 90)) == pytest.approx(90)
    assert profiles.duration(shape_profile(Endless())) == pytest.approx(86400)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (5, "returns"),
        ((5,), "returns"),
        ((-1, 1), "-1 users"),
        ((1, 0), "spawn rate"),
        ((1, float("inf")), "spawn rate"),
        ((1, 1, [object]), "user classes"),
    ],
)
def test_bad_answers(answer: Any, problem: str) -> None:
    """Answers that are none are refused with a reason."""

    class Bad(LoadTestShape):
        def tick(self) -> Any:
            return answer

    with pytest.raises(ValueError, match=problem):
        shape_profile(Bad())


def test_live_shapes_are_refused() -> None:
    """A shape that looks at the runner is told that there is none."""

    class Live(LoadTestShape):
        def tick(self) -> Any:
            return self.runner.stats

    with pytest.raises(AttributeError, match="asked before the run"):
        shape_profile(Live())


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=12))
def test_shape_follows_any_answers(answers: list[tuple[int, int]]) -> None:
    """Whatever the answers, the line stays within a step of the rate and lasts one second per answer."""

    class Listed(LoadTestShape):
        def tick(self) -> Any:
            at = int(self.get_run_time())
            return answers[at] if at < len(answers) else None

    profile = shape_profile(Listed())
    assert profiles.duration(profile) == pytest.approx(len(answers))
    line = 0.0
    for at, (users, rate) in enumerate(answers):
        line = min(users, line + rate) if users > line else max(users, line - rate)
        reached = profiles.users_at(profile, at + 1 - 1e-7)
        assert abs(reached - line) <= 1
