"""The application: all endpoints behind the fault layer, and what works in the background while it is up."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from swell.demo.cache import open_cache
from swell.demo.web import explain

from . import analytics, calls, health, imports
from .calls_queue import open_queue
from .faults import BACKLOG, FaultLayer
from .importer import Importer
from .lines import Lines
from .store import open_store
from .web import Parts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import ASGIApp

    from .settings import Settings
    from .store import Store

__all__ = ["make_app", "seed_store"]

_PARTS = (analytics, calls, health, imports)


def make_app(settings: Settings) -> ASGIApp:
    """The ASGI application. An empty database is seeded when it starts; what a former process left is taken up."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        # What uses the others is closed before them.
        async with contextlib.AsyncExitStack() as opened:
            store = await open_store(settings)
            opened.push_async_callback(store.close)
            queue = open_queue(settings.redis_url, settings.name)
            opened.push_async_callback(queue.close)
            cache = open_cache(settings.redis_url, settings.name)
            opened.push_async_callback(cache.close)
            await _prepare(store, settings)
            await queue.restart(await store.unfinished_calls())
            lines = Lines(settings, store, queue)
            opened.push_async_callback(lines.close)
            importer = Importer(settings, store)
            opened.push_async_callback(importer.close)
            app.state.settings, app.state.cache = settings, cache
            app.state.parts = Parts(settings, store, queue, lines, importer)
            yield

    routes = [route for part in _PARTS for route in part.routes]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: explain})
    return FaultLayer(app, settings.fault)


async def seed_store(settings: Settings) -> None:
    """Drop what is in the database and fill it anew."""
    store = await open_store(settings)
    try:
        await store.seed(settings)
    finally:
        await store.close()


async def _prepare(store: Store, settings: Settings) -> None:
    if await store.is_empty():
        await store.seed(settings)
    await store.give_up_imports()
    if settings.fault == "backlog":
        await store.add_calls([("+15550000000", 1)] * BACKLOG)
