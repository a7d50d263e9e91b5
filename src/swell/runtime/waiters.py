"""Fibers that wait until something happens, as on the messages of a WebSocket.

Rules: to be woken is a hint: who waited looks again. A fiber is woken once, by what happened or by its deadline.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["Waiters"]


class _Waiter:
    """A fiber that waits; `fiber` is None when it does so no more."""

    __slots__ = ("fiber",)

    def __init__(self, fiber: Fiber) -> None:
        self.fiber: Fiber | None = fiber

    def wake(self, value: bool) -> None:
        fiber, self.fiber = self.fiber, None
        if fiber is not None:
            fiber.wake(value)


class Waiters:
    """Those who wait for one thing."""

    __slots__ = ("_hub", "_waiting")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[_Waiter] = []

    def wait(self, deadline: float = inf) -> bool:
        """Stall the current fiber until something happens. False: the deadline (hub's clock, seconds) passed first."""
        waiter = _Waiter(current_fiber())
        self._waiting.append(waiter)
        timer = None if deadline == inf else self._hub.call_at(deadline, waiter.wake, False)
        try:
            return bool(self._hub.wait())
        finally:
            waiter.fiber = None
            if timer is not None:
                timer.cancel()
            if waiter in self._waiting:
                self._waiting.remove(waiter)

    def wake(self, *, directly: bool = False) -> None:
        """Something happened; they go on in the next turn, or now if `directly`, which the loop's greenlet may say."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if directly:
                waiter.wake(True)
            else:
                self._hub.call_soon(waiter.wake, True)
