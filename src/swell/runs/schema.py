"""The tables of the run store, for SQLite and PostgreSQL alike.

Rules: what was measured is kept as it came, one row for each worker's second, and is replayed to read it; the record of
a finished run is one JSON document. A new meaning of a column needs a new `VERSION`. Imports SQLAlchemy: load it late.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

__all__ = ["VERSION", "baselines", "metadata", "runs", "snapshots", "tags", "versions"]

VERSION = 1

metadata = MetaData()

versions = Table("swell_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

runs = Table(
    "swell_runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("started", Float, nullable=False, index=True),  # wall clock, seconds since 1970
    Column("ended", Float),  # empty while it runs, and for ever if it was killed
    Column("verdict", String(16)),
    Column("exit_code", Integer),
    Column("workers", Integer, nullable=False),
    Column("plan", LargeBinary, nullable=False),  # JSON, without secrets
    Column("plan_hash", String(64), nullable=False, index=True),
    Column("command", Text, nullable=False),
    Column("commit", Text, nullable=False),  # of the folder's git work tree
    Column("record", LargeBinary),  # JSON of runs.record.Run, once it is over
)

_RUN = ForeignKey("swell_runs.id", ondelete="CASCADE")

snapshots = Table(
    "swell_snapshots",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("run", String(64), _RUN, nullable=False, index=True),
    Column("worker", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

tags = Table(
    "swell_tags",
    metadata,
    Column("run", String(64), ForeignKey("swell_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("value", Text, nullable=False),
)

baselines = Table(
    "swell_baselines",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("run", String(64), ForeignKey("swell_runs.id", ondelete="CASCADE"), nullable=False),
)
