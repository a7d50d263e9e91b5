"""Profiles: one's own, and those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import database_of, reply

from .auth import require_user

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def _profile(request: Request, handle: str) -> Response:
    rows = await database_of(request).read(
        "SELECT id, handle, name, bio, role,"
        " (SELECT count(*) FROM stories WHERE author = users.id AND published = 1) AS stories,"
        " (SELECT count(*) FROM library WHERE member = users.id) AS library"
        " FROM users WHERE handle = ?",
        handle,
    )
    if not rows:
        raise HTTPException(404, "no such user")
    return reply(rows[0])


async def own_profile(request: Request) -> Response:
    return await _profile(request, require_user(request).handle)


async def profile(request: Request) -> Response:
    require_user(request)
    return await _profile(request, request.path_params["handle"])


routes = [Route("/v1/users/me", own_profile), Route("/v1/users/{handle}", profile)]
