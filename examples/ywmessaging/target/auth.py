"""Registration, login, and who one is."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo import accounts
from swell.demo.web import body_of, database_of, reply

from .schema import add_members
from .web import require_user, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

__all__ = ["routes"]

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Email = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]


class Registration(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """`church_id` joins a church, or founds it under this id; without it a new one is founded."""

    email: _Email
    password: Annotated[str, msgspec.Meta(min_length=8, max_length=200)]
    first_name: _Text
    last_name: _Text
    church_name: _Text = "A new church"
    church_id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,60}$")] | None = None


class Credentials(msgspec.Struct):
    email: str
    password: str


async def register(request: Request) -> Response:
    given = await body_of(request, Registration)
    database = database_of(request)
    # Slow on purpose, therefore in a thread.
    password = await asyncio.to_thread(accounts.hash_password, given.password)
    if await database.read("SELECT 1 AS one FROM users WHERE email = ?", given.email):
        raise HTTPException(409, "this email address is registered already")
    church = await _church(request, database, given)
    (user,) = await database.write(
        "INSERT INTO users (church, email, first_name, last_name, password) VALUES (?, ?, ?, ?, ?)"
        " RETURNING id, church, email, first_name, last_name",
        church,
        given.email,
        given.first_name,
        given.last_name,
        password,
    )
    return reply(await _signed_in(request, user), 201)


async def login(request: Request) -> Response:
    given = await body_of(request, Credentials)
    rows = await database_of(request).read(
        "SELECT id, church, email, first_name, last_name, password FROM users WHERE email = ?", given.email
    )
    if not rows or not await asyncio.to_thread(accounts.is_password, given.password, rows[0]["password"]):
        raise HTTPException(401, "unknown email address or wrong password")
    return reply(await _signed_in(request, rows[0]))


async def me(request: Request) -> Response:
    rows = await database_of(request).read(
        "SELECT id, church, email, first_name, last_name FROM users WHERE id = ?", require_user(request).id
    )
    if not rows:  # cleaned up since the token was issued
        raise HTTPException(401, "this user is gone", {"WWW-Authenticate": "Bearer"})
    return reply(await _described(request, rows[0]))


async def _church(request: Request, database: Database, given: Registration) -> int:
    """The id of the church to join, founded if need be."""
    slug = given.church_id or f"church-{secrets.token_hex(6)}"
    added = await database.write(
        "INSERT INTO churches (slug, name, of_test) VALUES (?, ?, 1) ON CONFLICT (slug) DO NOTHING RETURNING id",
        slug,
        given.church_name,
    )
    if added:
        await add_members(database, added[0]["id"], settings_of(request))
        return added[0]["id"]
    (found,) = await database.read("SELECT id FROM churches WHERE slug = ?", slug)
    return found["id"]


async def _signed_in(request: Request, user: Row) -> dict[str, Any]:
    claims = {"sub": str(user["id"]), "church": user["church"]}
    token = accounts.issue_token(settings_of(request).secret, claims)
    return {"accessToken": token, "expiresIn": int(accounts.TOKEN_LIFE), **await _described(request, user)}


async def _described(request: Request, user: Row) -> dict[str, Any]:
    (church,) = await database_of(request).read("SELECT slug, name FROM churches WHERE id = ?", user["church"])
    return {
        "user": {
            "id": user["id"],
            "email": user["email"],
            "firstName": user["first_name"],
            "lastName": user["last_name"],
        },
        "church": {"id": church["slug"], "name": church["name"]},
    }


routes = [
    Route("/auth/register", register, methods=["POST"]),
    Route("/auth/login", login, methods=["POST"]),
    Route("/auth/me", me),
]
