"""The application: all endpoints, behind the fault layer.

The API asks for no sign-in: the team's test calls it the way its gateway does, which has checked that already.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from . import admin, dashboard, feedback, health, interventions, sessions, tutors
from .cache import open_cache
from .database import open_database
from .faults import FaultLayer
from .schema import is_seeded, seed, set_indexes
from .web import explain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from .settings import Settings

__all__ = ["make_app"]

_PARTS = (admin, dashboard, feedback, health, interventions, sessions, tutors)


def make_app(settings: Settings) -> ASGIApp:
    """The ASGI application. An empty database is seeded when it starts; a filled one keeps its rows."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await open_database(settings.database_url)
        if not await is_seeded(database):
            await seed(database, settings)
        await set_indexes(database, wanted=settings.fault != "no-index")
        cache = open_cache(settings.redis_url)
        app.state.settings, app.state.database, app.state.cache = settings, database, cache
        try:
            yield
        finally:
            await cache.close()
            await database.close()

    routes = [route for part in _PARTS for route in part.routes]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: explain})
    return FaultLayer(app, settings.fault)
