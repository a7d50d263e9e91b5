"""What all endpoints share: replies, request bodies, ids and pages, and where the database is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from starlette.requests import Request

    from .cache import Cache
    from .database import Database
    from .settings import Settings

__all__ = [
    "PAGE_SIZE",
    "Id",
    "answer_cached",
    "body_of",
    "cache_of",
    "choice_of",
    "database_of",
    "explain",
    "id_of",
    "page_of",
    "reply",
    "settings_of",
    "stamp",
]

T = TypeVar("T")

PAGE_SIZE = 25
_LARGEST = 2**63 - 1  # of a database's whole numbers
Id = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]


def reply(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def explain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return reply({"error": error.detail}, error.status_code)


async def answer_cached(request: Request, key: str, seconds: float, make: Callable[[], Awaitable[Any]]) -> Response:
    """The answer kept under `key`, or the one that `make` makes, then kept. X-Cache tells which."""
    cache = cache_of(request)
    body = await cache.get(key)
    hit = body is not None
    if body is None:
        body = msgspec.json.encode(await make())
        await cache.put(key, body, seconds)
    return Response(body, media_type="application/json", headers={"X-Cache": "hit" if hit else "miss"})


async def body_of(request: Request, kind: type[T]) -> T:
    """The JSON body as a record of this kind."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from None
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"the body must be JSON: {error}") from None


def id_of(request: Request, name: str) -> int:
    """The id in the URL. One that no row can have is 404 like any other that none has."""
    number: int = request.path_params[name]
    if number > _LARGEST:
        raise HTTPException(404, f"no such {name}")
    return number


def choice_of(request: Request, name: str, choices: Collection[str]) -> str | None:
    """A query parameter that is one of `choices`, or not there."""
    text = request.query_params.get(name)
    if text is not None and text not in choices:
        raise HTTPException(400, f"{name} must be one of {', '.join(choices)}")
    return text


def page_of(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text) >= 1):
        raise HTTPException(400, "page must be a whole number from 1")
    return int(text)


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as the database and the API write it; later ones sort after earlier ones."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def database_of(request: Request) -> Database:
    return request.app.state.database


def cache_of(request: Request) -> Cache:
    return request.app.state.cache


def settings_of(request: Request) -> Settings:
    return request.app.state.settings
