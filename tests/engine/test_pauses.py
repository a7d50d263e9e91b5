"""Pauses, which a user spends without a fiber, on virtual time."""

from __future__ import annotations

from contextvars import ContextVar

import pytest

from swell.engine.user import VirtualUser
from swell.model.plan import Stage, SteeredUsers, UserStages
from swell.runtime import fiber as fibers
from swell.runtime.fiber import Fiber, current_fiber

from .conftest import FakeProgram, plan_of, run_virtual

COLOUR = ContextVar("COLOUR", default="none")


def one_user(seconds: float) -> UserStages:
    return UserStages(stages=(Stage(seconds, 1),), start=1)


def test_iterations_come_when_the_pause_is_over() -> None:
    """Half a second of work and five of pause: an iteration begins every 5.5 seconds."""
    begun: list[float] = []

    def iterate(user: VirtualUser) -> None:
        begun.append(user.hub.time() - 101.0)
        user.hub.sleep(0.5)

    outcome = run_virtual(plan_of(one_user(18.0)), FakeProgram(iterate, pause=5.0))
    assert begun == pytest.approx([0.0, 5.5, 11.0, 16.5])
    assert outcome.count("iterations") == 4


@pytest.mark.parametrize(("pause", "known_by_gevent", "count"), [(4.5, False, 1), (4.5, True, 5), (0.4, False, 5)])
def test_who_pauses_gives_its_fiber_to_others(
    pause: float, known_by_gevent: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five users that work one after the other share one fiber; each keeps its own where gevent may know it, and for
    short pauses.
    """
    monkeypatch.setattr(fibers, "_adopt", (lambda _: False) if known_by_gevent else None)
    seen: dict[int, set[Fiber]] = {}

    def iterate(user: VirtualUser) -> None:
        fiber = current_fiber()
        assert (user.fiber, fiber.user) == (fiber, user)
        seen.setdefault(user.id, set()).add(fiber)
        user.hub.sleep(0.5)

    profile = UserStages(stages=(Stage(5.0, 5), Stage(20.0, 5)))
    run_virtual(plan_of(profile), FakeProgram(iterate, pause=pause))
    assert len(seen) == 5
    assert len(set.union(*seen.values())) == count
    assert all(len(own) == 1 for own in seen.values())


def test_what_belongs_to_a_user_goes_with_it() -> None:
    """Tags and context variables that a user's code sets are its own, whichever fiber it gets."""
    found: dict[int, list[tuple[str, str]]] = {}

    def iterate(user: VirtualUser) -> None:
        fiber = current_fiber()
        found.setdefault(user.id, []).append((COLOUR.get(), fiber.tags.get("colour")))
        if user.id == 1:
            COLOUR.set("red")
            fiber.tags = fiber.tags.with_tags(colour="red")
        user.hub.sleep(0.3)

    profile = UserStages(stages=(Stage(2.0, 2), Stage(8.0, 2)))
    run_virtual(plan_of(profile), FakeProgram(iterate, pause=1.7))
    assert found[1] == [("none", ""), *[("red", "red")] * (len(found[1]) - 1)]
    assert set(found[2]) == {("none", "")}
    assert min(map(len, found.values())) > 2


def test_who_pauses_is_there() -> None:
    """A user in a pause is one of the users, has not ended, and is known to pause."""
    found: list[tuple[int, bool, bool]] = []

    def look(workers: list) -> None:
        users = list(workers[0].context.control.users("main"))
        found.append((len(users), users[0].pausing, users[0].ended))

    run_virtual(plan_of(one_user(6.0)), FakeProgram(lambda user: None, pause=40.0), at={2.0: look})
    assert found == [(1, True, False)]


def test_the_end_ends_a_pause() -> None:
    """At the end of the load on_stop runs at once, in a fiber that may wait; nothing begins afterwards."""
    program = FakeProgram(lambda user: None, pause=1000.0, on_stop=lambda user: user.hub.sleep(0.25))
    outcome = run_virtual(plan_of(one_user(3.0)), program)
    assert [at - 101.0 for at, _ in program.stopped] == pytest.approx([3.0])
    assert outcome.ended == pytest.approx(3.25)
    assert outcome.count("iterations") == 1


def test_an_on_stop_after_a_pause_is_cut() -> None:
    """It has the grace of the stop, as after an iteration."""
    program = FakeProgram(lambda user: None, pause=1000.0, on_stop=lambda user: user.hub.sleep(1e6))
    outcome = run_virtual(plan_of(one_user(2.0), graceful_stop=4.0), program)
    assert outcome.ended == pytest.approx(6.0, abs=0.6)


def test_users_that_pause_leave_when_there_are_to_be_fewer() -> None:
    """Ramping down takes users out of their pause, and up again starts new ones."""
    program = FakeProgram(lambda user: None, pause=1000.0)

    def steer(users: int):
        return lambda workers: workers[0].context.control.steer("main", users, 1000.0)

    profile = SteeredUsers(users=4, spawn_rate=1000.0, duration=9.0)
    outcome = run_virtual(plan_of(profile), program, at={3.0: steer(1), 6.0: steer(3)})
    assert [round(at - 101.0) for at, _ in program.stopped] == [3, 3, 3, 9, 9, 9]
    assert len(program.started) == 6
    assert outcome.count("iterations") == 6


def test_a_killed_user_that_pauses_says_good_bye() -> None:
    """A kill in a pause is the end of the user, with its on_stop."""
    program = FakeProgram(lambda user: None, pause=1000.0)

    def kill(workers: list) -> None:
        for user in list(workers[0].context.control.users("main")):
            user.kill()

    outcome = run_virtual(plan_of(one_user(5.0)), program, at={2.0: kill})
    assert [at - 101.0 for at, _ in program.stopped] == pytest.approx([2.0])
    assert outcome.count("iterations") == 1


def test_a_user_that_is_not_wanted_any_more_never_begins() -> None:
    """Users told to leave before their turn to begin came: neither on_start nor on_stop, and nothing is counted."""
    program = FakeProgram(lambda user: user.hub.sleep(0.5), on_start=lambda user: None)

    def at_once(workers: list) -> None:
        control = workers[0].context.control
        control.steer("main", 50, float("inf"))
        control.steer("main", 1, float("inf"))

    profile = SteeredUsers(users=1, spawn_rate=1.0, duration=4.0)
    run_virtual(plan_of(profile), program, at={2.0: at_once})
    assert [user for _, user in program.started] == [1]
    assert [user for _, user in program.stopped] == [1]
