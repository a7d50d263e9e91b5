"""How many requests at once (`batch`, `batchPerHost`) and how many a second (`rps`).

Rules: nothing polls: what waits is woken when its turn comes. A rate is that of the worker process: the plan divides
the run's among processes. When the fiber that waits for a batch is stopped, so are the requests of the batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["RateLimit", "rate_limit", "run_together"]


class RateLimit:
    """Turns at even distances: `rate` a second."""

    __slots__ = ("_distance", "_hub", "_next")

    def __init__(self, hub: Hub, rate: float) -> None:
        self._hub = hub
        self._distance = 1.0 / rate
        self._next = 0.0

    def wait(self) -> None:
        """Stall the fiber until its turn."""
        now = self._hub.time()
        turn = max(self._next, now)
        self._next = turn + self._distance
        if turn > now:
            self._hub.sleep(turn - now)


_limits: WeakKeyDictionary[Any, dict[float, RateLimit]] = WeakKeyDictionary()


def rate_limit(hub: Hub, rate: float) -> RateLimit:
    """The one limit of this worker at this rate."""
    of_hub = _limits.setdefault(hub, {})
    if rate not in of_hub:
        of_hub[rate] = RateLimit(hub, rate)
    return of_hub[rate]


def run_together(hub: Hub, jobs: Sequence[tuple[str, Callable[[], None]]], total: int, per_host: int) -> None:
    """Run (host, job) pairs in fibers like this one, at most so many at once (0: no limit); wait for all.

    Raises the first exception of a job, when all are done.
    """
    _Together(hub, jobs, total, per_host).run()


class _Together:
    """One batch on its way."""

    def __init__(self, hub: Hub, jobs: Sequence[tuple[str, Callable[[], None]]], total: int, per_host: int) -> None:
        self._hub = hub
        self._waiting = deque(jobs)
        self._total = total or len(jobs)
        self._per_host = per_host or len(jobs)
        self._of_host: dict[str, int] = {}
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
                self._hub.call_soon(self._stop, fiber, type(error))
            raise
        if self._errors:
            raise self._errors[0]

    def _stop(self, fiber: Fiber, kind: type[BaseException]) -> None:
        if not fiber.dead:
            fiber.throw(kind)

    def _start(self) -> None:
        """Start what may run now; others keep their places."""
        owner = self._owner
        if owner is None:
            return
        passed: list[tuple[str, Callable[[], None]]] = []
        while self._waiting and len(self._running) < self._total:
            host, job = self._waiting.popleft()
            if self._of_host.get(host, 0) >= self._per_host:
                passed.append((host, job))
                continue
            self._of_host[host] = self._of_host.get(host, 0) + 1
            fiber = self._hub.spawn(self._live, host, job)
            fiber.tags, fiber.user, fiber.lag = owner.tags, owner.user, owner.lag
            self._running.add(fiber)
        self._waiting.extendleft(reversed(passed))

    def _live(self, host: str, job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            self._errors.append(error)
        self._of_host[host] -= 1
        self._running.discard(current_fiber())
        self._start()
        if not self._running and self._owner is not None:
            self._hub.call_soon(self._done)

    def _done(self) -> None:
        # The owner may have been stopped since this was queued.
        if self._owner is not None:
            self._owner.wake()
