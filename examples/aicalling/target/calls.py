"""Scheduling calls onto the queue, retrying those that failed, and the queue itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, choice_of, id_of, page_of, reply

from .clock import shown
from .web import require_key

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .web import Parts

__all__ = ["routes"]

_PAGE = 20
_STATUSES = ("queued", "active", "completed", "failed")


class Call(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """To whom, and which of the AI agents calls."""

    phone_number: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{7,14}$")]
    agent_id: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1


async def schedule(request: Request) -> Response:
    parts = require_key(request)
    given = await body_of(request, Call)
    (number,) = await parts.store.add_calls([(given.phone_number, given.agent_id)])
    return await _queued(parts, number, 201)


async def retry(request: Request) -> Response:
    parts = require_key(request)
    number = id_of(request, "call")
    if not await parts.store.requeue_call(number):
        found = await parts.store.call(number)
        if found is None:
            raise HTTPException(404, "no such call")
        raise HTTPException(409, f"only a failed call can be retried; this one is {found['status']}")
    return await _queued(parts, number, 202)


async def calls(request: Request) -> Response:
    parts = require_key(request)
    status, page = choice_of(request, "status", _STATUSES), page_of(request)
    rows = await parts.store.calls(status, _PAGE, (page - 1) * _PAGE)
    return reply({"calls": [_shown(row) for row in rows], "page": page})


async def call(request: Request) -> Response:
    row = await require_key(request).store.call(id_of(request, "call"))
    if row is None:
        raise HTTPException(404, "no such call")
    return reply(_shown(row))


async def queue(request: Request) -> Response:
    parts = require_key(request)
    try:
        depth = await parts.queue.depth()
    except OSError as error:
        raise HTTPException(503, str(error)) from None
    return reply(
        {
            "kind": parts.queue.kind,
            "depth": depth,
            "active": parts.lines.active,
            "completed": parts.lines.completed,
            "failed": parts.lines.failed,
            "importsPending": parts.importer.pending,
        }
    )


async def _queued(parts: Parts, number: int, status: int) -> Response:
    """Put a call that is stored as queued onto the queue, and tell how deep that is now."""
    try:
        await parts.queue.put([number])
        depth = await parts.queue.depth()
    except OSError as error:
        # It must not wait for ever in the database while it is on no queue.
        await parts.store.begin_call(number)
        await parts.store.end_call(number, "failed")
        raise HTTPException(503, str(error)) from None
    return reply({"callId": number, "status": "queued", "queueDepth": depth}, status)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "callId": row["id"],
        "phoneNumber": row["phone"],
        "agentId": row["agent"],
        "status": row["status"],
        "attempts": row["attempts"],
        "createdAt": shown(row["created_at"]),
        "endedAt": shown(row["ended_at"]),
    }


routes = [
    Route("/api/v1/calls", schedule, methods=["POST"]),
    Route("/api/v1/calls", calls, methods=["GET"]),
    Route("/api/v1/calls/{call:int}", call),
    Route("/api/v1/calls/{call:int}/retry", retry, methods=["POST"]),
    Route("/api/v1/queue", queue),
]
