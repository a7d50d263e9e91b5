"""Starts new users of closed models, as many in one turn of the loop as fit into a millisecond.

Rules: users that begin together may be thousands. Started in one turn, all of them would send their first request
before the answer to any is read: response times would tell of the generator, and everything that a request needs
while it is under way would exist thousands of times at once. So in between the loop serves those that have begun; and
where that takes long, starting gets its share of the time, so that a busy loop does not put it off for ever. Users
start in the order in which they were made. Arrivals are no such users: each has its own time, and waits for nobody.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.runtime.hub import Hub

__all__ = ["Starts"]

_SLICE = 0.001  # seconds of starting in one turn, at least
_SHARE = 0.1  # of what the loop did since the last one


class Starts:
    """The users of one crew that are to start."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._left = inf

    def add(self, start: Callable[..., object], *args: object) -> None:
        """Call this when its turn comes, the next one at the earliest."""
        if not self._waiting:
            self._hub.call_soon(self._turn)
        self._waiting.append((start, args))

    def _turn(self) -> None:
        waiting, time = self._waiting, self._hub.time
        now = time()
        end = now + max(_SLICE, (now - self._left) * _SHARE)
        while waiting:
            # Still in the queue while it starts: what it adds needs no turn of its own.
            start, args = waiting[0]
            start(*args)
            waiting.popleft()
            if time() >= end:
                break
        self._left = inf
        if waiting:
            self._left = time()
            self._hub.call_soon(self._turn)
