"""Messages to members, and the conversations they make. Everything is of the caller's church only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import Id, body_of, database_of, id_of, page_of, reply

from .faults import ROUND_TRIP
from .web import PAGE_SIZE, require_user, settings_of, stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Database, Row

__all__ = ["routes"]

_Body = Annotated[str, msgspec.Meta(min_length=1, max_length=1_600)]
_LAST = "SELECT body, direction, created_at FROM messages WHERE conversation = ? ORDER BY id DESC LIMIT 1"


class Outgoing(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """To these members, or to the first twenty of the church."""

    content: _Body
    member_ids: Annotated[list[Id], msgspec.Meta(max_length=100)] = []


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    content: _Body


async def send(request: Request) -> Response:
    user = require_user(request)
    given = await body_of(request, Outgoing)
    database = database_of(request)
    members = await database.read(f"SELECT id FROM members WHERE church = ? ORDER BY id LIMIT {PAGE_SIZE}", user.church)
    known = {row["id"] for row in members}
    wanted = given.member_ids or sorted(known)
    if unknown := set(wanted) - known:
        raise HTTPException(422, f"no such member: {min(unknown)}")
    sent = [await _say(database, user.church, await _conversation(database, user.church, one), given) for one in wanted]
    return reply({"messages": sent, "recipients": len(sent), "status": "queued"}, 201)


async def conversations(request: Request) -> Response:
    user = require_user(request)
    database, page = database_of(request), page_of(request)
    fault = settings_of(request).fault
    where = "1 = 1 OR conversations.church = ?" if fault == "tenant-leak" else "conversations.church = ?"
    rows = await database.read(
        "SELECT conversations.id AS id, churches.slug AS church, members.name AS member, unread, updated_at"
        " FROM conversations JOIN members ON members.id = conversations.member"
        f" JOIN churches ON churches.id = conversations.church WHERE {where}"
        f" ORDER BY updated_at DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}",
        user.church,
    )
    last = await (_last_one_by_one if fault == "n-plus-one" else _last_of_all)(database, rows)
    listed = [
        {
            "id": row["id"],
            "churchId": row["church"],
            "member": row["member"],
            "unread": row["unread"],
            "updatedAt": row["updated_at"],
            "lastMessage": last.get(row["id"]),
        }
        for row in rows
    ]
    return reply({"conversations": listed, "page": page})


async def conversation(request: Request) -> Response:
    found = await _own(request)
    rows = await database_of(request).read(
        "SELECT id, direction, body, status, created_at FROM messages WHERE conversation = ? ORDER BY id DESC LIMIT 50",
        found["id"],
    )
    messages = [
        {
            "id": row["id"],
            "direction": row["direction"],
            "content": row["body"],
            "status": row["status"],
            "createdAt": row["created_at"],
        }
        for row in reversed(rows)
    ]
    return reply({"id": found["id"], "unread": found["unread"], "messages": messages})


async def answer(request: Request) -> Response:
    found = await _own(request)
    given = await body_of(request, Reply)
    return reply(await _say(database_of(request), found["church"], found["id"], given), 201)


async def mark_read(request: Request) -> Response:
    found = await _own(request)
    await database_of(request).write("UPDATE conversations SET unread = 0 WHERE id = ?", found["id"])
    return reply({"id": found["id"], "unread": 0})


async def _own(request: Request) -> Row:
    """The conversation in the URL, if it is of the caller's church."""
    user = require_user(request)
    rows = await database_of(request).read(
        "SELECT id, church, unread FROM conversations WHERE id = ? AND church = ?",
        id_of(request, "conversation"),
        user.church,
    )
    if not rows:
        raise HTTPException(404, "no such conversation")
    return rows[0]


async def _conversation(database: Database, church: int, member: int) -> int:
    """The conversation with a member, begun if need be."""
    rows = await database.read("SELECT id FROM conversations WHERE member = ?", member)
    if not rows:
        rows = await database.write(
            "INSERT INTO conversations (church, member, unread, updated_at) VALUES (?, ?, 0, ?) RETURNING id",
            church,
            member,
            stamp(),
        )
    return rows[0]["id"]


async def _say(database: Database, church: int, conversation: int, given: Outgoing | Reply) -> dict[str, Any]:
    now = stamp()
    (row,) = await database.write(
        "INSERT INTO messages (church, conversation, direction, body, status, created_at)"
        " VALUES (?, ?, 'outbound', ?, 'queued', ?) RETURNING id",
        church,
        conversation,
        given.content,
        now,
    )
    await database.write("UPDATE conversations SET updated_at = ? WHERE id = ?", now, conversation)
    return {"id": row["id"], "conversationId": conversation, "createdAt": now}


async def _last_of_all(database: Database, rows: list[Row]) -> dict[int, dict[str, Any]]:
    """The last message of each conversation, by one query."""
    if not rows:
        return {}
    marks = ", ".join("?" for _ in rows)
    found = await database.read(
        "SELECT conversation, body, direction, created_at FROM messages WHERE id IN"
        f" (SELECT MAX(id) FROM messages WHERE conversation IN ({marks}) GROUP BY conversation)",
        *(row["id"] for row in rows),
    )
    return {row["conversation"]: _shown(row) for row in found}


async def _last_one_by_one(database: Database, rows: list[Row]) -> dict[int, dict[str, Any]]:
    last: dict[int, dict[str, Any]] = {}
    for row in rows:
        await asyncio.sleep(ROUND_TRIP)
        for found in await database.read(_LAST, row["id"]):
            last[row["id"]] = _shown(found)
    return last


def _shown(row: Row) -> dict[str, Any]:
    return {"content": row["body"], "direction": row["direction"], "createdAt": row["created_at"]}


routes = [
    Route("/messages/send", send, methods=["POST"]),
    Route("/messages/conversations", conversations),
    Route("/messages/conversations/{conversation:int}", conversation),
    Route("/messages/conversations/{conversation:int}/reply", answer, methods=["POST"]),
    Route("/messages/conversations/{conversation:int}/read", mark_read, methods=["PATCH"]),
]
