"""The queue of calls that wait for a free line: in this process, or in Redis when there is one.

Rules: a call that was taken is in nobody else's hands; one that is not `done` when the service ends waits again at its
next start. `take` waits until there is one. `open_queue` raises ValueError for what is no Redis URL; a Redis that goes
away shows as OSError.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CallQueue", "open_queue"]

_POLL = 1.0  # seconds that one question to Redis waits


class CallQueue(Protocol):
    """Calls by their ids, first in, first out."""

    kind: str

    async def put(self, numbers: Sequence[int]) -> None:
        """At the end of the line."""
        ...

    async def take(self) -> int:
        """The first in line, waiting for one."""
        ...

    async def done(self, number: int) -> None:
        """A taken call is over."""
        ...

    async def depth(self) -> int:
        """How many wait."""
        ...

    async def restart(self, numbers: Sequence[int]) -> None:
        """Exactly these wait, whatever a former process has left."""
        ...

    async def is_up(self) -> bool:
        """Whether it answers."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def open_queue(url: str, prefix: str) -> CallQueue:
    """A queue in memory, or in the Redis at `url`, where all keys begin with `prefix` and a colon."""
    return _Redis(url, prefix + ":") if url else _Memory()


class _Memory:
    kind = "memory"

    def __init__(self) -> None:
        self._waiting: deque[int] = deque()
        self._some = asyncio.Event()

    async def put(self, numbers: Sequence[int]) -> None:
        self._waiting.extend(numbers)
        self._some.set()

    async def take(self) -> int:
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popleft()

    async def done(self, number: int) -> None:
        return

    async def depth(self) -> int:
        return len(self._waiting)

    async def restart(self, numbers: Sequence[int]) -> None:
        self._waiting.clear()
        await self.put(numbers)

    async def is_up(self) -> bool:
        return True

    async def close(self) -> None:
        return


class _Redis:
    kind = "redis"

    def __init__(self, url: str, prefix: str) -> None:
        try:
            from redis import asyncio as redis  # noqa: PLC0415 - optional
            from redis.exceptions import RedisError  # noqa: PLC0415 - optional
        except ImportError:
            raise ValueError("Redis needs one more package: pip install 'swell[redis]'") from None
        client: Any = redis.Redis
        # The wait in `take` is the server's: the socket must be more patient.
        self._redis: Any = client.from_url(url, socket_timeout=_POLL + 4, socket_connect_timeout=1.0)
        self._error: type[Exception] = RedisError
        self._waiting, self._taken = prefix + "calls:waiting", prefix + "calls:taken"

    async def put(self, numbers: Sequence[int]) -> None:
        if numbers:
            await self._ask(self._redis.rpush(self._waiting, *numbers))

    async def take(self) -> int:
        while True:
            found = await self._ask(self._redis.blmove(self._waiting, self._taken, _POLL, "LEFT", "RIGHT"))
            if found is not None:
                return int(found)

    async def done(self, number: int) -> None:
        await self._ask(self._redis.lrem(self._taken, 1, str(number)))

    async def depth(self) -> int:
        return await self._ask(self._redis.llen(self._waiting))

    async def restart(self, numbers: Sequence[int]) -> None:
        async with self._redis.pipeline(transaction=True) as batch:
            batch.delete(self._waiting, self._taken)
            if numbers:
                batch.rpush(self._waiting, *numbers)
            await self._ask(batch.execute())

    async def is_up(self) -> bool:
        try:
            return bool(await self._ask(self._redis.ping()))
        except OSError:
            return False

    async def close(self) -> None:
        await self._redis.aclose()

    async def _ask(self, question: Any) -> Any:
        try:
            return await question
        except self._error as error:
            raise OSError(f"the queue is not reached: {error}") from None
