"""Locust's HTTP endpoints, in its shapes, for the scripts that poll them.

Rules: `/stop` and `/stats/reset` take GET too, as Locust's did until 2.46, but only on a page without a token (which is
on loopback) and never for a page of another origin. Numbers are worked out where the run is conducted, and shared for
as long as Locust caches them.
"""

from __future__ import annotations

import csv
import io
import math
import time
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from swell.dialects.locust.console import sort_stats
from swell.dialects.locust.csv_files import StatsCSV
from swell.dialects.locust.stats_errors import StatsError
from swell.dialects.locust.tuning import tuned
from swell.web.answers import answer_of, form_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from swell.dialects.locust.page import PageDoor

__all__ = ["locust_routes"]

_CACHED = 2.0
_MOST = 500


def locust_routes(door: PageDoor) -> list[Route]:
    """The endpoints of one page."""
    found = _Endpoints(door)
    return [
        Route("/swarm", found.swarm, methods=["POST"]),
        Route("/stop", found.stop, methods=["GET", "POST"]),
        Route("/stats/reset", found.reset, methods=["GET", "POST"]),
        Route("/stats/requests", found.requests),
        Route("/stats/requests/csv", found.csv_of("requests_csv", "requests")),
        Route("/stats/failures/csv", found.csv_of("failures_csv", "failures")),
        Route("/exceptions/csv", found.csv_of("exceptions_csv", "exceptions")),
        Route("/exceptions", found.exceptions),
        Route("/stats/report", found.report),
        Route("/logs", found.logs),
        Route("/worker-count", found.worker_count),
    ]


class _Endpoints:
    def __init__(self, door: PageDoor) -> None:
        self._door = door
        self._cached: tuple[float, dict[str, Any]] = (-_CACHED, {})

    async def swarm(self, request: Request) -> Response:
        """Start a test, or change the one that runs."""
        values = await form_of(request)
        door = self._door
        running = door.page.running
        trouble = await answer_of(door.page, lambda: (door.steer if door.page.running else door.start)(values))
        if trouble:
            return JSONResponse({"success": False, "message": trouble, "host": values.get("host", "")})
        return JSONResponse(
            {
                "success": True,
                "message": "Swarming updated" if running else "Swarming started",
                "host": values.get("host") or door.default("host"),
                "run_time": values.get("run_time") or door.default("run_time"),
                "user_classes": values.get("user_classes", []),
            }
        )

    async def stop(self, request: Request) -> Response:
        """End the test."""
        self._may_change(request)
        trouble = await answer_of(self._door.page, self._door.page.stop)
        return JSONResponse({"success": not trouble, "message": trouble or "Test stopped"})

    async def reset(self, request: Request) -> Response:
        """Start Locust's statistics anew; the page's charts go on."""
        self._may_change(request)
        await answer_of(self._door.page, self._door.reset)
        self._cached = (-_CACHED, {})
        return PlainTextResponse("ok")

    async def requests(self, request: Request) -> Response:
        """The statistics."""
        del request
        at, found = self._cached
        if time.monotonic() - at >= _CACHED or not found:
            found = await answer_of(self._door.page, lambda: _statistics(self._door))
            self._cached = (time.monotonic(), found)
        return JSONResponse(found)

    def csv_of(self, rows: str, name: str) -> Callable[[Request], Any]:
        """A CSV file of Locust's."""

        async def answer(request: Request) -> Response:
            del request

            def write() -> str:
                text = io.StringIO(newline="")
                getattr(StatsCSV(self._door, tuned().PERCENTILES_TO_REPORT), rows)(csv.writer(text))
                return text.getvalue()

            body = await answer_of(self._door.page, write)
            filename = f"{name}_{time.time():.6f}.csv"
            headers = {"Content-Disposition": f"attachment;filename={filename}", "Cache-Control": "no-store"}
            return Response(body, media_type="text/csv", headers=headers)

        return answer

    async def exceptions(self, request: Request) -> Response:
        """What the test's own code raised."""
        del request
        found = await answer_of(self._door.page, lambda: list(self._door.exceptions.values()))
        rows = [{**row, "nodes": ", ".join(sorted(row["nodes"]))} for row in found]
        return JSONResponse({"exceptions": rows})

    async def report(self, request: Request) -> Response:
        """Our HTML report of the run that ended."""
        results = self._door.page.results
        body = None if results is None else await answer_of(self._door.page, lambda: results.file("report.html"))
        if body is None:
            raise HTTPException(404, "the report is there when the test has ended")
        headers = (
            {"Content-Disposition": "attachment;filename=report.html"} if "download" in request.query_params else {}
        )
        return Response(body, media_type="text/html", headers=headers)

    async def logs(self, request: Request) -> Response:
        """The log of the page."""
        del request
        lines = await answer_of(self._door.page, self._door.page.lines)
        return JSONResponse({"master": [text for _, _, text in lines], "workers": {}})

    async def worker_count(self, request: Request) -> Response:
        """How many workers run."""
        del request
        live = self._door.page.live
        return JSONResponse({"worker_count": 0 if live is None or live.workers < 2 else live.workers})

    def _may_change(self, request: Request) -> None:
        if request.method == "POST":
            return
        if self._door.page.token is not None or request.headers.get("sec-fetch-site", "none") not in {
            "same-origin",
            "none",
        }:
            raise HTTPException(405, "use POST")


def _statistics(door: PageDoor) -> dict[str, Any]:
    stats = door.stats
    with stats.hold():
        rows = [_row(entry) for entry in (*sort_stats(stats.entries)[:_MOST], stats.total)]
        total = stats.total
        errors = [
            {
                "method": error.method,
                "name": error.name,
                "error": StatsError.parse_error(error.error),
                "occurrences": error.occurrences,
                "first_seen": error.first_seen,
                "last_seen": error.last_seen,
            }
            for error in sort_stats(stats.errors)[:_MOST]
        ]
        percentiles = {
            f"response_time_percentile_{share}": total.get_current_response_time_percentile(share)
            for share in tuned().PERCENTILES_TO_CHART
        }
        found = {
            "stats": rows,
            "errors": errors,
            "total_rps": _finite(total.total_rps),
            "current_rps": _finite(total.current_rps),
            "total_fail_per_sec": _finite(total.total_fail_per_sec),
            "current_fail_per_sec": _finite(total.current_fail_per_sec),
            "fail_ratio": total.fail_ratio,
            "total_avg_response_time": total.avg_response_time,
            "current_response_time_percentiles": percentiles,
            "state": door.state,
            "user_count": door.user_count,
        }
    live = door.page.live
    if live is not None and live.workers > 1:
        found["workers"] = [
            {
                "id": f"worker-{index}",
                "state": door.state,
                "user_count": int(record.get("users", 0)),
                "cpu_usage": round(float(record.get("cpu", 0.0)) * 100, 1),
                "memory_usage": int(record.get("rss", 0)),
            }
            for index, record in sorted(live.health.latest.items())
        ]
        found["worker_count"] = live.workers
    return found


def _row(entry: Any) -> dict[str, Any]:
    return {
        "method": entry.method or None,
        "name": entry.name,
        "safe_name": entry.name,
        "num_requests": entry.num_requests,
        "num_failures": entry.num_failures,
        "min_response_time": entry.min_response_time or 0,
        "max_response_time": entry.max_response_time,
        "current_rps": _finite(entry.current_rps),
        "current_fail_per_sec": _finite(entry.current_fail_per_sec),
        "total_rps": _finite(entry.total_rps),
        "total_fail_per_sec": _finite(entry.total_fail_per_sec),
        "avg_response_time": entry.avg_response_time,
        "median_response_time": entry.median_response_time,
        **{
            f"response_time_percentile_{share}": entry.get_response_time_percentile(share)
            for share in tuned().PERCENTILES_TO_STATISTICS
        },
        "avg_content_length": entry.avg_content_length,
    }


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
