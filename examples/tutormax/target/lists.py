"""Lists of what belongs to a tutor or student, with that person's name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

from swell.demo.web import database_of

from .faults import ROUND_TRIP
from .web import PAGE_SIZE, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from swell.demo.sql import Row

__all__ = ["page_with_names", "read_each"]


async def page_with_names(
    request: Request,
    fields: str,
    table: str,
    person: Literal["tutor", "student"],
    tail: str,
    *values: object,
    page: int = 1,
) -> list[dict[str, Any]]:
    """One page of a table's rows, each with the id and name of its person."""
    tail += f" LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    fields += f", {table}.{person} AS {person}_id"
    if settings_of(request).fault == "n-plus-one":
        rows = await database_of(request).read(f"SELECT {fields} FROM {table} {tail}", *values)
        return await read_each(
            request, rows, f"SELECT name AS {person}_name FROM {person}s WHERE id = ?", f"{person}_id"
        )
    return await database_of(request).read(
        f"SELECT {fields}, {person}s.name AS {person}_name"
        f" FROM {table} JOIN {person}s ON {person}s.id = {table}.{person} {tail}",
        *values,
    )


async def read_each(request: Request, rows: list[Row], sql: str, key: str) -> list[Row]:
    """The rows, each with what a query of its own finds: the fault n-plus-one."""
    found: list[Row] = []
    for row in rows:
        await asyncio.sleep(ROUND_TRIP)
        (more,) = await database_of(request).read(sql, row[key])
        found.append({**row, **more})
    return found
