"""What Locust writes while a test runs and when it ends, driven by whoever has a clock.

Rules: `tick` is called about once a second (whenever a snapshot has come), `close` once at the end; the intervals are
Locust's tunable ones, read each time, and longer where a table takes long to make. Nothing here sleeps or starts
anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.console import print_error_report, print_percentile_stats, print_stats
from swell.dialects.locust.csv_files import due_again
from swell.dialects.locust.history import update_stats_history
from swell.dialects.locust.json_output import print_stats_json, save_stats_json
from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from swell.dialects.locust.csv_files import StatsCSVFileWriter
    from swell.dialects.locust.request_stats import RequestStats

__all__ = ["RunOutputs"]

# A tick that comes a little early counts: the next one would be late by a whole interval.
_EARLY = 0.1


class RunOutputs:
    """The outputs of one run.

    `runner` has `stats`, `state` and `user_count` as Locust's. `table`: print the table periodically (off with
    `--only-summary`). `json`, `json_file`: as the options.
    """

    def __init__(
        self,
        runner: Any,
        *,
        table: bool = True,
        csv: StatsCSVFileWriter | None = None,
        json: bool = False,
        json_file: str | None = None,
    ) -> None:
        self._runner = runner
        self._table = table
        self._csv = csv
        self._json = json
        self._json_file = json_file
        self._due: dict[str, float] = {}

    @property
    def _stats(self) -> RequestStats:
        return self._runner.stats

    def start(self, now: float) -> None:
        """The test starts at the Unix time `now`: the first table, the first rows."""
        if self._csv is not None:
            self._csv.start(now)
        self._due = {"csv": now + tuned().CSV_STATS_INTERVAL_SEC}
        self.tick(now)

    def tick(self, now: float) -> None:
        """Write what is due at the Unix time `now`."""
        if self._table and self._is_due("table", now, tuned().CONSOLE_STATS_INTERVAL_SEC):
            begun = time.perf_counter()
            print_stats(self._stats)
            self._due["table"] = max(self._due["table"], due_again(now, time.perf_counter() - begun))
        if self._csv is not None and self._is_due("csv", now, tuned().CSV_STATS_INTERVAL_SEC):
            self._csv.write(now)
        running = self._runner.state not in ("ready", "stopped")
        if running and self._is_due("history", now, tuned().HISTORY_STATS_INTERVAL_SEC):
            update_stats_history(self._runner)

    def close(self, now: float) -> None:
        """The test is over: JSON, closing tables (not with `--json-file`, as in Locust), last rows of the CSV files."""
        stats = self._stats
        if self._json:
            print_stats_json(stats)
        if self._json_file:
            save_stats_json(stats, self._json_file)
        else:
            print_stats(stats, current=False)
            print_percentile_stats(stats)
            print_error_report(stats)
        if self._csv is not None:
            self._csv.finish(now)

    def _is_due(self, what: str, now: float, interval: float) -> bool:
        if now < self._due.get(what, now) - _EARLY:
            return False
        due = self._due.get(what, now) + interval
        # After a gap the rhythm starts anew, instead of catching up.
        self._due[what] = due if due > now else now + interval
        return True
