"""The hub: what fibers wait on, over an asyncio loop or over virtual time.

Rules: `Hub` is the only thing that engine and protocol code may ask for time, timers and waiting; so everything
above it runs unchanged on `LoopHub` (real) and on `virtual.VirtualHub` (no sockets, no sleeping). Times are
seconds on the hub's own monotonic clock. Callbacks run in the hub's greenlet and must not block.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from greenlet import getcurrent, greenlet

from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Hub", "LoopHub", "Timer", "new_loop"]

T = TypeVar("T")


class Timer(Protocol):
    """A callback that is due later."""

    def cancel(self) -> None:
        """Forget the callback; harmless after it ran."""
        ...


class Hub(Protocol):
    """Time, timers and waiting for fibers."""

    greenlet: greenlet

    def time(self) -> float:
        """Seconds on a monotonic clock; real hubs share time.perf_counter's."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Timer:
        """Run the callback in the hub's greenlet at or after `when`, never before."""
        ...

    def call_soon(self, callback: Callable[..., object], *args: object) -> object:
        """Run the callback in the hub's greenlet in the next turn."""
        ...

    def spawn(self, run: Callable[..., object], *args: object) -> Fiber:
        """A new fiber that starts in the next turn."""
        ...

    def wait(self) -> Any:
        """Stall the current fiber until somebody wakes it; returns what it was woken with."""
        ...

    def sleep(self, seconds: float) -> None:
        """Stall the current fiber for a while."""
        ...

    def await_(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine as a task of the loop, stall the current fiber until it is done."""
        ...


class LoopHub:
    """The hub over a running asyncio loop. Make it in the greenlet that will run the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.greenlet: greenlet = getcurrent()
        self.wait: Callable[[], Any] = self.greenlet.switch
        self.time: Callable[[], float] = time.perf_counter
        self.call_soon = loop.call_soon

    def call_at(self, when: float, callback: Callable[..., object], *args: object) -> Timer:
        """As `Hub.call_at`."""
        delay = when - time.perf_counter()
        if delay <= 0:
            return self.loop.call_soon(callback, *args)
        return self.loop.call_later(_whole_ms(delay + self._stale()), callback, *args)

    def _stale(self) -> float:
        """How old the loop's idea of now is, in seconds: uvloop counts timers from the start of its turn."""
        stale = time.perf_counter() - self.loop.time()
        # Where the two clocks have different origins there is no telling; asyncio's own loop is never stale.
        return stale if 0.0 < stale < 1.0 else 0.0

    def spawn(self, run: Callable[..., object], *args: object) -> Fiber:
        """As `Hub.spawn`."""
        fiber = Fiber(run, self.greenlet)
        self.loop.call_soon(fiber.switch, *args)
        return fiber

    def sleep(self, seconds: float) -> None:
        """As `Hub.sleep`; 0 or less gives the others one turn."""
        fiber = current_fiber()
        loop = self.loop
        timer = (
            loop.call_later(_whole_ms(seconds + self._stale()), fiber.wake)
            if seconds > 0
            else loop.call_soon(fiber.wake)
        )
        try:
            self.greenlet.switch()
        except BaseException:
            timer.cancel()
            raise

    def await_(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """As `Hub.await_`. An exception thrown into the fiber cancels the task."""
        fiber = current_fiber()
        task = self.loop.create_task(coroutine)

        def done(_: asyncio.Task[T]) -> None:
            fiber.wake()

        task.add_done_callback(done)
        try:
            self.greenlet.switch()
        except BaseException:
            task.remove_done_callback(done)
            task.cancel()
            raise
        return task.result()


def _whole_ms(seconds: float) -> float:
    """Rounded up to whole milliseconds: uvloop rounds to the nearest one, which could be too early."""
    return math.ceil(seconds * 1000.0) / 1000.0


def new_loop() -> asyncio.AbstractEventLoop:
    """A new event loop: uvloop where it is installed, plain asyncio elsewhere."""
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows, and only a run needs it
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
