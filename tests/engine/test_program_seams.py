"""What a program may ask of its worker, and the calls it gets where it has them: on virtual time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from swell.engine.messages import AllDone, EndRequested, FromProgram, Stop, Tick, ToProgram
from swell.engine.script import StopVirtualUser
from swell.engine.worker import TIME_IS_UP
from swell.metrics.snapshot import Snapshot
from swell.model.plan import Share, SteeredUsers, Workload
from tests.engine.conftest import FakeProgram, Outcome, plan_of, plan_with

Virtual = Callable[..., Outcome]


def idle(user: Any) -> None:
    user.hub.sleep(1000.0)


class Hooked(FakeProgram):
    """A program with every optional call; `grace` is what it says before the users end."""

    def __init__(self, iterate: Any, grace: float | None = None, takes: float = 2.0, **options: Any) -> None:
        super().__init__(iterate, **options)
        self.grace = grace
        self.takes = takes
        self.begun: list[float] = []
        self.reasons: list[tuple[str, float | None]] = []
        self.snapshots: list[Snapshot] = []
        self.got: list[Any] = []
        self.context: Any = None

    def start_worker(self, context: Any) -> None:
        super().start_worker(context)
        self.context = context

    def load_started(self, at: float) -> None:
        self.begun.append(at)

    def before_stop(self, reason: str, grace: float | None) -> float | None:
        self.reasons.append((reason, grace))
        self.context.hub.sleep(self.takes)
        self.calls.append(f"users before the stop: {len(self.context.control.users('main'))}")
        return self.grace

    def measured(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def receive(self, value: Any) -> None:
        self.got.append(value)
        self.context.control.post(("answer", value))


def test_users_come_and_go_in_batches(virtual: Virtual) -> None:
    """Batched steering starts floor(rate) users at a time, every batch/rate seconds, the first batch at once."""
    program = FakeProgram(idle)
    plan = plan_of(SteeredUsers(7, 2.5, 20.0, batched=True), graceful_stop=0.0, graceful_ramp_down=0.0)
    virtual(plan, program, until=40)
    starts = [round(at - 101.0, 3) for at, _ in program.started]
    assert starts == [0.0, 0.0, 0.8, 0.8, 1.6, 1.6, 2.4]


def test_a_new_ramp_fills_the_places_of_ended_users(virtual: Virtual) -> None:
    """Users that ended by themselves are replaced by the next batched ramp, not before."""

    def once(user: Any) -> None:
        user.hub.sleep(1.0)
        raise StopVirtualUser

    program = FakeProgram(once)
    plan = plan_of(SteeredUsers(2, 10.0, 20.0, batched=True))

    def again(workers: list[Any]) -> None:
        workers[0].context.control.steer("main", 3, 10.0)

    virtual(plan, program, at={5.0: again}, until=40)
    assert [round(at - 101.0, 1) for at, _ in program.started] == [0.0, 0.0, 5.0, 5.0, 5.0]


def test_users_are_dealt_from_another_mix(virtual: Virtual) -> None:
    """After `remix` new users come from the new mix; those that run stay."""
    program = FakeProgram(idle)
    workload = Workload(
        name="main", mix=(Share("a"), Share("b")), profile=SteeredUsers(2, math.inf, 20.0), graceful_stop=0.0
    )

    def change(workers: list[Any]) -> None:
        control = workers[0].context.control
        control.remix("main", (Share("c"),))
        control.steer("main", 5, math.inf)

    virtual(plan_with(workload), program, at={5.0: change}, until=40)
    assert program.behaviours == ["a", "b", "c", "c", "c"]


@pytest.mark.parametrize("count", [1, 2])
def test_no_more_users_than_the_fixed_counts(virtual: Virtual, count: int) -> None:
    """A batched ramp of fixed counts alone is complete with their sum, on all workers together; so is a remix."""
    program = FakeProgram(idle)
    mix = (Share("a", fixed_count=2), Share("b", fixed_count=3))
    workload = Workload(name="main", mix=mix, profile=SteeredUsers(9, 2.0 * count, 20.0, batched=True))

    def change(workers: list[Any]) -> None:
        for worker in workers:
            worker.context.control.remix("main", (Share("c", fixed_count=4),))
            worker.context.control.steer("main", 9, math.inf)

    virtual(plan_with(workload), program, at={10.0: change}, until=40, count=count)
    assert sorted(program.behaviours) == [*"aabbb", *"cccc"]
    spawned = [call for call in program.calls if call.startswith("spawned")]
    assert sorted(spawned) == (["spawned 5", "spawned 9"] if count == 1 else [f"spawned {n}" for n in (2, 3, 4, 5)])


def test_the_program_is_asked_before_users_end(virtual: Virtual) -> None:
    """At the end of the duration `before_stop` runs first, with all users alive, and its grace counts."""
    program = Hooked(idle, grace=3.0)
    workload = Workload(name="main", mix=(Share("user"),), profile=SteeredUsers(2, math.inf, None))
    plan = plan_with(workload, duration=10.0)
    outcome = virtual(plan, program, until=60)
    assert program.begun == [101.0]
    assert program.reasons == [(TIME_IS_UP, None)]
    assert "users before the stop: 2" in program.calls
    # 10 s of load, 2 s of before_stop, 3 s of grace.
    assert [round(at - 101.0, 3) for at, _ in program.stopped] == [15.0, 15.0]
    assert round(outcome.ended, 3) == 15.0


def test_what_was_measured_is_there_before_the_stop(virtual: Virtual) -> None:
    """The second that runs is flushed for `before_stop`, in a tick marked partial, and nothing counts twice."""

    def work(user: Any) -> None:
        user.hub.sleep(0.25)

    program = Hooked(work, grace=0.0)

    def stop(workers: list[Any]) -> None:
        workers[0].receive(Stop("enough", 1.0))

    plan = plan_with(Workload(name="main", mix=(Share("user"),), profile=SteeredUsers(1, math.inf, None)))
    outcome = virtual(plan, program, at={4.6: stop}, until=60)
    assert program.reasons == [("enough", 1.0)]
    assert any(tick.partial for tick in outcome.sent if isinstance(tick, Tick))
    assert outcome.count("iterations") == 26  # every 0.25 s until 6.6 s, the last one cut off
    load = outcome.sent[: next(place for place, each in enumerate(outcome.sent) if isinstance(each, AllDone))]
    assert len(program.snapshots) == sum(isinstance(each, Tick) for each in load)


def test_users_count_once_in_the_second_of_the_stop(virtual: Virtual) -> None:
    """A second that is flushed for `before_stop` and again at its end has the users that there were, not twice."""
    program = Hooked(idle, grace=0.0, takes=0.1)
    workload = Workload(name="main", mix=(Share("user"),), profile=SteeredUsers(3, math.inf, None))
    outcome = virtual(plan_with(workload, duration=4.5), program, until=60)
    assert outcome.total("vus_max").max == 3
    assert outcome.total("vus").max == 3


def test_programs_talk_to_the_coordinator(virtual: Virtual) -> None:
    """`receive` gets what was sent, `post` sends back, `end` asks for the end of the test."""
    program = Hooked(idle, grace=0.0)

    def talk(workers: list[Any]) -> None:
        workers[0].receive(ToProgram({"a": 1}))
        workers[0].context.control.end("enough")

    plan = plan_of(SteeredUsers(1, math.inf, 10.0), graceful_stop=0.0)
    outcome = virtual(plan, program, at={2.0: talk}, until=60)
    assert program.got == [{"a": 1}]
    assert [each.value for each in outcome.sent if isinstance(each, FromProgram)] == [("answer", {"a": 1})]
    assert [each.reason for each in outcome.sent if isinstance(each, EndRequested)] == ["enough"]


def test_last_words_are_as_long_as_the_workload_says(virtual: Virtual) -> None:
    """A killed user's on_stop gets `last_words` seconds, then is cut off."""

    def slow_stop(user: Any) -> None:
        user.hub.sleep(3.0)
        user.context.control.post("done")

    def run(last_words: float) -> int:
        program = FakeProgram(idle, on_stop=slow_stop)
        plan = plan_of(SteeredUsers(1, math.inf, 5.0), graceful_stop=0.0, last_words=last_words)
        outcome = virtual(plan, program, until=60)
        return sum(isinstance(each, FromProgram) for each in outcome.sent)

    assert (run(1.0), run(5.0)) == (0, 1)
