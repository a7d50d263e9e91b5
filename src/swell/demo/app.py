"""The demo service: a box office with shows to browse and seats that can be sold once.

Rules: handlers translate between HTTP and `database.BoxOffice`, nothing more. Bad input is answered with 4xx
and one sentence. Booking under the fault `oversell` looks first and sells later, the classic mistake;
otherwise it is one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from swell.demo.database import SEATS_PER_SHOW, SHOWS, USERS, Booking, BoxOffice
from swell.demo.faults import FaultLayer

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from starlette.requests import Request

__all__ = ["PASSWORD", "make_app"]

PASSWORD = "swell"  # noqa: S105 - the demo's users all share it, and the load test must know it

_PAGE_SIZE = 20
_MOMENT = 0.025  # seconds between looking and selling under `oversell`
_encode = msgspec.json.encode


class _Credentials(msgspec.Struct):
    user: str
    password: str


class _Order(msgspec.Struct):
    show: int
    seat: int


def make_app(office: BoxOffice, threads: ThreadPoolExecutor, fault: str = "") -> FaultLayer:
    """The ASGI application over `office`; bookings run in `threads`. ValueError for an unknown fault."""
    service = _Service(office, threads, oversell=fault == "oversell")
    app = Starlette(routes=service.routes(), exception_handlers={HTTPException: _explain})
    layer = FaultLayer(app, fault)
    service.layer = layer
    return layer


class _Service:
    layer: FaultLayer

    def __init__(self, office: BoxOffice, threads: ThreadPoolExecutor, *, oversell: bool) -> None:
        self._office = office
        self._threads = threads
        self._oversell = oversell
        self._secret = secrets.token_bytes(32)

    def routes(self) -> list[Route]:
        return [
            Route("/health", self._health),
            Route("/shows", self._shows),
            Route("/shows/{show:int}", self._show),
            Route("/shows/{show:int}/next-seat", self._next_seat),
            Route("/search", self._search),
            Route("/login", self._login, methods=["POST"]),
            Route("/bookings", self._my_bookings, methods=["GET"]),
            Route("/bookings", self._book, methods=["POST"]),
            Route("/audit", self._audit),
            Route("/stats", self._stats),
        ]

    async def _health(self, _: Request) -> Response:
        return _json({"status": "ok"})

    async def _shows(self, request: Request) -> Response:
        page = _whole_number(request.query_params.get("page", "1"), "page")
        pages = -(-SHOWS // _PAGE_SIZE)
        if not 1 <= page <= pages:
            raise HTTPException(404, f"there are pages 1 to {pages}")
        return _json({"page": page, "pages": pages, "shows": self._office.page(page, _PAGE_SIZE)})

    async def _show(self, request: Request) -> Response:
        show = self._office.show(request.path_params["show"])
        if show is None:
            raise HTTPException(404, f"there are shows 1 to {SHOWS}")
        return _json(show)

    async def _next_seat(self, request: Request) -> Response:
        seat = self._office.next_seat(request.path_params["show"])
        if seat is None:
            raise HTTPException(410, "sold out")
        return _json({"seat": seat})

    async def _search(self, request: Request) -> Response:
        words = request.query_params.get("q", "").strip()
        if not words:
            raise HTTPException(400, "say what to look for: /search?q=opera")
        return _json({"shows": self._office.search(words)})

    async def _login(self, request: Request) -> Response:
        given = await _body(request, _Credentials)
        if not _is_user(given.user) or not hmac.compare_digest(given.password.encode(), PASSWORD.encode()):
            raise HTTPException(401, "unknown user or wrong password")
        return _json({"token": f"{given.user}.{self._sign(given.user)}"})

    async def _my_bookings(self, request: Request) -> Response:
        return _json({"bookings": self._office.bookings_of(self._user(request))})

    async def _book(self, request: Request) -> Response:
        user = self._user(request)
        order = await _body(request, _Order)
        if not (1 <= order.show <= SHOWS and 1 <= order.seat <= SEATS_PER_SHOW):
            raise HTTPException(404, f"there are shows 1 to {SHOWS} with seats 1 to {SEATS_PER_SHOW}")
        booking = await (self._sell_carelessly if self._oversell else self._sell)(order, user)
        if booking is None:
            raise HTTPException(409, "this seat is taken")
        return _json(booking, 201)

    async def _sell(self, order: _Order, user: str) -> Booking | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._office.book, order.show, order.seat, user)

    async def _sell_carelessly(self, order: _Order, user: str) -> Booking | None:
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(self._threads, self._office.is_taken, order.show, order.seat):
            return None
        await asyncio.sleep(_MOMENT)
        return await loop.run_in_executor(self._threads, self._office.sell, order.show, order.seat, user)

    async def _audit(self, _: Request) -> Response:
        return _json(self._office.audit())

    async def _stats(self, _: Request) -> Response:
        import psutil  # noqa: PLC0415 - only this endpoint needs it

        return _json(
            {
                "pid": os.getpid(),
                "fault": self.layer.fault,
                "requests": self.layer.requests,
                "stalls": self.layer.stalls,
                "memory_bytes": psutil.Process().memory_info().rss,
            }
        )

    def _user(self, request: Request) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        user, _, signature = token.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(user).encode()):
            raise HTTPException(401, "log in first: POST /login, then Authorization: Bearer <token>")
        return user

    def _sign(self, user: str) -> str:
        return hmac.new(self._secret, user.encode(), hashlib.sha256).hexdigest()


async def _explain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json({"error": error.detail}, error.status_code)


def _json(value: Any, status: int = 200) -> Response:
    return Response(_encode(value), status, media_type="application/json")


async def _body(request: Request, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.DecodeError as error:
        raise HTTPException(400, f"bad request body: {error}") from error


def _whole_number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise HTTPException(400, f"{name} must be a whole number")
    return int(text)


def _is_user(name: str) -> bool:
    """Users are user1 to user500."""
    found = re.fullmatch(r"user([1-9][0-9]{0,3})", name)
    return found is not None and int(found[1]) <= USERS
