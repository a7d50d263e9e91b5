"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

__all__ = ["FAULTS", "PASSWORD", "Settings"]

FAULTS: dict[str, str] = {
    "slow": "the discovery feed takes 1.5 s longer",
    "errors": "one API request in ten ends in a 500",
    "rate-limit": "the rate limiter takes all callers for one",
    "n-plus-one": "lists fetch each author by a query of its own, at 30 ms a round trip",
    "leak": "each API request keeps 64 KB for ever and makes all later ones slower",
}

# All test users share it; the real system's users live with an identity provider.
PASSWORD = "load-test"


@dataclass(frozen=True)
class Settings:
    """`user_limit` is requests per second of one token, `visitor_limit` of one address without a token."""

    database_url: str = ""
    redis_url: str = ""
    secret: str = "not-a-secret-only-for-load-tests"
    fault: str = ""
    user_limit: int = 20
    visitor_limit: int = 30
    stories: int = 2_000
    users: int = 500

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            database_url=os.environ.get("DATABASE_URL", ""),
            redis_url=os.environ.get("REDIS_URL", ""),
            secret=os.environ.get("MUEJAM_SECRET", cls.secret),
        )

    def with_fault(self, fault: str) -> Settings:
        return replace(self, fault=fault)
