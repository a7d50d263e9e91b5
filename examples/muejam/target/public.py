"""What visitors without an account see. The front pages are cached for a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from swell.demo.web import answer_cached, page_of, reply

from .lists import story_list
from .search import find_stories
from .stories import read_story

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_KEPT = 3.0  # seconds


async def stories(request: Request) -> Response:
    page = page_of(request)

    async def make() -> dict[str, Any]:
        return {"page": page, "stories": await story_list(request, "published = 1", page=page)}

    return await answer_cached(request, f"public:{page}", _KEPT, make)


async def story(request: Request) -> Response:
    return reply(await read_story(request))


async def search(request: Request) -> Response:
    return reply(await find_stories(request))


routes = [
    Route("/v1/public/stories", stories),
    Route("/v1/public/stories/{slug}", story),
    Route("/v1/public/search", search),
]
