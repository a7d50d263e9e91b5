"""Wait functions."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from swell import User, between, constant, constant_pacing, constant_throughput, poisson


class Clock:
    """A user whose clock is set by the test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.vu = SimpleNamespace(hub=SimpleNamespace(time=lambda: self.now), random=random.Random(1))
        self._paced_from = self.now


def test_between_stays_inside() -> None:
    """Waits lie in the interval, come from the user's generator, and use all of it."""
    user, same = Clock(), Clock()
    wait = between(2, 5)
    waits = [wait(user) for _ in range(1000)]
    assert 2 <= min(waits) < 2.1
    assert 4.9 < max(waits) <= 5
    assert waits == [wait(same) for _ in range(1000)]


def test_constant() -> None:
    """The same wait each time."""
    assert constant(3)(None) == 3


def test_pacing() -> None:
    """Tasks start the given time apart, the first counted from the making of the user; overruns are not caught up."""
    user = Clock()
    wait = constant_pacing(10)
    user.now += 3  # on_start and the first task
    assert wait(user) == 7
    user.now = 110 + 4  # a task of 4 s
    assert wait(user) == 6
    user.now = 120 + 25  # a task that overran
    assert wait(user) == 0
    user.now = 145 + 1
    assert wait(user) == 9


def test_throughput_is_pacing() -> None:
    """Half a task run per second is one each two seconds."""
    user = Clock()
    user.now += 0.5
    assert constant_throughput(0.5)(user) == 1.5


def test_poisson_mean() -> None:
    """Waits are positive with the mean 1/rate."""
    user = Clock()
    wait = poisson(4)
    waits = [wait(user) for _ in range(20_000)]
    assert min(waits) > 0
    assert sum(waits) / len(waits) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda: between(-1, 2),
        lambda: between(0, float("nan")),
        lambda: constant(float("inf")),
        lambda: constant_pacing(-1),
        lambda: constant_throughput(0),
        lambda: poisson(-2),
    ],
)
def test_impossible_waits(make: Any) -> None:
    """Waits that cannot be are refused where they are written."""
    with pytest.raises(ValueError, match=r"seconds|per second"):
        make()


def test_no_number() -> None:
    """A wait that is no number is a TypeError."""
    with pytest.raises(TypeError, match="number of seconds"):
        constant("2")  # type: ignore[arg-type]


def test_without_a_run() -> None:
    """Wait functions also work on plain objects, as in unit tests of a team's own waits."""
    holder = type("Holder", (), {"wait_time": between(1, 1)})()
    assert holder.wait_time() == 1
    assert 0 <= constant_pacing(5)(holder) <= 5


def test_default_is_no_wait() -> None:
    """A user without wait_time does not wait."""
    assert User.wait_time(None) == 0


def test_between_in_the_wrong_order() -> None:
    """The bounds of an interval come in order; one of no length is fine."""
    with pytest.raises(ValueError, match=r"between\(3, 1\)"):
        between(3, 1)
    assert between(2, 2)(Clock()) == 2
