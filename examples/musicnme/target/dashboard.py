"""The dashboards of admins, teachers and parents: five parts each, kept for some seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import answer_cached, database_of

from .rows import month_of
from .web import ROLES, require_user, stamp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

    from .web import User

__all__ = ["routes"]

_KEPT = 5.0  # seconds
# What of each table is a role's own; the one value is the school for admins, the user for others.
_LESSONS = {
    "admin": "lessons.school = ?",
    "teacher": "lessons.teacher = ?",
    "parent": "lessons.student IN (SELECT id FROM students WHERE parent = ?)",
}
_STUDENTS = {
    "admin": "students.school = ?",
    "teacher": "students.id IN (SELECT student FROM lessons WHERE teacher = ?)",
    "parent": "students.parent = ?",
}
_BOOKINGS = {
    "admin": "bookings.school = ?",
    "teacher": "bookings.slot IN (SELECT id FROM slots WHERE teacher = ?)",
    "parent": "bookings.parent = ?",
}
_RATE = 4_500  # cents a teacher gets for a lesson


async def dashboard(request: Request) -> Response:
    """One part of the caller's dashboard."""
    role, part = request.path_params["role"], request.path_params["part"]
    if role not in ROLES or part not in _PARTS:
        raise HTTPException(404, "no such dashboard")
    user = require_user(request, role)
    own = user.school if role == "admin" else user.id

    async def make() -> Any:
        return await _PARTS[part](database_of(request), user, own)

    return await answer_cached(request, f"dashboard:{role}:{part}:{own}", _KEPT, make)


async def _stats(database: Database, user: User, own: int) -> Row:
    now = datetime.now(UTC)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    (lessons,) = await database.read(
        'SELECT COUNT(*) AS "lessonsThisWeek", COUNT(DISTINCT teacher) AS teachers FROM lessons'
        f" WHERE {_LESSONS[user.role]} AND starts_at >= ? AND starts_at < ?",
        own,
        stamp(monday),
        stamp(monday + timedelta(weeks=1)),
    )
    (students,) = await database.read(f"SELECT COUNT(*) AS students FROM students WHERE {_STUDENTS[user.role]}", own)
    (bookings,) = await database.read(
        f"SELECT COUNT(*) AS bookings FROM bookings WHERE {_BOOKINGS[user.role]} AND status = 'confirmed'", own
    )
    return {**lessons, **students, **bookings}


async def _activity(database: Database, user: User, own: int) -> dict[str, list[Row]]:
    rows = await database.read(
        'SELECT bookings.id, bookings.slot AS "slotId", bookings.status, bookings.created_at AS "createdAt",'
        " students.first_name AS student FROM bookings JOIN students ON students.id = bookings.student"
        f" WHERE {_BOOKINGS[user.role]} ORDER BY bookings.id DESC LIMIT 10",
        own,
    )
    return {"activity": rows}


async def _upcoming(database: Database, user: User, own: int) -> dict[str, list[Row]]:
    rows = await database.read(
        'SELECT lessons.id, lessons.title, lessons.room, lessons.starts_at AS "startsAt",'
        ' lessons.ends_at AS "endsAt", students.first_name AS student'
        " FROM lessons JOIN students ON students.id = lessons.student"
        f" WHERE {_LESSONS[user.role]} AND lessons.starts_at > ? ORDER BY lessons.starts_at LIMIT 10",
        own,
        stamp(),
    )
    return {"lessons": rows}


async def _finances(database: Database, user: User, own: int) -> dict[str, int]:
    """In cents: bills by their state; for teachers what this month brings them."""
    if user.role == "teacher":
        (row,) = await database.read(
            "SELECT COUNT(*) AS lessons FROM lessons WHERE teacher = ? AND starts_at >= ? AND starts_at <= ?",
            own,
            stamp(month_of(datetime.now(UTC))),
            stamp(),
        )
        return {"lessonsThisMonth": row["lessons"], "earned": row["lessons"] * _RATE}
    column = "school" if user.role == "admin" else "parent"
    rows = await database.read(
        f"SELECT status, CAST(SUM(cents) AS BIGINT) AS cents FROM invoices WHERE {column} = ? GROUP BY status", own
    )
    return {"paid": 0, "due": 0, "overdue": 0, **{row["status"]: row["cents"] for row in rows}}


async def _students(database: Database, user: User, own: int) -> dict[str, dict[str, int]]:
    instruments = await database.read(
        f"SELECT instrument, COUNT(*) AS students FROM students WHERE {_STUDENTS[user.role]} GROUP BY instrument", own
    )
    marks = await database.read(
        "SELECT attendance.status, COUNT(*) AS times FROM attendance JOIN students"
        f" ON students.id = attendance.student WHERE {_STUDENTS[user.role]} GROUP BY attendance.status",
        own,
    )
    return {
        "instruments": {row["instrument"]: row["students"] for row in instruments},
        "attendance": {row["status"]: row["times"] for row in marks},
    }


_PARTS: dict[str, Callable[[Database, User, int], Awaitable[Any]]] = {
    "stats": _stats,
    "activity": _activity,
    "upcoming": _upcoming,
    "finances": _finances,
    "students": _students,
}

routes = [Route("/api/dashboard/{role}/{part}", dashboard)]
