"""The lines on which calls are made: so many at a time, each taken off the queue when a line is free.

Rules: nothing is lost when Redis goes away for a while: the lines ask again. A call that fails can be retried; every
tenth fails at its first attempt, so that there is something to retry.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls_queue import CallQueue
    from .settings import Settings
    from .store import Store

__all__ = ["Lines"]

_LOG = logging.getLogger("aicalling.lines")
_PAUSE = 0.5  # seconds until a queue or database that did not answer is asked again


class Lines:
    """Makes calls from the queue until it is closed."""

    def __init__(self, settings: Settings, store: Store, queue: CallQueue) -> None:
        self._seconds = settings.call_seconds
        self._free = asyncio.Semaphore(1 if settings.fault == "backlog" else settings.lines)
        self._store = store
        self._queue = queue
        self._calls: set[asyncio.Task[None]] = set()
        self._taker = asyncio.create_task(self._take())
        self.completed = 0
        self.failed = 0

    @property
    def active(self) -> int:
        """How many calls are being made."""
        return len(self._calls)

    async def _take(self) -> None:
        while True:
            await self._free.acquire()
            try:
                number = await self._queue.take()
            except OSError as error:
                _LOG.warning("%s", error)
                self._free.release()
                await asyncio.sleep(_PAUSE)
                continue
            call = asyncio.create_task(self._make(number))
            self._calls.add(call)
            call.add_done_callback(self._over)

    def _over(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._free.release()
        if not call.cancelled() and (error := call.exception()) is not None:
            _LOG.warning("a call was not finished: %s", error)

    async def _make(self, number: int) -> None:
        attempt = await self._store.begin_call(number)
        if attempt is not None:
            await asyncio.sleep(self._seconds)
            good = attempt > 1 or number % 10 != 0
            await self._store.end_call(number, "completed" if good else "failed")
            self.completed += good
            self.failed += not good
        await self._queue.done(number)

    async def close(self) -> None:
        """Hang up; calls that were active are made again at the next start."""
        tasks = [self._taker, *self._calls]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
