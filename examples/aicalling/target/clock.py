"""Moments: milliseconds since 1970 where they are kept, ISO 8601 where they are shown."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["DAY", "now", "shown"]

DAY = 24 * 3_600_000


def now() -> int:
    return time.time_ns() // 1_000_000


def shown(moment: int | None) -> str | None:
    """A moment for people; None stays None."""
    return None if moment is None else datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds")
