"""The health probe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from swell.demo.web import probe

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def health(request: Request) -> Response:
    return await probe(request, "ok", "down")


routes = [Route("/api/health", health)]
