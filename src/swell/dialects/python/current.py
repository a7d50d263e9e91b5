"""Who is running: the virtual user behind the code that calls, and what any code of a test may do.

Rules: works only in a fiber; everything raises RuntimeError elsewhere. In setup, teardown and event listeners of a
worker there is no virtual user; a `PhaseUser` stands in for it.
"""

from __future__ import annotations

import random
from types import CoroutineType
from typing import TYPE_CHECKING, Any, NoReturn, cast

from swell.engine.script import AbortRun
from swell.runtime.async_fiber import run_async
from swell.runtime.fiber import current_fiber
from swell.runtime.threads import blocking

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from swell.dialects.python.environment import Environment
    from swell.engine.script import WorkerContext

__all__ = ["PhaseUser", "abort", "blocking", "call", "finish", "sleep", "virtual_user"]


class PhaseUser:
    """Stands in for a virtual user in the parts of a run that belong to none; `id` is 0."""

    def __init__(self, context: WorkerContext, environment: Environment) -> None:
        self.context = context
        self.environment = environment
        self.hub = context.hub
        self.recorder = context.recorder
        self.random = random.Random(context.plan.seed)
        self.script = None
        self.stopping = False
        self.id = 0
        self.index = 0
        self.iteration = 0

    def sleep(self, seconds: float) -> None:
        """Pause this part of the run."""
        self.hub.sleep(seconds)

    def rendezvous(self, name: str, size: int, timeout: float | None = None) -> NoReturn:
        """Only users can meet."""
        raise RuntimeError(f"rendezvous {name!r} (of {size}, timeout {timeout}) works in tasks of users only")

    def abort(self, reason: str) -> NoReturn:
        """End the run."""
        raise AbortRun(reason)


def virtual_user() -> Any:
    """The engine's `VirtualUser` behind the running code, or the `PhaseUser` of setup and teardown."""
    user = current_fiber().user
    if user is None:
        raise RuntimeError("this works only inside a running test (a task, on_start, setup, ...)")
    return user


def sleep(seconds: float) -> None:
    """Wait; only this user stalls. As `time.sleep`, which does the same inside a test."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    virtual_user().hub.sleep(seconds)


def abort(reason: str = "") -> NoReturn:
    """End the whole run in good order; the reason appears in the result."""
    raise AbortRun(reason)


def call(function: Callable[..., Any], *args: Any) -> Any:
    """Call user code, plain or `async def`, to its end."""
    return finish(function(*args))


def finish(result: Any) -> Any:
    """What a function of the test returned, or, if that is a coroutine, its result."""
    if type(result) is CoroutineType:  # pyright: ignore[reportUnknownArgumentType]
        return run_async(virtual_user().hub, cast("Coroutine[Any, Any, Any]", result))
    return result
