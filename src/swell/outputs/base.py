"""What an output is: opened before the load, fed once a second in a thread of its own, closed after it.

Rules: `take` only computes and keeps; `flush` does what may fail or wait, and may be called again after it failed, with
nothing sent twice. Texts of errors and the label never hold secrets.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.outputs.batch import Batch

__all__ = ["Backlog", "Output", "OutputError", "wants_points"]


class OutputError(Exception):
    """An output could not do its work; the message is for people. `hopeless`: trying the same again is no use."""

    def __init__(self, text: str, *, hopeless: bool = False) -> None:
        super().__init__(text)
        self.hopeless = hopeless


class Output(Protocol):
    """One destination. `label` names it for people; `every` is the seconds between two flushes."""

    @property
    def label(self) -> str:
        """As in `--out`, without secrets."""
        ...

    @property
    def every(self) -> float:
        """Seconds between two flushes."""
        ...

    @property
    def lost(self) -> int:
        """Parcels of data that were given up."""
        ...

    def open(self) -> None:
        """Make sure that it can work; OutputError or OSError if not. Called before the load begins."""
        ...

    def take(self, batch: Batch) -> None:
        """Remember one second."""
        ...

    def flush(self) -> None:
        """Send or write what was taken. OutputError or OSError if that fails."""
        ...

    def close(self) -> None:
        """Let go of files and sockets, after the last flush."""
        ...


def wants_points(outputs: Iterable[Output]) -> bool:
    """Whether one of them reads `Batch.points`: then the plan needs `raw_samples`."""
    return any(getattr(output, "wants_points", False) for output in outputs)


class Backlog:
    """Parcels that wait to be sent, the oldest first; when there are too many, the oldest are given up."""

    def __init__(self, limit: int = 120) -> None:
        self._parcels: deque[bytes] = deque()
        self._limit = limit
        self.lost = 0

    def add(self, parcel: bytes) -> None:
        """One more at the end."""
        self._parcels.append(parcel)
        while len(self._parcels) > self._limit:
            self._parcels.popleft()
            self.lost += 1

    def first(self) -> bytes | None:
        """The oldest; None when there is nothing to send."""
        return self._parcels[0] if self._parcels else None

    def done(self) -> None:
        """The oldest was sent."""
        self._parcels.popleft()

    def give_up(self) -> None:
        """The oldest will never be accepted."""
        self._parcels.popleft()
        self.lost += 1
