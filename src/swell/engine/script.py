"""What a dialect gives the engine: a program that makes users, and users that run iterations.

Rules: these are the only calls the engine makes into user code, always inside a fiber. Everything a script may ask
of its surroundings is on `VirtualUser` (engine.user) and `WorkerContext`. A script raises
`StopVirtualUser` to end its user; any other exception that escapes is a script error: it is counted and shown, and
the user goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import msgspec

if TYPE_CHECKING:
    from swell.engine.user import VirtualUser
    from swell.metrics.recorder import Recorder
    from swell.model.plan import Plan
    from swell.runtime.hub import Hub

__all__ = ["AbortRun", "Program", "Script", "StopVirtualUser", "UserKilled", "WorkerContext"]


class StopVirtualUser(Exception):
    """Raised by a script: this user ends in good order and is not replaced."""

    steers_user: ClassVar[bool] = True
    """Says nothing about a request it passes on its way (http.catch)."""


class AbortRun(Exception):
    """Raised by a script: the whole run ends now, in good order; the text says why."""

    steers_user: ClassVar[bool] = True
    """As for `StopVirtualUser`."""


class UserKilled(BaseException):
    """Thrown into a fiber whose time for a graceful end is over. Not to be caught by user code."""


class WorkerContext(msgspec.Struct):
    """What one worker offers to all its scripts. `index` of `count` workers; `data` is what setup returned."""

    plan: Plan
    hub: Hub
    recorder: Recorder
    index: int = 0
    count: int = 1
    data: Any = None


class Script(Protocol):
    """The code of one user."""

    def start(self) -> None:
        """Once, before the first iteration (Locust's on_start)."""
        ...

    def iterate(self) -> None:
        """One iteration, without the pause after it."""
        ...

    def pause(self) -> float:
        """Seconds to wait before the next iteration; asked only in closed models."""
        ...

    def stop(self) -> None:
        """Once, after the last iteration, also when the user is stopped early (Locust's on_stop)."""
        ...


class Program(Protocol):
    """A loaded test file. Made anew in every worker process by the plan's `Source.loader`."""

    def start_worker(self, context: WorkerContext) -> None:
        """In a fiber, before any user starts and before setup."""
        ...

    def setup(self, context: WorkerContext) -> object:
        """In a fiber of the first worker only; the result is pickled to every worker as `context.data`."""
        ...

    def new_user(self, behaviour: str, user: VirtualUser) -> Script:
        """A script for one user; `behaviour` is a `Share.behaviour` of the plan."""
        ...

    def spawning_complete(self, user_count: int) -> None:
        """In the hub: a ramp of this worker has reached its top; `user_count` users run in this worker."""
        ...

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        """In the user's fiber: its code raised `error`, which is counted already."""
        ...

    def teardown(self, context: WorkerContext) -> None:
        """In a fiber of the first worker only, after all users ended, also after an abort."""
        ...

    def stop_worker(self, context: WorkerContext) -> None:
        """In a fiber, last."""
        ...
