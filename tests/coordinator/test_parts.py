"""Small parts of the coordinator: health log, steering, stages, exit words, durations."""

from __future__ import annotations

import signal

import pytest

from swell.coordinator.conduct import longest_grace, planned_duration
from swell.coordinator.health_log import HealthLog
from swell.coordinator.judge import Judge, plan_stages
from swell.coordinator.steering import SteerTarget, steer_actions
from swell.coordinator.transports.processes import exit_in_words
from swell.engine.messages import SetUsers
from swell.metrics.store import MetricStore
from swell.model.plan import Plan, Share, Source, Stage, SteeredUsers, UserStages, Workload

MIX = (Share("Visitor"),)


def plan(*workloads: Workload, **changes: object) -> Plan:
    """A plan of these workloads."""
    return Plan(Source("x:y", "t.py"), workloads, **changes)  # type: ignore[arg-type]


def ramp(*targets: tuple[float, float, str]) -> UserStages:
    """Stages of users."""
    return UserStages(tuple(Stage(*target) for target in targets))


def test_the_worst_state_of_any_worker_counts() -> None:
    """One saturated second is remembered; now is what the newest records say."""
    log = HealthLog(2)
    log.add(0, 0, {"state": "ok", "users": 2})
    log.add(1, 0, {"state": "saturated", "users": 3, "reasons": ["used 97 % of its core"]})
    assert log.users == 5
    log.add(1, 1, {"state": "ok", "users": 1})
    assert (log.state, log.state_now) == ("saturated", "ok")
    assert log.seconds_in("saturated") == 1
    assert log.reasons == ["worker 1: used 97 % of its core"]
    assert log.users_max == 5


def test_reasons_that_differ_in_figures_only_count_once() -> None:
    """An hour of the same trouble is one line."""
    log = HealthLog()
    for second in range(100):
        log.add(0, second, {"state": "strained", "reasons": [f"the event loop runs {25 + second} ms late"]})
    assert len(log.reasons) == 1


def test_a_lost_worker_has_no_users_now() -> None:
    """Its last record describes the past."""
    log = HealthLog(2)
    log.add(0, 0, {"users": 2})
    log.add(1, 0, {"users": 3})
    log.forget(1)
    assert log.users == 2


def test_steered_users_are_striped() -> None:
    """The parts of the workers add up to the target, and so do their rates."""
    actions = steer_actions([SteerTarget("w", 7, 4.0)], 3)
    messages = [action.message for action in actions if isinstance(action.message, SetUsers)]
    assert [message.users for message in messages] == [3, 2, 2]
    assert sum(message.spawn_rate for message in messages) == pytest.approx(4.0)


def test_stages_of_one_workload_start_with_it() -> None:
    """Start times shift, names stay."""
    stages = plan_stages(plan(Workload("w", MIX, ramp((10, 5, "up"), (20, 5, "hold")), start_time=5.0)))
    assert stages == [("up", 5.0, 15.0), ("hold", 15.0, 35.0)]


def test_stages_of_several_workloads_say_whose_they_are() -> None:
    """Stages alike in time and name count once."""
    both = plan(Workload("a", MIX, ramp((10, 5, "up"))), Workload("b", MIX, ramp((10, 9, "up"), (5, 0, "down"))))
    assert [name for name, _, _ in plan_stages(both)] == ["a up", "b down"]


def test_planned_duration() -> None:
    """The last end of all workloads, cut by the plan's own; none while one runs until stopped."""
    first = Workload("a", MIX, ramp((10, 5, "")))
    late = Workload("b", MIX, ramp((10, 5, "")), start_time=7.0, graceful_stop=3.0)
    assert planned_duration(plan(first, late)) == 17.0
    assert planned_duration(plan(first, late, duration=12.0)) == 12.0
    assert planned_duration(plan(first, Workload("c", MIX, SteeredUsers(1)))) is None
    assert longest_grace(plan(late)) == 3.0


def test_exits_in_words() -> None:
    """Signals by name, statuses with the last line that was printed."""
    assert exit_in_words(-signal.SIGSEGV, ["Fatal Python error", ""]) == (
        "killed by SIGSEGV; its last words: Fatal Python error"
    )
    assert exit_in_words(-signal.SIGKILL, ["hello"]) == "killed by SIGKILL"
    assert exit_in_words(3, []) == "its process ended with exit status 3"


def test_judging_never_takes_more_than_its_share() -> None:
    """An evaluation that took a second is not repeated for ten."""
    now = [100.0]

    def clock() -> float:
        now[0] += 0.5
        return now[0]

    judge = Judge(plan(thresholds=("http_reqs: count > 1",)), clock)
    store = MetricStore()
    assert judge.update(store, 1) is not None
    assert judge.update(store, 2) is None
    now[0] += 10.0
    assert judge.update(store, 3) is not None


def test_bad_seconds_of_several_workers_are_one_set() -> None:
    """A second in which two workers were saturated is one second of the run."""
    log = HealthLog(2)
    for worker, second in ((0, 1), (1, 1), (1, 2)):
        log.add(worker, second, {"state": "saturated"})
    assert log.bad_seconds("saturated") == {1, 2}
    assert log.bad_seconds("strained") == frozenset()
