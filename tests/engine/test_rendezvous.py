"""Rendezvous on virtual time, in one worker and over several."""

from __future__ import annotations

import pytest

from swell.model.plan import Stage, UserIterations, UserStages

from .conftest import FakeProgram, plan_of, run_virtual


def test_round_is_released_together() -> None:
    """Users that come one after the other leave at the same moment, and the skew is measured."""
    left: list[float] = []

    def iterate(user):
        user.hub.sleep(0.1 * user.id)
        released = user.rendezvous("slot", 4)
        assert released.complete
        left.append(user.hub.time())

    outcome = run_virtual(plan_of(UserIterations(users=4, iterations=1)), FakeProgram(iterate))
    assert left == [pytest.approx(101.4)] * 4
    assert outcome.total("rendezvous_skew", rendezvous="slot").max == 0


def test_rounds_are_cyclic() -> None:
    """Each round takes exactly `size` users: a fast member never takes part in the next round's place."""
    rounds: list[tuple[float, int]] = []

    def iterate(user):
        user.hub.sleep(0.05 * user.id)
        user.rendezvous("slot", 2)
        rounds.append((round(user.hub.time(), 6), user.id))

    run_virtual(plan_of(UserIterations(users=6, iterations=3)), FakeProgram(iterate))
    assert len(rounds) == 18
    times = [at for at, _ in rounds]
    assert all(times.count(at) % 2 == 0 for at in times)


def test_timeout_lets_a_lonely_user_go() -> None:
    """A user whose round does not fill goes on alone after the timeout, and is told so."""
    seen = []

    def iterate(user):
        seen.append(user.rendezvous("slot", 2, timeout=3.0))

    run_virtual(plan_of(UserIterations(users=1, iterations=1)), FakeProgram(iterate))
    assert seen[0].complete is False
    assert seen[0].waited == pytest.approx(3.0)


def test_end_of_run_frees_the_waiting() -> None:
    """Users still waiting at the end of the run leave at once: their round will not fill any more."""
    outcome = run_virtual(
        plan_of(UserStages(stages=(Stage(5.0, 1),), start=1), graceful_stop=2.0),
        FakeProgram(lambda user: user.rendezvous("slot", 2)),
    )
    assert outcome.ended == pytest.approx(5.0)
