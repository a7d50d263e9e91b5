"""Passwords and JWT access tokens (HS256, RFC 7519), with the standard library only.

The real system hands this to an identity provider; for a load test the tokens must come from somewhere that
can make thousands ("token generation", the third option of the team's guide).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, reply

from .web import settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

__all__ = ["User", "hash_password", "issue_token", "read_token", "require_user", "require_writer", "routes"]

TOKEN_LIFE = 24 * 3600  # seconds: longer than any test, so that runs do not expire half way
_ROUNDS = 20_000


@dataclass(frozen=True)
class User:
    id: int
    handle: str
    role: str


class _Credentials(msgspec.Struct):
    handle: str
    password: str


def issue_token(secret: str, user: User, now: float | None = None, life: float = TOKEN_LIFE) -> str:
    issued = int(time.time() if now is None else now)
    claims = {
        "sub": str(user.id),
        "handle": user.handle,
        "role": user.role,
        "iat": issued,
        "exp": issued + int(life),
    }
    signed = f"{_pack(_json({'alg': 'HS256', 'typ': 'JWT'}))}.{_pack(_json(claims))}"
    return f"{signed}.{_pack(_signature(secret, signed))}"


def read_token(secret: str, token: str, now: float | None = None) -> User | None:
    """Who the token belongs to; None if it is forged, broken or expired."""
    signed, _, signature = token.rpartition(".")
    # The algorithm is ours, never the token's own say: an `alg: none` token has no valid signature here.
    if not hmac.compare_digest(_pack(_signature(secret, signed)), signature):
        return None
    try:
        claims = json.loads(_unpack(signed.partition(".")[2]))
        if claims["exp"] <= (time.time() if now is None else now):
            return None
        return User(int(claims["sub"]), claims["handle"], claims["role"])
    except (ValueError, KeyError, TypeError):
        return None


def hash_password(password: str) -> str:
    salt = os.urandom(8)
    return f"{salt.hex()}${hashlib.pbkdf2_hmac('sha256', password.encode(), salt, _ROUNDS).hex()}"


def is_password(password: str, hashed: str) -> bool:
    salt, _, wanted = hashed.partition("$")
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), _ROUNDS).hex()
    return hmac.compare_digest(found, wanted)


def user_of(scope: Scope, secret: str) -> User | None:
    """The user of a request, from its bearer token."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return read_token(secret, value[7:].decode("latin-1"))
    return None


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
    if not rows or not await asyncio.to_thread(is_password, given.password, rows[0]["password"]):
        raise HTTPException(401, "unknown handle or wrong password")
    user = User(rows[0]["id"], rows[0]["handle"], rows[0]["role"])
    return reply({"token": issue_token(settings_of(request).secret, user), "expires_in": TOKEN_LIFE})


routes = [Route("/v1/auth/login", login, methods=["POST"])]


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(secret: str, signed: str) -> bytes:
    return hmac.digest(secret.encode(), signed.encode(), "sha256")
