"""Closed load on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.engine.messages import SetUsers
from swell.engine.script import StopVirtualUser
from swell.model.plan import (
    Share,
    SharedIterations,
    Stage,
    SteeredUsers,
    UserIterations,
    UserStages,
    Workload,
)

from .conftest import FakeProgram, plan_of, plan_with, run_virtual

if TYPE_CHECKING:
    from swell.engine.user import VirtualUser


def ramp(users: int, seconds: float, hold: float) -> UserStages:
    return UserStages(stages=(Stage(seconds, users), Stage(hold, users)))


def test_users_start_on_the_line() -> None:
    """User n of a ramp starts when the line reaches n, neither earlier nor later."""
    program = FakeProgram(lambda user: user.hub.sleep(0.3))
    run_virtual(plan_of(ramp(10, 20.0, 5.0)), program)
    starts = [round(at - 101.0, 6) for at, _ in program.started]
    assert starts == [2.0 * n for n in range(1, 11)]


def test_iterations_are_exact() -> None:
    """Five users of 0.5 s iterations for 10 s run 100 iterations, and each lasts 500 ms."""
    outcome = run_virtual(
        plan_of(UserStages(stages=(Stage(10.0, 5),), start=5)), FakeProgram(lambda user: user.hub.sleep(0.5))
    )
    assert outcome.count("iterations") == 100
    durations = outcome.total("iteration_duration")
    assert durations.count == 100
    assert durations.min == pytest.approx(500)
    assert durations.max == pytest.approx(500)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_slices_add_up(count: int) -> None:
    """Any number of workers starts the same users at the same times as one."""
    program = FakeProgram(lambda user: user.hub.sleep(1.0))
    run_virtual(plan_of(ramp(11, 5.0, 5.0)), program, count=count)
    assert sorted(round(at, 6) for at, _ in program.started) == [
        pytest.approx(101.0 + n * 5 / 11) for n in range(1, 12)
    ]
    assert sorted(user for _, user in program.started) == list(range(1, 12))


def test_ramp_down_takes_the_highest() -> None:
    """Ramping down ends the newest users first; their running iteration may finish."""
    program = FakeProgram(lambda user: user.hub.sleep(0.4))
    profile = UserStages(stages=(Stage(0.0, 4), Stage(2.0, 4), Stage(0.0, 2), Stage(4.0, 2)))
    run_virtual(plan_of(profile), program)
    early = [user for at, user in program.stopped if at < 105.0]
    assert sorted(early) == [3, 4]
    assert len(program.stopped) == 4


def test_pause_ends_at_once_and_iteration_gets_grace() -> None:
    """At the end a waiting user leaves at once, a running iteration has the graceful stop, then it is killed."""
    waiting = FakeProgram(lambda user: None, pause=1000.0)
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(3.0, 1),), start=1)), waiting)
    assert outcome.ended == pytest.approx(3.0)

    busy = FakeProgram(lambda user: user.hub.sleep(1000.0))
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(3.0, 1),), start=1), graceful_stop=7.0), busy)
    assert outcome.ended == pytest.approx(10.0)
    assert outcome.count("iterations") == 0
    assert len(busy.stopped) == 1


def test_stopped_user_is_resumed() -> None:
    """A user told to leave whose slot is wanted again before its iteration ends goes on, and no second one starts."""
    program = FakeProgram(lambda user: user.hub.sleep(5.0))
    profile = UserStages(
        stages=(Stage(0.0, 1), Stage(6.0, 1), Stage(0.0, 0), Stage(1.0, 0), Stage(0.0, 1), Stage(8.0, 1))
    )
    run_virtual(plan_of(profile), program)
    assert len(program.started) == 1


def test_stop_user_is_not_replaced() -> None:
    """A user that ends itself keeps its slot; when all have, the workload is over early."""

    def iterate(user):
        user.hub.sleep(1.0)
        raise StopVirtualUser

    program = FakeProgram(iterate)
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(100.0, 3),), start=3)), program)
    assert len(program.started) == len(program.stopped) == 3
    assert outcome.ended == pytest.approx(1.0)


def test_script_error_is_counted_and_user_goes_on() -> None:
    """An exception in a task is counted and kept as an example; the user runs on."""

    def iterate(user):
        user.hub.sleep(1.0)
        raise KeyError("missing")

    outcome = run_virtual(plan_of(UserStages(stages=(Stage(5.0, 1),), start=1)), FakeProgram(iterate))
    assert outcome.count("script_errors") == 5
    assert outcome.count("iterations") == 5


def test_on_start_error_ends_the_user() -> None:
    """A user whose on_start fails is counted as an error and does not iterate."""

    def broken(user):
        raise RuntimeError("no login")

    program = FakeProgram(lambda user: user.hub.sleep(1.0), on_start=broken)
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(5.0, 2),), start=2)), program)
    assert outcome.count("script_errors") == 2
    assert outcome.count("iterations") == 0
    assert not program.stopped


def test_busy_users_let_others_in() -> None:
    """Users that never wait still end at their time: the loop gets its turns (an endless loop would hang here)."""
    ticks = []

    def iterate(user):
        ticks.append(user.id)
        user.hub.now += 0.005  # work that takes time without giving way

    outcome = run_virtual(plan_of(UserStages(stages=(Stage(1.0, 2),), start=2)), FakeProgram(iterate))
    assert set(ticks) == {1, 2}
    assert outcome.ended < 2.0


@pytest.mark.parametrize("count", [1, 2, 5])
def test_shared_iterations(count: int) -> None:
    """Shared iterations run exactly as many as planned, whatever the number of workers."""
    outcome = run_virtual(
        plan_of(SharedIterations(users=3, iterations=20)),
        FakeProgram(lambda user: user.hub.sleep(0.1)),
        count=count,
    )
    assert outcome.count("iterations") == 20
    assert outcome.count("dropped_iterations") == 0


@pytest.mark.parametrize("count", [1, 2])
def test_iterations_cut_by_max_duration_are_dropped(count: int) -> None:
    """What the longest duration leaves undone is counted as dropped."""
    outcome = run_virtual(
        plan_of(SharedIterations(users=2, iterations=100, max_duration=5.0)),
        FakeProgram(lambda user: user.hub.sleep(1.0)),
        count=count,
    )
    done, dropped = outcome.count("iterations"), outcome.count("dropped_iterations")
    assert done + dropped == 100
    assert 10 <= done <= 12


@pytest.mark.parametrize("count", [1, 2])
def test_user_iterations(count: int) -> None:
    """Each user runs its own number of iterations."""
    seen: dict[int, int] = {}

    def iterate(user):
        seen[user.id] = seen.get(user.id, 0) + 1
        user.hub.sleep(0.1 * user.id)

    run_virtual(plan_of(UserIterations(users=4, iterations=5)), FakeProgram(iterate), count=count)
    assert seen == {1: 5, 2: 5, 3: 5, 4: 5}


@pytest.mark.parametrize("count", [1, 2])
def test_steered_users(count: int) -> None:
    """A steered workload ramps to what it is told, up and down, at the rate it is told."""
    program = FakeProgram(lambda user: user.hub.sleep(0.1))

    def steer(users: int, rate: float):
        def act(workers):
            for worker in workers:
                worker.receive(SetUsers("main", users // count, rate / count))

        return act

    outcome = run_virtual(
        plan_of(SteeredUsers(duration=30.0)),
        program,
        count=count,
        at={1.0: steer(4, 2.0), 10.0: steer(2, 100.0), 20.0: steer(0, 100.0)},
    )
    assert len(program.started) == 4
    assert max(at for at, _ in program.started) == pytest.approx(102.0 + 3 / 2, abs=0.6)
    assert sum(at < 112.0 for at, _ in program.stopped) == 2
    assert sum(at < 122.0 for at, _ in program.stopped) == 4
    assert outcome.ended == pytest.approx(30.0)


def test_mix_and_tags() -> None:
    """A workload deals its behaviours by weight; its samples carry its name as `scenario` and its tags."""
    workload = Workload(
        name="site",
        mix=(Share("reader", weight=3), Share("writer", weight=1)),
        profile=UserStages(stages=(Stage(2.0, 8),), start=8),
        tags={"team": "web"},
    )
    program = FakeProgram(lambda user: user.hub.sleep(1.0))
    outcome = run_virtual(plan_with(workload), program)
    assert program.behaviours.count("reader") == 6
    assert program.behaviours.count("writer") == 2
    assert outcome.count("iterations", scenario="site", team="web") == 16


def test_iterations_count_under_the_tags_of_their_user() -> None:
    """Tags that a script gives its user are on its iterations and their durations from then on, and only on its own."""

    def iterate(user: VirtualUser) -> None:
        user.hub.sleep(1.0)
        if user.id == 1 and user.iteration == 2:
            user.tags = user.tags.with_tags(part="second")

    outcome = run_virtual(plan_of(UserIterations(2, 4)), FakeProgram(iterate))
    assert outcome.count("iterations") == 8
    assert outcome.count("iterations", part="second", scenario="main") == 2
    assert outcome.total("iteration_duration", part="second").count == 2


def test_setup_and_teardown_order() -> None:
    """Setup runs before the first user, its data reaches each worker; teardown runs after the last."""
    program = FakeProgram(lambda user: user.hub.sleep(1.0), setup=lambda: {"token": "t"})
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(2.0, 1),), start=1)), program, count=2)
    assert [call for call in program.calls if "spawned" not in call] == [
        "start_worker",
        "start_worker",
        "setup",
        "teardown",
    ]
    assert all(worker.context.data == {"token": "t"} for worker in outcome.workers)


def test_eight_hours_pass_quickly() -> None:
    """An 8-hour soak plan runs on virtual time and counts exactly."""
    program = FakeProgram(lambda user: user.hub.sleep(30.0))
    outcome = run_virtual(plan_of(UserStages(stages=(Stage(8 * 3600.0, 2),), start=2)), program, period=60)
    assert outcome.count("iterations") == 2 * 8 * 120


def test_spawning_complete_comes_at_the_top_of_each_ramp() -> None:
    """The program hears of the end of each ramp up, once, with the users that run."""
    program = FakeProgram(lambda user: user.hub.sleep(0.1))
    profile = UserStages(stages=(Stage(3.0, 3), Stage(2.0, 3), Stage(0.0, 1), Stage(2.0, 5), Stage(1.0, 5)))
    run_virtual(plan_of(profile), program)
    assert [call for call in program.calls if "spawned" in call] == ["spawned 3", "spawned 5"]


def test_no_pause_after_the_last_iteration() -> None:
    """Counted iterations end with the last one, not with the wait after it."""
    outcome = run_virtual(
        plan_of(UserIterations(users=1, iterations=3)), FakeProgram(lambda user: user.hub.sleep(1.0), pause=10.0)
    )
    assert outcome.ended == pytest.approx(23.0)
    outcome = run_virtual(
        plan_of(SharedIterations(users=2, iterations=4)), FakeProgram(lambda user: user.hub.sleep(1.0), pause=10.0)
    )
    assert outcome.ended == pytest.approx(12.0)
