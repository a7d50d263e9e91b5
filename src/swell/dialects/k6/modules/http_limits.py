"""How many requests a second (`rps`).

Rules: nothing polls: what waits is woken when its turn comes. A rate is that of the worker process: the plan divides
the run's among processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from swell.runtime.hub import Hub

__all__ = ["RateLimit", "rate_limit"]


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
