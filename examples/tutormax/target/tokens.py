"""Feedback tokens: the same ones in the seeded database and in the file that the load test reads."""

from __future__ import annotations

import csv
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .settings import Settings

__all__ = ["feedback_token", "write_tokens"]


def feedback_token(secret: str, session: int) -> str:
    """The token of a session's student, made from the session's id: nobody needs to ask the database for it."""
    return hmac.digest(secret.encode(), str(session).encode(), "sha256").hex()[:32]


def write_tokens(path: Path, settings: Settings) -> int:
    """Write a CSV file (session_id, token) with all tokens that seeding makes. Returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["session_id", "token"])
        for session in range(1, settings.tokens + 1):
            rows.writerow([session, feedback_token(settings.secret, session)])
    return settings.tokens
