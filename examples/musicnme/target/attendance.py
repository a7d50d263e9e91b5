"""Attendance: who was present at a lesson. Marking again corrects the mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, database_of, id_of, reply

from .web import require_user, stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_SHOWN = 'id, lesson AS "lessonId", student AS "studentId", status, marked_at AS "markedAt"'


class Mark(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """For one student of a lesson, the lesson's own by default."""

    lesson_id: Id
    status: Literal["present", "late", "absent"]
    student_id: Id | None = None


async def mark(request: Request) -> Response:
    user = require_user(request, "teacher", "admin")
    given = await body_of(request, Mark)
    rows = await database_of(request).write(
        "INSERT INTO attendance (school, lesson, student, status, marked_at)"
        f" SELECT lessons.school, lessons.id, students.id, '{given.status}', '{stamp()}' FROM lessons"
        " JOIN students ON students.school = lessons.school"
        f" AND students.id = {given.student_id or 'lessons.student'}"
        " WHERE lessons.id = ? AND lessons.school = ?"
        " ON CONFLICT (lesson, student) DO UPDATE SET status = excluded.status, marked_at = excluded.marked_at"
        f" RETURNING {_SHOWN}",
        given.lesson_id,
        user.school,
    )
    if not rows:
        raise HTTPException(422, "no such lesson or student")
    return reply(rows[0])


async def marks(request: Request) -> Response:
    """The marks of one lesson."""
    user = require_user(request, "teacher", "admin")
    rows = await database_of(request).read(
        f"SELECT {_SHOWN} FROM attendance WHERE lesson = ? AND school = ? ORDER BY id",
        id_of(request, "lesson"),
        user.school,
    )
    return reply({"attendance": rows})


routes = [
    Route("/api/attendance", mark, methods=["POST"]),
    Route("/api/attendance/{lesson:int}", marks),
]
