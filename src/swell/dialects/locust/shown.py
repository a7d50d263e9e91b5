"""Rows of Locust's tables and files: everything that one of them shows of an entry, for all entries at once.

Rules: what is only measured comes out of the columns of a sheet, at a cost that hardly grows with the number of
entries; an entry that was logged to by hand, or of which something was forgotten, is worked out on its own. Call it
inside `RequestStats.hold`. Response times are milliseconds, percentiles whole ones and never above the maximum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.locust.entries import StatsEntry
    from swell.dialects.locust.measured import Measured
    from swell.dialects.locust.request_stats import RequestStats

__all__ = ["CURRENT_RATE_WINDOW", "Row", "row_of", "rows_of"]

CURRENT_RATE_WINDOW = 10
"""Seconds over which current rates are the mean."""


class Row(NamedTuple):
    """One entry. `timed`: it has a response time; the times are 0 without one. Rates are per second."""

    method: str
    name: str
    requests: int
    failures: int
    median: float
    average: float
    low: float
    high: float
    content: float
    rps: float
    fails: float
    percentiles: list[int]
    timed: bool

    @property
    def fail_ratio(self) -> float:
        """The share of failed requests (0 to 1)."""
        if self.requests:
            return self.failures / self.requests
        return 1.0 if self.failures else 0.0


def row_of(entry: StatsEntry, shares: Sequence[float], *, current: bool = False, newest: bool = False) -> Row:
    """One entry. `current`: current rates instead of the whole run's; `newest`: percentiles of the current window."""
    figures = entry.stats.figures_of(entry)
    rates = (entry.current_rps, entry.current_fail_per_sec) if current else (entry.total_rps, entry.total_fail_per_sec)
    return Row(
        entry.method,
        entry.name,
        figures.requests,
        figures.failures,
        entry.shown_median,
        entry.avg_response_time,
        entry.min_response_time or 0,
        entry.max_response_time,
        entry.avg_content_length,
        *rates,
        entry.shown_percentiles(list(shares), current=newest),
        figures.histogram.count > 0,
    )


def rows_of(stats: RequestStats, shares: Sequence[float], *, current: bool = False, newest: bool = False) -> list[Row]:
    """All entries, sorted by name and method. The total is not among them."""
    entries = stats.entries
    measured = stats.measured
    ordered = [entries[key] for key in sorted(entries)]
    if measured is None:
        return [row_of(entry, shares, current=current, newest=newest) for entry in ordered]
    plain = _Plain(stats, measured, shares, current=current, newest=newest)
    return [plain.row(entry) or row_of(entry, shares, current=current, newest=newest) for entry in ordered]


class _Plain:
    """Columns of all entries, as Python's own numbers."""

    def __init__(
        self, stats: RequestStats, measured: Measured, shares: Sequence[float], *, current: bool, newest: bool
    ) -> None:
        sheet = measured.sheet
        self._stats = stats
        self._measured = measured
        self._times = sheet.columns(shares)
        self._shares = len(shares)
        self._percentiles = self._times.percentiles
        if newest:
            self._percentiles = measured.newest(int(tuned().CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW)).columns(shares)[
                -1
            ]
        self._requests: list[int] = sheet.requests.tolist()
        self._untimed: list[int] = sheet.untimed.tolist()
        self._failures: list[int] = sheet.failures.tolist()
        self._content: list[float] = sheet.content.tolist()
        self._rates = self._current_rates() if current else self._total_rates()

    def _total_rates(self) -> tuple[list[float], list[float]]:
        span = self._stats.span
        if span <= 0:
            return [0.0] * len(self._requests), [0.0] * len(self._requests)
        sheet = self._measured.sheet
        return (sheet.requests / span).tolist(), (sheet.failures / span).tolist()

    def _current_rates(self) -> tuple[list[float], list[float]]:
        recent = self._measured.recent(CURRENT_RATE_WINDOW)
        if not recent.seconds:
            return [], []
        return (recent.requests / recent.seconds).tolist(), (recent.failures / recent.seconds).tolist()

    def row(self, entry: StatsEntry) -> Row | None:
        """The row of an entry; None where there is more to it than its columns."""
        key = (entry.name, entry.method)
        number = self._measured.number(key)
        if entry.logged is not None or number < 0 or not self._measured.is_whole(key):
            return None
        if number >= len(self._requests):
            return None
        requests, times = self._requests[number], self._times
        rps, fails = self._rates
        found = number < len(self._percentiles)
        return Row(
            entry.method,
            entry.name,
            requests,
            self._failures[number],
            times.median[number],
            times.average[number],
            times.low[number],
            times.high[number],
            self._content[number] / requests if requests else 0,
            rps[number] if number < len(rps) else 0.0,
            fails[number] if number < len(fails) else 0.0,
            self._percentiles[number] if found else [0] * self._shares,
            requests > self._untimed[number],
        )
