"""A reader's library: stories on shelves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, id_of, page_of, reply

from .auth import require_user
from .lists import story_list

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


class _Place(msgspec.Struct):
    shelf: Literal["reading", "later", "loved"]


async def browse(request: Request) -> Response:
    user = require_user(request)
    page = page_of(request)
    join = "JOIN library ON library.story = stories.id"
    stories = await story_list(
        request, "library.member = ?", user.id, join=join, order="stories.title, stories.id", page=page
    )
    return reply({"page": page, "stories": stories})


async def keep(request: Request) -> Response:
    user = require_user(request)
    shelf = (await body_of(request, _Place)).shelf
    story = id_of(request, "story")
    database = database_of(request)
    if not await database.read("SELECT 1 AS one FROM stories WHERE id = ? AND published = 1", story):
        raise HTTPException(404, "no such story")
    await database.write(
        "INSERT INTO library (member, story, shelf) VALUES (?, ?, ?)"
        " ON CONFLICT (member, story) DO UPDATE SET shelf = excluded.shelf",
        user.id,
        story,
        shelf,
    )
    return reply({"story": story, "shelf": shelf})


async def drop(request: Request) -> Response:
    user = require_user(request)
    story = id_of(request, "story")
    await database_of(request).write("DELETE FROM library WHERE member = ? AND story = ?", user.id, story)
    return reply({"story": story, "shelf": None})


routes = [
    Route("/v1/library", browse),
    Route("/v1/library/{story:int}", keep, methods=["PUT"]),
    Route("/v1/library/{story:int}", drop, methods=["DELETE"]),
]
