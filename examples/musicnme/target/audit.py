"""The check of the bookings: no slot is ever sold twice, and nobody books for another family or school.

Rules: each sale of a slot has a turn, which only a cancellation moves on, so two bookings of one turn are an
oversell for good: cancelling one of them does not hide it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from swell.demo.sql import Database

__all__ = ["Findings", "Oversold", "audit", "described"]

_MOST_SHOWN = 20


class Oversold(msgspec.Struct, rename="camel"):
    """A slot that was sold more than once at a time, and the bookings of it."""

    slot: int
    school: str
    starts_at: str
    bookings: list[int]


class Findings(msgspec.Struct, rename="camel"):
    """What an audit found; `strays` are ids of bookings whose slot, student and parent do not belong together."""

    ok: bool
    bookings: int
    oversold: list[Oversold]
    strays: list[int]


async def audit(database: Database) -> Findings:
    """Check all bookings there are."""
    (counted,) = await database.read("SELECT COUNT(*) AS bookings FROM bookings")
    rows = await database.read(
        "SELECT bookings.id, bookings.slot, schools.slug, slots.starts_at FROM bookings"
        " JOIN slots ON slots.id = bookings.slot JOIN schools ON schools.id = slots.school"
        " WHERE EXISTS (SELECT 1 FROM bookings other WHERE other.slot = bookings.slot AND other.id <> bookings.id"
        " AND (other.turn = bookings.turn OR (other.status = 'confirmed' AND bookings.status = 'confirmed')))"
        " ORDER BY bookings.slot, bookings.id"
    )
    oversold: dict[int, Oversold] = {}
    for row in rows:
        one = oversold.setdefault(row["slot"], Oversold(row["slot"], row["slug"], row["starts_at"], []))
        one.bookings.append(row["id"])
    strays = await database.read(
        "SELECT bookings.id FROM bookings JOIN slots ON slots.id = bookings.slot"
        " JOIN students ON students.id = bookings.student WHERE slots.school <> bookings.school"
        " OR students.school <> bookings.school OR students.parent IS NULL OR students.parent <> bookings.parent"
        " ORDER BY bookings.id"
    )
    ok = not oversold and not strays
    return Findings(ok, counted["bookings"], list(oversold.values()), [row["id"] for row in strays])


def described(findings: Findings) -> str:
    """The findings for people."""
    if findings.ok:
        return f"ok: {findings.bookings} bookings, no slot sold twice"
    lines = [
        f"slot {one.slot} of {one.school} ({one.starts_at[:16]}) is sold {len(one.bookings)} times:"
        f" bookings {', '.join(map(str, one.bookings))}"
        for one in findings.oversold[:_MOST_SHOWN]
    ]
    if (more := len(findings.oversold) - _MOST_SHOWN) > 0:
        lines.append(f"... and {more} more")
    lines += [f"booking {number} is for another family or school" for number in findings.strays[:_MOST_SHOWN]]
    sold = f"{len(findings.oversold)} slots sold twice, {len(findings.strays)} stray bookings"
    return "\n".join([*lines, f"NOT ok: {sold}, of {findings.bookings} bookings"])
