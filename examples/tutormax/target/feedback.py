"""Students' feedback. The link a student gets holds a token that is good for one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, reply

from .web import stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


class Feedback(msgspec.Struct, forbid_unknown_fields=True):
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


async def submit(request: Request) -> Response:
    given = await body_of(request, Feedback)
    database, token = database_of(request), request.path_params["token"]
    # One statement: of two answers at the same time one finds the token used.
    rows = await database.write(
        "UPDATE feedback SET rating = ?, comment = ?, submitted_at = ?"
        " WHERE token = ? AND submitted_at IS NULL RETURNING session AS session_id, rating, submitted_at",
        given.rating,
        given.comment,
        stamp(),
        token,
    )
    if rows:
        return reply(rows[0], 201)
    if await database.read("SELECT 1 AS one FROM feedback WHERE token = ?", token):
        raise HTTPException(410, "this token was used")
    raise HTTPException(404, "no such token")


routes = [Route("/api/feedback/{token}", submit, methods=["POST"])]
