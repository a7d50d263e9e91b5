"""What all endpoints share: replies, request bodies, page numbers, and where the database is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from .cache import Cache
    from .database import Database
    from .settings import Settings

__all__ = [
    "PAGE_SIZE",
    "body_of",
    "cache_of",
    "database_of",
    "explain",
    "page_of",
    "reply",
    "reply_raw",
    "settings_of",
]

PAGE_SIZE = 20


def reply(value: Any, status: int = 200) -> Response:
    return reply_raw(msgspec.json.encode(value), status)


def reply_raw(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


async def explain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = reply({"error": error.detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def body_of(request: Request, fields: dict[str, type]) -> dict[str, Any]:
    """The JSON body with exactly these fields."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise HTTPException(400, "the body must be JSON") from None
    if not isinstance(body, dict) or not all(isinstance(body.get(name), kind) for name, kind in fields.items()):
        raise HTTPException(422, f"the body must have the fields {', '.join(fields)}")
    return {name: body[name] for name in fields}


def page_of(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text) >= 1):
        raise HTTPException(400, "page must be a whole number from 1")
    return int(text)


def database_of(request: Request) -> Database:
    return request.app.state.database


def cache_of(request: Request) -> Cache:
    return request.app.state.cache


def settings_of(request: Request) -> Settings:
    return request.app.state.settings
