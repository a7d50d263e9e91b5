"""Starts the fibers of new users, as many in one turn of the loop as fit into a few milliseconds.

Rules: users that begin together may be thousands. Started in one turn, all of them would send their first request
before the answer to any is read: response times would tell of the generator, and everything that a request needs
while it is under way would exist thousands of times at once. So in between the loop serves those that have begun.
Users start in the order in which they were made.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["Starts"]

_SLICE = 0.001  # seconds of starting in one turn


class Starts:
    """The users of one crew that are to start."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: deque[tuple[Fiber, tuple[object, ...]]] = deque()

    def add(self, fiber: Fiber, *args: object) -> None:
        """Start this fiber when its turn comes, the next one at the earliest."""
        if not self._waiting:
            self._hub.call_soon(self._turn)
        self._waiting.append((fiber, args))

    def _turn(self) -> None:
        waiting, time = self._waiting, self._hub.time
        end = time() + _SLICE
        while waiting:
            # Still in the queue while it starts: what it adds needs no turn of its own.
            fiber, args = waiting[0]
            fiber.switch(*args)
            waiting.popleft()
            if time() >= end:
                break
        if waiting:
            self._hub.call_soon(self._turn)
