"""The calendar: a month or a week of lessons, new ones, and moving one by drag and drop."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, choice_of, database_of, id_of, reply

from .conflicts import log_conflict
from .faults import ROUND_TRIP
from .rows import month_of
from .web import Moment, fault_of, require_user, stamp, time_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

    from .web import User

__all__ = ["routes"]

_VIEWS = ("month", "week")
_OWN = (
    'lessons.id, lessons.title, lessons.room, lessons.starts_at AS "startsAt", lessons.ends_at AS "endsAt",'
    ' lessons.version, lessons.teacher AS "teacherId", lessons.student AS "studentId", lessons.school AS "schoolId"'
)
_NAMES = (
    "teachers.first_name || ' ' || teachers.last_name AS teacher,"
    " students.first_name || ' ' || students.last_name AS student"
)
_JOINED = "JOIN users teachers ON teachers.id = lessons.teacher JOIN students ON students.id = lessons.student"
_TITLE = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Lesson(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    teacher_id: Id
    student_id: Id
    starts_at: Moment
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)] = 30
    title: _TITLE = "Lesson"
    room: _TITLE = "Room 1"


class Drop(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Where an event was dropped; `version` is that of the event when it was picked up."""

    starts_at: Moment
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None


async def events(request: Request) -> Response:
    """The events of the month or week around a day, today by default. Parents see their children's."""
    user = require_user(request)
    view = choice_of(request, "view", _VIEWS) or "month"
    first, last = _range(view, _day(request))
    fault = fault_of(request)
    whose, who = _visible(user)
    if fault == "tenant-leak":
        whose = f"(1 = 1 OR {whose})"
    columns, joined = (_OWN, "") if fault == "n-plus-one" else (f"{_OWN}, {_NAMES}", f" {_JOINED}")
    rows = await database_of(request).read(
        f"SELECT {columns} FROM lessons{joined} WHERE {whose} AND lessons.starts_at >= ? AND lessons.starts_at < ?"
        " ORDER BY lessons.starts_at, lessons.id",
        who,
        stamp(first),
        stamp(last),
    )
    if fault == "n-plus-one":
        await _name_one_by_one(database_of(request), rows)
    schools = sorted({row["schoolId"] for row in rows})
    shown = {"view": view, "from": stamp(first), "to": stamp(last), "total": len(rows), "schools": schools}
    return reply({**shown, "events": rows})


async def event(request: Request) -> Response:
    return reply(await _event(request, require_user(request)))


async def create(request: Request) -> Response:
    user = require_user(request, "admin", "teacher")
    given = await body_of(request, Lesson)
    begin = time_of(given.starts_at)
    rows = await database_of(request).write(
        "INSERT INTO lessons (school, teacher, student, title, room, starts_at, ends_at)"
        " SELECT users.school, users.id, students.id, ?, ?, ?, ? FROM users JOIN students"
        " ON students.school = users.school WHERE users.id = ? AND users.role = 'teacher' AND users.school = ?"
        " AND students.id = ? RETURNING id",
        given.title,
        given.room,
        stamp(begin),
        stamp(begin + timedelta(minutes=given.minutes)),
        given.teacher_id,
        user.school,
        given.student_id,
    )
    if not rows:
        raise HTTPException(422, "no such teacher or student")
    return reply({"id": rows[0]["id"], "version": 1}, 201)


async def reschedule(request: Request) -> Response:
    """Move an event; 409 if somebody else moved it since it was picked up. Overlaps are told, not forbidden."""
    user = require_user(request, "admin", "teacher")
    given = await body_of(request, Drop)
    begin = time_of(given.starts_at)
    found = await _event(request, user)
    length = datetime.fromisoformat(found["endsAt"]) - datetime.fromisoformat(found["startsAt"])
    rows = await database_of(request).write(
        "UPDATE lessons SET starts_at = ?, ends_at = ?, version = version + 1 WHERE id = ? AND version = ?"
        " RETURNING id, version, starts_at, ends_at, teacher",
        stamp(begin),
        stamp(begin + length),
        found["id"],
        given.version or found["version"],
    )
    if not rows:
        await log_conflict(request, user, "lesson-moved", found["id"])
        raise HTTPException(409, "somebody else has moved this lesson; refresh the calendar")
    moved = rows[0]
    (overlaps,) = await database_of(request).read(
        "SELECT COUNT(*) AS overlaps FROM lessons WHERE teacher = ? AND id <> ? AND starts_at < ? AND ends_at > ?"
        " AND starts_at > ?",
        moved["teacher"],
        moved["id"],
        moved["ends_at"],
        moved["starts_at"],
        stamp(begin - timedelta(days=1)),  # no lesson is longer; lets the index do the work
    )
    return reply(
        {
            "id": moved["id"],
            "version": moved["version"],
            "startsAt": moved["starts_at"],
            "endsAt": moved["ends_at"],
            **overlaps,
        }
    )


async def _event(request: Request, user: User) -> Row:
    """The event in the URL, if the caller may see it."""
    whose, who = _visible(user)
    rows = await database_of(request).read(
        f"SELECT {_OWN}, {_NAMES} FROM lessons {_JOINED} WHERE {whose} AND lessons.id = ?",
        who,
        id_of(request, "event"),
    )
    if not rows:
        raise HTTPException(404, "no such event")
    return rows[0]


def _visible(user: User) -> tuple[str, int]:
    """The condition on lessons that a user may see, and its one value."""
    if user.role == "parent":
        return "lessons.student IN (SELECT id FROM students WHERE parent = ?)", user.id
    return "lessons.school = ?", user.school


def _day(request: Request) -> datetime:
    text = request.query_params.get("date")
    try:
        day = date.fromisoformat(text) if text else datetime.now(UTC).date()
    except ValueError:
        raise HTTPException(400, "date must be a day such as 2026-03-31") from None
    return time_of(datetime.combine(day, time(), UTC))


def _range(view: str, day: datetime) -> tuple[datetime, datetime]:
    """The first moment of the month or week (from Monday) around a day, and the first after it."""
    if view == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(weeks=1)
    first = month_of(day)
    return first, month_of(first + timedelta(days=31))


async def _name_one_by_one(database: Database, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        await asyncio.sleep(ROUND_TRIP)
        (names,) = await database.read(f"SELECT {_NAMES} FROM lessons {_JOINED} WHERE lessons.id = ?", row["id"])
        row.update(names)


routes = [
    Route("/api/calendar/events", events),
    Route("/api/calendar/events", create, methods=["POST"]),
    Route("/api/calendar/events/{event:int}", event),
    Route("/api/calendar/events/{event:int}/reschedule", reschedule, methods=["PATCH"]),
]
