"""Search in titles, for readers; visitors get the same over `public`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import page_of, reply

from .auth import require_user
from .lists import story_list

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["find_stories", "routes"]


async def find_stories(request: Request) -> dict[str, Any]:
    words = request.query_params.get("q", "").strip().lower()
    if not 2 <= len(words) <= 80:
        raise HTTPException(400, "q must have 2 to 80 characters")
    page = page_of(request)
    pattern = "%" + words.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    # The inner query reads an index of titles only, not every story with its text.
    where = "stories.id IN (SELECT id FROM stories WHERE published = 1 AND lower(title) LIKE ? ESCAPE '!')"
    stories = await story_list(request, where, pattern, page=page)
    return {"q": words, "page": page, "stories": stories}


async def search(request: Request) -> Response:
    require_user(request)
    return reply(await find_stories(request))


routes = [Route("/v1/search", search)]
