"""Tutoring sessions: created when they are booked, updated as they go."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, database_of, id_of, reply

from .schema import SUBJECTS
from .web import stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_Notes = Annotated[str, msgspec.Meta(max_length=2_000)]
_RETURNED = "RETURNING id, tutor AS tutor_id, student AS student_id, subject, starts_at, minutes, status, rating, notes"


class NewSession(msgspec.Struct, forbid_unknown_fields=True):
    tutor_id: Id
    student_id: Id
    subject: str
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    minutes: Annotated[int, msgspec.Meta(ge=15, le=240)] = 60
    notes: _Notes = ""


class SessionChange(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is left out stays as it is."""

    status: Literal["scheduled", "in_progress", "completed", "cancelled", "no_show"] | msgspec.UnsetType = msgspec.UNSET
    rating: Annotated[int, msgspec.Meta(ge=1, le=5)] | msgspec.UnsetType = msgspec.UNSET
    notes: _Notes | msgspec.UnsetType = msgspec.UNSET


async def create(request: Request) -> Response:
    given = await body_of(request, NewSession)
    if given.subject not in SUBJECTS:
        raise HTTPException(422, f"subject must be one of {', '.join(SUBJECTS)}")
    database = database_of(request)
    (known,) = await database.read(
        "SELECT (SELECT COUNT(*) FROM tutors WHERE id = ?) AS tutor_id,"
        " (SELECT COUNT(*) FROM students WHERE id = ?) AS student_id",
        given.tutor_id,
        given.student_id,
    )
    for name, count in known.items():
        if not count:
            raise HTTPException(422, f"no such {name}")
    rows = await database.write(
        "INSERT INTO sessions (tutor, student, subject, starts_at, minutes, status, notes)"
        f" VALUES (?, ?, ?, ?, ?, 'scheduled', ?) {_RETURNED}",
        given.tutor_id,
        given.student_id,
        given.subject,
        stamp(given.starts_at),
        given.minutes,
        given.notes,
    )
    return reply(rows[0], 201)


async def update(request: Request) -> Response:
    # Only fields of SessionChange come out here, so their names may stand in the statement.
    changes = msgspec.to_builtins(await body_of(request, SessionChange))
    if not changes:
        raise HTTPException(422, "nothing to change: give status, rating or notes")
    rows = await database_of(request).write(
        f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in changes)} WHERE id = ? {_RETURNED}",
        *changes.values(),
        id_of(request, "session"),
    )
    if not rows:
        raise HTTPException(404, "no such session")
    return reply(rows[0])


routes = [
    Route("/api/sessions", create, methods=["POST"]),
    Route("/api/sessions/{session:int}", update, methods=["PATCH"]),
]
