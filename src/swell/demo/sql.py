"""One small interface over SQLite (embedded, the default) and PostgreSQL, for targets of load tests.

Rules: SQL is written once, in what both understand, with `?` for parameters and no other `?` or `%`. `read` runs a
query, `write` one statement (which may end in RETURNING); each write is its own transaction. Rows are plain
dictionaries. `open_database` raises ValueError for a URL that no database has, OSError for one that is not reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

__all__ = ["LARGEST_ID", "Database", "Row", "make_tables", "open_database"]

Row = dict[str, Any]

LARGEST_ID = 2**63 - 1  # of whole numbers in both databases
_POOL_SIZE = 10


class Database(Protocol):
    """An open database. `id_column` is the type of a primary key that numbers its rows from 1."""

    kind: str
    id_column: str

    async def read(self, sql: str, *values: object) -> list[Row]:
        """The rows of a query."""
        ...

    async def write(self, sql: str, *values: object) -> list[Row]:
        """Run one statement in a transaction of its own; the rows of its RETURNING."""
        ...

    async def write_many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run one statement with each of the rows, all in one transaction."""
        ...

    async def script(self, statements: Sequence[str]) -> None:
        """Run statements one after the other."""
        ...

    async def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        ...

    async def close(self) -> None:
        """Close all connections; a temporary database is gone then."""
        ...


async def open_database(url: str, name: str) -> Database:
    """An open database. `url`: postgresql://..., sqlite:///path, or empty for a temporary SQLite file.

    `name` is that of the target, for what it leaves to see: files and connections.
    """
    if url.startswith(("postgresql://", "postgres://")):
        return await _Postgres.open(url, name)
    if url and not url.startswith("sqlite:///"):
        raise ValueError(f"a database URL must begin with postgresql:// or sqlite:///, not {url!r}")
    try:
        return _Sqlite(url.removeprefix("sqlite:///"), name)
    except sqlite3.Error as error:
        raise OSError(f"{url}: {error}") from None


async def make_tables(database: Database, tables: Sequence[str], schema: str) -> None:
    """Drop these tables (those that refer to others first) and run a schema, with {id} for `id_column`."""
    await database.script([f"DROP TABLE IF EXISTS {table}" for table in tables])
    statements = schema.format(id=database.id_column).split(";")
    await database.script([statement for statement in statements if statement.strip()])


class _Sqlite:
    """Reads are short and run on the event loop; writes wait for the disk and run in one thread."""

    kind = "sqlite"
    id_column = "INTEGER PRIMARY KEY"

    def __init__(self, path: str, name: str) -> None:
        self._folder = None if path else tempfile.TemporaryDirectory(prefix=f"{name}-")
        self._path = path or str(Path(self._folder.name if self._folder else "") / f"{name}.sqlite3")
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

    async def write_many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        def run() -> None:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                self._writer.executemany(sql, rows)
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")

        await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def script(self, statements: Sequence[str]) -> None:
        for statement in statements:
            await self.write(statement)

    async def has_table(self, name: str) -> bool:
        return bool(await self.read("SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = ?", name))

    async def close(self) -> None:
        self._thread.shutdown(wait=True)
        self._reader.close()
        self._writer.close()
        if self._folder is not None:
            self._folder.cleanup()


class _Postgres:
    """A fixed pool of connections; who finds none free waits in line."""

    kind = "postgresql"
    id_column = "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._free: asyncio.Queue[Any] = asyncio.Queue()

    @classmethod
    async def open(cls, url: str, name: str) -> _Postgres:
        database = cls(url, name)
        try:
            for _ in range(_POOL_SIZE):
                database._free.put_nowait(await database._connect())
        except BaseException:
            await database.close()
            raise
        return database

    async def _connect(self) -> Any:
        """A new connection. OSError if there is none to be had."""
        try:
            import psycopg  # noqa: PLC0415 - optional
            from psycopg.rows import dict_row  # noqa: PLC0415 - optional
        except ImportError:
            raise ValueError("PostgreSQL needs one more package: pip install 'swell[postgres]'") from None
        connect: Any = psycopg.AsyncConnection.connect
        try:
            return await connect(self._url, autocommit=True, row_factory=dict_row, fallback_application_name=self._name)
        except psycopg.Error as error:
            raise OSError(str(error).strip()) from error

    async def read(self, sql: str, *values: object) -> list[Row]:
        async with self._connection() as connection:
            cursor = await connection.execute(sql.replace("?", "%s"), values)
            return await cursor.fetchall() if cursor.description else []

    write = read

    async def write_many(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        async with self._connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.executemany(sql.replace("?", "%s"), rows)

    async def script(self, statements: Sequence[str]) -> None:
        for statement in statements:
            await self.write(statement)

    async def has_table(self, name: str) -> bool:
        return bool(await self.read("SELECT 1 AS one WHERE to_regclass(?) IS NOT NULL", name))

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncGenerator[Any]:
        connection = await self._free.get()
        try:
            yield connection
        finally:
            # A connection that broke is replaced; if that fails too, the broken one keeps its place in the pool
            # and the next user finds out, so that the pool never shrinks.
            if connection.closed:
                with contextlib.suppress(OSError):
                    connection = await self._connect()
            self._free.put_nowait(connection)

    async def close(self) -> None:
        while not self._free.empty():
            await self._free.get_nowait().close()
