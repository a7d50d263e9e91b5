"""The conflict log: who came too late for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.demo.web import database_of

from .web import stamp

if TYPE_CHECKING:
    from starlette.requests import Request

    from .web import User

__all__ = ["log_conflict"]


async def log_conflict(request: Request, user: User, kind: str, subject: int) -> None:
    """Write down that a user was refused; `subject` is the id of what they wanted."""
    await database_of(request).write(
        "INSERT INTO conflicts (school, kind, subject, account, created_at) VALUES (?, ?, ?, ?, ?)",
        user.school,
        kind,
        subject,
        user.id,
        stamp(),
    )
