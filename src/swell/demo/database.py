"""The box office's data: shows, users and bookings in one SQLite file that lives as long as the service.

Rules: reads take well under a millisecond (indexed, few rows) and run on the event loop, where a hop to a
thread would cost more than the query. Writes may wait for the write lock, so each runs in a worker thread on
that thread's own connection. A seat is sold once because claiming it is one transaction, not because requests
happen to queue.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SEATS_PER_SHOW", "SHOWS", "USERS", "Audit", "Booking", "BoxOffice", "Show"]

SHOWS = 300
SEATS_PER_SHOW = 1_000
USERS = 500

_SCHEMA = """
CREATE TABLE shows (id INTEGER PRIMARY KEY, title TEXT NOT NULL, town TEXT NOT NULL, price INTEGER NOT NULL);
CREATE TABLE bookings (id INTEGER PRIMARY KEY, show INTEGER NOT NULL REFERENCES shows, seat INTEGER NOT NULL,
                       user TEXT NOT NULL, booked_at REAL NOT NULL);
CREATE INDEX bookings_by_seat ON bookings (show, seat);
CREATE INDEX bookings_by_user ON bookings (user);
"""

# The first seat whose successor is not sold; seat 0 stands for "nothing sold yet".
_NEXT_SEAT = """
SELECT seat + 1 FROM (SELECT 0 AS seat UNION ALL SELECT seat FROM bookings WHERE show = :show) AS sold
 WHERE NOT EXISTS (SELECT 1 FROM bookings WHERE show = :show AND bookings.seat = sold.seat + 1)
 ORDER BY seat LIMIT 1
"""

_KINDS = ("Concert", "Opera", "Ballet", "Recital", "Comedy", "Musical", "Play", "Reading", "Revue", "Cabaret")
_SUBJECTS = (
    "Tide",
    "Harbour",
    "Lantern",
    "Orchard",
    "Comet",
    "Winter",
    "Mirror",
    "Garden",
    "Thunder",
    "Island",
)
_TOWNS = ("Aberdeen", "Bergen", "Cork", "Delft", "Esbjerg", "Faro", "Ghent", "Hobart")


class Show(msgspec.Struct, omit_defaults=True):
    """One show; `price` in cents, `free` counts seats that nobody holds."""

    id: int
    title: str
    town: str
    price: int
    free: int | None = None


class Booking(msgspec.Struct):
    """One sold seat."""

    id: int
    show: int
    seat: int
    user: str


class Audit(msgspec.Struct):
    """What the books say: `oversold` counts seats that have more than one booking."""

    bookings: int
    seats_sold: int
    oversold: int


class BoxOffice:
    """All queries of the service. `folder` must exist; the caller removes it after `close()`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "box-office.sqlite3"
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()
        connection = self._connect()
        connection.executescript(_SCHEMA)
        _fill(connection)
        self._reader = connection

    def close(self) -> None:
        """Close every connection. No query may run any more."""
        for connection in self._opened:
            connection.close()

    def page(self, number: int, size: int) -> list[Show]:
        """Shows in order of id; `number` counts from 1."""
        rows = self._reader.execute(
            "SELECT id, title, town, price FROM shows ORDER BY id LIMIT ? OFFSET ?",
            (size, (number - 1) * size),
        )
        return [Show(*row) for row in rows]

    def show(self, show: int) -> Show | None:
        """One show with its free seats, None if there is none."""
        row = self._reader.execute(
            "SELECT id, title, town, price, (SELECT count(DISTINCT seat) FROM bookings WHERE show = shows.id)"
            " FROM shows WHERE id = ?",
            (show,),
        ).fetchone()
        return Show(*row[:4], free=SEATS_PER_SHOW - row[4]) if row else None

    def search(self, words: str, limit: int = 20) -> list[Show]:
        """Shows whose title or town contains the words, case aside."""
        # instr() and not LIKE: what a person types may contain % and _.
        rows = self._reader.execute(
            "SELECT id, title, town, price FROM shows WHERE instr(lower(title || ' ' || town), ?) ORDER BY id LIMIT ?",
            (words.lower(), limit),
        )
        return [Show(*row) for row in rows]

    def next_seat(self, show: int) -> int | None:
        """The lowest free seat, None when sold out."""
        seat = self._reader.execute(_NEXT_SEAT, {"show": show}).fetchone()[0]
        return seat if seat <= SEATS_PER_SHOW else None

    def bookings_of(self, user: str, limit: int = 20) -> list[Booking]:
        """A user's latest bookings."""
        rows = self._reader.execute(
            "SELECT id, show, seat, user FROM bookings WHERE user = ? ORDER BY id DESC LIMIT ?", (user, limit)
        )
        return [Booking(*row) for row in rows]

    def audit(self) -> Audit:
        """Count bookings and seats sold more than once."""
        row = self._reader.execute(
            "SELECT coalesce(sum(n), 0), count(*), coalesce(sum(n > 1), 0)"
            " FROM (SELECT count(*) AS n FROM bookings GROUP BY show, seat)"
        ).fetchone()
        return Audit(*row)

    def book(self, show: int, seat: int, user: str) -> Booking | None:
        """Sell a seat in one transaction; None if it is taken. Blocks: call it in a thread."""
        connection = self._thread_connection()
        # IMMEDIATE takes the write lock before the check; a deferred transaction would check without it.
        connection.execute("BEGIN IMMEDIATE")
        try:
            booking = None if self.is_taken(show, seat) else self.sell(show, seat, user)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return booking

    def is_taken(self, show: int, seat: int) -> bool:
        """Whether a seat has a booking. Blocks: call it in a thread."""
        query = "SELECT 1 FROM bookings WHERE show = ? AND seat = ?"
        return self._thread_connection().execute(query, (show, seat)).fetchone() is not None

    def sell(self, show: int, seat: int, user: str) -> Booking:
        """Write a booking without asking whether the seat is free. Blocks: call it in a thread."""
        cursor = self._thread_connection().execute(
            "INSERT INTO bookings (show, seat, user, booked_at) VALUES (?, ?, ?, ?)",
            (show, seat, user, time.time()),
        )
        assert cursor.lastrowid is not None
        return Booking(cursor.lastrowid, show, seat, user)

    def _thread_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        # check_same_thread off only so that close() may close what a thread opened.
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        # The data dies with the service: nothing needs to survive a power cut, so nothing waits for the disk.
        connection.execute("PRAGMA synchronous = OFF")
        with self._opening:
            self._opened.append(connection)
        return connection


def _fill(connection: sqlite3.Connection) -> None:
    draw = random.Random(1)
    shows = [
        (
            number,
            f"{draw.choice(_SUBJECTS)} {draw.choice(_KINDS)}",
            draw.choice(_TOWNS),
            draw.randrange(900, 9_000, 50),
        )
        for number in range(1, SHOWS + 1)
    ]
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO shows (id, title, town, price) VALUES (?, ?, ?, ?)", shows)
    connection.execute("COMMIT")
