"""Virtual time: a hub that jumps from timer to timer, so that eight hours pass in milliseconds.

Rules: no sockets, no sleeping, no threads; the same order of events on every run. Time moves only when no fiber
and no callback is runnable. It is part of the testing kit that users get, not only of our own tests.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import getcurrent, greenlet

from swell.runtime.fiber import Fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["VirtualHub", "VirtualTimer"]

T = TypeVar("T")


class VirtualTimer:
    """A callback due at a virtual time."""

    __slots__ = ("args", "callback", "cancelled", "order", "when")

    def __init__(self, when: float, order: int, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        self.when = when
        self.order = order
        self.callback = callback
        self.args = args
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True

    def __lt__(self, other: VirtualTimer) -> bool:
        return (self.when, self.order) < (other.when, other.order)


class VirtualHub:
    """A `runtime.hub.Hub` on virtual time. `run` must be called in the greenlet that made the hub."""

    def __init__(self, start: float = 0.0) -> None:
        self.now = start
        self.greenlet: greenlet = getcurrent()
        self.wait: Callable[[], Any] = self.greenlet.switch
        self._heap: list[VirtualTimer] = []
        self._ready: deque[VirtualTimer] = deque()
        self._order = 0

    def time(self) -> float:
        """The virtual now, in seconds."""
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> VirtualTimer:
        """As `Hub.call_at`; a time in the past means the next turn."""
        self._order += 1
        timer = VirtualTimer(max(when, self.now), self._order, callback, args)
        heapq.heappush(self._heap, timer)
        return timer

    def call_soon(self, callback: Callable[..., object], *args: object) -> VirtualTimer:
        """As `Hub.call_soon`."""
        self._order += 1
        timer = VirtualTimer(self.now, self._order, callback, args)
        self._ready.append(timer)
        return timer

    def spawn(self, run: Callable[..., object], *args: object) -> Fiber:
        """As `Hub.spawn`."""
        fiber = Fiber(run, self.greenlet)
        self.call_soon(fiber.switch, *args)
        return fiber

    def sleep(self, seconds: float) -> None:
        """As `Hub.sleep`."""
        fiber = getcurrent()
        assert isinstance(fiber, Fiber), "sleep() of the hub is for fibers"
        timer = self.call_at(self.now + seconds, fiber.wake) if seconds > 0 else self.call_soon(fiber.wake)
        try:
            self.greenlet.switch()
        except BaseException:
            timer.cancel()
            raise

    def await_(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Not on virtual time: a coroutine waits for a real loop. Raises RuntimeError."""
        coroutine.close()
        raise RuntimeError("coroutines need a real event loop; a virtual hub runs plain blocking code only")

    def run(self, until: float | None = None) -> None:
        """Run until nothing is left to do, or until virtual time `until` (time then stands exactly there)."""
        while True:
            # One turn: what was ready when it began, then the timers that are due; so that nobody starves the others.
            for _ in range(len(self._ready)):
                timer = self._ready.popleft()
                if not timer.cancelled:
                    timer.callback(*timer.args)
            while self._heap and (self._heap[0].cancelled or self._heap[0].when <= self.now):
                timer = heapq.heappop(self._heap)
                if not timer.cancelled:
                    timer.callback(*timer.args)
            if self._ready:
                continue
            if not self._heap or (until is not None and self._heap[0].when > until):
                break
            self.now = self._heap[0].when
        if until is not None:
            self.now = max(self.now, until)
