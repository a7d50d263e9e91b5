"""Locks that stall one fiber instead of the thread: what `threading.Lock` and `RLock` are while user code runs.

Rules: the state is a real lock, so OS threads and fibers share one lock and a thread waits as it always did. A fiber
never waits in the real lock: it stands in a queue, and whoever releases wakes the first, through the loop of the
fiber's thread. To be woken is a hint and no right: the fiber tries again. Everything the standard library builds on
these two (Event, Condition, Semaphore, Barrier, Queue, futures) waits in the same friendly way.
"""

from __future__ import annotations

import _thread
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent

from swell.runtime.fiber import current_fiber, in_fiber
from swell.runtime.patch import current_hub

if TYPE_CHECKING:
    from greenlet import greenlet

    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["FiberLock", "FiberRLock"]

_allocate = _thread.allocate_lock
_get_ident = _thread.get_ident

# Seconds after which the loop's own greenlet gives up on a lock: as long as it waits, no fiber can release one.
_PATIENCE = 10.0


class _Waiter:
    """One wait of one fiber."""

    __slots__ = ("_asleep", "_fiber", "_hub", "_thread")

    def __init__(self, hub: Hub, fiber: Fiber) -> None:
        self._hub = hub
        self._fiber = fiber
        self._thread = _get_ident()
        self._asleep = True

    def sleep(self, deadline: float | None) -> bool:
        """Until notified, True, or until the deadline, False."""
        timer = None if deadline is None else self._hub.call_at(deadline, self._wake, False)
        try:
            return self._hub.wait()
        finally:
            self._asleep = False
            if timer is not None:
                timer.cancel()

    def notify(self) -> None:
        """From any thread."""
        if _get_ident() == self._thread:
            self._hub.call_soon(self._wake, True)
            return
        loop: Any = getattr(self._hub, "loop", None)
        if loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and its fibers with it
                loop.call_soon_threadsafe(self._wake, True)

    def _wake(self, value: bool) -> None:
        if self._asleep:
            self._asleep = False
            self._fiber.wake(value)


class FiberLock:
    """As `threading.Lock`, for threads and fibers."""

    __slots__ = ("__weakref__", "_lock", "_queue")

    def __init__(self) -> None:
        self._lock = _allocate()
        self._queue: deque[_Waiter] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock.acquire`; seconds."""
        lock = self._lock
        if not blocking or (timeout <= 0 and timeout != -1):
            return lock.acquire(blocking, timeout)  # its rules and its errors
        if lock.acquire(False):
            return True
        hub = current_hub()
        if hub is None:
            return lock.acquire(True, timeout)
        if in_fiber():
            return self._acquire_in_fiber(hub, None if timeout < 0 else hub.time() + timeout)
        if lock.acquire(True, timeout if timeout >= 0 else _PATIENCE):
            return True
        if timeout >= 0:
            return False
        raise RuntimeError("deadlock: code outside of fibers waits for a lock that a user seems to hold")

    def _acquire_in_fiber(self, hub: Hub, deadline: float | None) -> bool:
        fiber = current_fiber()
        lock, queue = self._lock, self._queue
        while True:
            waiter = _Waiter(hub, fiber)
            queue.append(waiter)
            # Looked at after joining the queue: whoever released before has not seen us there.
            if lock.acquire(False):
                self._leave(waiter)
                return True
            try:
                notified = waiter.sleep(deadline)
            except BaseException:
                if not self._leave(waiter) and not lock.locked():
                    self._notify()  # what was meant for us is the next one's
                raise
            if lock.acquire(False):
                self._leave(waiter)
                return True
            if not notified:
                self._leave(waiter)
                return False

    def release(self) -> None:
        """As `threading.Lock.release`; any thread or fiber may."""
        self._lock.release()
        if self._queue:
            self._notify()

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._lock.locked()

    def _notify(self) -> None:
        with suppress(IndexError):
            self._queue.popleft().notify()

    def _leave(self, waiter: _Waiter) -> bool:
        """Leave the queue; False: somebody has notified us already."""
        try:
            self._queue.remove(waiter)
        except ValueError:
            return False
        return True

    def _at_fork_reinit(self) -> None:
        self._lock = _allocate()
        self._queue.clear()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} {type(self).__name__} at {id(self):#x}>"


class FiberRLock:
    """As `threading.RLock`; its owner is a fiber, or a thread outside of fibers."""

    __slots__ = ("__weakref__", "_block", "_count", "_owner")

    def __init__(self) -> None:
        self._block = FiberLock()
        self._owner: greenlet | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.RLock.acquire`; seconds."""
        me = getcurrent()
        if self._owner is me:
            self._count += 1
            return True
        if not self._block.acquire(blocking, timeout):
            return False
        self._owner = me
        self._count = 1
        return True

    def release(self) -> None:
        """As `threading.RLock.release`."""
        if self._owner is not getcurrent():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._block.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} owner={self._owner!r} count={self._count} at {id(self):#x}>"

    # What threading.Condition asks of a recursive lock.

    def _release_save(self) -> tuple[int, greenlet | None]:
        state = (self._count, self._owner)
        self._count, self._owner = 0, None
        self._block.release()
        return state

    def _acquire_restore(self, state: tuple[int, greenlet | None]) -> None:
        self._block.acquire()
        self._count, self._owner = state

    def _is_owned(self) -> bool:
        return self._owner is getcurrent()

    def _recursion_count(self) -> int:
        return self._count if self._owner is getcurrent() else 0

    def _at_fork_reinit(self) -> None:
        self._block = FiberLock()
        self._count, self._owner = 0, None

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._block.locked()
