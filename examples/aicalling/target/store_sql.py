"""The store on SQLite (embedded, the default) or PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.demo.sql import make_tables

from .clock import now
from .rows import seeded_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.demo.sql import Database, Row

    from .settings import Settings

__all__ = ["SqlStore"]

_TABLES = ("contacts", "imports", "calls")
_SCHEMA = """
CREATE TABLE calls (id {id}, phone TEXT NOT NULL, agent INTEGER NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_at BIGINT NOT NULL, began_at BIGINT, ended_at BIGINT);
CREATE TABLE imports (id {id}, file TEXT NOT NULL, status TEXT NOT NULL, total INTEGER NOT NULL,
    processed INTEGER NOT NULL, imported INTEGER NOT NULL, rejected INTEGER NOT NULL, errors TEXT NOT NULL,
    created_at BIGINT NOT NULL, began_at BIGINT, ended_at BIGINT);
CREATE TABLE contacts (id {id}, import_id BIGINT NOT NULL REFERENCES imports (id), name TEXT NOT NULL,
    phone TEXT NOT NULL);
CREATE INDEX calls_by_status ON calls (status, id);
CREATE INDEX calls_by_time ON calls (created_at, agent, status, began_at, ended_at);
CREATE INDEX contacts_by_import ON contacts (import_id)
"""
_COUNTS = (
    "COUNT(*) AS calls, COALESCE(SUM(CASE WHEN status = 'completed' THEN 1 ELSE 0 END), 0) AS completed,"
    " COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0) AS failed,"
    " COALESCE(AVG(CASE WHEN status = 'completed' THEN ended_at - began_at END), 0) AS mean_ms"
)
_IMPORT_COLUMNS = {"status", "processed", "imported", "rejected", "errors", "began_at", "ended_at"}


class SqlStore:
    """See `store.Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.kind = database.kind

    async def is_empty(self) -> bool:
        return not await self._database.has_table("calls")

    async def seed(self, settings: Settings) -> None:
        await make_tables(self._database, _TABLES, _SCHEMA)
        await self._database.write_many(
            "INSERT INTO calls (phone, agent, status, attempts, created_at, began_at, ended_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            list(seeded_calls(settings, now())),
        )
        await self._database.script(["ANALYZE"])

    async def is_up(self) -> bool:
        try:
            return bool(await self._database.read("SELECT 1 AS one"))
        except Exception:  # whatever a driver raises means the same to a load balancer
            return False

    async def add_calls(self, calls: Sequence[tuple[str, int]]) -> list[int]:
        marks = ", ".join(["(?, ?, 'queued', 0, ?)"] * len(calls))
        moment = now()
        rows = await self._database.write(
            f"INSERT INTO calls (phone, agent, status, attempts, created_at) VALUES {marks} RETURNING id",
            *(value for phone, agent in calls for value in (phone, agent, moment)),
        )
        return [row["id"] for row in rows]

    async def call(self, number: int) -> Row | None:
        rows = await self._database.read("SELECT * FROM calls WHERE id = ?", number)
        return rows[0] if rows else None

    async def calls(self, status: str | None, limit: int, skip: int) -> list[Row]:
        where, values = ("WHERE status = ?", [status]) if status else ("", [])
        return await self._database.read(
            f"SELECT * FROM calls {where} ORDER BY id DESC LIMIT ? OFFSET ?", *values, limit, skip
        )

    async def begin_call(self, number: int) -> int | None:
        rows = await self._database.write(
            "UPDATE calls SET status = 'active', attempts = attempts + 1, began_at = ?, ended_at = NULL"
            " WHERE id = ? AND status = 'queued' RETURNING attempts",
            now(),
            number,
        )
        return rows[0]["attempts"] if rows else None

    async def end_call(self, number: int, status: str) -> None:
        await self._database.write(
            "UPDATE calls SET status = ?, ended_at = ? WHERE id = ? AND status = 'active'", status, now(), number
        )

    async def requeue_call(self, number: int) -> bool:
        return bool(
            await self._database.write(
                "UPDATE calls SET status = 'queued' WHERE id = ? AND status = 'failed' RETURNING id", number
            )
        )

    async def unfinished_calls(self) -> list[int]:
        await self._database.write("UPDATE calls SET status = 'queued' WHERE status = 'active'")
        rows = await self._database.read("SELECT id FROM calls WHERE status = 'queued' ORDER BY id")
        return [row["id"] for row in rows]

    async def add_import(self, file: str, total: int) -> int:
        (row,) = await self._database.write(
            "INSERT INTO imports (file, status, total, processed, imported, rejected, errors, created_at)"
            " VALUES (?, 'waiting', ?, 0, 0, 0, '[]', ?) RETURNING id",
            file,
            total,
            now(),
        )
        return row["id"]

    async def one_import(self, number: int) -> Row | None:
        rows = await self._database.read("SELECT * FROM imports WHERE id = ?", number)
        return rows[0] if rows else None

    async def change_import(self, number: int, **changes: object) -> None:
        assert changes.keys() <= _IMPORT_COLUMNS
        columns = ", ".join(f"{name} = ?" for name in changes)
        await self._database.write(f"UPDATE imports SET {columns} WHERE id = ?", *changes.values(), number)

    async def give_up_imports(self) -> None:
        await self._database.write(
            "UPDATE imports SET status = 'failed', errors = '[\"the service was ended meanwhile\"]', ended_at = ?"
            " WHERE status IN ('waiting', 'processing')",
            now(),
        )

    async def add_contacts(self, number: int, rows: Sequence[tuple[str, str]]) -> None:
        await self._database.write_many(
            "INSERT INTO contacts (import_id, name, phone) VALUES (?, ?, ?)", [(number, *row) for row in rows]
        )

    async def count_contacts(self, number: int) -> int:
        (row,) = await self._database.read("SELECT COUNT(*) AS many FROM contacts WHERE import_id = ?", number)
        return row["many"]

    async def summary(self, since: int) -> dict[str, Any]:
        (row,) = await self._database.read(f"SELECT {_COUNTS} FROM calls WHERE created_at >= ?", since)
        return _plain(row)

    async def by_agent(self, since: int, agent: int | None = None) -> list[dict[str, Any]]:
        only, values = ("", []) if agent is None else (" AND agent = ?", [agent])
        rows = await self._database.read(
            f"SELECT agent, {_COUNTS} FROM calls WHERE created_at >= ?{only} GROUP BY agent ORDER BY agent",
            since,
            *values,
        )
        return [_plain(row) for row in rows]

    async def close(self) -> None:
        await self._database.close()


def _plain(row: Row) -> Row:
    """With whole milliseconds: PostgreSQL's mean of whole numbers is a decimal."""
    return {**row, "mean_ms": round(row["mean_ms"])}
