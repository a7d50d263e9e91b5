"""Faults that the demo service can be started with, one at a time: what load tests exist to find.

Rules: a fault changes what callers see and nothing else; without one, requests pass through untouched.
Health, audit and stats answer truthfully under every fault but `stall`. `oversell` is not here but in the
app, since it is a way of selling and not of answering. Times in seconds.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["FAULTS", "FaultLayer", "TokenBucket"]

FAULTS: dict[str, str] = {
    "slow": "searches take 300 ms longer",
    "errors": "one request in twenty ends in a 500",
    "leak": "each request keeps 64 KB and makes all later ones slower",
    "rate-limit": "beyond 50 requests per second callers get a 429",
    "oversell": "two people who book one seat at the same moment both get it",
    "stall": "the whole service freezes for a second now and then",
}

_EXEMPT = frozenset({"/health", "/audit", "/stats"})
_SLOW_BY = 0.3
_ERROR_SHARE = 0.05
_RATE = 50.0
_LEAK_BYTES = 64 * 1024
_LEAK_DELAY = 0.00015  # per request kept so far: 2,000 requests make every later one 300 ms slower
_LEAK_LIMIT = 8_000  # requests; 500 MB, so that a forgotten demo does not take the machine down


class TokenBucket:
    """At most `rate` per second in the long run, `burst` at once. The clock is the caller's."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def take(self, now: float) -> float:
        """0.0 if this request may pass, else the seconds until one could."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self._rate


class FaultLayer:
    """ASGI wrapper that counts requests and lets one fault loose; `fault` is a key of `FAULTS`, or empty.

    A stall lasts `stall_for`; the first comes `stall_first` after the first request, the next `stall_every`
    after the one before began.
    """

    def __init__(
        self,
        app: ASGIApp,
        fault: str = "",
        *,
        stall_first: float = 3.0,
        stall_every: float = 5.0,
        stall_for: float = 1.0,
    ) -> None:
        if fault and fault not in FAULTS:
            raise ValueError(f"unknown fault {fault!r}: choose one of {', '.join(FAULTS)}")
        self.fault = fault
        self.requests = 0
        self.stalls = 0
        self._stopping = False
        self._app = app
        self._draw = random.Random(7)
        self._bucket = TokenBucket(_RATE, _RATE)
        self._kept: list[bytes] = []
        self._stall_times = (stall_first, stall_every, stall_for)
        self._staller: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or spoil it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.requests += 1
        if self.fault:
            spoiled = await self._spoil(scope["path"])
            if spoiled is not None:
                await spoiled(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def stop(self) -> None:
        """End a stall that is under way, so that the service can end. From any thread."""
        self._stopping = True

    async def _spoil(self, path: str) -> JSONResponse | None:
        """Wait as long as the fault demands; a response if it answers in the app's place."""
        if self.fault == "stall" and self._staller is None:
            self._staller = asyncio.create_task(self._stall_now_and_then())
        if path in _EXEMPT:
            return None
        if self.fault == "slow" and path == "/search":
            await asyncio.sleep(_SLOW_BY)
        elif self.fault == "errors" and self._draw.random() < _ERROR_SHARE:
            return JSONResponse({"error": "internal error"}, 500)
        elif self.fault == "rate-limit":
            wait = self._bucket.take(time.monotonic())
            if wait > 0.0:
                return JSONResponse({"error": "too many requests"}, 429, {"Retry-After": str(max(1, round(wait)))})
        elif self.fault == "leak":
            if len(self._kept) < _LEAK_LIMIT:
                self._kept.append(b"x" * _LEAK_BYTES)
            await asyncio.sleep(len(self._kept) * _LEAK_DELAY)
        return None

    async def _stall_now_and_then(self) -> None:
        first, every, duration = self._stall_times
        await asyncio.sleep(first)
        while not self._stopping:
            self.stalls += 1
            end = time.monotonic() + duration
            # A blocked loop is the fault itself. In short steps: a signal still ends the service at once.
            while time.monotonic() < end and not self._stopping:
                time.sleep(0.02)
            await asyncio.sleep(max(0.0, every - duration))
