"""Lists of stories with their authors: the query behind the feed, search, library and public pages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from swell.demo.web import database_of

from .faults import ROUND_TRIP
from .web import PAGE_SIZE, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from swell.demo.sql import Row

__all__ = ["story_list"]

_FIELDS = "stories.id, stories.slug, stories.title, stories.blurb, stories.genre, stories.score"


async def story_list(
    request: Request,
    where: str,
    *values: object,
    join: str = "",
    order: str = "stories.score DESC, stories.id",
    page: int = 1,
) -> list[dict[str, Any]]:
    """One page of stories, each with its author's handle and name."""
    database = database_of(request)
    tail = f"{join} WHERE {where} ORDER BY {order} LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    if settings_of(request).fault == "n-plus-one":
        rows = await database.read(f"SELECT {_FIELDS}, stories.author FROM stories {tail}", *values)
        return [await _with_author(request, row) for row in rows]
    return await database.read(
        f"SELECT {_FIELDS}, users.handle AS author_handle, users.name AS author_name"
        f" FROM stories JOIN users ON users.id = stories.author {tail}",
        *values,
    )


async def _with_author(request: Request, story: Row) -> Row:
    await asyncio.sleep(ROUND_TRIP)
    (author,) = await database_of(request).read("SELECT handle, name FROM users WHERE id = ?", story.pop("author"))
    return {**story, "author_handle": author["handle"], "author_name": author["name"]}
