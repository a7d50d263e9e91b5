"""The health probe: which services it reached, and how deep the queue is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from swell.demo.web import cache_of, reply

from .web import parts_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def health(request: Request) -> Response:
    parts, cache = parts_of(request), cache_of(request)
    database_up = await parts.store.is_up()
    queue_up = await parts.queue.is_up()
    cache_up = await cache.is_up()
    up = database_up and queue_up and cache_up
    return reply(
        {
            "status": "ok" if up else "down",
            "database": {"kind": parts.store.kind, "up": database_up},
            "queue": {"kind": parts.queue.kind, "up": queue_up},
            "cache": {"kind": cache.kind, "up": cache_up},
            "fault": parts.settings.fault,
        },
        200 if up else 503,
    )


routes = [Route("/health", health)]
