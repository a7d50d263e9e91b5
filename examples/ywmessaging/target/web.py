"""What this service's endpoints share beside `swell.demo.web`: its tenants, its times, its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from swell.demo import accounts

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Settings

__all__ = ["PAGE_SIZE", "User", "require_user", "settings_of", "stamp"]

PAGE_SIZE = 20


@dataclass(frozen=True)
class User:
    """Who asks. All that they see and change is of their church."""

    id: int
    church: int


def settings_of(request: Request) -> Settings:
    return request.app.state.settings


def require_user(request: Request) -> User:
    token = accounts.bearer_of(request.scope)
    claims = None if token is None else accounts.read_token(settings_of(request).secret, token)
    try:
        if claims is not None:
            return User(int(claims["sub"]), int(claims["church"]))
    except (KeyError, TypeError, ValueError):
        pass
    raise HTTPException(401, "a valid bearer token is needed: POST /auth/login", {"WWW-Authenticate": "Bearer"})


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as the database and the API write it; later ones sort after earlier ones."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
