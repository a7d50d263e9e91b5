"""What writers do: create stories, update them, see their own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, id_of, page_of, reply

from .auth import require_writer
from .schema import GENRES
from .web import PAGE_SIZE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


class _Story(msgspec.Struct):
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    blurb: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]
    genre: str


async def own_stories(request: Request) -> Response:
    user = require_writer(request)
    page = page_of(request)
    rows = await database_of(request).read(
        "SELECT id, slug, title, genre, published, version FROM stories WHERE author = ?"
        f" ORDER BY id DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        user.id,
    )
    return reply({"page": page, "stories": rows})


async def create(request: Request) -> Response:
    user = require_writer(request)
    story = await _story_of(request)
    slug = f"story-{uuid.uuid4().hex[:12]}"
    rows = await database_of(request).write(
        "INSERT INTO stories (slug, author, title, blurb, body, genre, published, score)"
        " VALUES (?, ?, ?, ?, ?, ?, 1, 0) RETURNING id, slug, version",
        slug,
        user.id,
        *story,
    )
    return reply(rows[0], 201)


async def update(request: Request) -> Response:
    user = require_writer(request)
    story = await _story_of(request)
    rows = await database_of(request).write(
        "UPDATE stories SET title = ?, blurb = ?, body = ?, genre = ?, version = version + 1"
        " WHERE id = ? AND author = ? RETURNING id, slug, version",
        *story,
        id_of(request, "story"),
        user.id,
    )
    if not rows:
        raise HTTPException(404, "you have no such story")
    return reply(rows[0])


async def _story_of(request: Request) -> tuple[object, ...]:
    """Title, blurb, body and genre of a request."""
    story = await body_of(request, _Story)
    if story.genre not in GENRES:
        raise HTTPException(422, f"genre must be one of {', '.join(GENRES)}")
    return msgspec.structs.astuple(story)


routes = [
    Route("/v1/writer/stories", own_stories, methods=["GET"]),
    Route("/v1/writer/stories", create, methods=["POST"]),
    Route("/v1/writer/stories/{story:int}", update, methods=["PUT"]),
]
