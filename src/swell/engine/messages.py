"""What a worker and its coordinator say to each other.

Rules: plain data, pickled as it stands, the same for a thread, a child process or another machine. Order of a
run: worker `Ready`; coordinator `DoSetup` to the first worker, `SetupDone` back; `Start` to all with one absolute
time; a `Tick` from each worker for each second; `AllDone` when a worker has nothing more to do; `Stop` when it must
end sooner (then `AllDone` too); `DoTeardown` to the first, `TeardownDone` back; `Exit` to all. Either side treats a
closed channel as the loss of the other. Times are hub times (time.perf_counter, which processes of one machine share).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from swell.model.plan import OpenProfile

__all__ = [
    "AbortRequested",
    "AllDone",
    "DoSetup",
    "DoTeardown",
    "EndRequested",
    "Exit",
    "FromProgram",
    "FromWorker",
    "Ready",
    "Release",
    "RendezvousWaiting",
    "ScriptFailed",
    "SetArrivals",
    "SetUsers",
    "SetupDone",
    "Start",
    "Stop",
    "TeardownDone",
    "Tick",
    "ToProgram",
    "ToWorker",
]


class DoSetup(msgspec.Struct, frozen=True):
    """Run the program's setup and answer `SetupDone`."""


class Start(msgspec.Struct, frozen=True):
    """Begin at hub time `at`; `data` is what setup returned."""

    at: float
    data: Any = None


class SetUsers(msgspec.Struct, frozen=True):
    """Steer a `SteeredUsers` workload to `users` (of this worker's slice) at `spawn_rate` per second."""

    workload: str
    users: int
    spawn_rate: float


class SetArrivals(msgspec.Struct, frozen=True):
    """Let an open workload follow `profile`, of the whole test; its arrivals until now are those of the one before."""

    workload: str
    profile: OpenProfile


class Release(msgspec.Struct, frozen=True):
    """Let `count` users waiting on rendezvous `name` go at hub time `at`."""

    name: str
    at: float
    count: int


class Stop(msgspec.Struct, frozen=True):
    """End the users now: running iterations get `grace` seconds (None: as the plan says), then are killed."""

    reason: str
    grace: float | None = None


class DoTeardown(msgspec.Struct, frozen=True):
    """Run the program's teardown and answer `TeardownDone`."""


class ToProgram(msgspec.Struct, frozen=True):
    """Hand `value` to the program of the worker."""

    value: Any


class Exit(msgspec.Struct, frozen=True):
    """Stop the worker itself."""


class Ready(msgspec.Struct, frozen=True):
    """The program is loaded; the worker can be started."""

    index: int
    pid: int


class ScriptFailed(msgspec.Struct, frozen=True):
    """The program cannot be loaded or set up; `text` is for people (user code's own traceback, file and line)."""

    index: int
    phase: str
    text: str


class SetupDone(msgspec.Struct, frozen=True):
    """Setup returned `data`."""

    data: Any = None


class Tick(msgspec.Struct, frozen=True):
    """The snapshot of one second, encoded by `metrics.snapshot.encode`; `partial`: the second goes on."""

    index: int
    snapshot: bytes
    partial: bool = False


class RendezvousWaiting(msgspec.Struct, frozen=True):
    """`waiting` users of this worker now wait on `name`, which opens for `size` users.

    `released`: how many users it was told to release on `name` until now, in all; reports and releases may cross.
    """

    index: int
    name: str
    size: int
    waiting: int
    released: int = 0


class AbortRequested(msgspec.Struct, frozen=True):
    """User code asked for the end of the run."""

    index: int
    reason: str


class EndRequested(msgspec.Struct, frozen=True):
    """The program says that the test is over, as planned: users end with the grace of the plan."""

    index: int
    reason: str


class FromProgram(msgspec.Struct, frozen=True):
    """The program of the worker sends `value` to its other half in the coordinator."""

    index: int
    value: Any


class AllDone(msgspec.Struct, frozen=True):
    """No user of this worker runs and none will start; all its samples are sent."""

    index: int


class TeardownDone(msgspec.Struct, frozen=True):
    """Teardown has run; `error` is empty or its error for people."""

    error: str = ""


ToWorker: TypeAlias = DoSetup | Start | SetUsers | SetArrivals | Release | Stop | DoTeardown | ToProgram | Exit
FromWorker: TypeAlias = (
    Ready
    | ScriptFailed
    | SetupDone
    | Tick
    | RendezvousWaiting
    | AbortRequested
    | EndRequested
    | FromProgram
    | AllDone
    | TeardownDone
)
