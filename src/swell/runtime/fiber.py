"""Fibers: greenlets that block like threads while one event loop serves them all.

Rules: a fiber gives up control only in `Hub.wait()` (and what is built on it); whoever wakes it calls
`fiber.wake(value)` or `fiber.throw(exc)` from the hub's greenlet, exactly once per wait. Fibers carry what follows
the code that runs in them: the current tags, the user, the schedule lag. Nothing here knows sockets or metrics.
Greenlets that a guest of the hub made (`gevent_guest`) become fibers when they first ask for the current one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Fiber", "adopt_by", "current_fiber", "in_fiber", "replaceable"]


class Fiber(greenlet):
    """One thread of user code.

    `tags` is the `metrics.tags.TagSet` of samples made now (None outside a run), `user` the engine's
    `VirtualUser`, `lag` the seconds by which the current iteration started late (0.0 in closed models).
    """

    tags: Any
    user: Any
    lag: float

    def __init__(self, run: Callable[..., object], parent: greenlet) -> None:
        super().__init__(run, parent)
        self.tags = None
        self.user = None
        self.lag = 0.0

    # A class attribute, not a method: waking is then one C call without a bound method in between.
    wake = greenlet.switch


_adopt: Callable[[greenlet], bool] | None = None


def adopt_by(adopter: Callable[[greenlet], bool]) -> None:
    """Ask this about greenlets that are no fibers: it gives them what fibers have, or returns False."""
    global _adopt  # noqa: PLW0603 - one for the process: greenlets of all threads come here
    _adopt = adopter


def current_fiber() -> Fiber:
    """The running fiber. Raises RuntimeError outside of one (plain scripts, the hub itself)."""
    fiber = getcurrent()
    if not isinstance(fiber, Fiber):
        if _adopt is not None and _adopt(fiber):
            return cast("Fiber", fiber)
        raise RuntimeError("this works only inside a running test (a task, on_start, setup, ...)")
    return fiber


def in_fiber() -> bool:
    """True where blocking calls stall one user only."""
    fiber = getcurrent()
    return isinstance(fiber, Fiber) or (_adopt is not None and _adopt(fiber))


def replaceable() -> bool:
    """Whether another fiber may go on with what one has begun: gevent's locals belong to one greenlet for its life."""
    return _adopt is None
