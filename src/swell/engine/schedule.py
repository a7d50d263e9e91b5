"""What every schedule of users offers the worker, whatever load profile it follows.

Rules: a schedule lives in the hub's greenlet, owns the crew of one workload, and calls `on_done` exactly once: when
no user of it runs and none will start. Slices: a worker `index` of `count` runs every user or arrival i with
i % count == index, so that all workers together run the plan exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from swell.engine.arrivals import ArrivalSchedule
from swell.engine.closed import StagedUsers, SteeredSchedule
from swell.engine.iterations import IterationSchedule
from swell.model.plan import (
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    SteeredUsers,
    UserIterations,
    UserStages,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.crew import Crew
    from swell.engine.user import VirtualUser

__all__ = ["Schedule", "make_schedule"]


class Schedule(Protocol):
    """Starts and stops the users of one workload."""

    crew: Crew

    def begin(self, start: float) -> None:
        """The workload starts at hub time `start`, which may lie ahead."""
        ...

    def stop(self, grace: float | None) -> None:
        """End now: no new iterations; running ones get `grace` seconds (None: the workload's graceful stop)."""
        ...

    def user_left(self, user: VirtualUser) -> None:
        """A user of the crew has ended."""
        ...


def make_schedule(crew: Crew, on_done: Callable[[], None]) -> Schedule:
    """The schedule for the crew's workload."""
    match crew.workload.profile:
        case UserStages() as profile:
            return StagedUsers(crew, profile, on_done)
        case SteeredUsers() as profile:
            return SteeredSchedule(crew, profile, on_done)
        case SharedIterations() | UserIterations() as profile:
            return IterationSchedule(crew, profile, on_done)
        case ArrivalStages() | ArrivalRuns() | ArrivalSequence() as profile:
            return ArrivalSchedule(crew, profile, on_done)
