"""The health probe, and the audit of the bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from swell.demo.web import database_of, probe, reply

from .audit import audit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


async def health(request: Request) -> Response:
    return await probe(request, "ok", "down")


async def audited(request: Request) -> Response:
    """200 if the bookings are right, 500 if they are not."""
    findings = await audit(database_of(request))
    return reply(findings, 200 if findings.ok else 500)


routes = [Route("/health", health), Route("/health/audit", audited)]
