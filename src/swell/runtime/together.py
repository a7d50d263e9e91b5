"""Several jobs of one user at once: k6's `http.batch`, Artillery's `parallel`.

Rules: each job has a fiber like the one that asks; nothing polls: a job that waits for its turn is started by one that
ends. When the fiber that waits for all is stopped, so are its jobs.
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


def run_together(
    hub: Hub, jobs: Sequence[tuple[str, Callable[[], None]]], total: int, per_key: int = 0, *, until_error: bool = False
) -> None:
    """Run (key, job) pairs, at most `total` at once and `per_key` of one key (0: no limit); wait for all.

    Raises the first exception of a job, when all are done; with `until_error` no job is started after it.
    """
    _Together(hub, jobs, total, per_key, until_error=until_error).run()


class _Together:
    """One group on its way."""

    def __init__(
        self, hub: Hub, jobs: Sequence[tuple[str, Callable[[], None]]], total: int, per_key: int, *, until_error: bool
    ) -> None:
        self._hub = hub
        self._waiting = deque(jobs)
        self._total = total or len(jobs)
        self._per_key = per_key or len(jobs)
        self._until_error = until_error
        self._of_key: dict[str, int] = {}
        self._running: set[Fiber] = set()
        self._errors: list[BaseException] = []
        self._owner: Fiber | None = None

    def run(self) -> None:
        self._owner = current_fiber()
        self._start()
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

    def _start(self) -> None:
        """Start what may run now; others keep their places."""
        owner = self._owner
        if owner is None:
            return
        passed: list[tuple[str, Callable[[], None]]] = []
        while self._waiting and len(self._running) < self._total:
            key, job = self._waiting.popleft()
            if self._of_key.get(key, 0) >= self._per_key:
                passed.append((key, job))
                continue
            self._of_key[key] = self._of_key.get(key, 0) + 1
            fiber = self._hub.spawn(self._live, key, job)
            fiber.tags, fiber.user, fiber.lag = owner.tags, owner.user, owner.lag
            self._running.add(fiber)
        self._waiting.extendleft(reversed(passed))

    def _live(self, key: str, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            self._errors.append(error)
            if self._until_error:
                self._waiting.clear()
        self._of_key[key] -= 1
        self._running.discard(current_fiber())
        self._start()
        if not self._running and self._owner is not None:
            self._hub.call_soon(self._done)

    def _done(self) -> None:
        # The owner may have been stopped since this was queued.
        if self._owner is not None:
            self._owner.wake()


def _stop(fiber: Fiber, kind: type[BaseException]) -> None:
    if not fiber.dead:
        fiber.throw(kind)
