"""The endpoints of stored runs and of the report so far. All of them only read.

Rules: what is heavy runs in a thread of the server. Status 404 for what there is not, 409 with words for a store that
cannot be read.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from swell.web.answers import NO_STORE, answer_of, attachment
from swell.web.archive import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from swell.web.archive import Archive
    from swell.web.page import LivePage

__all__ = ["archive_routes"]

T = TypeVar("T")


def archive_routes(page: LivePage) -> list[Route]:
    """The endpoints of one page; without an archive each answers 404."""
    found = _Endpoints(page)
    return [
        Route("/api/runs", found.runs),
        Route("/api/runs/{run}/{name}", found.file),
        Route("/api/compare", found.compare),
        Route("/api/compare/report.html", found.comparison_report),
        Route("/api/report-so-far.html", found.so_far),
    ]


class _Endpoints:
    def __init__(self, page: LivePage) -> None:
        self._page = page

    async def runs(self, request: Request) -> Response:
        """The newest runs."""
        del request
        archive = self._archive()
        return JSONResponse({"runs": await _apart(archive.runs)}, headers=NO_STORE)

    async def file(self, request: Request) -> Response:
        """A file of one run."""
        run, name = request.path_params["run"], request.path_params["name"]
        archive = self._archive()
        body = _found(await _apart(lambda: archive.file(run, name)), "there is no such run, or no such file of it")
        return attachment(body, name if name == "endpoints.csv" else f"{run}{Path(name).suffix}", name)

    async def compare(self, request: Request) -> Response:
        """Two runs."""
        archive, (base, new) = self._archive(), _two(request)
        found = _found(await _apart(lambda: archive.compare(base, new)), "there is no such run")
        return JSONResponse(found, headers=NO_STORE)

    async def comparison_report(self, request: Request) -> Response:
        """The report of the second run, with what changed since the first."""
        archive, (base, new) = self._archive(), _two(request)
        body = _found(await _apart(lambda: archive.comparison_report(base, new)), "there is no such run")
        return attachment(body, f"{new}-against-{base}.html", "report.html")

    async def so_far(self, request: Request) -> Response:
        """The report of the run that goes on."""
        del request
        archive = self._archive()
        facts = _found(await answer_of(self._page, self._page.so_far), "no run goes on that is stored")
        body = _found(await _apart(lambda: archive.so_far(facts)), "nothing of the run is stored yet: try again")
        return attachment(body, f"{facts.run_id}-so-far.html", "report.html")

    def _archive(self) -> Archive:
        if self._page.archive is None:
            raise HTTPException(404, "runs are not stored here")
        return self._page.archive


def _two(request: Request) -> tuple[str, str]:
    base, new = request.query_params.get("base", ""), request.query_params.get("new", "")
    if not base or not new or base == new:
        raise HTTPException(400, "name two runs: base=RUN&new=RUN")
    return base, new


def _found(what: T | None, otherwise: str) -> T:
    if what is None:
        raise HTTPException(404, otherwise)
    return what


async def _apart(job: Callable[[], T]) -> T:
    """In a thread: the page goes on meanwhile."""
    try:
        return await asyncio.to_thread(job)
    except ArchiveError as error:
        raise HTTPException(409, str(error)) from None
