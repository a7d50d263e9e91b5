"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from swell.demo.target_app import TargetSettings

__all__ = ["FAULTS", "Settings"]

FAULTS: dict[str, str] = {
    "slow": "the dashboard's metrics take 1.5 s longer",
    "errors": "one API request in ten ends in a 500",
    "n-plus-one": "lists fetch what belongs to each row by a query of its own, at 30 ms a round trip",
    "no-index": "the database has no indexes but primary keys",
}


@dataclass(frozen=True)
class Settings(TargetSettings):
    """The counts are rows to seed. `sessions` is one day at the team's target."""

    name: str = "tutormax"
    staff: int = 200
    tutors: int = 300
    students: int = 3_000
    sessions: int = 30_000
    tokens: int = 20_000
    alerts: int = 600
    interventions: int = 4_000
