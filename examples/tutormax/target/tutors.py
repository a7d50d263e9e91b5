"""Tutors: who they are, how they do, their sessions, and what is recommended to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.routing import Route

from swell.demo.web import choice_of, database_of, id_of, page_of, reply

from .lists import page_with_names, read_each
from .web import PAGE_SIZE, settings_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from swell.demo.sql import Row

__all__ = ["recommend", "routes"]

_FIELDS = "tutors.id, tutors.name, tutors.email, tutors.subject"
# Of one tutor's sessions; the index on tutor makes each a look at about a hundred rows.
_METRICS = {
    "sessions": "COUNT(*)",
    "completed": "COUNT(CASE WHEN status = 'completed' THEN 1 END)",
    "no_shows": "COUNT(CASE WHEN status = 'no_show' THEN 1 END)",
    "rating": "CAST(AVG(rating) AS DOUBLE PRECISION)",
}
_METRICS_QUERY = (
    f"SELECT {', '.join(f'{what} AS {name}' for name, what in _METRICS.items())} FROM sessions WHERE tutor = ?"
)


async def listing(request: Request) -> Response:
    page = page_of(request)
    database = database_of(request)
    tail = f"FROM tutors ORDER BY tutors.name, tutors.id LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    if choice_of(request, "include_metrics", ("true", "false")) != "true":
        rows = await database.read(f"SELECT {_FIELDS} {tail}")
    elif settings_of(request).fault == "n-plus-one":
        rows = await database.read(f"SELECT {_FIELDS} {tail}")
        rows = await read_each(request, rows, _METRICS_QUERY, "id")
    else:
        metrics = ", ".join(
            f"(SELECT {what} FROM sessions WHERE sessions.tutor = tutors.id) AS {name}"
            for name, what in _METRICS.items()
        )
        rows = await database.read(f"SELECT {_FIELDS}, {metrics} {tail}")
    return reply({"page": page, "tutors": rows})


async def one(request: Request) -> Response:
    return reply({**await _tutor(request), **await _metrics(request)})


async def sessions(request: Request) -> Response:
    """The latest first."""
    await _tutor(request)
    page = page_of(request)
    rows = await page_with_names(
        request,
        "sessions.id, sessions.subject, sessions.starts_at, sessions.minutes, sessions.status, sessions.rating",
        "sessions",
        "student",
        "WHERE sessions.tutor = ? ORDER BY sessions.starts_at DESC, sessions.id",
        id_of(request, "tutor"),
        page=page,
    )
    return reply({"page": page, "sessions": rows})


async def recommendations(request: Request) -> Response:
    await _tutor(request)
    return reply({"recommendations": recommend(await _metrics(request))})


def recommend(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """What a tutor with these metrics should do."""
    sessions, rating = metrics["sessions"], metrics["rating"]
    found: list[dict[str, str]] = []
    if sessions and metrics["no_shows"] / sessions > 0.08:
        found.append({"kind": "reminders", "text": "Send students a reminder the evening before."})
    if rating is not None and rating < 3.8:
        found.append({"kind": "mentoring", "text": "Sit in on two sessions of an experienced tutor."})
    if sessions and metrics["completed"] / sessions > 0.85 and (rating or 0) >= 4.0:
        found.append({"kind": "recognition", "text": "Offer to mentor new tutors."})
    return found or [{"kind": "none", "text": "Keep going."}]


async def _tutor(request: Request) -> Row:
    rows = await database_of(request).read(f"SELECT {_FIELDS} FROM tutors WHERE id = ?", id_of(request, "tutor"))
    if not rows:
        raise HTTPException(404, "no such tutor")
    return rows[0]


async def _metrics(request: Request) -> Row:
    (row,) = await database_of(request).read(_METRICS_QUERY, id_of(request, "tutor"))
    return row


routes = [
    Route("/api/tutors", listing),
    Route("/api/tutors/{tutor:int}", one),
    Route("/api/tutors/{tutor:int}/sessions", sessions),
    Route("/api/tutors/{tutor:int}/recommendations", recommendations),
]
