"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from swell.demo.target_app import TargetSettings

if TYPE_CHECKING:
    from typing import Self

__all__ = ["FAULTS", "Settings"]

FAULTS: dict[str, str] = {
    "slow": "each answer takes 1.2 s longer",
    "errors": "one request in ten ends in a 500",
    "n-plus-one": "analytics ask for each agent by a query of its own, at 30 ms a round trip, and keep no answer",
    "backlog": "1,500 calls are waiting already, and one worker makes all calls",
    "slow-import": "each row of an import is a transaction of its own, at 80 ms a round trip",
    "lost-rows": "an import loses every hundredth row without a word",
}

_MOST_CALLS = 10_000_000


@dataclass(frozen=True)
class Settings(TargetSettings):
    """`call_seconds` is how long a call takes, `row_seconds` what checking one row of an import costs.

    `lines` is how many calls, `importers` how many imports are worked on at a time; `calls` are rows to seed.
    """

    name: str = "aicalling"
    mongodb_url: str = ""
    api_key: str = "your-test-api-key"
    calls: int = 20_000
    agents: int = 20
    lines: int = 100
    call_seconds: float = 1.0
    importers: int = 4
    row_seconds: float = 0.001

    def from_environment(self) -> Self:
        """These, with DATABASE_URL (which may be a MongoDB's), REDIS_URL, API_KEY and SEED_CALLS where they are set.

        ValueError if SEED_CALLS is no number.
        """
        found = super().from_environment()
        calls = os.environ.get("SEED_CALLS") or str(found.calls)
        if not (calls.isascii() and calls.isdigit() and 1 <= int(calls) <= _MOST_CALLS):
            raise ValueError(f"SEED_CALLS must be a whole number from 1 to {_MOST_CALLS:,}, not {calls!r}")
        found = replace(found, api_key=os.environ.get("API_KEY") or found.api_key, calls=int(calls))
        if found.database_url.startswith(("mongodb://", "mongodb+srv://")):
            return replace(found, mongodb_url=found.database_url, database_url="")
        return found
