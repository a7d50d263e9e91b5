"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from swell.demo.target_app import TargetSettings

__all__ = ["FAULTS", "PASSWORD", "Settings"]

PASSWORD = "load-test"
"""Of every seeded account."""

FAULTS: dict[str, str] = {
    "oversell": "a booking looks whether the slot is free, and books it 50 ms later, whoever came in between",
    "slow": "the month view of the calendar takes 3 s longer",
    "errors": "one request in ten ends in a 500",
    "n-plus-one": "the calendar fetches each event's names by a query of its own, at 5 ms a round trip",
    "no-index": "the database has no indexes but those that keep it right",
    "tenant-leak": "the calendar shows the events of all schools to everyone",
}


@dataclass(frozen=True)
class Settings(TargetSettings):
    """The counts are rows to seed for each school; `weeks` of lessons begin a week before this month does."""

    name: str = "musicnme"
    schools: int = 3
    teachers: int = 10
    parents: int = 150
    students: int = 200
    slots: int = 1500
    weeks: int = 10
