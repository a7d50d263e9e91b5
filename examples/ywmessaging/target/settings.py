"""What the service can be told, from the environment and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from swell.demo.target_app import TargetSettings

__all__ = ["FAULTS", "Settings"]

FAULTS: dict[str, str] = {
    "slow": "sending a message takes 3 s longer",
    "errors": "one request in ten ends in a 500",
    "n-plus-one": "a list of conversations fetches each last message by a query of its own, at 80 ms a round trip",
    "no-index": "the database has no indexes but primary keys",
    "tenant-leak": "conversations of all churches are listed to everyone",
}


@dataclass(frozen=True)
class Settings(TargetSettings):
    """The counts are rows to seed; `members` and `messages` are for each church and conversation."""

    name: str = "ywmessaging"
    admin_token: str = "admin-only-for-load-tests"
    churches: int = 200
    members: int = 20
    messages: int = 5
