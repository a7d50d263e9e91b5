"""Locust's tunable module attributes, read where they are set: in `stats`, at the time of use.

Rules: a test file assigns `locust.stats.PERCENTILES_TO_REPORT = [...]` at any time, so nobody copies these values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, cast

__all__ = ["Tunables", "tuned"]


class Tunables(Protocol):
    """What `stats` offers to be set. Intervals and windows in seconds, percentiles as shares, widths in characters."""

    STATS_NAME_WIDTH: int
    STATS_TYPE_WIDTH: int
    STATS_AUTORESIZE: bool
    CONSOLE_STATS_INTERVAL_SEC: float
    HISTORY_STATS_INTERVAL_SEC: float
    CSV_STATS_INTERVAL_SEC: float
    CSV_STATS_FLUSH_INTERVAL_SEC: float
    CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW: int
    PERCENTILES_TO_REPORT: Sequence[float]
    PERCENTILES_TO_STATISTICS: Sequence[float]
    PERCENTILES_TO_CHART: Sequence[float]
    bucket_response_time: Callable[[float], int]


def tuned() -> Tunables:
    """The values as they are now."""
    # Late: `stats` offers everything of its siblings, so it can only be imported after them.
    from swell.dialects.locust import stats  # noqa: PLC0415

    return cast("Tunables", stats)
