"""The pulse: a timer that beats a hundred times a second and measures how late the loop lets it.

Rules: lateness is the generator's own delay, so it must never be blamed on the target; the health record reads it.
`last` is the time of the newest turn of the loop that is known, which lets busy users see that they hog it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.runtime.hub import Hub, Timer

__all__ = ["BEAT", "Pulse"]

BEAT = 0.01

# Work that comes due all the time is done in small portions, so that no second ends in a stall.
CHORE_BEATS = 5


class Pulse:
    """Beats on `hub` from `start()` to `stop()`; every `CHORE_BEATS` beats it does `chore`. Times in seconds."""

    def __init__(self, hub: Hub, chore: Callable[[], None], *, interval: float = BEAT) -> None:
        self._hub = hub
        self._interval = interval
        self._chore = chore
        self._beats = 0
        self.last = hub.time()
        self._due = self.last
        self._late: list[float] = []
        self._timer: Timer | None = None

    def start(self) -> None:
        """Begin to beat."""
        self.last = self._hub.time()
        self._arm()

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take(self) -> list[float]:
        """How late each beat since the last call was, in seconds."""
        late, self._late = self._late, []
        return late

    def _arm(self) -> None:
        self._due = self.last + self._interval
        self._timer = self._hub.call_at(self._due, self._beat)

    def _beat(self) -> None:
        self.last = self._hub.time()
        self._late.append(max(0.0, self.last - self._due))
        self._beats += 1
        if self._beats % CHORE_BEATS == 0:
            self._chore()
        self._arm()
