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
    from collections.abc import Collection, Sequence

    from swell.engine.user import VirtualUser
    from swell.metrics.recorder import Recorder
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Plan, Share
    from swell.runtime.hub import Hub

__all__ = [
    "AbortRun",
    "Program",
    "Script",
    "StopVirtualUser",
    "UserKilled",
    "WorkerContext",
    "WorkerControl",
]


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


class WorkerControl(Protocol):
    """What a program may ask of its worker and, through it, of the run. From a fiber or the hub."""

    def steer(self, workload: str, users: int, spawn_rate: float) -> None:
        """Ramp the `SteeredUsers` workload to `users` of this worker, `spawn_rate` per second."""
        ...

    def add_users(self, workload: str, behaviours: Sequence[str]) -> None:
        """Start users of these behaviours soon, beside a ramp of a `SteeredUsers` workload, which counts them."""
        ...

    def remix(self, workload: str, mix: tuple[Share, ...]) -> None:
        """Deal the users that start from now on from another mix."""
        ...

    def users(self, workload: str) -> Collection[VirtualUser]:
        """The users of the workload that live in this worker now."""
        ...

    def unsent(self) -> Snapshot | None:
        """A snapshot that is taken from the recorder, but that `measured` has not been told of yet."""
        ...

    def end(self, reason: str) -> None:
        """The whole test is over: a regular end, with the plan's own grace."""
        ...

    def post(self, value: object) -> None:
        """Send plain data to the coordinator's side of this program (`coordinator.companion`)."""
        ...


class WorkerContext(msgspec.Struct):
    """What one worker offers to all its scripts. `index` of `count` workers; `data` is what setup returned.

    `control` is there whenever the worker runs for a coordinator.
    """

    plan: Plan
    hub: Hub
    recorder: Recorder
    index: int = 0
    count: int = 1
    data: Any = None
    control: Any = None


class Script(Protocol):
    """The code of one user."""

    def start(self) -> None:
        """Once, before the first iteration (Locust's on_start)."""
        ...

    def warm(self) -> None:
        """Open what the first iteration will need; for users that exist before their first arrival comes."""
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
    """A loaded test file. Made anew in every worker process by the plan's `Source.loader`.

    Four methods more are called where a program has them. `load_started(at)`: in the hub, when the load is about to
    begin at hub time `at`. `before_stop(reason, grace)`: in a fiber, before the users of this worker are told to end;
    it returns the seconds that running iterations get, or None for the plan's. `measured(snapshot)`: in the hub, with
    each `metrics.snapshot.Snapshot` before it is sent. `receive(value)`: in a fiber, with what the coordinator's side
    of this program sent.
    """

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
