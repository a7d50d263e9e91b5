"""Faults to find: `--fault NAME` breaks one thing on purpose (see settings.FAULTS)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from swell.demo.web import reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["CHECK_TO_ACT", "ROUND_TRIP", "FaultLayer"]

ROUND_TRIP = 0.005  # seconds per query of n-plus-one: a database that is not on the same machine
CHECK_TO_ACT = 0.05  # seconds between the look at a slot and its booking in oversell
_SLOW_BY = 3.0
_ERROR_SHARE = 0.1


class FaultLayer:
    """ASGI wrapper for the faults that are not in one place of the code."""

    def __init__(self, app: ASGIApp, fault: str) -> None:
        self._app = app
        self._fault = fault
        self._draw = random.Random(7)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._fault and scope["type"] == "http" and not scope["path"].startswith("/health"):
            if self._fault == "slow" and b"view=month" in scope["query_string"]:
                await asyncio.sleep(_SLOW_BY)
            elif self._fault == "errors" and self._draw.random() < _ERROR_SHARE:
                await reply({"error": "internal error"}, 500)(scope, receive, send)
                return
        await self._app(scope, receive, send)
