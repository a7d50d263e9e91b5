"""What a context waits for: timers and operations of the host, kept for its own fiber.

Rules: pure bookkeeping of one context on the hub's clock. Only the fiber that called into the script runs what is
due; others only put results into `inbox` and wake it. Timers that are due at one time run in the order they were set.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["JobQueue", "JsOperation"]


class JsOperation:
    """Something the host does for a script that holds its promise. Settle it once, from the hub's thread."""

    __slots__ = ("_queue", "number")

    def __init__(self, queue: JobQueue, number: int) -> None:
        self._queue = queue
        self.number = number

    def resolve(self, value: object = None) -> None:
        """Fulfil the promise (None: undefined)."""
        self._queue.deliver(self.number, value, None)

    def reject(self, error: BaseException) -> None:
        """Reject the promise."""
        self._queue.deliver(self.number, None, error)


class JobQueue:
    """The timers, operations and results of one context."""

    def __init__(self, hub: Hub | None) -> None:
        self._hub = hub
        self._timers: dict[int, tuple[float, float | None]] = {}  # number -> (due, period)
        self._heap: list[tuple[float, int, int]] = []  # (due, order, number)
        self._count = 0
        self._operations: set[int] = set()
        self.inbox: deque[tuple[int, Any, BaseException | None]] = deque()
        self._waiting: Fiber | None = None
        self._woken = False

    def set_timer(self, delay: float, *, repeat: bool) -> int:
        """A new timer's number; `delay` in seconds, at least 1 ms."""
        delay = 0.001 if math.isnan(delay) or delay < 0.001 else min(delay, 2**31 / 1000)
        self._count += 1
        self._put(self._count, self._now() + delay, delay if repeat else None)
        return self._count

    def _put(self, number: int, due: float, period: float | None) -> None:
        self._timers[number] = (due, period)
        heapq.heappush(self._heap, (due, number if period is None else self._count, number))

    def _now(self) -> float:
        if self._hub is None:
            raise RuntimeError("timers work only in a running test")
        return self._hub.time()

    def clear_timer(self, number: int) -> None:
        """Forget a timer, if it is still there."""
        self._timers.pop(number, None)

    def next_due(self) -> float | None:
        """When the next timer is due, on the hub's clock."""
        while self._heap:
            due, _, number = self._heap[0]
            if self._timers.get(number, (None,))[0] == due:
                return due
            heapq.heappop(self._heap)
        return None

    def pop_due(self) -> int | None:
        """The number of a timer that is due; repeating ones are set again."""
        due = self.next_due()
        if due is None or self._hub is None:
            return None
        now = self._hub.time()
        if due > now:
            return None
        number = heapq.heappop(self._heap)[2]
        period = self._timers.pop(number)[1]
        if period is not None:
            self._count += 1
            self._put(number, now + period, period)
        return number

    def operation(self) -> JsOperation:
        """A new pending operation."""
        self._count += 1
        self._operations.add(self._count)
        return JsOperation(self, self._count)

    def deliver(self, number: int, value: object, error: BaseException | None) -> None:
        """The result of an operation, for the fiber of the context; of a forgotten one, nothing."""
        if number not in self._operations:
            return
        self._operations.discard(number)
        self.inbox.append((number, value, error))
        self.wake()

    def wake(self) -> None:
        """Let the waiting fiber look again, in the hub's next turn."""
        if self._waiting is not None and not self._woken and self._hub is not None:
            self._woken = True
            self._hub.call_soon(self._switch)

    def _switch(self) -> None:
        fiber, self._waiting = self._waiting, None
        if fiber is not None:
            fiber.wake()

    @property
    def idle(self) -> bool:
        """Neither timers nor operations are left."""
        return not self._timers and not self._operations and not self.inbox

    def wait(self, current: Callable[[], Fiber]) -> None:
        """Stall the current fiber until a timer is due or a result is there."""
        hub = self._hub
        if hub is None:
            raise RuntimeError("a script can wait only in a running test")
        fiber = current()
        due = self.next_due()
        timer = None if due is None else hub.call_at(due, self.wake)
        self._waiting, self._woken = fiber, False
        try:
            hub.wait()
        finally:
            self._waiting = None
            if timer is not None:
                timer.cancel()

    def clear(self) -> None:
        """Forget everything; results that still come are dropped."""
        self._timers.clear()
        self._heap.clear()
        self._operations.clear()
        self.inbox.clear()
