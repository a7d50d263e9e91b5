"""A cache of rendered answers: in memory, or in Redis when there is one.

Redis being away must not take the API down: a cache that cannot be asked is a miss.
"""

from __future__ import annotations

import logging
import time
from typing import Any, Protocol

__all__ = ["Cache", "open_cache"]

_LOG = logging.getLogger("tutormax.cache")
_PREFIX = "tutormax:"


class Cache(Protocol):
    kind: str

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, seconds: float) -> None: ...

    async def is_up(self) -> bool: ...

    async def close(self) -> None: ...


def open_cache(url: str) -> Cache:
    return _Redis(url) if url else _Memory()


class _Memory:
    """Keys are few and fixed, so nothing is ever thrown out."""

    kind = "memory"

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, bytes]] = {}

    async def get(self, key: str) -> bytes | None:
        until, value = self._values.get(key, (0.0, b""))
        return value if time.monotonic() < until else None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        self._values[key] = (time.monotonic() + seconds, value)

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
            return await self._redis.get(_PREFIX + key)
        except self._errors as error:
            _LOG.warning("cache not readable: %s", error)
            return None

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        try:
            await self._redis.set(_PREFIX + key, value, px=int(seconds * 1000))
        except self._errors as error:
            _LOG.warning("cache not writable: %s", error)

    async def is_up(self) -> bool:
        try:
            return bool(await self._redis.ping())
        except self._errors:
            return False

    async def close(self) -> None:
        await self._redis.aclose()
