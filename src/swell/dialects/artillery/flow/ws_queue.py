"""Messages that have come and wait to be looked at: the queue of one WebSocket or of one Socket.IO connection.

Rules: nothing that a step waits for is lost because it came early, and what one step does not want stays for another.
Messages are numbered as they come and carry the time of their coming, so latency is that of the network and not of who
looked when. Without a reader and without `keep` nothing is kept; with it, the oldest go when it is too much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from swell.runtime.waiters import Waiters

if TYPE_CHECKING:
    from types import TracebackType

    from swell.runtime.hub import Hub

__all__ = ["Found", "Inbox", "Reader"]

T = TypeVar("T")

_MOST_KEPT: Final = 1000
# Bytes or characters of all that waits.
_MOST_SIZE: Final = 1024 * 1024


class Found(NamedTuple, Generic[T]):
    """A message with the hub's time at which it came."""

    at: float
    item: T


class Inbox(Generic[T]):
    """The queue. `keep`: messages also stay while nobody reads. `closed`: why nothing more will come, "" while open."""

    __slots__ = ("_count", "_hub", "_items", "_readers", "_size", "_waiters", "closed", "keep")

    def __init__(self, hub: Hub, *, keep: bool) -> None:
        self._hub = hub
        self._items: dict[int, tuple[Found[T], int]] = {}
        self._count = 0
        self._readers = 0
        self._size = 0
        self._waiters = Waiters(hub)
        self.keep = keep
        self.closed = ""

    def put(self, item: T, size: int = 0) -> None:
        """A message came; `size` in bytes."""
        self._count += 1
        if not (self.keep or self._readers):
            return
        self._items[self._count] = (Found(self._hub.time(), item), size)
        self._size += size
        while len(self._items) > _MOST_KEPT or (self._size > _MOST_SIZE and len(self._items) > 1):
            self._remove(next(iter(self._items)))
        self._waiters.wake()  # in the next turn: this may be in the middle of what the connection does

    def close(self, reason: str) -> None:
        """Nothing more will come. The first reason counts."""
        self.closed = self.closed or reason
        self._waiters.wake()

    def reader(self, *, fresh: bool) -> Reader[T]:
        """Who looks for a message; `fresh`: only among those that come from now on. Use it in a `with` statement."""
        return Reader(self, self._count + 1 if fresh else 0)

    # --- for readers ---

    def enter(self, change: int) -> None:
        """One reader more or less."""
        self._readers += change
        if not self._readers and not self.keep:
            self._items.clear()
            self._size = 0

    def take(self, first: int, accept: Callable[[T], bool]) -> tuple[int, Found[T] | None]:
        """(the number to begin with the next time, the oldest wanted message from `first` on)."""
        last = self._count
        for number in [each for each in self._items if each >= first] if first <= last else ():
            entry = self._items.get(number)
            if entry is not None and accept(entry[0].item):
                if number in self._items:
                    self._remove(number)
                return number + 1, entry[0]
        return last + 1, None

    def wait(self, deadline: float) -> bool:
        """Stall the current fiber until something comes. False: the deadline (hub's clock) passed first."""
        return self._waiters.wait(deadline)

    # --- inside ---

    def _remove(self, number: int) -> None:
        self._size -= self._items.pop(number)[1]


class Reader(Generic[T]):
    """One look at the queue, from its oldest message on."""

    __slots__ = ("_first", "_inbox")

    def __init__(self, inbox: Inbox[T], first: int) -> None:
        self._inbox = inbox
        self._first = first

    def find(self, accept: Callable[[T], bool], deadline: float) -> Found[T] | None:
        """The first message that is wanted, taken out. None: the deadline (hub's clock) passed, or nothing can come."""
        inbox = self._inbox
        in_time = True
        while True:
            self._first, found = inbox.take(self._first, accept)
            if found is not None or inbox.closed or not in_time:
                return found
            in_time = inbox.wait(deadline)

    def __enter__(self) -> Reader[T]:
        self._inbox.enter(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inbox.enter(-1)
