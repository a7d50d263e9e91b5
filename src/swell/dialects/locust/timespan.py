"""Time spans as Locust reads them (the module `locust.util.timespan`).

Rules: pure. Whole seconds only.
"""

from __future__ import annotations

import re

__all__ = ["parse_timespan"]

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_timespan(time_str: str) -> int:
    """Seconds of "300", "300s", "20m", "3h", "1h30m10s". Raises ValueError."""
    if not time_str:
        raise ValueError("Invalid time span format")
    if time_str.isdecimal():
        return int(time_str)
    found = _SPAN.fullmatch(time_str)
    if found is None:
        raise ValueError("Invalid time span format. Valid formats: 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
