"""The rows that fill the tables before a test."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from swell.demo.accounts import hash_password

from .settings import PASSWORD
from .web import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from swell.demo.sql import Database

    from .settings import Settings

__all__ = ["fill", "month_of"]

_FIRST_NAMES = ("Alba", "Bo", "Carla", "Dev", "Elio", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena", "Max", "Nora")
_LAST_NAMES = ("Arden", "Bell", "Cho", "Dunn", "Ellis", "Frey", "Gale", "Hart", "Ito", "Kerr", "Lowe", "Moss", "Nash")
_INSTRUMENTS = ("cello", "drums", "flute", "guitar", "piano", "singing", "violin")
_SHORT_BY = 4  # of the hours from 8 on, a teacher's three lessons of a day are this far apart


def month_of(day: datetime) -> datetime:
    """The first moment of a day's month."""
    return day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def fill(database: Database, settings: Settings) -> None:
    """Fill empty tables."""
    make = _Maker(settings, datetime.now(UTC))
    await database.write_many("INSERT INTO schools (slug, name) VALUES (?, ?)", list(make.schools()))
    await database.write_many(
        "INSERT INTO users (school, role, email, first_name, last_name, password) VALUES (?, ?, ?, ?, ?, ?)",
        list(make.users()),
    )
    await database.write_many(
        "INSERT INTO students (school, parent, first_name, last_name, instrument) VALUES (?, ?, ?, ?, ?)",
        list(make.students()),
    )
    await database.write_many(
        "INSERT INTO lessons (school, teacher, student, title, room, starts_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        list(make.lessons()),
    )
    await database.write_many("INSERT INTO invoices (school, parent, cents, status) VALUES (?, ?, ?, ?)", make.bills())
    await database.write_many(
        "INSERT INTO slots (school, teacher, starts_at, ends_at) VALUES (?, ?, ?, ?)", list(make.slots())
    )
    past = await database.read("SELECT id, school, student, ends_at FROM lessons WHERE ends_at < ?", stamp(make.now))
    await database.write_many(
        "INSERT INTO attendance (school, lesson, student, status, marked_at) VALUES (?, ?, ?, ?, ?)",
        [(row["school"], row["id"], row["student"], make.mark(), row["ends_at"]) for row in past],
    )


class _Maker:
    """Makes rows; those of users and students are numbered from 1 in the order made."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.now = now
        self._settings = settings
        self._draw = random.Random(1)
        self._accounts = 1 + settings.teachers + settings.parents  # of one school
        self._password = hash_password(PASSWORD)

    def schools(self) -> Iterator[tuple[object, ...]]:
        return ((f"school-{number}", f"Music School {number}") for number in self._numbers())

    def users(self) -> Iterator[tuple[object, ...]]:
        for school in self._numbers():
            names = [
                ("admin", "admin"),
                *(("teacher", f"teacher{number}") for number in range(1, self._settings.teachers + 1)),
                *(("parent", f"parent{number}") for number in range(1, self._settings.parents + 1)),
            ]
            for role, name in names:
                yield (school, role, f"{name}@school-{school}.musicnme.test", *self._name(), self._password)

    def students(self) -> Iterator[tuple[object, ...]]:
        """Each parent has one; the rest are brothers and sisters."""
        for school in self._numbers():
            first = (school - 1) * self._accounts + 2 + self._settings.teachers
            for number in range(self._settings.students):
                parent = first + number % self._settings.parents
                yield (school, parent, *self._name(), self._draw.choice(_INSTRUMENTS))

    def lessons(self) -> Iterator[tuple[object, ...]]:
        """Three a day for each teacher, Monday to Friday: 600 in the shortest month."""
        start = month_of(self.now) - timedelta(days=7)
        monday = start - timedelta(days=start.weekday())
        days = [monday + timedelta(weeks=week, days=day) for week in range(self._settings.weeks) for day in range(5)]
        for school in self._numbers():
            first = (school - 1) * self._settings.students + 1
            for day in days:
                for teacher in self._teachers(school):
                    for part in range(3):
                        hour = 8 + part * _SHORT_BY + self._draw.randrange(_SHORT_BY)
                        begin = datetime.combine(day, time(hour), UTC)
                        student = first + self._draw.randrange(self._settings.students)
                        title, room = f"{self._draw.choice(_INSTRUMENTS)} lesson", f"Room {self._draw.randint(1, 12)}"
                        end = begin + timedelta(minutes=self._draw.choice((30, 45, 60)))
                        yield (school, teacher, student, title, room, stamp(begin), stamp(end))

    def slots(self) -> Iterator[tuple[object, ...]]:
        """From tomorrow on, fifteen a day for each teacher."""
        tomorrow = datetime.combine(self.now + timedelta(days=1), time(13), UTC)
        for school in self._numbers():
            teachers = list(self._teachers(school))
            for number in range(self._settings.slots):
                turn, which = divmod(number, len(teachers))
                day, part = divmod(turn, 15)
                begin = tomorrow + timedelta(days=day, minutes=20 * part)
                yield (school, teachers[which], stamp(begin), stamp(begin + timedelta(minutes=20)))

    def bills(self) -> list[tuple[object, ...]]:
        return [
            (school, parent, self._draw.randint(40, 200) * 100, self._draw.choice(("paid", "paid", "due", "overdue")))
            for school in self._numbers()
            for parent in range(
                (school - 1) * self._accounts + 2 + self._settings.teachers, school * self._accounts + 1
            )
            for _ in range(3)
        ]

    def mark(self) -> str:
        return self._draw.choices(("present", "late", "absent"), (85, 8, 7))[0]

    def _numbers(self) -> Iterable[int]:
        return range(1, self._settings.schools + 1)

    def _teachers(self, school: int) -> range:
        first = (school - 1) * self._accounts + 2
        return range(first, first + self._settings.teachers)

    def _name(self) -> tuple[str, str]:
        return self._draw.choice(_FIRST_NAMES), self._draw.choice(_LAST_NAMES)
