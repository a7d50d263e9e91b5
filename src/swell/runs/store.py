"""The run store: every run, with all that was measured in it, in SQLite or PostgreSQL.

Rules: `.swell/runs.db` in the project unless a URL says otherwise; the folder keeps itself out of git. What is wrong is
a StoreError in words. A run without a record (it goes on, or was killed) is read like any other: its record is made
of what is there. Imports SQLAlchemy when a store is opened, not before.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swell.coordinator.state import Outcome
from swell.metrics.snapshot import SnapshotError
from swell.metrics.store import MetricStore
from swell.model.units import plural
from swell.runs.reading import read_plan, read_run
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from swell.runs.record import Run
    from swell.runs.writer import RunHead

__all__ = ["DEFAULT_STORE", "RunStore", "StoreError", "StoredRun", "open_store", "sqlite_path"]

DEFAULT_STORE = Path(".swell") / "runs.db"
UNFINISHED = "the run was cut off, or still goes on: this is what was stored of it"


class StoreError(ValueError):
    """The message is for people."""

    for_people = True


class StoredRun(msgspec.Struct, kw_only=True):
    """One run of a store, as its list shows it. `ended` and `verdict` are empty until it is over."""

    id: str
    name: str
    file: str
    target: str
    started: float
    ended: float | None = None
    verdict: str = ""
    commit: str = ""
    plan_hash: str = ""
    tags: dict[str, str] = {}
    baselines: list[str] = []

    @property
    def finished(self) -> bool:
        """Whether its record is there."""
        return self.ended is not None


def open_store(url: str | None = None) -> RunStore:
    """The store at a URL (postgresql://..., sqlite:///PATH, or a path), or the project's own. Raises StoreError."""
    try:
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy, and only who stores needs it

        try:
            return RunStore(url or str(DEFAULT_STORE))
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"the store {_shown(url)} cannot be opened: {_reason(error)}") from None
    except ImportError as error:
        raise StoreError(f"the store {_shown(url)} needs a package that is not installed: {error}") from None


def sqlite_path(url: str) -> Path | None:
    """The file that the URL of a store names; None if it names a server, or nothing that could be a store."""
    path = url.removeprefix("sqlite:///")
    return None if "://" in path else Path(path)


class RunStore:
    """An open store. Its methods raise StoreError, and sqlalchemy's errors when the database fails meanwhile."""

    def __init__(self, url: str) -> None:
        import sqlalchemy as sa  # noqa: PLC0415 - see the module's rules

        from swell.runs import schema  # noqa: PLC0415 - imports SQLAlchemy

        self._sa = sa
        self._tables = schema
        self.place, address = _address(url)
        self._engine = sa.create_engine(address)
        if self._engine.dialect.name == "sqlite":
            sa_event: Any = importlib.import_module("sqlalchemy.event")
            sa_event.listen(self._engine, "connect", _prepare_sqlite)
        schema.metadata.create_all(self._engine)
        with self._engine.begin() as connection:
            found = connection.execute(sa.select(schema.versions.c.version)).scalar()
            if found is None:
                connection.execute(schema.versions.insert().values(version=schema.VERSION))
            elif found != schema.VERSION:
                raise StoreError(
                    f"{self.place} was written by another version of Swell (store version {found}, this one has "
                    f"{schema.VERSION}): use that version, or another store"
                )

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # Writing (what `writer.RunWriter` calls)

    def begin(self, head: RunHead) -> None:
        """A run begins."""
        row = msgspec.to_builtins(head, builtin_types=(bytes,))
        tags = row.pop("tags")
        with self._engine.begin() as connection:
            connection.execute(self._tables.runs.insert().values(**row))
            self._put_tags(connection, head.id, tags)

    def add(self, run_id: str, rows: Sequence[tuple[int, bytes]]) -> None:
        """Snapshots of workers."""
        with self._engine.begin() as connection:
            connection.execute(
                self._tables.snapshots.insert(),
                [{"run": run_id, "worker": worker, "data": data} for worker, data in rows],
            )

    def finish(self, run: Run) -> None:
        """The run is over."""
        runs = self._tables.runs
        with self._engine.begin() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.id == run.id)
                .values(
                    started=run.started,
                    ended=run.ended,
                    verdict=run.verdict,
                    exit_code=run.exit_code,
                    record=msgspec.json.encode(run),
                )
            )

    # Reading

    def list(
        self,
        *,
        file: str = "",
        verdict: str = "",
        tag: tuple[str, str] | None = None,
        since: float | None = None,
        limit: int | None = None,
    ) -> list[StoredRun]:
        """Runs, the newest first; `file` is a part of the file's name, `since` a wall-clock time."""
        sa, runs, tags = self._sa, self._tables.runs, self._tables.tags
        query = sa.select(*self._listed()).order_by(runs.c.started.desc(), runs.c.id.desc())
        if file:
            query = query.where(runs.c.file.contains(file, autoescape=True))
        if verdict:
            query = query.where(runs.c.verdict == verdict.upper())
        if since is not None:
            query = query.where(runs.c.started >= since)
        if tag is not None:
            key, value = tag
            query = query.where(runs.c.id.in_(sa.select(tags.c.run).where(tags.c.key == key, tags.c.value == value)))
        if limit is not None:
            query = query.limit(limit)
        with self._engine.connect() as connection:
            return self._described(connection, connection.execute(query).mappings().all())

    def find(self, ref: str) -> StoredRun:
        """The run that `ref` means: an id, the beginning of one, `last`, `last~N`, `key=value`, `baseline[:NAME]`."""
        if ref == "last" or ref.startswith("last~"):
            steps = ref.partition("~")[2] or "0"
            if not steps.isdigit():
                raise StoreError(f"{ref}: give a number after ~, such as last~1")
            found = self.list(limit=int(steps) + 1)
            if len(found) <= int(steps):
                raise StoreError(f"{ref}: {self.place} has only {plural(len(found), 'run')}")
            return found[-1]
        if ref == "baseline" or ref.startswith("baseline:"):
            return self._baseline(ref.partition(":")[2] or "default")
        if "=" in ref:
            key, _, value = ref.partition("=")
            found = self.list(tag=(key, value), limit=1)
            if not found:
                raise StoreError(f"no run in {self.place} has the tag {ref}")
            return found[0]
        return self._by_id(ref)

    def run(self, stored: StoredRun) -> Run:
        """The record; of a run without one, what can be said from what is there."""
        runs = self._tables.runs
        with self._engine.connect() as connection:
            row = connection.execute(
                self._sa.select(runs.c.record, runs.c.plan, runs.c.workers, runs.c.command).where(
                    runs.c.id == stored.id
                )
            ).one()
        if row.record is not None:
            try:
                return read_run(row.record)
            except msgspec.MsgspecError as error:
                raise StoreError(f"the record of {stored.id} cannot be read: {error}") from None
        with self.metrics(stored) as metrics:
            seconds = metrics.seconds
            metrics.finish(seconds)
            outcome = Outcome(
                started=stored.started,
                ended=stored.started + seconds,
                duration=seconds,
                interrupted=True,
                stop_reason=UNFINISHED,
            )
            plan = read_plan(row.plan)
            return summarize(
                plan, metrics, outcome, run_id=stored.id, workers=row.workers, command=row.command.split("\n")
            )

    def records(self, run_ids: Sequence[str]) -> dict[str, bytes]:
        """The records of these runs as they were written (JSON of `Run`), of those that have one; for lists."""
        runs = self._tables.runs
        query = self._sa.select(runs.c.id, runs.c.record).where(runs.c.id.in_(list(run_ids)))
        with self._engine.connect() as connection:
            return {row.id: bytes(row.record) for row in connection.execute(query) if row.record is not None}

    @contextlib.contextmanager
    def metrics(self, stored: StoredRun) -> Generator[MetricStore]:
        """All that was measured, any window of it."""
        rows = self._tables.snapshots
        store = MetricStore()
        try:
            with self._engine.connect() as connection:
                query = self._sa.select(rows.c.worker, rows.c.data).where(rows.c.run == stored.id)
                for worker, data in connection.execute(query.order_by(rows.c.number)):
                    try:
                        store.add(worker, data)
                    except SnapshotError as error:
                        raise StoreError(f"what {stored.id} measured cannot be read: {error}") from None
            yield store
        finally:
            store.close()

    # Changing

    def copy_to(self, other: RunStore, stored: StoredRun) -> None:
        """Write a run, with all that was measured and its tags, into another store."""
        runs, rows = self._tables.runs, self._tables.snapshots
        with self._engine.connect() as connection, other._engine.begin() as target:
            row = connection.execute(self._sa.select(runs).where(runs.c.id == stored.id)).mappings().one()
            target.execute(other._tables.runs.insert().values(**row))
            query = self._sa.select(rows.c.worker, rows.c.data).where(rows.c.run == stored.id).order_by(rows.c.number)
            for worker, data in connection.execute(query):
                target.execute(rows.insert().values(run=stored.id, worker=worker, data=data))
            other._put_tags(target, stored.id, stored.tags)

    def tag(self, run_id: str, tags: dict[str, str]) -> None:
        """Set tags of a run; an empty value takes one away."""
        with self._engine.begin() as connection:
            self._put_tags(connection, run_id, tags)

    def set_baseline(self, name: str, run_id: str) -> None:
        """`name` means this run from now on."""
        table = self._tables.baselines
        with self._engine.begin() as connection:
            connection.execute(table.delete().where(table.c.name == name))
            connection.execute(table.insert().values(name=name, run=run_id))

    def remove_baseline(self, name: str) -> bool:
        """Whether there was one."""
        table = self._tables.baselines
        with self._engine.begin() as connection:
            return connection.execute(table.delete().where(table.c.name == name)).rowcount > 0

    def delete(self, run_id: str) -> None:
        """Take a run away, with all that was measured in it."""
        with self._engine.begin() as connection:
            for table, column in (
                (self._tables.snapshots, "run"),
                (self._tables.tags, "run"),
                (self._tables.baselines, "run"),
                (self._tables.runs, "id"),
            ):
                connection.execute(table.delete().where(table.c[column] == run_id))

    def _listed(self) -> list[Any]:
        runs = self._tables.runs
        names = ("id", "name", "file", "target", "started", "ended", "verdict", "commit", "plan_hash")
        return [runs.c[name] for name in names]

    def _described(self, connection: Any, rows: Sequence[Any]) -> list[StoredRun]:
        found: dict[str, StoredRun] = {}
        for row in rows:
            given: dict[str, Any] = {**row, "verdict": row["verdict"] or "", "tags": {}, "baselines": []}
            found[given["id"]] = StoredRun(**given)
        select, tags, baselines = self._sa.select, self._tables.tags, self._tables.baselines
        for tag in connection.execute(select(tags).where(tags.c.run.in_(list(found)))):
            found[tag.run].tags[tag.key] = tag.value
        for baseline in connection.execute(select(baselines).where(baselines.c.run.in_(list(found)))):
            found[baseline.run].baselines.append(baseline.name)
        return list(found.values())

    def _by_id(self, ref: str) -> StoredRun:
        runs = self._tables.runs
        query = self._sa.select(*self._listed()).where(runs.c.id.startswith(ref, autoescape=True))
        with self._engine.connect() as connection:
            found = self._described(connection, connection.execute(query.limit(20)).mappings().all())
        exact = [one for one in found if one.id == ref]
        if exact or len(found) == 1:
            return (exact or found)[0]
        if not found or not ref:
            raise StoreError(f"there is no run {ref!r} in {self.place}; `swell runs` lists them")
        raise StoreError(f"{ref} could be {', '.join(one.id for one in found[:5])}: give more of it")

    def _baseline(self, name: str) -> StoredRun:
        table = self._tables.baselines
        with self._engine.connect() as connection:
            row = connection.execute(self._sa.select(table.c.run).where(table.c.name == name)).first()
            names = connection.execute(self._sa.select(table.c.name)).scalars().all()
        if row is None:
            known = f"there are {', '.join(sorted(names))}" if names else "there is none yet"
            raise StoreError(f"no baseline {name!r} in {self.place} ({known}); make one: swell runs baseline RUN")
        return self._by_id(row.run)

    def _put_tags(self, connection: Any, run_id: str, tags: dict[str, str]) -> None:
        table = self._tables.tags
        for key, value in tags.items():
            connection.execute(table.delete().where(table.c.run == run_id, table.c.key == key))
            if value:
                connection.execute(table.insert().values(run=run_id, key=key, value=value))


_made = threading.Lock()


def _address(url: str) -> tuple[str, str]:
    """(where it is, for people; what SQLAlchemy wants). Makes the folder of a file."""
    if url.startswith(("postgresql://", "postgres://")):
        rest = url.partition("://")[2]
        return f"postgresql://{rest.rpartition('@')[2]}", f"postgresql+psycopg://{rest}"
    if "://" in url and not url.startswith("sqlite:///"):
        raise StoreError(f"a store is a path, sqlite:///PATH or postgresql://..., not {url!r}")
    path = Path(url.removeprefix("sqlite:///"))
    with _made:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == ".swell" and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    return str(path), f"sqlite:///{path}"


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    # Readers look on while a run writes; a second lost to a power cut is no harm, a second's wait would be.
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _shown(url: str | None) -> str:
    if url is None:
        return str(DEFAULT_STORE)
    head, mark, rest = url.rpartition("@")
    return f"{head.partition('://')[0]}://{rest}" if mark else url


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:  # of the folder, not of the file
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
