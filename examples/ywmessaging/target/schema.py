"""Tables, their indexes, and the rows that fill them before a test."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from swell.demo.sql import make_tables

from .web import stamp

if TYPE_CHECKING:
    from swell.demo.sql import Database

    from .settings import Settings

__all__ = ["add_members", "prepare", "seed"]

_TABLES = ("messages", "conversations", "members", "users", "churches")
_SCHEMA = """
CREATE TABLE churches (id {id}, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, of_test INTEGER NOT NULL);
CREATE TABLE users (id {id}, church BIGINT NOT NULL REFERENCES churches (id), email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL, last_name TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE members (id {id}, church BIGINT NOT NULL REFERENCES churches (id), name TEXT NOT NULL,
    phone TEXT NOT NULL);
CREATE TABLE conversations (id {id}, church BIGINT NOT NULL REFERENCES churches (id),
    member BIGINT NOT NULL REFERENCES members (id), unread INTEGER NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE messages (id {id}, church BIGINT NOT NULL, conversation BIGINT NOT NULL REFERENCES conversations (id),
    direction TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL);
"""
_INDEXES = {
    "members_by_church": "members (church)",
    "conversations_by_church": "conversations (church, updated_at)",
    "conversations_by_member": "conversations (member)",
    "messages_by_conversation": "messages (conversation, id)",
    "messages_by_church": "messages (church, created_at)",
}
_FIRST_NAMES = ("Abel", "Dina", "Esther", "Hannah", "Jonah", "Lydia", "Mark", "Naomi", "Paul", "Ruth", "Silas", "Tabea")
_LAST_NAMES = ("Adler", "Brook", "Castle", "Dale", "Field", "Hill", "Lake", "Marsh", "North", "Stone", "Wells", "Wood")
_LINES = (
    "Will there be child care on Sunday?",
    "Thank you! We will be there.",
    "Please remember us this week.",
    "What time does the choir meet?",
    "I can bring the cake.",
    "Sorry, we cannot come this time.",
)


async def prepare(database: Database, settings: Settings) -> None:
    """Fill an empty database; see to the indexes of any."""
    if not await database.has_table(_TABLES[0]):
        await seed(database, settings)
    await _set_indexes(database, wanted=settings.fault != "no-index")


async def seed(database: Database, settings: Settings) -> None:
    """Drop what is there and fill anew: the same rows each time, but for their dates, which end now."""
    await make_tables(database, _TABLES, _SCHEMA)
    churches = range(1, settings.churches + 1)
    await database.write_many(
        "INSERT INTO churches (slug, name, of_test) VALUES (?, ?, 0)",
        [(f"church-{number}", f"Church {number}") for number in churches],
    )
    await database.write_many(
        "INSERT INTO members (church, name, phone) VALUES (?, ?, ?)",
        [member for church in churches for member in _members(church, settings)],
    )
    draw = random.Random(1)
    now = datetime.now(UTC)
    conversations = range(1, settings.churches * settings.members + 1)
    await database.write_many(
        "INSERT INTO conversations (church, member, unread, updated_at) VALUES (?, ?, ?, ?)",
        [
            ((member - 1) // settings.members + 1, member, draw.randint(0, 2), stamp(now - timedelta(minutes=member)))
            for member in conversations
        ],
    )
    await database.write_many(
        "INSERT INTO messages (church, conversation, direction, body, status, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                (conversation - 1) // settings.members + 1,
                conversation,
                "inbound" if number % 2 else "outbound",
                draw.choice(_LINES),
                "delivered",
                stamp(now - timedelta(minutes=conversation + settings.messages - number)),
            )
            for conversation in conversations
            for number in range(settings.messages)
        ],
    )
    await _set_indexes(database, wanted=True)


async def add_members(database: Database, church: int, settings: Settings) -> None:
    """Give a new church members to write to."""
    await database.write_many(
        "INSERT INTO members (church, name, phone) VALUES (?, ?, ?)", list(_members(church, settings))
    )


async def _set_indexes(database: Database, *, wanted: bool) -> None:
    if wanted:
        statements = [f"CREATE INDEX IF NOT EXISTS {name} ON {columns}" for name, columns in _INDEXES.items()]
        await database.script([*statements, "ANALYZE"])
    else:
        await database.script([f"DROP INDEX IF EXISTS {name}" for name in _INDEXES])


def _members(church: int, settings: Settings) -> list[tuple[int, str, str]]:
    draw = random.Random(church)
    return [
        (church, f"{draw.choice(_FIRST_NAMES)} {draw.choice(_LAST_NAMES)}", f"+1555{church % 1000:03}{number:04}")
        for number in range(settings.members)
    ]
