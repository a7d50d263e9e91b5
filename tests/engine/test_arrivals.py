"""Open load on virtual time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.engine.messages import SetArrivals
from swell.model.plan import ArrivalPolicy, ArrivalStages, Stage
from swell.model.rate_changes import with_rate

from .conftest import FakeProgram, plan_of, run_virtual

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.worker import Worker
    from swell.model.plan import ArrivalSequence


def constant(rate: float, seconds: float) -> ArrivalStages:
    return ArrivalStages(stages=(Stage(seconds, rate),), start=rate)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_arrival_starts(count: int) -> None:
    """Below saturation the planned number of arrivals starts, exactly, in time."""
    outcome = run_virtual(plan_of(constant(50, 10)), FakeProgram(lambda user: user.hub.sleep(0.05)), count=count)
    assert outcome.count("iterations") == 500
    assert outcome.count("dropped_iterations") == 0
    assert outcome.total("schedule_lag").max == 0


@pytest.mark.parametrize("max_lag", [0.0, 0.5, 100.0])
@pytest.mark.parametrize("count", [1, 2])
def test_nothing_is_lost(max_lag: float, count: int) -> None:
    """When users are short, each arrival is a start or a counted drop, under every policy."""
    outcome = run_virtual(
        plan_of(
            constant(20, 10),
            policy=ArrivalPolicy(initial_users=2, max_users=4, max_lag=max_lag),
            graceful_stop=1000.0,
        ),
        FakeProgram(lambda user: user.hub.sleep(1.0)),
        count=count,
    )
    started, dropped = outcome.count("iterations"), outcome.count("dropped_iterations")
    assert started + dropped == 200
    assert outcome.total("vus_max").max <= 4
    if max_lag == 100.0:
        assert dropped == 0
    else:
        assert dropped > 100


def test_lag_of_waiting_arrivals() -> None:
    """An arrival that waited for a user starts late by exactly that time."""
    outcome = run_virtual(
        plan_of(constant(2, 2), policy=ArrivalPolicy(initial_users=1, max_users=1, max_lag=60.0)),
        FakeProgram(lambda user: user.hub.sleep(1.0)),
    )
    # Arrivals at 0, .5, 1, 1.5; starts at 0, 1, 2, 3.
    lag = outcome.total("schedule_lag")
    assert lag.count == 4
    assert lag.sum == pytest.approx(500 + 1000 + 1500)


def test_frozen_server_moves_latency_analytically() -> None:
    """A 1 s freeze at a constant rate moves latency from the intended start by exactly the analytic amount."""
    rate, seconds = 100, 10
    series: list[int] = []

    def iterate(user):
        # The server answers at once, but nothing between 4 s and 5 s after the start.
        begun = user.hub.time()
        now = begun - 101.0
        wait = 5.0 - now if 4.0 <= now < 5.0 else 0.0
        user.hub.sleep(wait)
        if not series:
            series.append(user.recorder.series("latency", "trend", user.tags, is_time=True))
        end = user.hub.time()
        user.recorder.add_sample((series[0], end, (end - begun + user.fiber.lag) * 1000))

    outcome = run_virtual(plan_of(constant(rate, seconds)), FakeProgram(iterate))
    latency = outcome.total("latency")
    # 100 of the 1000 arrivals meet the freeze, with latencies 1000, 990, ... 10 ms: ten of them lie above p99.
    assert latency.count == 1000
    assert latency.max == pytest.approx(1000.0)
    assert latency.percentile(99) == pytest.approx(900.0, rel=0.005)
    assert latency.sum == pytest.approx(sum(10.0 * n for n in range(1, 101)))


def test_single_user_sees_the_same_freeze() -> None:
    """With one user that must catch up, lag plus duration is the same analytic latency: nothing is omitted."""

    def iterate(user):
        now = user.hub.time() - 101.0
        if 4.0 <= now < 5.0:
            user.hub.sleep(5.0 - now)

    outcome = run_virtual(
        plan_of(constant(100, 10), policy=ArrivalPolicy(initial_users=1, max_users=1, max_lag=60.0)),
        FakeProgram(iterate),
    )
    # The first arrival of the freeze takes 1000 ms; the 99 behind it start late by 990 ... 10 ms.
    lag = outcome.total("schedule_lag")
    assert outcome.count("iterations") == 1000
    assert lag.max == pytest.approx(990.0)
    assert lag.sum == pytest.approx(sum(10.0 * n for n in range(1, 100)))


def test_fresh_users() -> None:
    """With fresh users each arrival is a new user that starts, iterates once and stops."""
    program = FakeProgram(lambda user: user.hub.sleep(0.5))
    run_virtual(plan_of(constant(10, 3), fresh_users=True), program)
    assert len(program.started) == len(program.stopped) == 30
    assert sorted(user for _, user in program.started) == list(range(1, 31))


def test_initial_users_start_before_the_load() -> None:
    """The users made beforehand have run their on_start when the first arrival comes."""
    program = FakeProgram(lambda user: user.hub.sleep(0.01), on_start=lambda user: user.hub.sleep(0.4))
    outcome = run_virtual(plan_of(constant(5, 2), policy=ArrivalPolicy(initial_users=3, max_users=3)), program)
    assert all(at <= 101.0 for at, _ in program.started)
    assert outcome.total("schedule_lag").max == 0


def test_early_stop_drops_what_waits() -> None:
    """A run that is stopped counts its waiting arrivals as dropped and ends its users."""
    from swell.engine.messages import Stop

    outcome = run_virtual(
        plan_of(constant(10, 100), policy=ArrivalPolicy(initial_users=1, max_users=1, max_lag=100.0)),
        FakeProgram(lambda user: user.hub.sleep(5.0)),
        at={10.0: lambda workers: [worker.receive(Stop("test", 0.0)) for worker in workers]},
    )
    assert outcome.ended == pytest.approx(10.0)
    assert outcome.count("dropped_iterations") > 90


@pytest.mark.parametrize("count", [1, 3])
def test_the_rate_changes_while_it_runs(count: int) -> None:
    """Arrivals follow the changed profile from its moment on, exactly, on any number of workers, however late one heard
    of it.
    """
    first = with_rate(constant(10, 20), 5.0, 40.0)
    second = with_rate(first, 12.0, 0.0)
    third = with_rate(second, 15.0, 7.0)
    started: list[float] = []

    def tell(profile: ArrivalSequence, late: float = 0.0) -> Callable[[list[Worker]], None]:
        def do(workers: list[Worker]) -> None:
            for number, worker in enumerate(workers):
                message = SetArrivals("main", profile)
                worker.context.hub.call_at(worker.context.hub.time() + number * late, worker.receive, message)

        return do

    outcome = run_virtual(
        plan_of(constant(10, 20)),
        FakeProgram(lambda user: started.append(user.hub.time() - 101.0)),
        count=count,
        at={4.2: tell(first), 10.5: tell(second, late=0.7), 13.0: tell(third)},
    )
    assert outcome.count("dropped_iterations") == 0
    expected = [*(k / 10 for k in range(50)), *(5 + k / 40 for k in range(280)), *(15 + k / 7 for k in range(35))]
    assert sorted(started) == pytest.approx(expected)
