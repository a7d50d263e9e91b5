"""Deadlines of requests, without a timer per request.

Rules: whoever waits carries its own `deadline` (seconds on the hub's clock, infinity for none) and may move it at will;
here only its place in a wheel of 10 ms slots is kept. A slot that comes due looks at the deadline as it is now, and
mostly finds that it moved on: then the entry is put back further down. So a request costs one comparison, and one timer
serves a whole worker. Expiry is never early, and late by at most a slot plus the loop's delay.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from swell.runtime.hub import Hub, Timer

__all__ = ["Deadlines", "Watched"]

_SLOTS_PER_SECOND: Final = 100


class Watched(Protocol):
    """Something with a deadline. `armed` belongs to the wheel: the time of its earliest entry, infinity for none.

    Callers watch it when `deadline < armed`.
    """

    deadline: float
    armed: float

    def expire(self, now: float) -> None:
        """The deadline passed. Called once; set a new deadline and watch it to be called again."""
        ...


class Deadlines:
    """The wheel of one worker."""

    __slots__ = ("_heap", "_hub", "_last", "_slots", "_timer", "_timer_slot")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._slots: dict[int, list[Watched]] = {}
        self._heap: list[int] = []
        # The slot that was looked at last; nothing is put there any more.
        self._last = 0
        self._timer: Timer | None = None
        self._timer_slot: float = inf

    def watch(self, item: Watched) -> None:
        """See to it that the item's deadline is looked at when it comes."""
        deadline = item.deadline
        if deadline == inf:
            return
        item.armed = deadline
        number = max(int(deadline * _SLOTS_PER_SECOND), self._last) + 1
        slot = self._slots.get(number)
        if slot is not None:
            slot.append(item)
            return
        self._slots[number] = [item]
        heappush(self._heap, number)
        if number < self._timer_slot:
            self._set_timer()

    def __len__(self) -> int:
        """Entries in the wheel, stale ones included."""
        return sum(map(len, self._slots.values()))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_slot = inf
        if self._heap:
            self._timer_slot = self._heap[0]
            self._timer = self._hub.call_at(self._heap[0] / _SLOTS_PER_SECOND, self._sweep)

    def _sweep(self) -> None:
        self._timer = None
        # Expiry runs user code, which may watch new deadlines: no timer is set in the middle of it.
        self._timer_slot = -1
        try:
            now = self._hub.time()
            # The same expression as in _set_timer: rounding must not make a timer come before its slot.
            while self._heap and self._heap[0] / _SLOTS_PER_SECOND <= now:
                self._last = heappop(self._heap)
                for item in self._slots.pop(self._last):
                    if item.deadline <= now:
                        item.armed = item.deadline = inf
                        item.expire(now)
                    elif item.armed <= now:
                        item.armed = inf
                        self.watch(item)
        finally:
            self._set_timer()
