"""Reading one story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import database_of, reply

from .auth import require_user

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Row

__all__ = ["read_story", "routes"]


async def read_story(request: Request, *, drafts_of: int = 0) -> Row:
    """The story of the URL; a draft only for its author. 404 otherwise."""
    rows = await database_of(request).read(
        "SELECT stories.id, slug, title, blurb, stories.body, genre, score, version, published,"
        " users.handle AS author_handle, users.name AS author_name"
        " FROM stories JOIN users ON users.id = stories.author"
        " WHERE slug = ? AND (published = 1 OR stories.author = ?)",
        request.path_params["slug"],
        drafts_of,
    )
    if not rows:
        raise HTTPException(404, "no such story")
    return rows[0]


async def story(request: Request) -> Response:
    user = require_user(request)
    return reply(await read_story(request, drafts_of=user.id))


routes = [Route("/v1/stories/{slug}", story)]
