"""What this service's endpoints share beside `swell.demo.web`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import Settings

__all__ = ["PAGE_SIZE", "settings_of", "stamp"]

PAGE_SIZE = 25


def settings_of(request: Request) -> Settings:
    return request.app.state.settings


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as the database and the API write it; later ones sort after earlier ones."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
