"""What the endpoints of a target share: replies, request bodies, ids, pages, and the services they use.

Rules: whatever a caller sends is answered with 2xx or 4xx, and a 4xx with one sentence. The application's state holds
`settings`, `database` and `cache` (see `target_app`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from swell.demo.sql import LARGEST_ID

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from starlette.requests import Request

    from swell.demo.cache import Cache
    from swell.demo.sql import Database

__all__ = [
    "Id",
    "answer_cached",
    "body_of",
    "cache_of",
    "choice_of",
    "database_of",
    "explain",
    "id_of",
    "page_of",
    "probe",
    "reply",
]

T = TypeVar("T")

Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_ID)]


def reply(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def explain(_: Request, error: Exception) -> Response:
    """The exception handler for HTTPException: its text as JSON, with its headers."""
    assert isinstance(error, HTTPException)
    response = reply({"error": error.detail}, error.status_code)
    response.headers.update(error.headers or {})
    return response


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
    """The JSON body as a record of this kind; 400 if it is no JSON, 422 if it is something else."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.ValidationError as error:
        raise HTTPException(422, str(error)) from None
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"the body must be JSON: {error}") from None


def id_of(request: Request, name: str) -> int:
    """The id in the URL. One that no row can have is 404 like any other that none has."""
    number: int = request.path_params[name]
    if number > LARGEST_ID:
        raise HTTPException(404, f"no such {name}")
    return number


def choice_of(request: Request, name: str, choices: Collection[str]) -> str | None:
    """A query parameter that is one of `choices`, or not there."""
    text = request.query_params.get(name)
    if text is not None and text not in choices:
        raise HTTPException(400, f"{name} must be one of {', '.join(choices)}")
    return text


def page_of(request: Request) -> int:
    """The query parameter `page`, counted from 1."""
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6 and int(text) >= 1):
        raise HTTPException(400, "page must be a whole number from 1")
    return int(text)


async def probe(request: Request, good: str, bad: str) -> Response:
    """The answer to a load balancer: `good`, or `bad` with 503 until both the database and the cache answer."""
    database, cache = database_of(request), cache_of(request)
    try:
        database_up = bool(await database.read("SELECT 1 AS one"))
    except Exception:  # whatever a driver raises means the same to a load balancer
        database_up = False
    cache_up = await cache.is_up()
    up = database_up and cache_up
    return reply(
        {
            "status": good if up else bad,
            "database": {"kind": database.kind, "up": database_up},
            "cache": {"kind": cache.kind, "up": cache_up},
            "fault": request.app.state.settings.fault,
        },
        200 if up else 503,
    )


def database_of(request: Request) -> Database:
    """The service's database."""
    return request.app.state.database


def cache_of(request: Request) -> Cache:
    """The service's cache."""
    return request.app.state.cache
