"""`stats.history`: what Locust's charts are made of, one record every few seconds of the run.

Rules: each value is a pair (time, value), as Locust's page wants it; times are ISO dates in UTC.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from swell.dialects.locust.csv_files import format_utc_timestamp
from swell.dialects.locust.pausing import pause
from swell.dialects.locust.percentiles import proper_round, shown_percentile
from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from swell.dialects.locust.request_stats import RequestStats

__all__ = ["stats_history", "update_stats_history"]


class _Runner(Protocol):
    @property
    def stats(self) -> RequestStats: ...

    @property
    def state(self) -> str: ...

    @property
    def user_count(self) -> int: ...


def update_stats_history(runner: _Runner, timestamp: str | None = None) -> None:
    """Add a record to `runner.stats.history`. `timestamp`: ISO date, default now."""
    stats = runner.stats
    at = timestamp or format_utc_timestamp(time.time())
    total = stats.total
    with stats.hold():
        values: dict[str, Any] = {
            f"response_time_percentile_{share}": shown_percentile(
                total.get_current_response_time_percentile(share) or 0, total.max_response_time
            )
            for share in tuned().PERCENTILES_TO_CHART
        }
        values |= {
            "current_rps": total.current_rps,
            "current_fail_per_sec": total.current_fail_per_sec,
            "total_avg_response_time": proper_round(total.avg_response_time, digits=2),
            "user_count": runner.user_count or 0,
        }
    stats.history.append({**{name: [at, value] for name, value in values.items()}, "time": at})


def stats_history(runner: _Runner) -> None:
    """Add a record every `HISTORY_STATS_INTERVAL_SEC` while the test runs; for a thread or greenlet of its own."""
    while runner.stats.total.use_response_times_cache:
        if runner.state not in ("ready", "stopped"):
            update_stats_history(runner)
        pause(tuned().HISTORY_STATS_INTERVAL_SEC)
