"""The application: all endpoints, behind the gate (who, how often) and the fault layer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from . import auth, feed, health, library, profile, public, search, stories, whispers, writer
from .cache import open_cache
from .database import open_database
from .faults import FaultLayer
from .limiter import Gate
from .schema import is_seeded, seed
from .web import explain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp

    from .settings import Settings

__all__ = ["make_app"]

_PARTS = (auth, feed, health, library, profile, public, search, stories, whispers, writer)


def make_app(settings: Settings) -> ASGIApp:
    """The ASGI application. An empty database is seeded when it starts; a filled one is left as it is."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await open_database(settings.database_url)
        if not await is_seeded(database):
            await seed(database, settings)
        cache = open_cache(settings.redis_url)
        app.state.settings, app.state.database, app.state.cache = settings, database, cache
        gate.cache = cache
        try:
            yield
        finally:
            await cache.close()
            await database.close()

    routes = [route for part in _PARTS for route in part.routes]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: explain})
    gate = Gate(FaultLayer(app, settings.fault), settings)
    return gate
