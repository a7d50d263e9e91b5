"""The pages and endpoints of the live page, as a Starlette application.

Rules: reading is GET, changing is POST with JSON. What needs the run is asked of the page (`answers`). All text in
answers is data: the browser's side escapes it.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from swell.web import frame
from swell.web.answers import NO_STORE, answer_of, attachment, form_of
from swell.web.archive import safe_cell
from swell.web.archive_routes import archive_routes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from swell.web.desk import Action
    from swell.web.page import LivePage
    from swell.web.server import Watchers

__all__ = ["make_app"]

_PAGES = Path(__file__).parent / "pages"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_COLUMNS = ("method", "name", "requests", "failed", "rate", "avg", "min", "p50", "p95", "p99", "max", "bytes")


def make_app(page: LivePage, watchers: Watchers, routes: Sequence[BaseRoute]) -> ASGIApp:
    """The application of one page."""
    endpoints = _Endpoints(page, watchers)
    own: list[BaseRoute] = [
        *routes,
        Route("/", endpoints.index),
        Route("/page/{name}", endpoints.asset),
        Route("/api/events", endpoints.events),
        Route("/api/endpoints.csv", endpoints.table),
        Route("/api/download/{name}", endpoints.download),
        *archive_routes(page),
        Route("/api/start", endpoints.start, methods=["POST"]),
        Route("/api/steer", endpoints.steer, methods=["POST"]),
        Route("/api/stop", endpoints.stop, methods=["POST"]),
    ]
    if page.base_path:
        own = [Mount(page.base_path, routes=own)]
    return Starlette(routes=own)


class _Endpoints:
    def __init__(self, page: LivePage, watchers: Watchers) -> None:
        self._page = page
        self._watchers = watchers

    async def index(self, request: Request) -> Response:
        del request
        return Response(_asset("index.html"), media_type="text/html", headers=NO_STORE)

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        try:
            body = _asset(name)
        except OSError:
            raise HTTPException(404) from None
        return Response(body, media_type=_TYPES[Path(name).suffix], headers={"Cache-Control": "no-cache"})

    async def events(self, request: Request) -> Response:
        del request
        self._page.look()
        return StreamingResponse(self._watchers.events(), media_type="text/event-stream", headers=NO_STORE)

    async def table(self, request: Request) -> Response:
        """All endpoints as CSV."""
        del request
        text = await answer_of(self._page, self._csv)
        return attachment(text.encode(), "endpoints.csv")

    async def download(self, request: Request) -> Response:
        name = request.path_params["name"]
        results = self._page.results
        body = None if results is None else await answer_of(self._page, lambda: results.file(name))
        if body is None:
            raise HTTPException(404, "there is no such file before the run has ended")
        return attachment(body, name)

    async def start(self, request: Request) -> Response:
        return await self._act(request, self._page.desk.start)

    async def steer(self, request: Request) -> Response:
        return await self._act(request, self._page.desk.steer)

    async def stop(self, request: Request) -> Response:
        del request
        return _told(await answer_of(self._page, self._page.stop))

    async def _act(self, request: Request, action: Action) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(415, "send JSON")
        values = await form_of(request)
        return _told(await answer_of(self._page, lambda: self._page.act(action, values)))

    def _csv(self) -> str:
        live = self._page.live
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(_COLUMNS)
        rows = [] if live is None else frame.endpoints(live, self._page.time_metric)
        writer.writerows([safe_cell(row[column]) for column in _COLUMNS] for row in rows)
        return text.getvalue()


def _told(trouble: str) -> Response:
    return JSONResponse({"ok": not trouble, "message": trouble}, 409 if trouble else 200)


@cache
def _asset(name: str) -> bytes:
    if Path(name).name != name or Path(name).suffix not in _TYPES:
        raise FileNotFoundError(name)
    return (_PAGES / name).read_bytes()
