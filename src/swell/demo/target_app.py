"""The frame of a target: its settings, and an application that opens its database and cache when it starts.

Rules: settings are data, read from the environment once. The endpoints are the target's own; they find what they need
in the application's state: `settings`, `database`, `cache`.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from swell.demo.cache import open_cache
from swell.demo.sql import open_database
from swell.demo.web import explain

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
    from typing import Self

    from starlette.routing import BaseRoute

    from swell.demo.sql import Database

__all__ = ["TargetSettings", "make_target_app"]


@dataclass(frozen=True)
class TargetSettings:
    """What every target can be told. `name` is short and plain: files, keys and variables have it in theirs."""

    name: str
    database_url: str = ""
    redis_url: str = ""
    secret: str = "not-a-secret-only-for-load-tests"  # noqa: S105 - as it says
    fault: str = ""

    def from_environment(self) -> Self:
        """These, with DATABASE_URL, REDIS_URL and NAME_SECRET where they are set."""
        return replace(
            self,
            database_url=os.environ.get("DATABASE_URL", self.database_url),
            redis_url=os.environ.get("REDIS_URL", self.redis_url),
            secret=os.environ.get(f"{self.name.upper()}_SECRET", self.secret),
        )


Settings = TypeVar("Settings", bound=TargetSettings)


def make_target_app(
    settings: Settings, routes: Sequence[BaseRoute], prepare: Callable[[Database, Settings], Awaitable[None]]
) -> Starlette:
    """An application with these routes. `prepare` gets the database when it starts: to fill an empty one."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with contextlib.AsyncExitStack() as opened:
            database = await open_database(settings.database_url, settings.name)
            opened.push_async_callback(database.close)
            cache = open_cache(settings.redis_url, settings.name)
            opened.push_async_callback(cache.close)
            await prepare(database, settings)
            app.state.settings, app.state.database, app.state.cache = settings, database, cache
            yield

    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: explain})
