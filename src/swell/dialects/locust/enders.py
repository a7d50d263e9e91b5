"""Those who have asked for the end of the test and wait, as the calls of `runner.stop()` and `quit()` do in Locust.

Rules: for a user the call comes back when the end has begun, and it does no further task; for all other code when
`test_stop` is over. Nobody waits before the load has begun, nor who asks when the end has begun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from swell.runtime.hub import Hub

__all__ = ["Enders"]


class Enders:
    """Of one test in one process."""

    def __init__(self) -> None:
        self._users: list[Fiber] = []
        self._others: list[Fiber] = []

    def wait(self, hub: Hub) -> None:
        """The running fiber has asked for the end: wait for it."""
        fiber = current_fiber()
        user: Any = fiber.user
        if getattr(user, "crew", None) is not None:
            user.stopping = True
            self._users.append(fiber)
        else:
            self._others.append(fiber)
        hub.wait()

    def begun(self, hub: Hub) -> None:
        """The end has begun: users go on."""
        _wake_all(self._users, hub)

    def ended(self, hub: Hub) -> None:
        """The test is over: everybody goes on, and gets a turn before this comes back."""
        _wake_all(self._users, hub)
        if self._others:
            _wake_all(self._others, hub)
            hub.sleep(0)


def _wake_all(fibers: list[Fiber], hub: Hub) -> None:
    for fiber in fibers:
        hub.call_soon(_wake, fiber)
    fibers.clear()


def _wake(fiber: Fiber) -> None:
    if not fiber.dead:
        fiber.wake()
