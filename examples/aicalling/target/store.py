"""What the service remembers: calls, imports and the contacts that they bring, in one of two kinds of database.

Rules: a call's status goes queued -> active -> completed or failed, and from failed back to queued; each step is one
conditional change, so that of two who try the same step one wins. Moments are milliseconds since 1970.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from swell.demo.sql import open_database

from .store_mongo import MongoStore
from .store_sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .settings import Settings

__all__ = ["Store", "open_store"]


class Store(Protocol):
    """An open database of the service."""

    kind: str

    async def is_empty(self) -> bool:
        """Whether it was never seeded."""
        ...

    async def seed(self, settings: Settings) -> None:
        """Drop what is there and fill anew."""
        ...

    async def is_up(self) -> bool:
        """Whether it answers."""
        ...

    async def add_calls(self, calls: Sequence[tuple[str, int]]) -> list[int]:
        """New queued calls, each a phone number and an agent; their ids, in order."""
        ...

    async def call(self, number: int) -> dict[str, Any] | None:
        """One call."""
        ...

    async def calls(self, status: str | None, limit: int, skip: int) -> list[dict[str, Any]]:
        """The newest calls (of a status)."""
        ...

    async def begin_call(self, number: int) -> int | None:
        """From queued to active; which attempt this is. None if the call was not queued."""
        ...

    async def end_call(self, number: int, status: str) -> None:
        """From active to completed or failed."""
        ...

    async def requeue_call(self, number: int) -> bool:
        """From failed to queued; whether the call was failed."""
        ...

    async def unfinished_calls(self) -> list[int]:
        """The ids of all that are queued or active, oldest first. Active ones are queued again."""
        ...

    async def add_import(self, file: str, total: int) -> int:
        """A new import, waiting; its id."""
        ...

    async def one_import(self, number: int) -> dict[str, Any] | None:
        """One import."""
        ...

    async def change_import(self, number: int, **changes: object) -> None:
        """Set some of an import's columns."""
        ...

    async def give_up_imports(self) -> None:
        """Those that a former process has left unfinished have failed."""
        ...

    async def add_contacts(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        """Contacts (name, phone) that an import brings."""
        ...

    async def count_contacts(self, number: int) -> int:
        """How many contacts an import has brought."""
        ...

    async def summary(self, since: int) -> dict[str, Any]:
        """Counts of calls since a moment, by status, and the mean time that completed ones took."""
        ...

    async def by_agent(self, since: int, agent: int | None = None) -> list[dict[str, Any]]:
        """The same for each agent, or for one."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


async def open_store(settings: Settings) -> Store:
    """The database that the settings name. ValueError for a URL that no database has, OSError if it is not reached."""
    if settings.mongodb_url:
        return await MongoStore.open(settings.mongodb_url, settings.name)
    return SqlStore(await open_database(settings.database_url, settings.name))
