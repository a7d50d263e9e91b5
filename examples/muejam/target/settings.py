"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from swell.demo.target_app import TargetSettings

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
class Settings(TargetSettings):
    """`user_limit` is requests per second of one token, `visitor_limit` of one address without a token."""

    name: str = "muejam"
    user_limit: int = 20
    visitor_limit: int = 30
    stories: int = 2_000
    users: int = 500
