"""Load by work: a number of iterations, shared by the users or for each of them, within a longest duration.

Rules: what is planned is either run or counted as dropped. Among workers the iterations follow the users: user g
of U has the iterations i with i % U == g, and a worker's share of a common store is what its users would have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.model.plan import SharedIterations
from swell.model.slices import slice_shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.crew import Crew
    from swell.engine.user import VirtualUser
    from swell.model.plan import UserIterations
    from swell.runtime.hub import Timer

__all__ = ["IterationSchedule"]


class _OwnQuota:
    """The iterations of one user."""

    __slots__ = ("_left", "_schedule")

    def __init__(self, schedule: IterationSchedule, iterations: int) -> None:
        self._schedule = schedule
        self._left = iterations

    def take(self) -> bool:
        """As `Quota.take`."""
        if self.empty or not self._schedule.take():
            return False
        self._left -= 1
        return True

    @property
    def empty(self) -> bool:
        """As `Quota.empty`."""
        return self._left == 0 or self._schedule.empty


class IterationSchedule:
    """Runs `SharedIterations` and `UserIterations`."""

    def __init__(self, crew: Crew, profile: SharedIterations | UserIterations, on_done: Callable[[], None]) -> None:
        self.crew = crew
        self._profile = profile
        self._on_done = on_done
        context = crew.context
        self._indexes = range(context.index, profile.users, context.count)
        if isinstance(profile, SharedIterations):
            _, self._store = slice_shared(profile.users, profile.iterations, context.index, context.count)
            self._shared = True
        else:
            self._store = profile.iterations * len(self._indexes)
            self._shared = False
        self._timers: list[Timer] = []
        self._over = False
        self._done = False

    def begin(self, start: float) -> None:
        """As `Schedule.begin`."""
        hub = self.crew.context.hub
        self._timers.append(hub.call_at(start, self._spawn))
        self._timers.append(hub.call_at(start + self._profile.max_duration, self.stop, None))

    def stop(self, grace: float | None) -> None:
        """As `Schedule.stop`; the iterations nobody has taken are dropped."""
        if self._over:
            return
        if grace is None:
            grace = self.crew.workload.graceful_stop
        self._finish_taking()
        for user in list(self.crew.users):
            user.request_stop(grace)
        self._check_done()

    def user_left(self, user: VirtualUser) -> None:  # noqa: ARG002 - the protocol's signature
        """As `Schedule.user_left`. Users that end by themselves leave their iterations undone."""
        if not self.crew.users:
            self._finish_taking()
        self._check_done()

    def _spawn(self) -> None:
        for index in self._indexes:
            user = self.crew.new_user(index)
            user.begin_closed(self if self._shared else _OwnQuota(self, self._profile.iterations))
        if not self._indexes:
            self._finish_taking()
            self._check_done()

    def take(self) -> bool:
        """As `Quota.take`, from the common store."""
        if self.empty:
            return False
        self._store -= 1
        return True

    @property
    def empty(self) -> bool:
        """As `Quota.empty`."""
        return self._over or self._store == 0

    def _finish_taking(self) -> None:
        if self._over:
            return
        self._over = True
        for timer in self._timers:
            timer.cancel()
        self.crew.dropped += self._store
        self._store = 0

    def _check_done(self) -> None:
        if self._over and not self.crew.users and not self._done:
            self._done = True
            self._on_done()
