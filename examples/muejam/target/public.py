"""What visitors without an account see. The front pages are cached for a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.routing import Route

from .lists import story_list
from .search import find_stories
from .stories import read_story
from .web import cache_of, page_of, reply, reply_raw

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_KEPT = 3.0  # seconds


async def stories(request: Request) -> Response:
    page = page_of(request)
    cache = cache_of(request)
    key = f"public:{page}"
    body = await cache.get(key)
    hit = body is not None
    if body is None:
        found = await story_list(request, "published = 1", page=page)
        body = msgspec.json.encode({"page": page, "stories": found})
        await cache.put(key, body, _KEPT)
    response = reply_raw(body)
    response.headers["X-Cache"] = "hit" if hit else "miss"
    return response


async def story(request: Request) -> Response:
    return reply(await read_story(request))


async def search(request: Request) -> Response:
    return reply(await find_stories(request))


routes = [
    Route("/v1/public/stories", stories),
    Route("/v1/public/stories/{slug}", story),
    Route("/v1/public/search", search),
]
