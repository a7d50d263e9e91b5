"""Booking a slot and giving it back.

Rules: a booking is one statement, and the database lets only one booking have a turn of a slot: the first wins, all
others get a 409. Giving back moves the slot to its next turn; until it has, the slot is still taken, never free twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, database_of, id_of, page_of, reply

from .conflicts import log_conflict
from .faults import CHECK_TO_ACT
from .web import PAGE_SIZE, fault_of, require_user, stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

    from .web import User

__all__ = ["routes"]

_COLUMNS = "(school, slot, turn, parent, student, created_at)"
_RETURNED = 'RETURNING id, slot AS "slotId", student AS "studentId", status, created_at AS "createdAt"'


class Wish(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A slot for one's child, the first one by default."""

    slot_id: Id
    student_id: Id | None = None


async def book(request: Request) -> Response:
    user = require_user(request, "parent")
    given = await body_of(request, Wish)
    database = database_of(request)
    children = await database.read("SELECT id FROM students WHERE parent = ? ORDER BY id", user.id)
    known = [row["id"] for row in children]
    student = given.student_id or (known[0] if known else None)
    if student is None or student not in known:
        raise HTTPException(422, "you can book for your own children only")
    how = _look_and_book if fault_of(request) == "oversell" else _book_at_once
    rows = await how(database, user, given.slot_id, student)
    if not rows:
        found = await database.read("SELECT status FROM slots WHERE id = ? AND school = ?", given.slot_id, user.school)
        if not found:
            raise HTTPException(404, "no such slot")
        closed = found[0]["status"] == "closed"
        await log_conflict(request, user, "slot-closed" if closed else "slot-taken", given.slot_id)
        raise HTTPException(409, "this slot is closed" if closed else "somebody else has just booked this slot")
    return reply(rows[0])


async def cancel(request: Request) -> Response:
    """Give a slot back: parents their own, admins any of the school."""
    user = require_user(request, "parent", "admin")
    database, booking = database_of(request), id_of(request, "booking")
    whose, who = ("parent = ?", user.id) if user.role == "parent" else ("school = ?", user.school)
    rows = await database.write(
        f"UPDATE bookings SET status = 'cancelled', cancelled_at = ? WHERE id = ? AND {whose}"
        f" AND status = 'confirmed' RETURNING id, slot, turn",
        stamp(),
        booking,
        who,
    )
    if not rows:
        if await database.read(f"SELECT 1 AS one FROM bookings WHERE id = ? AND {whose}", booking, who):
            raise HTTPException(409, "this booking is cancelled already")
        raise HTTPException(404, "no such booking")
    await database.write("UPDATE slots SET turn = turn + 1 WHERE id = ? AND turn = ?", rows[0]["slot"], rows[0]["turn"])
    return reply({"id": booking, "slotId": rows[0]["slot"], "status": "cancelled"})


async def listed(request: Request) -> Response:
    """A parent's own bookings, or all of the school for others; newest first."""
    user, page = require_user(request), page_of(request)
    whose, who = ("parent = ?", user.id) if user.role == "parent" else ("bookings.school = ?", user.school)
    rows = await database_of(request).read(
        'SELECT bookings.id, bookings.slot AS "slotId", bookings.student AS "studentId", bookings.status,'
        ' bookings.created_at AS "createdAt", slots.starts_at AS "startsAt" FROM bookings'
        f" JOIN slots ON slots.id = bookings.slot WHERE {whose}"
        f" ORDER BY bookings.id DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        who,
    )
    return reply({"bookings": rows, "page": page})


async def _book_at_once(database: Database, user: User, slot: int, student: int) -> list[Row]:
    """The booking; nothing if the slot is not to be had. The unique index on (slot, turn) decides who was first."""
    return await database.write(
        f"INSERT INTO bookings {_COLUMNS} SELECT school, id, turn, {user.id}, {student}, '{stamp()}' FROM slots"
        f" WHERE id = ? AND school = ? AND status = 'open' ON CONFLICT DO NOTHING {_RETURNED}",
        slot,
        user.school,
    )


async def _look_and_book(database: Database, user: User, slot: int, student: int) -> list[Row]:
    """The fault: between the look and the booking, others look too."""
    free = await database.read(
        "SELECT turn FROM slots WHERE id = ? AND school = ? AND status = 'open' AND NOT EXISTS"
        " (SELECT 1 FROM bookings WHERE bookings.slot = slots.id AND bookings.turn = slots.turn)",
        slot,
        user.school,
    )
    if not free:
        return []
    await asyncio.sleep(CHECK_TO_ACT)
    return await database.write(
        f"INSERT INTO bookings {_COLUMNS} VALUES (?, ?, ?, ?, ?, ?) {_RETURNED}",
        user.school,
        slot,
        free[0]["turn"],
        user.id,
        student,
        stamp(),
    )


routes = [
    Route("/api/hybrid/bookings", listed),
    Route("/api/hybrid/bookings", book, methods=["POST"]),
    Route("/api/hybrid/bookings/{booking:int}", cancel, methods=["DELETE"]),
]
