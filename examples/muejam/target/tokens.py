"""The token pool: CSV files with one signed token per test user, for the load test's feeders."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from .auth import User, issue_token
from .schema import role_of

if TYPE_CHECKING:
    from pathlib import Path

    from .settings import Settings

__all__ = ["write_tokens"]


def write_tokens(folder: Path, settings: Settings) -> int:
    """Write readers.csv and writers.csv (id, handle, token); tokens are good for a day. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    for role in ("reader", "writer"):
        with (folder / f"{role}s.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["id", "handle", "token"])
            for number in range(1, settings.users + 1):
                if role_of(number) == role:
                    user = User(number, f"user{number}", role)
                    rows.writerow([user.id, user.handle, issue_token(settings.secret, user)])
    return settings.users
