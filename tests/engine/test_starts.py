"""Users that begin together: how many in one turn of the loop."""

from __future__ import annotations

from typing import Any

from swell.engine.starts import Starts
from swell.runtime.fiber import Fiber
from swell.runtime.virtual import VirtualHub


class SlowHub(VirtualHub):
    """Time goes on where a user is started; counts its turns."""

    def __init__(self) -> None:
        super().__init__()
        self.late = 0.0
        self.turn = 0

    def time(self) -> float:
        return super().time() + self.late

    def call_soon(self, callback: Any, *args: Any) -> object:
        def run() -> None:
            self.turn += 1
            callback(*args)

        return super().call_soon(run)


def test_a_few_milliseconds_of_starting_in_one_turn() -> None:
    """Users of 0.4 ms: three in a turn of 1 ms, in their order, and the loop has a turn in between."""
    hub, turns, served = SlowHub(), [], []

    def user(number: int) -> None:
        hub.late += 0.0004
        turns.append((number, hub.turn))
        hub.call_soon(served.append, number)

    starts = Starts(hub)
    for number in range(7):
        starts.add(Fiber(user, hub.greenlet).switch, number)
    hub.run()
    assert [number for number, _ in turns] == list(range(7)) == served
    groups = [sum(1 for _, turn in turns if turn == each) for each in sorted({turn for _, turn in turns})]
    assert groups == [3, 3, 1]
    # What the first ones asked for was done before the last one began.
    assert turns[6][1] > turns[0][1] + 3


def test_a_busy_loop_does_not_put_it_off() -> None:
    """Where the loop has other work for 20 ms in between, starting gets a tenth of that: five users of 0.4 ms."""
    hub, turns = SlowHub(), []

    def user() -> None:
        hub.late += 0.0004
        turns.append(hub.turn)

    def other_work() -> None:
        hub.late += 0.020
        if len(turns) < 13:
            hub.call_soon(other_work)

    starts = Starts(hub)
    for _ in range(13):
        starts.add(Fiber(user, hub.greenlet).switch)
    hub.call_soon(other_work)
    hub.run()
    assert [turns.count(each) for each in sorted(set(turns))] == [3, 5, 5]


def test_users_that_are_added_while_others_start() -> None:
    """They come after those that wait."""
    hub, order = VirtualHub(), []
    starts = Starts(hub)

    def first() -> None:
        order.append("first")
        starts.add(order.append, "third")

    starts.add(first)
    starts.add(order.append, "second")
    hub.run()
    assert order == ["first", "second", "third"]
