"""Tables and their indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.demo.sql import make_tables

from .rows import fill

if TYPE_CHECKING:
    from swell.demo.sql import Database

    from .settings import Settings

__all__ = ["prepare", "seed"]

_TABLES = (
    "conflicts",
    "bookings",
    "slots",
    "invoices",
    "attendance",
    "lessons",
    "students",
    "users",
    "schools",
)
# A slot's turn is the number of the sale it waits for: a booking takes it, a cancellation moves it on.
_SCHEMA = """
CREATE TABLE schools (id {id}, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE users (id {id}, school BIGINT NOT NULL REFERENCES schools (id), role TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE, first_name TEXT NOT NULL, last_name TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE students (id {id}, school BIGINT NOT NULL REFERENCES schools (id), parent BIGINT REFERENCES users (id),
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, instrument TEXT NOT NULL);
CREATE TABLE lessons (id {id}, school BIGINT NOT NULL REFERENCES schools (id),
    teacher BIGINT NOT NULL REFERENCES users (id), student BIGINT NOT NULL REFERENCES students (id),
    title TEXT NOT NULL, room TEXT NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE attendance (id {id}, school BIGINT NOT NULL, lesson BIGINT NOT NULL REFERENCES lessons (id),
    student BIGINT NOT NULL REFERENCES students (id), status TEXT NOT NULL, marked_at TEXT NOT NULL,
    UNIQUE (lesson, student));
CREATE TABLE invoices (id {id}, school BIGINT NOT NULL, parent BIGINT NOT NULL REFERENCES users (id),
    cents INTEGER NOT NULL, status TEXT NOT NULL);
CREATE TABLE slots (id {id}, school BIGINT NOT NULL REFERENCES schools (id),
    teacher BIGINT NOT NULL REFERENCES users (id), starts_at TEXT NOT NULL, ends_at TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open', turn INTEGER NOT NULL DEFAULT 0);
CREATE TABLE bookings (id {id}, school BIGINT NOT NULL, slot BIGINT NOT NULL REFERENCES slots (id),
    turn INTEGER NOT NULL, parent BIGINT NOT NULL REFERENCES users (id),
    student BIGINT NOT NULL REFERENCES students (id), status TEXT NOT NULL DEFAULT 'confirmed',
    created_at TEXT NOT NULL, cancelled_at TEXT);
CREATE TABLE conflicts (id {id}, school BIGINT NOT NULL, kind TEXT NOT NULL, subject BIGINT NOT NULL,
    account BIGINT NOT NULL, created_at TEXT NOT NULL);
"""
_INDEXES = {
    "users_by_school": "users (school, role)",
    "students_by_school": "students (school, last_name, id)",
    "students_by_parent": "students (parent)",
    "lessons_by_school": "lessons (school, starts_at)",
    "lessons_by_teacher": "lessons (teacher, starts_at)",
    "lessons_by_student": "lessons (student, starts_at)",
    "attendance_by_student": "attendance (student)",
    "attendance_by_school": "attendance (school, status)",
    "invoices_by_school": "invoices (school)",
    "invoices_by_parent": "invoices (parent)",
    "slots_by_school": "slots (school, starts_at, id)",
    "bookings_by_slot": "bookings (slot, turn)",
    "bookings_by_parent": "bookings (parent, id)",
    "bookings_by_school": "bookings (school, id)",
    "conflicts_by_school": "conflicts (school, id)",
}
_ONE_SALE = "bookings_one_sale"


async def prepare(database: Database, settings: Settings) -> None:
    """Fill an empty database; see to the indexes of any, the one that guards the bookings among them."""
    if not await database.has_table(_TABLES[0]):
        await seed(database, settings)
    await _set_indexes(database, wanted=settings.fault != "no-index")
    if settings.fault == "oversell":
        await database.script([f"DROP INDEX IF EXISTS {_ONE_SALE}"])
    else:
        await database.script([f"CREATE UNIQUE INDEX IF NOT EXISTS {_ONE_SALE} ON bookings (slot, turn)"])


async def seed(database: Database, settings: Settings) -> None:
    """Drop what is there and fill anew: the same rows each time, but for their dates, which go with the calendar."""
    await make_tables(database, _TABLES, _SCHEMA)
    await fill(database, settings)
    await _set_indexes(database, wanted=True)


async def _set_indexes(database: Database, *, wanted: bool) -> None:
    if wanted:
        statements = [f"CREATE INDEX IF NOT EXISTS {name} ON {columns}" for name, columns in _INDEXES.items()]
        await database.script([*statements, "ANALYZE"])
    else:
        await database.script([f"DROP INDEX IF EXISTS {name}" for name in _INDEXES])
