"""The fibers of users of closed models: a user has one while it works, and gives it back for long pauses.

Rules: a fiber, with its two stacks, is more than all the rest of a user, and making one takes longer than waking one.
So those that users give back are kept for others, but no more than may well be at work at one time. What belongs to the
user goes with it: its tags, and the context of its code. A fiber that gevent knows is of one user and ends with it,
since gevent's locals belong to a greenlet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from swell.runtime.fiber import Fiber, replaceable

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from swell.engine.user import VirtualUser
    from swell.metrics.tags import TagSet
    from swell.runtime.hub import Hub

__all__ = ["FiberPool"]

_KEPT = 100  # that wait for a user


class _Pooled(Fiber):
    """`job`: what it is to do when it is woken; None while it is not meant."""

    job: tuple[Callable[..., object], tuple[object, ...]] | None


class FiberPool:
    """The fibers of one crew."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._idle: list[_Pooled] = []

    def run(
        self, user: VirtualUser, tags: TagSet, context: Context | None, job: Callable[..., object], *args: object
    ) -> None:
        """Give the user a fiber, which does the job now; comes back when it waits or is done. Call it in the hub."""
        idle = self._idle
        fiber = idle.pop() if idle and replaceable() else _Pooled(self._serve, self._hub.greenlet)
        fiber.tags, fiber.user, fiber.lag = tags, user, 0.0
        fiber.gr_context = context
        fiber.job = job, args
        user.fiber = fiber
        fiber.switch()

    def _serve(self) -> None:
        """In a fiber: the job of one user after that of another."""
        fiber: Any = getcurrent()
        idle = self._idle
        while True:
            (job, args), fiber.job = fiber.job, None
            job(*args)
            if len(idle) >= _KEPT or not replaceable():
                return
            fiber.user = None
            idle.append(fiber)
            while fiber.job is None:
                self._hub.wait()
