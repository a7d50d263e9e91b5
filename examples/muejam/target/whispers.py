"""Whispers: short posts, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, reply

from .auth import require_user
from .web import PAGE_SIZE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

LONGEST = 280


class _Whisper(msgspec.Struct):
    body: str


async def latest(request: Request) -> Response:
    require_user(request)
    rows = await database_of(request).read(
        "SELECT whispers.id, whispers.body, users.handle AS author_handle"
        f" FROM whispers JOIN users ON users.id = whispers.author ORDER BY whispers.id DESC LIMIT {PAGE_SIZE}"
    )
    return reply({"whispers": rows})


async def create(request: Request) -> Response:
    user = require_user(request)
    text = (await body_of(request, _Whisper)).body.strip()
    if not 1 <= len(text) <= LONGEST:
        raise HTTPException(422, f"a whisper has 1 to {LONGEST} characters")
    rows = await database_of(request).write(
        "INSERT INTO whispers (author, body) VALUES (?, ?) RETURNING id", user.id, text
    )
    return reply({"id": rows[0]["id"], "body": text, "author_handle": user.handle}, 201)


routes = [
    Route("/v1/whispers", latest, methods=["GET"]),
    Route("/v1/whispers", create, methods=["POST"]),
]
