"""Between the page and the routes that a test adds to it (`web_ui`).

Rules: while a run goes on, the test in its process answers (in the first worker, or in the master where there are
several), otherwise the stand-in. `Relay` is called where runs are conducted; the route waits in the page's thread. The
page's own addresses are never the test's.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from swell.dialects.locust.web_stand_in import StandIn
from swell.dialects.locust.web_ui import WebAnswer, WebRequest
from swell.web.answers import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import Scope

    from swell.web.page import LivePage

__all__ = ["Relay", "TestRoutes"]

_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
_OWN = ("/page/", "/api/")
_LARGEST = 32 << 20
_PATIENCE = 30.0
_GONE = WebAnswer(503, [("Content-Type", "text/plain")], b"the run ended before the test answered\n")
# Of the connection to the application, not of the answer.
_HOP = frozenset({"connection", "content-length", "transfer-encoding"})


class Relay:
    """Hands requests to the test that runs. Called in the thread that conducts the runs."""

    def __init__(self, page: Callable[[], LivePage], arguments: Sequence[str]) -> None:
        self._page = page
        self._waiting: dict[int, Future[WebAnswer]] = {}
        self._next = 0
        self.stand_in = StandIn(arguments)
        self.here: Callable[[WebRequest], WebAnswer] | None = None
        """Answers in this process, until the next run; None where a worker has the routes, or nobody."""
        self.last: dict[tuple[str, str], WebAnswer] = {}
        """By path and query: what the test of the run that ended said last."""

    def ask(self, request: WebRequest) -> Future[WebAnswer] | None:
        """The answer of the test that runs; None if none does."""
        future: Future[WebAnswer] = Future()
        known = None
        if self.here is not None:
            known = self.here(request)
        elif not self._page().running and request.method == "GET":
            known = self.last.get((request.path, request.query))
        if known is not None:
            future.set_result(known)
            return future
        if not self._page().running:
            return None
        number = self._next = self._next + 1
        if not self._page().send(0, ("web", number, request, None)):
            return None
        self._waiting[number] = future
        return future

    def answered(self, number: int, answer: WebAnswer) -> None:
        """The worker has answered."""
        future = self._waiting.pop(number, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def begun(self) -> None:
        """A run begins: nothing of the one before is left."""
        self.here, self.last = None, {}

    def ended(self) -> None:
        """The run is over."""
        for number in list(self._waiting):
            self.answered(number, _GONE)

    def close(self) -> None:
        """The page is about to end."""
        self.ended()
        self.stand_in.close()


class TestRoutes(Route):
    """Every address that the page itself does not have."""

    __test__ = False

    def __init__(self, relay: Relay, page: Callable[[], LivePage]) -> None:
        super().__init__("/{path:path}", self._serve, methods=_METHODS)
        self._relay = relay
        self._page = page

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As `Route.matches`."""
        path = _path(scope)
        if path == "/" or path.startswith(_OWN):
            return Match.NONE, {}
        return super().matches(scope)

    async def _serve(self, request: Request) -> Response:
        plain = await _plain(request)
        future = await answer_of(self._page(), lambda: self._relay.ask(plain))
        if future is None:
            found = await asyncio.to_thread(self._relay.stand_in.ask, plain)
        else:
            try:
                found = await asyncio.wait_for(asyncio.wrap_future(future), _PATIENCE)
            except TimeoutError:
                raise HTTPException(504, f"the test did not answer within {_PATIENCE:.0f} s") from None
        response = Response(found.body, found.status)
        for name, value in found.headers:
            if name.lower() not in _HOP:
                response.headers.append(name, value)
        return response


def _path(scope: Any) -> str:
    """The path below that of the page."""
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


async def _plain(request: Request) -> WebRequest:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise HTTPException(413, "the body is too large")
    scope = request.scope
    client = request.client
    return WebRequest(
        request.method,
        _path(scope),
        request.url.query,
        list(request.headers.items()),
        body,
        scope.get("root_path", ""),
        request.url.scheme,
        client.host if client is not None else "127.0.0.1",
    )
