"""A cache of rendered answers and the rate limiter's counters: in memory, or in Redis when there is one.

Redis being away must not take the API down: a cache that cannot be asked is a miss, a counter that cannot be
counted lets the request pass.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

__all__ = ["Cache", "open_cache"]

_LOG = logging.getLogger("muejam.cache")
_MOST = 10_000  # entries in memory


class Cache(Protocol):
    kind: str

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...

    async def count(self, key: str) -> int:
        """How often this key was counted in the current second, this time included."""
        ...

    async def is_up(self) -> bool: ...

    async def close(self) -> None: ...


def open_cache(url: str) -> Cache:
    return _Redis(url) if url else _Memory()


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

    def __init__(self, url: str) -> None:
        try:
            from redis import asyncio as redis  # noqa: PLC0415 - optional
            from redis.exceptions import RedisError  # noqa: PLC0415 - optional
        except ImportError:
            raise SystemExit("Redis needs one more package: pip install 'swell[redis]'") from None
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._errors: tuple[type[Exception], ...] = (RedisError, OSError)

    async def get(self, key: str) -> bytes | None:
        try:
            return await self._redis.get("muejam:" + key)
        except self._errors as error:
            _LOG.warning("cache not readable: %s", error)
            return None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        try:
            await self._redis.set("muejam:" + key, value, px=int(seconds * 1000))
        except self._errors as error:
            _LOG.warning("cache not writable: %s", error)

    async def count(self, key: str) -> int:
        name = f"muejam:count:{key}:{int(time.time())}"
        try:
            async with self._redis.pipeline(transaction=False) as batch:
                batch.incr(name)
                batch.expire(name, 2)
                return (await batch.execute())[0]
        except self._errors as error:
            _LOG.warning("rate limiter cannot count: %s", error)
            return 0

    async def is_up(self) -> bool:
        try:
            return bool(await self._redis.ping())
        except self._errors:
            return False

    async def close(self) -> None:
        await self._redis.aclose()
