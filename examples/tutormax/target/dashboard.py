"""What the operations manager watches: the dashboard's figures, analytics by the hour, alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from swell.demo.web import answer_cached, choice_of, database_of, page_of, reply

from .lists import page_with_names
from .schema import ALERT_STATES
from .web import stamp

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]

_METRICS_KEPT = 5.0  # seconds
_ANALYTICS_KEPT = 30.0
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# What an alert's tutor did, each from the tutor's sessions.
_EVIDENCE = ", ".join(
    f"(SELECT {what} FROM sessions WHERE sessions.tutor = alerts.tutor) AS {name}"
    for name, what in {
        "sessions": "COUNT(*)",
        "no_shows": "COUNT(CASE WHEN status = 'no_show' THEN 1 END)",
        "rating": "CAST(AVG(rating) AS DOUBLE PRECISION)",
        "last_session_at": "MAX(starts_at)",
    }.items()
)


async def metrics(request: Request) -> Response:
    """The last hour, and what waits for somebody."""

    async def make() -> dict[str, Any]:
        database = database_of(request)
        now = datetime.now(UTC)
        (sessions,) = await database.read(
            "SELECT COUNT(*) AS sessions, COUNT(DISTINCT tutor) AS tutors,"
            " COUNT(CASE WHEN status = 'no_show' THEN 1 END) AS no_shows,"
            " CAST(AVG(rating) AS DOUBLE PRECISION) AS rating"
            " FROM sessions WHERE starts_at > ? AND starts_at <= ?",
            stamp(now - _HOUR),
            stamp(now),
        )
        (alerts,) = await database.read("SELECT COUNT(*) AS alerts FROM alerts WHERE status = 'active'")
        (waiting,) = await database.read("SELECT COUNT(*) AS waiting FROM interventions WHERE status = 'pending'")
        return {
            "sessions_last_hour": sessions["sessions"],
            "active_tutors": sessions["tutors"],
            "no_shows_last_hour": sessions["no_shows"],
            "average_rating": sessions["rating"],
            "active_alerts": alerts["alerts"],
            "pending_interventions": waiting["waiting"],
            "as_of": stamp(now),
        }

    return await answer_cached(request, "dashboard", _METRICS_KEPT, make)


async def analytics(request: Request) -> Response:
    """The last day, by hour and subject."""

    async def make() -> dict[str, Any]:
        now = datetime.now(UTC)
        rows = await database_of(request).read(
            "SELECT SUBSTR(starts_at, 1, 13) AS hour, subject, COUNT(*) AS sessions,"
            " COUNT(CASE WHEN status = 'completed' THEN 1 END) AS completed,"
            " CAST(AVG(rating) AS DOUBLE PRECISION) AS rating"
            " FROM sessions WHERE starts_at > ? AND starts_at <= ?"
            " GROUP BY SUBSTR(starts_at, 1, 13), subject ORDER BY hour, subject",
            stamp(now - _DAY),
            stamp(now),
        )
        return {"analytics": rows}

    return await answer_cached(request, "analytics", _ANALYTICS_KEPT, make)


async def alerts(request: Request) -> Response:
    """Newest first, each with what its tutor's sessions say about it."""
    status, page = choice_of(request, "status", ALERT_STATES), page_of(request)
    rows = await page_with_names(
        request,
        f"alerts.id, alerts.kind, alerts.severity, alerts.status, alerts.created_at, {_EVIDENCE}",
        "alerts",
        "tutor",
        ("WHERE alerts.status = ? " if status else "") + "ORDER BY alerts.created_at DESC, alerts.id",
        *([status] if status else []),
        page=page,
    )
    return reply({"page": page, "alerts": rows})


routes = [
    Route("/api/dashboard/metrics", metrics),
    Route("/api/performance/analytics", analytics),
    Route("/api/alerts", alerts),
]
