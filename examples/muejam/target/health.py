"""Probes for a load balancer: alive, and ready to serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from swell.demo.web import probe, reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def health(_: Request) -> Response:
    return reply({"status": "ok"})


async def ready(request: Request) -> Response:
    return await probe(request, "ready", "not ready")


routes = [Route("/health", health), Route("/health/ready", ready)]
