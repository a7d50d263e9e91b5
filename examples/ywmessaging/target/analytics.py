"""Figures of a church, kept for some seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from swell.demo.web import answer_cached, database_of

from .web import require_user

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_KEPT = 10.0  # seconds


async def summary(request: Request) -> Response:
    church = require_user(request).church

    async def make() -> dict[str, Any]:
        database = database_of(request)
        (messages,) = await database.read(
            "SELECT COUNT(*) AS messages,"
            " COALESCE(SUM(CASE WHEN direction = 'inbound' THEN 1 ELSE 0 END), 0) AS answers"
            " FROM messages WHERE church = ?",
            church,
        )
        (talks,) = await database.read(
            "SELECT COUNT(*) AS conversations, COALESCE(SUM(unread), 0) AS unread FROM conversations WHERE church = ?",
            church,
        )
        (people,) = await database.read("SELECT COUNT(*) AS members FROM members WHERE church = ?", church)
        return {**messages, **talks, **people}

    return await answer_cached(request, f"summary:{church}", _KEPT, make)


routes = [Route("/analytics/summary", summary)]
