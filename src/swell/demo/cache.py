"""A cache of rendered answers and counters of a rate limiter, for targets: in memory, or in Redis when there is one.

Rules: Redis being away must not take a service down: a cache that cannot be asked is a miss, a counter that cannot be
counted is 0. `open_cache` reaches nothing yet, so it raises only ValueError, for a URL that no Redis has.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

__all__ = ["Cache", "open_cache"]

_LOG = logging.getLogger("swell.demo.cache")
_MOST = 10_000  # entries in memory


class Cache(Protocol):
    """Where answers are kept and requests counted."""

    kind: str

    async def get(self, key: str) -> bytes | None:
        """What was put there, unless it is too old."""
        ...

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for so many seconds at most."""
        ...

    async def count(self, key: str) -> int:
        """How often this key was counted in the current second, this time included."""
        ...

    async def is_up(self) -> bool:
        """Whether it answers."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def open_cache(url: str, prefix: str) -> Cache:
    """A cache in memory, or in the Redis at `url`, where all keys begin with `prefix` and a colon."""
    return _Redis(url, prefix + ":") if url else _Memory()


class _Memory:
    kind = "memory"

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, bytes]] = {}
        self._second = 0
        self._counts: dict[str, int] = {}

    async def get(self, key: str) -> bytes | None:
        until, value = self._values.get(key, (0.0, b""))
        return value if time.monotonic() < until else None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        if len(self._values) >= _MOST:
            self._values.clear()
        self._values[key] = (time.monotonic() + seconds, value)

    async def count(self, key: str) -> int:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._counts.clear()
        self._counts[key] = count = self._counts.get(key, 0) + 1
        return count

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
        self._redis: Any = client.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._errors: tuple[type[Exception], ...] = (RedisError, OSError)
        self._prefix = prefix

    async def get(self, key: str) -> bytes | None:
        try:
            return await self._redis.get(self._prefix + key)
        except self._errors as error:
            _LOG.warning("cache not readable: %s", error)
            return None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        try:
            await self._redis.set(self._prefix + key, value, px=int(seconds * 1000))
        except self._errors as error:
            _LOG.warning("cache not writable: %s", error)

    async def count(self, key: str) -> int:
        name = f"{self._prefix}count:{key}:{int(time.time())}"
        try:
            async with self._redis.pipeline(transaction=False) as batch:
                batch.incr(name)
                batch.expire(name, 2)
                return (await batch.execute())[0]
        except self._errors as error:
            _LOG.warning("requests cannot be counted: %s", error)
            return 0

    async def is_up(self) -> bool:
        try:
            return bool(await self._redis.ping())
        except self._errors:
            return False

    async def close(self) -> None:
        await self._redis.aclose()
