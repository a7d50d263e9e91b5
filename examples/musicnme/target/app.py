"""The application: all endpoints, behind the fault layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.demo.target_app import make_target_app

from . import attendance, auth, bookings, calendar, dashboard, health, slots, students
from .faults import FaultLayer
from .schema import prepare

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .settings import Settings

__all__ = ["make_app"]

_PARTS = (attendance, auth, bookings, calendar, dashboard, health, slots, students)


def make_app(settings: Settings) -> ASGIApp:
    """The ASGI application. An empty database is seeded when it starts; a filled one keeps its rows."""
    app = make_target_app(settings, [route for part in _PARTS for route in part.routes], prepare)
    return FaultLayer(app, settings.fault)
