"""The coordinator's side of a program: what a test has to say and to do in the process that conducts the run.

Rules: called in the coordinator's loop, so it must be quick and must not raise. It decides nothing about the run but
its end; what it sends goes to `Program.receive` in the workers. Values are plain data, pickled as they stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.metrics.snapshot import Snapshot

__all__ = ["Companion"]


class Companion(Protocol):
    """One for each run of a program that wants one."""

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """Before the workers start. `send(index, value)` reaches the program of one worker, `end(reason)` ends the
        test in the regular way.
        """
        ...

    def receive(self, index: int, value: object) -> None:
        """The program of worker `index` posted `value` (`WorkerControl.post`)."""
        ...

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """A second of worker `index`, before it is merged."""
        ...
