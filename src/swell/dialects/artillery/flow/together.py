"""Several jobs of one virtual user at once, as `parallel` wants it.

Rules: each job has a fiber like the current one; at most `limit` run at a time, the others wait their turn. The first
failure is raised when all are done; when the VU is stopped, so are its jobs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["run_together"]


def run_together(hub: Hub, jobs: Sequence[Callable[[], None]], limit: int) -> None:
    """Run all jobs, wait for all. Raises the first exception of a job."""
    _Together(hub, jobs).run(max(1, limit))


class _Together:
    """One group on its way."""

    def __init__(self, hub: Hub, jobs: Sequence[Callable[[], None]]) -> None:
        self._hub = hub
        self._waiting = deque(jobs)
        self._running: set[Fiber] = set()
        self._errors: list[BaseException] = []
        self._owner: Fiber | None = None

    def run(self, limit: int) -> None:
        owner = self._owner = current_fiber()
        for _ in range(min(limit, len(self._waiting))):
            fiber = self._hub.spawn(self._live)
            fiber.tags, fiber.user, fiber.lag = owner.tags, owner.user, owner.lag
            self._running.add(fiber)
        try:
            while self._running:
                self._hub.wait()
        except BaseException as error:
            self._owner = None
            self._waiting.clear()
            for fiber in list(self._running):
                self._hub.call_soon(_stop, fiber, type(error))
            raise
        if self._errors:
            raise self._errors[0]

    def _live(self) -> None:
        try:
            while self._waiting and not self._errors:
                self._waiting.popleft()()
        except BaseException as error:
            self._errors.append(error)
        self._running.discard(current_fiber())
        if not self._running and self._owner is not None:
            self._hub.call_soon(self._done)

    def _done(self) -> None:
        # The owner may have been stopped since this was queued.
        if self._owner is not None:
            self._owner.wake()


def _stop(fiber: Fiber, kind: type[BaseException]) -> None:
    if not fiber.dead:
        fiber.throw(kind)
