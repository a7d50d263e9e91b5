"""Coroutines that may block: async user code whose blocking calls stall only the user that runs it.

Rules: a coroutine runs as a real asyncio Task, so `asyncio.current_task()`, timeouts and task groups work;
but its code lives in a fiber of its own, so `hub.wait()` works too. What the coroutine awaits is passed up to
the Task unchanged. A blocking wait is turned into a future (the gate) for the Task, and waking the fiber
opens the gate: the code always goes on inside a step of its own Task. Tasks that such code starts are treated
likewise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from greenlet import getcurrent, greenlet

from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType

    from swell.runtime.hub import Hub

__all__ = ["AsyncFiber", "run_async"]

T = TypeVar("T")

_NOTHING: Any = object()


class AsyncFiber(Fiber):
    """The fiber in which the code of one coroutine runs. Carries what the fiber that started it carried."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], parent: greenlet, like: Fiber) -> None:
        super().__init__(self._live, parent)
        self.tags = like.tags
        self.user = like.user
        self.lag = like.lag
        self.gate: asyncio.Future[Any] | None = None
        """What the Task waits for while the code blocks; None while it does not."""
        self.passed: Any = _NOTHING
        """What the coroutine awaits, on its way up to the Task."""
        self.result: Any = None
        self.raised: BaseException | None = None
        self._coroutine = coroutine

    def wake(self, value: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Let a blocking wait return `value` in the next step of the Task; nothing once it is cancelled."""
        gate = self.gate
        if gate is None:
            raise RuntimeError("wake() of a fiber that does not wait")
        if not gate.done():
            gate.set_result(value)

    def switch(self, *value: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """How a guest of the hub wakes its waiters: as `wake`."""
        if self.gate is None:
            return greenlet.switch(self, *value)
        self.wake(*value)
        return None

    def throw(self, *error: Any) -> Any:
        """Let a blocking wait raise in the next step of the Task."""
        gate = self.gate
        if gate is None:
            return greenlet.throw(self, *error)
        if not gate.done():
            gate.set_exception(error[0] if error else asyncio.CancelledError())
        return None

    def _live(self, first: Any) -> None:
        """Step the coroutine as a Task would; each thing it awaits goes to the parent greenlet."""
        coroutine = self._coroutine
        step: Callable[[Any], Any] = coroutine.send
        value = first
        try:
            while True:
                self.passed = step(value)
                try:
                    value = cast("greenlet", self.parent).switch()
                    step = coroutine.send
                except BaseException as error:  # cancellation too belongs to the coroutine
                    value = error
                    step = coroutine.throw
        except StopIteration as stop:
            self.result = stop.value
        except BaseException as error:  # the Task raises it
            self.raised = error


class _Relay(Coroutine[Any, Any, Any]):
    """What the Task steps in place of the user's coroutine: each step continues the fiber until it waits."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], like: Fiber, loop: asyncio.AbstractEventLoop, hub: greenlet
    ) -> None:
        self._coroutine = coroutine
        self._fiber = AsyncFiber(coroutine, hub, like)
        self._loop = loop
        self._started = False

    def send(self, value: Any) -> Any:
        """Continue; returns the next future to wait for, raises StopIteration at the end."""
        fiber = self._fiber
        if not self._started:
            self._started = True
            # The very context of the Task: callbacks and child tasks see the variables that the code sets.
            fiber.gr_context = getcurrent().gr_context
        gate = fiber.gate
        if gate is not None:
            fiber.gate = None
            value = gate.result()
        return self._after(greenlet.switch(fiber, value))

    def throw(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, error: Any, value: BaseException | None = None, trace: TracebackType | None = None
    ) -> Any:
        """Raise in the code: cancellation, or the error of what it awaits."""
        fiber = self._fiber
        if isinstance(error, type):
            error = value if value is not None else error()
        if trace is not None:
            error = error.with_traceback(trace)
        if not self._started:
            self._started = True
            return self._coroutine.throw(error)
        fiber.gate = None
        return self._after(greenlet.throw(fiber, error))

    def close(self) -> None:
        """Unwind the code; called when the Task is thrown away unfinished."""
        if not self._started:
            self._coroutine.close()
        elif not self._fiber.dead and getcurrent() is self._fiber.parent:
            try:
                self.throw(GeneratorExit())
            except (GeneratorExit, StopIteration):
                return
            raise RuntimeError("the coroutine ignored GeneratorExit")

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield from _steps(self))

    def _after(self, _: Any) -> Any:
        fiber = self._fiber
        if fiber.dead:
            error = fiber.raised
            if error is not None:
                fiber.raised = None
                raise error
            raise StopIteration(fiber.result)
        passed = fiber.passed
        if passed is not _NOTHING:
            fiber.passed = _NOTHING
            return passed
        # The code has switched to the hub: it blocks until somebody wakes its fiber.
        gate = self._loop.create_future()
        fiber.gate = gate
        return next(gate.__await__())


def _steps(relay: _Relay) -> Generator[Any, Any, Any]:
    """The relay as a generator, for those who await it instead of making a Task of it."""
    value: Any = None
    while True:
        try:
            passed = relay.send(value)
        except StopIteration as stop:
            return stop.value
        value = yield passed


def _adopt_children(loop: asyncio.AbstractEventLoop, hub: greenlet) -> None:
    """Make tasks started by code in an AsyncFiber run in one of their own."""
    former = loop.get_task_factory()
    if getattr(former, "swell", False):
        return

    def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> Any:
        creator = getcurrent()
        if isinstance(creator, AsyncFiber) and not isinstance(coro, _Relay):
            coro = _Relay(coro, creator, loop, hub)
        if isinstance(coro, _Relay):
            # An eager first step (3.12+) would run in the creator's fiber instead of the hub's greenlet.
            options.pop("eager_start", None)
        if former is not None:
            return former(loop, coro, **options)
        return asyncio.Task(coro, loop=loop, **options)

    factory.swell = True  # type: ignore[attr-defined]
    loop.set_task_factory(factory)


def run_async(hub: Hub, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return its result; stalls the current fiber only.

    An exception thrown into the fiber (the end of its user) cancels the coroutine, waits for its clean-up,
    and goes on; a second one does not wait. A hub without an event loop (virtual time) runs coroutines that
    never really await; others raise RuntimeError there.
    """
    fiber = current_fiber()
    loop: asyncio.AbstractEventLoop | None = getattr(hub, "loop", None)
    if loop is None:
        return _run_without_loop(coroutine)
    _adopt_children(loop, hub.greenlet)
    task = loop.create_task(_Relay(coroutine, fiber, loop, hub.greenlet))

    def done(_: asyncio.Task[T]) -> None:
        fiber.wake()

    task.add_done_callback(done)
    try:
        hub.wait()
    except BaseException:
        task.cancel()
        try:
            if not task.done():
                hub.wait()
        finally:
            task.remove_done_callback(done)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain; the exception thrown in counts
        raise
    if task.cancelled():
        raise RuntimeError("the coroutine was cancelled from within")
    return task.result()


def _run_without_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("await needs a real event loop; on virtual time use blocking calls")
