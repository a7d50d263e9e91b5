"""Who a request comes from, and the login that hands out tokens.

The real system hands this to an identity provider; for a load test the tokens must come from somewhere that
can make thousands ("token generation", the third option of the team's guide).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo import accounts
from swell.demo.accounts import TOKEN_LIFE
from swell.demo.web import body_of, database_of, reply

from .web import settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

__all__ = ["User", "issue_token", "read_token", "require_user", "require_writer", "routes"]


@dataclass(frozen=True)
class User:
    id: int
    handle: str
    role: str


class _Credentials(msgspec.Struct):
    handle: str
    password: str


def issue_token(secret: str, user: User, now: float | None = None, life: float = TOKEN_LIFE) -> str:
    claims = {"sub": str(user.id), "handle": user.handle, "role": user.role}
    return accounts.issue_token(secret, claims, now=now, life=life)


def read_token(secret: str, token: str, now: float | None = None) -> User | None:
    """Who the token belongs to; None if it is forged, broken or expired."""
    claims = accounts.read_token(secret, token, now=now)
    try:
        return None if claims is None else User(int(claims["sub"]), claims["handle"], claims["role"])
    except (ValueError, KeyError, TypeError):
        return None


def user_of(scope: Scope, secret: str) -> User | None:
    """The user of a request, from its bearer token."""
    token = accounts.bearer_of(scope)
    return None if token is None else read_token(secret, token)


def require_user(request: Request) -> User:
    user: User | None = request.scope["muejam.user"]
    if user is None:
        raise HTTPException(401, "a valid bearer token is needed: POST /v1/auth/login", {"WWW-Authenticate": "Bearer"})
    return user


def require_writer(request: Request) -> User:
    user = require_user(request)
    if user.role != "writer":
        raise HTTPException(403, "only writers may do this")
    return user


async def login(request: Request) -> Response:
    given = await body_of(request, _Credentials)
    rows = await database_of(request).read(
        "SELECT id, handle, role, password FROM users WHERE handle = ?", given.handle
    )
    # Slow on purpose, therefore in a thread.
    if not rows or not await asyncio.to_thread(accounts.is_password, given.password, rows[0]["password"]):
        raise HTTPException(401, "unknown handle or wrong password")
    user = User(rows[0]["id"], rows[0]["handle"], rows[0]["role"])
    return reply({"token": issue_token(settings_of(request).secret, user), "expires_in": TOKEN_LIFE})


routes = [Route("/v1/auth/login", login, methods=["POST"])]
