"""The health probe: 503 until both the database and the cache answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from .web import cache_of, database_of, reply, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def health(request: Request) -> Response:
    database, cache = database_of(request), cache_of(request)
    try:
        database_up = bool(await database.read("SELECT 1 AS one"))
    except Exception:
        # Whatever a driver raises here means the same to a load balancer.
        database_up = False
    cache_up = await cache.is_up()
    up = database_up and cache_up
    return reply(
        {
            "status": "healthy" if up else "unhealthy",
            "database": {"kind": database.kind, "up": database_up},
            "cache": {"kind": cache.kind, "up": cache_up},
            "fault": settings_of(request).fault,
        },
        200 if up else 503,
    )


routes = [Route("/health", health)]
