"""Students: the list, one with the latest of theirs, and new ones. Parents see their own children."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, id_of, page_of, reply

from .web import PAGE_SIZE, require_user, stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .web import User

__all__ = ["routes"]

_SHOWN = 'id, first_name AS "firstName", last_name AS "lastName", instrument, parent AS "parentId"'
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Student(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    first_name: _Text
    last_name: _Text
    instrument: _Text = "piano"


async def listed(request: Request) -> Response:
    user, page = require_user(request), page_of(request)
    whose, who = _visible(user)
    rows = await database_of(request).read(
        f"SELECT {_SHOWN} FROM students WHERE {whose} ORDER BY last_name, id"
        f" LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        who,
    )
    (counted,) = await database_of(request).read(f"SELECT COUNT(*) AS total FROM students WHERE {whose}", who)
    return reply({"students": rows, "page": page, **counted})


async def one(request: Request) -> Response:
    """A student with the next lessons, and how often they were present, late and absent."""
    database, student = database_of(request), id_of(request, "student")
    whose, who = _visible(require_user(request))
    rows = await database.read(f"SELECT {_SHOWN} FROM students WHERE {whose} AND id = ?", who, student)
    if not rows:
        raise HTTPException(404, "no such student")
    lessons = await database.read(
        'SELECT id, title, room, starts_at AS "startsAt", ends_at AS "endsAt" FROM lessons'
        " WHERE student = ? AND starts_at > ? ORDER BY starts_at LIMIT 5",
        student,
        stamp(),
    )
    marks = await database.read(
        "SELECT status, COUNT(*) AS times FROM attendance WHERE student = ? GROUP BY status", student
    )
    return reply({**rows[0], "lessons": lessons, "attendance": {row["status"]: row["times"] for row in marks}})


async def create(request: Request) -> Response:
    user = require_user(request, "admin")
    given = await body_of(request, Student)
    (row,) = await database_of(request).write(
        f"INSERT INTO students (school, first_name, last_name, instrument) VALUES (?, ?, ?, ?) RETURNING {_SHOWN}",
        user.school,
        given.first_name,
        given.last_name,
        given.instrument,
    )
    return reply(row, 201)


def _visible(user: User) -> tuple[str, int]:
    """The condition on students whom a user may see, and its one value."""
    return ("parent = ?", user.id) if user.role == "parent" else ("school = ?", user.school)


routes = [
    Route("/api/students", listed),
    Route("/api/students", create, methods=["POST"]),
    Route("/api/students/{student:int}", one),
]
