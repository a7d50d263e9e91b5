"""What this service's endpoints share beside `swell.demo.web`: who asks, and how moments are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.exceptions import HTTPException

from swell.demo import accounts

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Settings

__all__ = ["PAGE_SIZE", "ROLES", "Moment", "User", "fault_of", "require_user", "settings_of", "stamp", "time_of"]

PAGE_SIZE = 20
ROLES = ("admin", "teacher", "parent")
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_YEARS = range(2000, 2100)


@dataclass(frozen=True)
class User:
    """Who asks. All that they see and change is of their school."""

    id: int
    school: int
    role: str


def settings_of(request: Request) -> Settings:
    return request.app.state.settings


def fault_of(request: Request) -> str:
    return settings_of(request).fault


def require_user(request: Request, *roles: str) -> User:
    """The user whose token the request brought: 401 without one, 403 for one who has none of the roles."""
    token = accounts.bearer_of(request.scope)
    claims = None if token is None else accounts.read_token(settings_of(request).secret, token)
    try:
        user = None if claims is None else User(int(claims["sub"]), int(claims["school"]), str(claims["role"]))
    except (KeyError, TypeError, ValueError):
        user = None
    if user is None:
        raise HTTPException(401, "a valid bearer token is needed: POST /api/auth/login", {"WWW-Authenticate": "Bearer"})
    if roles and user.role not in roles:
        raise HTTPException(403, f"this is for: {', '.join(roles)}")
    return user


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as the database and the API write it; later ones sort after earlier ones."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def time_of(moment: datetime) -> datetime:
    """A moment that a caller gave, if it is of this century; 422 otherwise."""
    if moment.year not in _YEARS:
        raise HTTPException(422, "this must be a moment of this century")
    return moment
