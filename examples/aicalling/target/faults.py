"""Faults to find: `--fault NAME` breaks one thing on purpose (see settings.FAULTS)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from swell.demo.web import reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["BACKLOG", "FaultLayer"]

BACKLOG = 1_500  # calls that wait at the start of `backlog`
_SLOW_BY = 1.2
_ERROR_SHARE = 0.1


class FaultLayer:
    """ASGI wrapper for the faults that are not in one place of the code."""

    def __init__(self, app: ASGIApp, fault: str) -> None:
        self._app = app
        self._fault = fault
        self._draw = random.Random(7)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._fault == "slow":
                await asyncio.sleep(_SLOW_BY)
            elif self._fault == "errors" and self._draw.random() < _ERROR_SHARE:
                await reply({"error": "internal error"}, 500)(scope, receive, send)
                return
        await self._app(scope, receive, send)
