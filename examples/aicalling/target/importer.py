"""Works on imports in the background, some at a time, a batch of rows after the other, so that progress shows.

Rules: an import that was begun ends as completed or failed, whatever happens. Rows that cannot be taken are counted,
and the first of them described; the others are taken.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from .clock import now
from .csv_file import check_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .settings import Settings
    from .store import Store

__all__ = ["Importer"]

_LOG = logging.getLogger("aicalling.importer")
_BATCH = 50
_TOLD = 10  # errors of an import that are described
_ROUND_TRIP = 0.08  # seconds per row of slow-import: a database that is not on the same machine
_LOST = 100  # of so many rows lost-rows loses one


class Importer:
    """Takes imports until it is closed."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._free = asyncio.Semaphore(settings.importers)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """How many imports wait or are worked on."""
        return len(self._tasks)

    def take(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        """Import these rows, soon."""
        task = asyncio.create_task(self._run(number, rows))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        async with self._free:
            try:
                await self._store.change_import(number, status="processing", began_at=now())
                await self._import(number, rows)
                await self._store.change_import(number, status="completed", ended_at=now())
            except Exception as error:  # the background has nobody else to tell
                _LOG.exception("import %s", number)
                text = json.dumps([f"stopped: {error}"])
                await self._store.change_import(number, status="failed", errors=text, ended_at=now())

    async def _import(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        slow = self._settings.fault == "slow-import"
        size, pause = (1, _ROUND_TRIP) if slow else (_BATCH, _BATCH * self._settings.row_seconds)
        imported, errors = 0, list[str]()
        rejected = 0
        for begin in range(0, len(rows), size):
            await asyncio.sleep(pause)
            good = list[tuple[str, str]]()
            for line, row in enumerate(rows[begin : begin + size], begin + 2):  # line 1 is the header
                if wrong := check_row(row):
                    rejected += 1
                    errors += [f"line {line}: {wrong}"] if len(errors) < _TOLD else []
                elif self._settings.fault != "lost-rows" or line % _LOST:
                    good.append(row)
            await self._store.add_contacts(number, good)
            imported += len(good)
            await self._store.change_import(
                number,
                processed=min(begin + size, len(rows)),
                imported=imported,
                rejected=rejected,
                errors=json.dumps(errors),
            )

    async def close(self) -> None:
        """Stop; what is unfinished is marked as failed at the next start."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
