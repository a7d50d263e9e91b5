"""The discovery feed: what to read next, best first, without the reader's own shelf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import page_of, reply

from .auth import require_user
from .lists import story_list
from .schema import GENRES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def discover(request: Request) -> Response:
    user = require_user(request)
    page = page_of(request)
    genre = request.query_params.get("genre")
    if genre is not None and genre not in GENRES:
        raise HTTPException(400, f"genre must be one of {', '.join(GENRES)}")
    where = "published = 1 AND NOT EXISTS (SELECT 1 FROM library WHERE member = ? AND story = stories.id)"
    values: list[object] = [user.id]
    if genre is not None:
        where += " AND genre = ?"
        values.append(genre)
    return reply({"page": page, "stories": await story_list(request, where, *values, page=page)})


routes = [Route("/v1/discover", discover)]
