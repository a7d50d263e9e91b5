"""One small interface over SQLite (embedded, the default) and PostgreSQL.

Rules: SQL is written once, in what both understand, with `?` for parameters. `read` runs a query, `write` one
statement (which may end in RETURNING); each write is its own transaction. Rows are plain dictionaries.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Database", "Row", "open_database"]

Row = dict[str, Any]

_POOL_SIZE = 10


class Database(Protocol):
    kind: str

    async def read(self, sql: str, *values: object) -> list[Row]: ...

    async def write(self, sql: str, *values: object) -> list[Row]: ...

    async def write_many(self, sql: str, rows: list[tuple[object, ...]]) -> None: ...

    async def script(self, statements: list[str]) -> None: ...

    async def close(self) -> None: ...


async def open_database(url: str) -> Database:
    """An open database. `url`: postgresql://..., sqlite:///path, or empty for a temporary SQLite file."""
    if url.startswith(("postgresql://", "postgres://")):
        return await _Postgres.open(url)
    if url and not url.startswith("sqlite:///"):
        raise SystemExit(f"DATABASE_URL must begin with postgresql:// or sqlite:///, not {url!r}")
    return _Sqlite(url.removeprefix("sqlite:///"))


class _Sqlite:
    """Reads are short and run on the event loop; writes wait for the disk and run in one thread."""

    kind = "sqlite"

    def __init__(self, path: str) -> None:
        self._folder = None if path else tempfile.TemporaryDirectory(prefix="tutormax-")
        self._path = path or str(Path(self._folder.name if self._folder else "") / "tutormax.sqlite3")
        self._reader = self._connect()
        self._writer = self._connect()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -65536")  # KiB: all of it, since reads run on the event loop
        return connection

    async def read(self, sql: str, *values: object) -> list[Row]:
        return [dict(row) for row in self._reader.execute(sql, values)]

    async def write(self, sql: str, *values: object) -> list[Row]:
        def run() -> list[Row]:
            return [dict(row) for row in self._writer.execute(sql, values).fetchall()]

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def write_many(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        self._writer.executemany(sql, rows)
        self._writer.execute("COMMIT")

    async def script(self, statements: list[str]) -> None:
        for statement in statements:
            self._writer.execute(statement)

    async def close(self) -> None:
        self._thread.shutdown(wait=True)
        self._reader.close()
        self._writer.close()
        if self._folder is not None:
            self._folder.cleanup()


class _Postgres:
    """A fixed pool of connections; who finds none free waits in line."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: asyncio.Queue[Any] = asyncio.Queue()

    @classmethod
    async def open(cls, url: str) -> _Postgres:
        database = cls(url)
        for _ in range(_POOL_SIZE):
            database._free.put_nowait(await database._connect())
        return database

    async def _connect(self) -> Any:
        try:
            import psycopg  # noqa: PLC0415 - optional
            from psycopg.rows import dict_row  # noqa: PLC0415 - optional
        except ImportError:
            raise SystemExit("PostgreSQL needs one more package: pip install 'swell[postgres]'") from None
        return await psycopg.AsyncConnection.connect(self._url, autocommit=True, row_factory=dict_row)

    async def read(self, sql: str, *values: object) -> list[Row]:
        connection = await self._free.get()
        try:
            cursor = await connection.execute(sql.replace("?", "%s"), values)
            return await cursor.fetchall() if cursor.description else []
        finally:
            await self._give_back(connection)

    write = read

    async def write_many(self, sql: str, rows: list[tuple[object, ...]]) -> None:
        connection = await self._free.get()
        try:
            async with connection.transaction(), connection.cursor() as cursor:
                await cursor.executemany(sql.replace("?", "%s"), rows)
        finally:
            await self._give_back(connection)

    async def script(self, statements: list[str]) -> None:
        for statement in statements:
            await self.write(statement)

    async def _give_back(self, connection: Any) -> None:
        # A connection that broke is replaced; if that fails too, the broken one keeps its place in the pool
        # and the next user finds out, so that the pool never shrinks.
        if connection.closed:
            try:
                connection = await self._connect()
            except OSError:
                pass
            except Exception as error:
                if type(error).__module__.partition(".")[0] != "psycopg":
                    raise
        self._free.put_nowait(connection)

    async def close(self) -> None:
        while not self._free.empty():
            await self._free.get_nowait().close()
