"""Registration of parents, login, and who one is."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo import accounts
from swell.demo.web import body_of, cache_of, database_of, reply

from .web import require_user, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Row

__all__ = ["routes"]

_KEPT = 300.0  # seconds for which a password that was right is not hashed again
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Email = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
_COLUMNS = "users.id, users.school, users.role, users.email, users.first_name, users.last_name, users.password"
_KNOWN = f"SELECT {_COLUMNS}, schools.slug FROM users JOIN schools ON schools.id = users.school WHERE "


class Registration(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A parent who joins a school."""

    email: _Email
    password: Annotated[str, msgspec.Meta(min_length=8, max_length=200)]
    first_name: _Text
    last_name: _Text
    school: _Text = "school-1"


class Credentials(msgspec.Struct):
    email: str
    password: str


async def register(request: Request) -> Response:
    given = await body_of(request, Registration)
    database = database_of(request)
    schools = await database.read("SELECT id, slug FROM schools WHERE slug = ?", given.school)
    if not schools:
        raise HTTPException(422, f"no such school: {given.school}")
    # Slow on purpose, therefore in a thread.
    password = await asyncio.to_thread(accounts.hash_password, given.password)
    rows = await database.write(
        "INSERT INTO users (school, role, email, first_name, last_name, password) VALUES (?, 'parent', ?, ?, ?, ?)"
        " ON CONFLICT (email) DO NOTHING RETURNING id, school, role, email, first_name, last_name, password",
        schools[0]["id"],
        given.email,
        given.first_name,
        given.last_name,
        password,
    )
    if not rows:
        raise HTTPException(409, "this email address is registered already")
    return reply(await _signed_in(request, {**rows[0], "slug": given.school}), 201)


async def login(request: Request) -> Response:
    given = await body_of(request, Credentials)
    rows = await database_of(request).read(_KNOWN + "users.email = ?", given.email)
    if not rows or not await _is_password(request, given.password, rows[0]["password"]):
        raise HTTPException(401, "unknown email address or wrong password")
    return reply(await _signed_in(request, rows[0]))


async def me(request: Request) -> Response:
    rows = await database_of(request).read(_KNOWN + "users.id = ?", require_user(request).id)
    if not rows:
        raise HTTPException(401, "this user is gone", {"WWW-Authenticate": "Bearer"})
    return reply(await _described(request, rows[0]))


async def _is_password(request: Request, password: str, hashed: str) -> bool:
    """Whether it is; a good answer is kept, so that a rush of logins is not a rush of hashing."""
    secret = settings_of(request).secret.encode()
    digest = hmac.new(secret, f"{hashed}\n{password}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    if await cache_of(request).get(f"login:{digest}"):
        return True
    if not await asyncio.to_thread(accounts.is_password, password, hashed):
        return False
    await cache_of(request).put(f"login:{digest}", b"1", _KEPT)
    return True


async def _signed_in(request: Request, user: Row) -> dict[str, Any]:
    claims = {"sub": str(user["id"]), "school": user["school"], "role": user["role"]}
    token = accounts.issue_token(settings_of(request).secret, claims)
    return {"accessToken": token, "expiresIn": int(accounts.TOKEN_LIFE), "user": await _described(request, user)}


async def _described(request: Request, user: Row) -> dict[str, Any]:
    children = await database_of(request).read("SELECT id FROM students WHERE parent = ? ORDER BY id", user["id"])
    return {
        "id": user["id"],
        "role": user["role"],
        "email": user["email"],
        "firstName": user["first_name"],
        "lastName": user["last_name"],
        "school": user["slug"],
        "children": [row["id"] for row in children],
    }


routes = [
    Route("/api/auth/register", register, methods=["POST"]),
    Route("/api/auth/login", login, methods=["POST"]),
    Route("/api/auth/me", me),
]
