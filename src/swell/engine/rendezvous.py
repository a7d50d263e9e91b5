"""Rendezvous: users wait for each other and are let go at one moment, so that races are real.

Rules: a rendezvous is cyclic - the first `size` users to come form a round and never take part in the next. With one
worker the round opens here; with several the coordinator adds up who waits and names the moment (`release`). The
achieved skew, from the moment of release to the start of the last user, is a metric: an overlap that was not
reached must show.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from swell.engine.messages import RendezvousWaiting
from swell.engine.script import StopVirtualUser
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.script import WorkerContext
    from swell.engine.user import VirtualUser
    from swell.metrics.tags import TagSet
    from swell.runtime.fiber import Fiber

__all__ = ["Released", "RendezvousDesk"]


class Released(msgspec.Struct, frozen=True):
    """How a user came out. `complete`: with the full round; `waited` and `late` (after the release) in seconds."""

    complete: bool
    waited: float
    late: float = 0.0


class _Waiter:
    __slots__ = ("fiber", "gone", "released", "tags")

    def __init__(self, fiber: Fiber, tags: TagSet) -> None:
        self.fiber = fiber
        self.tags = tags
        self.released = False
        self.gone = False


class RendezvousDesk:
    """All rendezvous of one worker."""

    def __init__(self, context: WorkerContext, send: Callable[[Any], None]) -> None:
        self._context = context
        self._send = send
        self._waiting: dict[str, deque[_Waiter]] = {}
        self._released: dict[str, int] = {}

    def wait(self, user: VirtualUser, name: str, size: int, timeout: float | None) -> Released:
        """Stall the user until its round is full or `timeout` seconds are over (then `complete` is False).

        Raises StopVirtualUser when the user is to end: its round would wait for users that do not come any more.
        """
        if user.stopping:
            raise StopVirtualUser
        if size < 1:
            raise ValueError(f"rendezvous {name!r}: it takes at least 1 user, not {size}")
        hub = self._context.hub
        came = hub.time()
        waiter = _Waiter(current_fiber(), user.tags)
        queue = self._waiting.setdefault(name, deque())
        queue.append(waiter)
        if self._context.count == 1:
            if len(queue) >= size:
                # In the next turn, not now: the member that fills the round is then released like the others.
                hub.call_soon(self._open, name, size)
        else:
            self._report(name, size)
        timer = None if timeout is None else hub.call_at(came + timeout, self._give_up, waiter)
        try:
            user.pausing = True
            at = hub.wait()
        finally:
            user.pausing = False
            waiter.gone = True
            if timer is not None:
                timer.cancel()
            if not waiter.released and waiter in queue:
                queue.remove(waiter)
                if self._context.count > 1:
                    self._report(name, size)
        now = hub.time()
        if at is None:
            return Released(False, now - came)
        return Released(True, now - came, max(0.0, now - at))

    def release(self, name: str, at: float, count: int) -> None:
        """Let the `count` longest waiting users go at hub time `at` (at once if that is past)."""
        hub = self._context.hub
        queue = self._waiting.get(name, deque())
        self._released[name] = self._released.get(name, 0) + count
        round_ = [queue.popleft() for _ in range(min(count, len(queue)))]
        for waiter in round_:
            waiter.released = True
        if at > hub.time():
            hub.call_at(at, self._go, name, at, round_)
        else:
            self._go(name, hub.time(), round_)

    def _report(self, name: str, size: int) -> None:
        released = self._released.get(name, 0)
        self._send(RendezvousWaiting(self._context.index, name, size, len(self._waiting[name]), released))

    def _open(self, name: str, size: int) -> None:
        if len(self._waiting[name]) >= size:
            self.release(name, self._context.hub.time(), size)

    def _go(self, name: str, at: float, round_: list[_Waiter]) -> None:
        last = at
        for waiter in round_:
            if not waiter.gone:
                last = self._context.hub.time()
                waiter.fiber.wake(at)
        if round_:
            recorder = self._context.recorder
            series = recorder.series(
                "rendezvous_skew", "trend", round_[0].tags.with_tags(rendezvous=name), is_time=True
            )
            recorder.add_sample((series, last, max(0.0, last - at) * 1000.0))

    def _give_up(self, waiter: _Waiter) -> None:
        if not waiter.released and not waiter.gone:
            waiter.fiber.wake(None)
