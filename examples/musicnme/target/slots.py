"""Hybrid lesson slots: what parents choose from, what admins open and close, and the conflict log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, choice_of, database_of, id_of, page_of, reply

from .web import PAGE_SIZE, Moment, require_user, stamp, time_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

__all__ = ["routes"]

_TAKEN = "EXISTS (SELECT 1 FROM bookings WHERE bookings.slot = slots.id AND bookings.turn = slots.turn)"
_STATES = {
    "open": f"slots.status = 'open' AND NOT {_TAKEN}",
    "booked": _TAKEN,
    "closed": "slots.status = 'closed'",
}
_SHOWN = (
    'slots.id, slots.teacher AS "teacherId", slots.starts_at AS "startsAt", slots.ends_at AS "endsAt",'
    f" CASE WHEN {_TAKEN} THEN 'booked' ELSE slots.status END AS status"
)


class Opening(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """So many slots of one teacher, one after the other."""

    starts_at: Moment
    teacher_id: Id | None = None
    minutes: Annotated[int, msgspec.Meta(ge=5, le=240)] = 20
    count: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class Change(msgspec.Struct, forbid_unknown_fields=True):
    status: Literal["open", "closed"]


async def listed(request: Request) -> Response:
    """The school's slots, by time."""
    user = require_user(request)
    status, page = choice_of(request, "status", _STATES), page_of(request)
    condition = f" AND {_STATES[status]}" if status else ""
    rows = await database_of(request).read(
        f"SELECT {_SHOWN} FROM slots WHERE slots.school = ?{condition}"
        f" ORDER BY slots.starts_at, slots.id LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        user.school,
    )
    return reply({"slots": rows, "page": page})


async def one(request: Request) -> Response:
    """A slot, and how many hold it: never more than one, or else it is marked."""
    user = require_user(request)
    slot = await _slot(database_of(request), id_of(request, "slot"), user.school)
    return reply({**slot, "doubleBooked": True} if slot["bookings"] > 1 else slot)


async def create(request: Request) -> Response:
    user = require_user(request, "admin")
    given = await body_of(request, Opening)
    begin, length = time_of(given.starts_at), timedelta(minutes=given.minutes)
    database = database_of(request)
    teachers = await database.read(
        "SELECT id FROM users WHERE school = ? AND role = 'teacher' ORDER BY id", user.school
    )
    known = [row["id"] for row in teachers]
    teacher = given.teacher_id or known[0]
    if teacher not in known:
        raise HTTPException(422, f"no such teacher: {teacher}")
    made = [
        await database.write(
            "INSERT INTO slots (school, teacher, starts_at, ends_at) VALUES (?, ?, ?, ?) RETURNING id",
            user.school,
            teacher,
            stamp(begin + number * length),
            stamp(begin + (number + 1) * length),
        )
        for number in range(given.count)
    ]
    return reply({"slots": [rows[0]["id"] for rows in made]}, 201)


async def change(request: Request) -> Response:
    """Open a slot or close it. A closed one takes no bookings; one that it has stays."""
    user = require_user(request, "admin")
    given = await body_of(request, Change)
    slot, database = id_of(request, "slot"), database_of(request)
    await database.write("UPDATE slots SET status = ? WHERE id = ? AND school = ?", given.status, slot, user.school)
    return reply(await _slot(database, slot, user.school))


async def conflicts(request: Request) -> Response:
    """Who came too late for what, newest first."""
    user, page = require_user(request, "admin"), page_of(request)
    rows = await database_of(request).read(
        'SELECT id, kind, subject AS "subjectId", account AS "userId", created_at AS "createdAt" FROM conflicts'
        f" WHERE school = ? ORDER BY id DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        user.school,
    )
    return reply({"conflicts": rows, "page": page})


async def _slot(database: Database, slot: int, school: int) -> Row:
    rows = await database.read(
        f"SELECT {_SHOWN}, (SELECT COUNT(*) FROM bookings WHERE bookings.slot = slots.id"
        " AND bookings.status = 'confirmed') AS bookings FROM slots WHERE slots.id = ? AND slots.school = ?",
        slot,
        school,
    )
    if not rows:
        raise HTTPException(404, "no such slot")
    return rows[0]


routes = [
    Route("/api/hybrid/slots", listed),
    Route("/api/hybrid/slots", create, methods=["POST"]),
    Route("/api/hybrid/slots/{slot:int}", one),
    Route("/api/hybrid/slots/{slot:int}", change, methods=["PATCH"]),
    Route("/api/hybrid/conflicts", conflicts),
]
