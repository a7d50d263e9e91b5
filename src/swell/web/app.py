"""The pages and endpoints of the live page, as a Starlette application.

Rules: reading is GET, changing is POST with JSON. What needs the run is asked of the page and awaited; where no answer
comes in time the status is 503. All text in answers is data: the browser's side escapes it.
"""

from __future__ import annotations

import asyncio
import csv
import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from swell.web import frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from swell.web.page import LivePage
    from swell.web.server import Watchers

__all__ = ["answer_of", "form_of", "make_app"]

T = TypeVar("T")

_PAGES = Path(__file__).parent / "pages"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_PATIENCE = 20.0
_LARGEST_FORM = 1 << 20
_NO_STORE = {"Cache-Control": "no-store"}
_KINDS = {".html": "text/html; charset=utf-8", ".json": "application/json", ".xml": "application/xml"}
_COLUMNS = ("method", "name", "requests", "failed", "rate", "avg", "min", "p50", "p95", "p99", "max", "bytes")


async def answer_of(page: LivePage, job: Callable[[], T]) -> T:
    """What `job` returns, done where the run is conducted; status 503 if that does not answer."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(page.ask(job)), _PATIENCE)
    except TimeoutError:
        raise HTTPException(503, "the run does not answer") from None


async def form_of(request: Request) -> dict[str, Any]:
    """The values of a form: JSON, or as browsers send forms. A name that comes several times is a list."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise HTTPException(413, "the form is too large")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return msgspec.json.decode(body, type=dict[str, Any]) if body else {}
        if kind == "multipart/form-data":
            return _parts(request.headers["content-type"], body)
        return _pairs(body.decode())
    except (ValueError, msgspec.MsgspecError) as error:
        raise HTTPException(400, f"the form cannot be read: {error}") from None


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
        return Response(_asset("index.html"), media_type="text/html", headers=_NO_STORE)

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
        return StreamingResponse(self._watchers.events(), media_type="text/event-stream", headers=_NO_STORE)

    async def table(self, request: Request) -> Response:
        """All endpoints as CSV."""
        del request
        text = await answer_of(self._page, self._csv)
        return _attachment(text.encode(), "text/csv", "endpoints.csv")

    async def download(self, request: Request) -> Response:
        name = request.path_params["name"]
        results = self._page.results
        body = None if results is None else await answer_of(self._page, lambda: results.file(name))
        if body is None:
            raise HTTPException(404, "there is no such file before the run has ended")
        return _attachment(body, _KINDS.get(Path(name).suffix, "text/plain; charset=utf-8"), name)

    async def start(self, request: Request) -> Response:
        return await self._act(request, self._page.desk.start)

    async def steer(self, request: Request) -> Response:
        return await self._act(request, self._page.desk.steer)

    async def stop(self, request: Request) -> Response:
        del request
        return _told(await answer_of(self._page, self._page.stop))

    async def _act(self, request: Request, action: Callable[[Mapping[str, Any]], str]) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise HTTPException(415, "send JSON")
        values = await form_of(request)
        return _told(await answer_of(self._page, lambda: action(values)))

    def _csv(self) -> str:
        live = self._page.live
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(_COLUMNS)
        rows = [] if live is None else frame.endpoints(live, self._page.time_metric)
        writer.writerows([_safe(row[column]) for column in _COLUMNS] for row in rows)
        return text.getvalue()


def _told(trouble: str) -> Response:
    return JSONResponse({"ok": not trouble, "message": trouble}, 409 if trouble else 200)


def _attachment(body: bytes, kind: str, name: str) -> Response:
    headers = {**_NO_STORE, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers={**headers, "Content-Type": kind})


def _safe(value: Any) -> Any:
    """No cell that a spreadsheet would take for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t"}:
        return f"'{value}"
    return "" if value is None else value


@cache
def _asset(name: str) -> bytes:
    if Path(name).name != name or Path(name).suffix not in _TYPES:
        raise FileNotFoundError(name)
    return (_PAGES / name).read_bytes()


def _pairs(text: str) -> dict[str, Any]:
    from urllib.parse import parse_qs  # noqa: PLC0415 - one call

    found = parse_qs(text, keep_blank_values=True, max_num_fields=1000)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _parts(content_type: str, body: bytes) -> dict[str, Any]:
    """The fields of a multipart form, as curl -F sends them; files are read like texts."""
    from email import message_from_bytes  # noqa: PLC0415 - rare

    message = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    found: dict[str, Any] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            text = data.decode()
            if name in found:
                known = found[name]
                found[name] = [*cast("list[Any]", known), text] if isinstance(known, list) else [known, text]
            else:
                found[name] = text
    return found
