"""Deadlines on virtual time."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from swell.http.deadlines import Deadlines
from swell.runtime.virtual import VirtualHub


class Item:
    def __init__(self, hub: VirtualHub) -> None:
        self.hub = hub
        self.deadline = inf
        self.armed = inf
        self.expired: list[float] = []

    def expire(self, now: float) -> None:
        self.expired.append(now)


def set_deadline(wheel: Deadlines, item: Item, deadline: float) -> None:
    """As a session does for each request."""
    item.deadline = deadline
    if deadline < item.armed:
        wheel.watch(item)


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=30))
def test_each_deadline_passes_once_and_not_early(deadlines: list[float]) -> None:
    """Every item expires exactly once, at its deadline or up to 20 ms later."""
    hub = VirtualHub()
    wheel = Deadlines(hub)
    items = [Item(hub) for _ in deadlines]
    for item, deadline in zip(items, deadlines, strict=True):
        set_deadline(wheel, item, deadline)
    hub.run()
    for item, deadline in zip(items, deadlines, strict=True):
        assert len(item.expired) == 1
        assert deadline <= item.expired[0] <= deadline + 0.021
    assert len(wheel) == 0


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.01, 5.0)), min_size=1, max_size=30))
def test_a_deadline_that_moves_counts_where_it_is_last(moves: list[tuple[float, float]]) -> None:
    """Requests that end in time never expire, whatever their time limits; the last one does."""
    hub = VirtualHub()
    wheel = Deadlines(hub)
    item = Item(hub)

    def user() -> None:
        for pause, limit in moves:
            set_deadline(wheel, item, hub.time() + limit + pause)
            hub.sleep(pause)
            assert item.expired == []
        item.last = item.deadline  # type: ignore[attr-defined]

    hub.spawn(user)
    hub.run()
    assert len(item.expired) == 1
    assert item.last <= item.expired[0] <= item.last + 0.021  # type: ignore[attr-defined]


def test_no_deadline_costs_nothing() -> None:
    """Without a limit there is no entry and no timer."""
    hub = VirtualHub()
    wheel = Deadlines(hub)
    item = Item(hub)
    wheel.watch(item)
    assert len(wheel) == 0


def test_requests_with_the_same_limit_keep_one_entry() -> None:
    """A thousand requests in a row on one connection leave one entry, not a thousand."""
    hub = VirtualHub()
    wheel = Deadlines(hub)
    item = Item(hub)
    sizes: list[int] = []

    def user() -> None:
        for _ in range(1000):
            set_deadline(wheel, item, hub.time() + 60.0)
            hub.sleep(0.001)
            sizes.append(len(wheel))

    hub.spawn(user)
    hub.run()
    assert max(sizes) == 1


def test_expiry_may_watch_again() -> None:
    """What wakes at a deadline may set the next one at once."""
    hub = VirtualHub()
    wheel = Deadlines(hub)

    class Again(Item):
        def expire(self, now: float) -> None:
            super().expire(now)
            if len(self.expired) < 5:
                set_deadline(wheel, self, now + 0.5)

    item = Again(hub)
    set_deadline(wheel, item, 0.5)
    hub.run()
    assert len(item.expired) == 5
