"""Who runs too long: the engine asks now and then while a script runs, and gets "go on", "stop", or a pause.

Rules: only running counts. A script that runs for longer than a slice gives the others a turn in the middle of
whatever it does; what it ran since its last real wait (a blocking host call, the end of the call) is summed over its
slices and must stay below the limit. The hub's turns tell a wait from none: no clock is read on the way in or out of
host calls.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.runtime.hub import Hub

__all__ = ["Pulse", "RunningTime"]


class Pulse:
    """Counts the turns of one hub, as far as somebody asked."""

    __slots__ = ("_asked", "_hub", "turn")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked = False
        self.turn = 0

    def ask(self) -> int:
        """The number of turns so far; the hub's next turn will make it grow."""
        if not self._asked:
            self._asked = True
            self._hub.call_soon(self._beat)
        return self.turn

    def _beat(self) -> None:
        self._asked = False
        self.turn += 1


class RunningTime:
    """The running time of one context, in seconds."""

    __slots__ = ("_last", "_since", "_turn", "pulse", "spent")

    def __init__(self, pulse: Pulse | None) -> None:
        self.pulse = pulse
        self.spent = 0.0
        self._last = self._since = 0.0
        self._turn = -1

    def begin(self) -> None:
        """A call into the script starts."""
        self.spent = 0.0
        self._last = self._since = perf_counter()
        self._turn = self.pulse.ask() if self.pulse is not None else 0

    def tick(self) -> float:
        """The script is running; returns for how long it has kept the others from their turn."""
        now = perf_counter()
        turn = self.pulse.ask() if self.pulse is not None else 0
        if turn != self._turn:  # it waited since: what ran before the wait no longer counts
            self._turn = turn
            self._since = self._last = now
            self.spent = 0.0
            return 0.0
        self.spent += now - self._last
        self._last = now
        return now - self._since

    def paused(self) -> None:
        """The script goes on after a pause that it did not ask for."""
        self._since = self._last = perf_counter()
        self._turn = self.pulse.ask() if self.pulse is not None else 0
