"""The command line: `python -m target serve|seed`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from swell.demo.target_cli import Target, run_target

from .app import make_app, seed_store
from .calls_queue import open_queue
from .settings import FAULTS, Settings
from .store import open_store
from .store_sql import SqlStore

if TYPE_CHECKING:
    from swell.demo.sql import Database

_WRONG_USE = 2


async def _seed(database: Database, settings: Settings) -> None:
    await SqlStore(database).seed(settings)


TARGET = Target(
    title="AI Calling Platform", settings=Settings(), faults=FAULTS, make_app=make_app, seed=_seed, port=3000
)


def main(arguments: list[str] | None = None) -> int:
    """As `run_target`, which knows nothing of MongoDB and of queues: they are looked at first."""
    given = sys.argv[1:] if arguments is None else arguments
    if "-h" not in given and "--help" not in given:
        try:
            settings = Settings().from_environment()
            asyncio.run(_check(settings))
            if settings.mongodb_url and given[:1] == ["seed"]:
                asyncio.run(seed_store(settings))
                return 0
        except (ValueError, OSError) as error:
            print(error, file=sys.stderr)
            return _WRONG_USE
    return run_target(TARGET, given)


async def _check(settings: Settings) -> None:
    """Whether the services that are named can be reached."""
    if settings.mongodb_url:
        await (await open_store(settings)).close()
    if settings.redis_url:
        queue = open_queue(settings.redis_url, settings.name)
        try:
            if not await queue.is_up():
                raise OSError("Redis is not reached: see REDIS_URL")
        finally:
            await queue.close()


if __name__ == "__main__":
    sys.exit(main())
