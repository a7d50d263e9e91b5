"""The staff's accounts and their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import body_of, database_of, id_of, page_of, reply

from .web import PAGE_SIZE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Row

__all__ = ["routes"]

_FIELDS = "id, name, email, roles"


class Roles(msgspec.Struct, forbid_unknown_fields=True):
    roles: Annotated[set[Literal["admin", "analyst", "manager", "operations", "support"]], msgspec.Meta(min_length=1)]


async def users(request: Request) -> Response:
    page = page_of(request)
    rows = await database_of(request).read(
        f"SELECT {_FIELDS} FROM staff ORDER BY id LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    )
    return reply({"page": page, "users": [_shown(row) for row in rows]})


async def user(request: Request) -> Response:
    return _only(await database_of(request).read(f"SELECT {_FIELDS} FROM staff WHERE id = ?", id_of(request, "user")))


async def change_roles(request: Request) -> Response:
    given = await body_of(request, Roles)
    rows = await database_of(request).write(
        f"UPDATE staff SET roles = ? WHERE id = ? RETURNING {_FIELDS}",
        " ".join(sorted(given.roles)),
        id_of(request, "user"),
    )
    return _only(rows)


def _only(rows: list[Row]) -> Response:
    if not rows:
        raise HTTPException(404, "no such user")
    return reply(_shown(rows[0]))


def _shown(row: Row) -> Row:
    return {**row, "roles": row["roles"].split()}


routes = [
    Route("/api/admin/users", users),
    Route("/api/admin/users/{user:int}", user),
    Route("/api/admin/users/{user:int}/roles", change_roles, methods=["PATCH"]),
]
