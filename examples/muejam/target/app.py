"""The application: all endpoints, behind the gate (who, how often) and the fault layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.demo.target_app import make_target_app

from . import auth, feed, health, library, profile, public, search, stories, whispers, writer
from .faults import FaultLayer
from .limiter import Gate
from .schema import seed_if_empty

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .settings import Settings

__all__ = ["make_app"]

_PARTS = (auth, feed, health, library, profile, public, search, stories, whispers, writer)


def make_app(settings: Settings) -> ASGIApp:
    """The ASGI application. An empty database is seeded when it starts; a filled one is left as it is."""
    app = make_target_app(settings, [route for part in _PARTS for route in part.routes], seed_if_empty)
    return Gate(FaultLayer(app, settings.fault), settings, app.state)
