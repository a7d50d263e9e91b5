"""Tables, their indexes, and the rows that fill them before a test."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from swell.demo.sql import make_tables

from .tokens import feedback_token
from .web import stamp

if TYPE_CHECKING:
    from swell.demo.sql import Database

    from .settings import Settings

__all__ = ["ALERT_STATES", "INTERVENTION_STATES", "SUBJECTS", "prepare", "seed", "set_indexes"]

SUBJECTS = ("algebra", "biology", "chemistry", "english", "geometry", "history", "physics", "spanish")
ALERT_STATES = ("active", "resolved")
INTERVENTION_STATES = ("pending", "assigned", "resolved")
_ROLES = ("admin", "analyst", "manager", "operations", "support")

_TABLES = ("feedback", "interventions", "alerts", "sessions", "students", "tutors", "staff")
_SCHEMA = """
CREATE TABLE staff (id {id}, name TEXT NOT NULL, email TEXT NOT NULL, roles TEXT NOT NULL);
CREATE TABLE tutors (id {id}, name TEXT NOT NULL, email TEXT NOT NULL, subject TEXT NOT NULL);
CREATE TABLE students (id {id}, name TEXT NOT NULL, grade INTEGER NOT NULL);
CREATE TABLE sessions (id {id}, tutor BIGINT NOT NULL REFERENCES tutors (id),
    student BIGINT NOT NULL REFERENCES students (id), subject TEXT NOT NULL, starts_at TEXT NOT NULL,
    minutes INTEGER NOT NULL, status TEXT NOT NULL, rating INTEGER, notes TEXT NOT NULL);
CREATE TABLE alerts (id {id}, tutor BIGINT NOT NULL REFERENCES tutors (id), kind TEXT NOT NULL,
    severity TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE interventions (id {id}, tutor BIGINT NOT NULL REFERENCES tutors (id), kind TEXT NOT NULL,
    status TEXT NOT NULL, due_at TEXT NOT NULL, assignee BIGINT REFERENCES staff (id), outcome TEXT,
    notes TEXT NOT NULL DEFAULT '', resolved_at TEXT);
CREATE TABLE feedback (id {id}, token TEXT NOT NULL, session BIGINT NOT NULL REFERENCES sessions (id),
    rating INTEGER, comment TEXT, submitted_at TEXT);
"""
_INDEXES = {
    "tutors_by_name": "tutors (name, id)",
    "sessions_by_tutor": "sessions (tutor, starts_at)",
    "sessions_by_start": "sessions (starts_at)",
    "alerts_by_status": "alerts (status, created_at)",
    "interventions_by_status": "interventions (status, due_at, id)",
    "feedback_by_token": "feedback (token)",
}

_FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ida", "Kim", "Leo", "Mia", "Ned", "Oda")
_LAST_NAMES = (
    "Abbott",
    "Baker",
    "Cole",
    "Drake",
    "Evans",
    "Frost",
    "Grant",
    "Hale",
    "Jones",
    "Keller",
    "Lane",
    "Moore",
)
_NOTES = (
    "Worked through the homework and two older tests; the sign rules need another look.",
    "Good progress. Next time: the exercises from page 40 on, then a short quiz.",
    "Came ten minutes late, finished the chapter anyway.",
)


async def prepare(database: Database, settings: Settings) -> None:
    """Fill an empty database; see to the indexes of any."""
    if not await database.has_table(_TABLES[0]):
        await seed(database, settings)
    await set_indexes(database, wanted=settings.fault != "no-index")


async def set_indexes(database: Database, wanted: bool) -> None:
    """Make all indexes, or drop them all; what is as wanted stays."""
    if wanted:
        statements = [f"CREATE INDEX IF NOT EXISTS {name} ON {columns}" for name, columns in _INDEXES.items()]
        await database.script([*statements, "ANALYZE"])
    else:
        await database.script([f"DROP INDEX IF EXISTS {name}" for name in _INDEXES])


async def seed(database: Database, settings: Settings) -> None:
    """Drop what is there and fill anew: the same rows each time, but for their dates, which end today."""
    await make_tables(database, _TABLES, _SCHEMA)
    draw = random.Random(1)
    now = datetime.now(UTC)
    await database.write_many(
        "INSERT INTO staff (name, email, roles) VALUES (?, ?, ?)",
        [
            (_name(draw), f"staff{number}@tutormax.test", " ".join(sorted(draw.sample(_ROLES, 2))))
            for number in range(1, settings.staff + 1)
        ],
    )
    await database.write_many(
        "INSERT INTO tutors (name, email, subject) VALUES (?, ?, ?)",
        [
            (_name(draw), f"tutor{number}@tutormax.test", draw.choice(SUBJECTS))
            for number in range(1, settings.tutors + 1)
        ],
    )
    await database.write_many(
        "INSERT INTO students (name, grade) VALUES (?, ?)",
        [(_name(draw), draw.randint(5, 12)) for _ in range(settings.students)],
    )
    await database.write_many(
        "INSERT INTO sessions (tutor, student, subject, starts_at, minutes, status, rating, notes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [_session(draw, now, settings) for _ in range(settings.sessions)],
    )
    await database.write_many(
        "INSERT INTO alerts (tutor, kind, severity, status, created_at) VALUES (?, ?, ?, ?, ?)",
        [
            (
                draw.randint(1, settings.tutors),
                draw.choice(("low_rating", "no_shows", "late_starts")),
                draw.choice(("low", "medium", "high")),
                draw.choice(ALERT_STATES),
                _some_time(draw, now, -7 * 24, 0),
            )
            for _ in range(settings.alerts)
        ],
    )
    await database.write_many(
        "INSERT INTO interventions (tutor, kind, status, due_at) VALUES (?, ?, 'pending', ?)",
        [
            (
                draw.randint(1, settings.tutors),
                draw.choice(("call", "coaching", "review", "training")),
                _some_time(draw, now, 0, 14 * 24),
            )
            for _ in range(settings.interventions)
        ],
    )
    await database.write_many(
        "INSERT INTO feedback (token, session) VALUES (?, ?)",
        [(feedback_token(settings.secret, session), session) for session in range(1, settings.tokens + 1)],
    )
    await set_indexes(database, wanted=True)


def _session(draw: random.Random, now: datetime, settings: Settings) -> tuple[object, ...]:
    (status,) = draw.choices(("completed", "cancelled", "no_show"), (85, 8, 7))
    return (
        draw.randint(1, settings.tutors),
        draw.randint(1, settings.students),
        draw.choice(SUBJECTS),
        _some_time(draw, now, -24, 0),
        draw.choice((30, 45, 60, 90)),
        status,
        draw.choice((3, 4, 4, 5)) if status == "completed" else None,
        draw.choice(_NOTES),
    )


def _some_time(draw: random.Random, now: datetime, first: float, last: float) -> str:
    """A moment between two, in hours from now."""
    return stamp(now + timedelta(hours=draw.uniform(first, last)))


def _name(draw: random.Random) -> str:
    return f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)}"
