"""Passwords and JWT access tokens (HS256, RFC 7519) of targets, with the standard library only.

Rules: tokens hold claims and say nothing of their own algorithm that anybody believes; a forged, broken or expired one
is no token. Passwords are slow to check on purpose: do it in a thread.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

__all__ = ["TOKEN_LIFE", "bearer_of", "hash_password", "is_password", "issue_token", "read_token"]

TOKEN_LIFE = 24 * 3600.0
"""Seconds: longer than any test, so that runs do not expire half way."""

_ROUNDS = 20_000


def issue_token(secret: str, claims: Mapping[str, Any], *, now: float | None = None, life: float = TOKEN_LIFE) -> str:
    """A signed token with these claims, good for `life` seconds from `now` (wall clock)."""
    issued = int(time.time() if now is None else now)
    whole = {**claims, "iat": issued, "exp": issued + int(life)}
    signed = f"{_pack(_json({'alg': 'HS256', 'typ': 'JWT'}))}.{_pack(_json(whole))}"
    return f"{signed}.{_pack(_signature(secret, signed))}"


def read_token(secret: str, token: str, *, now: float | None = None) -> dict[str, Any] | None:
    """The claims of a token; None if it is forged, broken or expired."""
    signed, _, signature = token.rpartition(".")
    # The algorithm is ours, never the token's own say: an `alg: none` token has no valid signature here.
    if not hmac.compare_digest(_pack(_signature(secret, signed)).encode(), signature.encode("utf-8", "replace")):
        return None
    try:
        claims = json.loads(_unpack(signed.partition(".")[2]))
        good = claims["exp"] > (time.time() if now is None else now)
    except (ValueError, KeyError, TypeError):
        return None
    return cast("dict[str, Any]", claims) if good else None


def bearer_of(scope: Scope) -> str | None:
    """The bearer token that a request brought."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return value[7:].decode("latin-1")
    return None


def hash_password(password: str) -> str:
    """The password with a salt, as it may be stored."""
    salt = os.urandom(8)
    return f"{salt.hex()}${_slow_hash(password, salt)}"


def is_password(password: str, hashed: str) -> bool:
    """Whether `hash_password` made this of the password."""
    salt, _, wanted = hashed.partition("$")
    return hmac.compare_digest(_slow_hash(password, bytes.fromhex(salt)), wanted)


def _slow_hash(password: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS).hex()


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _signature(secret: str, signed: str) -> bytes:
    return hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), "sha256")
