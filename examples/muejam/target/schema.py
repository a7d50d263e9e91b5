"""Tables, and the rows that fill them before a test."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from swell.demo.accounts import hash_password
from swell.demo.sql import make_tables

from .settings import PASSWORD

if TYPE_CHECKING:
    from swell.demo.sql import Database

    from .settings import Settings

__all__ = ["GENRES", "role_of", "seed", "seed_if_empty"]

GENRES = ("drama", "fantasy", "horror", "mystery", "poetry", "romance", "science", "travel")

_TABLES = ("whispers", "library", "stories", "users")
_SCHEMA = """
CREATE TABLE users (id {id}, handle TEXT NOT NULL UNIQUE, name TEXT NOT NULL, bio TEXT NOT NULL,
    role TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE stories (id {id}, slug TEXT NOT NULL UNIQUE, author BIGINT NOT NULL REFERENCES users (id),
    title TEXT NOT NULL, blurb TEXT NOT NULL, body TEXT NOT NULL, genre TEXT NOT NULL,
    published INTEGER NOT NULL, score INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1);
CREATE TABLE library (member BIGINT NOT NULL REFERENCES users (id),
    story BIGINT NOT NULL REFERENCES stories (id), shelf TEXT NOT NULL, PRIMARY KEY (member, story));
CREATE TABLE whispers (id {id}, author BIGINT NOT NULL REFERENCES users (id), body TEXT NOT NULL);
CREATE INDEX stories_by_author ON stories (author, published);
CREATE INDEX stories_by_title ON stories (published, title);
CREATE INDEX stories_by_score ON stories (published, score DESC, id);
"""

_VOCABULARY = """
amber anchor ash autumn bell birch bridge candle cedar cloud coast coral crow dawn dune ember fern
field flint fog forest frost glass harbor heron hill ice iron island ivory lake lantern leaf light
marsh maple mirror moon moss night north ocean owl paper pearl pine rain raven reef river road root
rose salt sand shadow shore silver sky smoke snow song south spark spring star stone storm summer
sun thorn tide tower valley violet wave willow wind winter wolf wood
"""
_WORDS = _VOCABULARY.split()


def role_of(number: int) -> str:
    """What test user `number` is: every tenth a writer."""
    return "writer" if number % 10 == 0 else "reader"


async def seed_if_empty(database: Database, settings: Settings) -> None:
    if not await database.has_table(_TABLES[0]):
        await seed(database, settings)


async def seed(database: Database, settings: Settings) -> None:
    """Drop what is there and fill anew, the same rows each time."""
    await make_tables(database, _TABLES, _SCHEMA)
    draw = random.Random(1)
    # One hash for all: they share the password, and 500 slow hashes would only make the start slow.
    password = hash_password(PASSWORD)
    await database.write_many(
        "INSERT INTO users (handle, name, bio, role, password) VALUES (?, ?, ?, ?, ?)",
        [
            (
                f"user{number}",
                _title(draw, 2),
                _sentence(draw, 12),
                role_of(number),
                password,
            )
            for number in range(1, settings.users + 1)
        ],
    )
    writers = [number for number in range(1, settings.users + 1) if role_of(number) == "writer"]
    body = "\n\n".join(_sentence(draw, 60) for _ in range(5))
    await database.write_many(
        "INSERT INTO stories (slug, author, title, blurb, body, genre, published, score)"
        " VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
        [
            (
                f"story-{number}",
                draw.choice(writers),
                _title(draw, 3),
                _sentence(draw, 15),
                body,
                draw.choice(GENRES),
                draw.randrange(10_000),
            )
            for number in range(1, settings.stories + 1)
        ],
    )
    await database.write_many(
        "INSERT INTO library (member, story, shelf) VALUES (?, ?, ?)",
        [
            (member, story, draw.choice(("reading", "later", "loved")))
            for member in range(1, settings.users + 1)
            for story in draw.sample(range(1, settings.stories + 1), 12)
        ],
    )
    await database.write_many(
        "INSERT INTO whispers (author, body) VALUES (?, ?)",
        [(draw.randrange(1, settings.users + 1), _sentence(draw, 10)) for _ in range(1_000)],
    )
    await database.script(["ANALYZE"])


def _title(draw: random.Random, words: int) -> str:
    return " ".join(draw.choice(_WORDS) for _ in range(words)).title()


def _sentence(draw: random.Random, words: int) -> str:
    return " ".join(draw.choice(_WORDS) for _ in range(words)).capitalize() + "."
