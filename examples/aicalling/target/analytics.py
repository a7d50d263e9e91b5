"""The dashboard's figures: calls of the last days, all together and by agent, kept for some seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from swell.demo.web import answer_cached, choice_of, reply

from .clock import DAY, now
from .web import require_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from .web import Parts

__all__ = ["routes"]

_RANGES = {"24h": 1, "7d": 7, "30d": 30}
_KEPT = 2.0  # seconds
_ROUND_TRIP = 0.03  # seconds per query of n-plus-one: a database that is not on the same machine


async def dashboard(request: Request) -> Response:
    parts = require_key(request)

    async def make(since: int) -> dict[str, Any]:
        if parts.settings.fault == "n-plus-one":
            await _one_by_one(parts, since)
        return {**_rated(await parts.store.summary(since)), "queueDepth": await _depth(parts)}

    return await _answer(request, "dashboard", parts, make)


async def agents(request: Request) -> Response:
    parts = require_key(request)

    async def make(since: int) -> dict[str, Any]:
        all_of_them = parts.settings.fault != "n-plus-one"
        rows = await parts.store.by_agent(since) if all_of_them else await _one_by_one(parts, since)
        return {"agents": [{"agentId": row.pop("agent"), **_rated(row)} for row in rows]}

    return await _answer(request, "agents", parts, make)


async def _answer(
    request: Request, name: str, parts: Parts, make: Callable[[int], Awaitable[dict[str, Any]]]
) -> Response:
    chosen = choice_of(request, "range", _RANGES) or "7d"

    async def made() -> dict[str, Any]:
        return {"range": chosen, **await make(now() - _RANGES[chosen] * DAY)}

    if parts.settings.fault == "n-plus-one":
        return reply(await made())
    return await answer_cached(request, f"{name}:{chosen}", _KEPT, made)


async def _one_by_one(parts: Parts, since: int) -> list[dict[str, Any]]:
    rows = list[dict[str, Any]]()
    for agent in range(1, parts.settings.agents + 1):
        await asyncio.sleep(_ROUND_TRIP)
        rows += await parts.store.by_agent(since, agent)
    return rows


async def _depth(parts: Parts) -> int | None:
    try:
        return await parts.queue.depth()
    except OSError:
        return None


def _rated(row: dict[str, Any]) -> dict[str, Any]:
    ended = row["completed"] + row["failed"]
    return {
        "calls": row["calls"],
        "completed": row["completed"],
        "failed": row["failed"],
        "successRate": round(row["completed"] / ended, 4) if ended else None,
        "meanDurationMs": row["mean_ms"],
    }


routes = [
    Route("/api/v1/analytics/dashboard", dashboard),
    Route("/api/v1/analytics/agents", agents),
]
