"""Interventions: what is to be done about a tutor, who does it, and what came of it.

Rules: pending, then assigned, then resolved, one step at a time. Each step is one statement, so of two who take
the same step at the same time one gets 409.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, choice_of, database_of, id_of, page_of, reply

from .lists import page_with_names
from .schema import INTERVENTION_STATES
from .web import stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


class Assignment(msgspec.Struct, forbid_unknown_fields=True):
    assignee_id: Id


class Outcome(msgspec.Struct, forbid_unknown_fields=True):
    outcome: Literal["improved", "no_change", "declined"]
    notes: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


async def listing(request: Request) -> Response:
    """What is due first comes first."""
    status, page = choice_of(request, "status", INTERVENTION_STATES), page_of(request)
    rows = await page_with_names(
        request,
        "interventions.id, interventions.kind, interventions.status, interventions.due_at",
        "interventions",
        "tutor",
        ("WHERE interventions.status = ? " if status else "") + "ORDER BY interventions.due_at, interventions.id",
        *([status] if status else []),
        page=page,
    )
    return reply({"page": page, "interventions": rows})


async def one(request: Request) -> Response:
    rows = await database_of(request).read(
        "SELECT interventions.id, kind, interventions.status, due_at, outcome, interventions.notes,"
        " tutor AS tutor_id, tutors.name AS tutor_name, assignee AS assignee_id, staff.name AS assignee_name"
        " FROM interventions JOIN tutors ON tutors.id = tutor LEFT JOIN staff ON staff.id = assignee"
        " WHERE interventions.id = ?",
        id_of(request, "intervention"),
    )
    if not rows:
        raise HTTPException(404, "no such intervention")
    return reply(rows[0])


async def assign(request: Request) -> Response:
    given = await body_of(request, Assignment)
    if not await database_of(request).read("SELECT 1 AS one FROM staff WHERE id = ?", given.assignee_id):
        raise HTTPException(422, "no such assignee_id")
    return await _step(
        request,
        "SET status = 'assigned', assignee = ? WHERE id = ? AND status = 'pending'",
        given.assignee_id,
        id_of(request, "intervention"),
    )


async def outcome(request: Request) -> Response:
    given = await body_of(request, Outcome)
    return await _step(
        request,
        "SET status = 'resolved', outcome = ?, notes = ?, resolved_at = ? WHERE id = ? AND status = 'assigned'",
        given.outcome,
        given.notes,
        stamp(),
        id_of(request, "intervention"),
    )


async def _step(request: Request, change: str, *values: object) -> Response:
    rows = await database_of(request).write(
        f"UPDATE interventions {change} RETURNING id, status, assignee AS assignee_id, outcome", *values
    )
    if rows:
        return reply(rows[0])
    found = await database_of(request).read("SELECT status FROM interventions WHERE id = ?", values[-1])
    if not found:
        raise HTTPException(404, "no such intervention")
    raise HTTPException(409, f"this intervention is {found[0]['status']}")


routes = [
    Route("/api/interventions", listing),
    Route("/api/interventions/{intervention:int}", one),
    Route("/api/interventions/{intervention:int}/assign", assign, methods=["POST"]),
    Route("/api/interventions/{intervention:int}/outcome", outcome, methods=["POST"]),
]
