"""Locust's console tables, and the periodic table.

Rules: rows, widths and order are Locust's; lines go to the logger `locust.stats_logger` without a prefix of their
own. Times are whole milliseconds, rates have two decimals; the periodic table shows current rates, the closing one
those of the whole run.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from swell.dialects.locust.percentiles import get_readable_percentiles
from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.dialects.locust.entries import StatsEntry
    from swell.dialects.locust.request_stats import RequestStats

__all__ = [
    "fit_to_terminal",
    "get_error_report_summary",
    "get_percentile_stats_summary",
    "get_stats_summary",
    "percentile_row",
    "print_error_report",
    "print_percentile_stats",
    "print_stats",
    "sort_stats",
    "stats_printer",
    "stats_row",
    "terminal_name_width",
]

console_logger = logging.getLogger("locust.stats_logger")

_WIDEST_NAME = 80
_OTHER_COLUMNS = 80

Row = TypeVar("Row")


class _Tables(Protocol):
    """What the error report needs of `RequestStats`."""

    @property
    def errors(self) -> Mapping[str, Any]: ...


def terminal_name_width() -> int:
    """Characters for the name of a request: what the terminal leaves, at most 80; 80 without a terminal."""
    try:
        return max(min(os.get_terminal_size().columns - _OTHER_COLUMNS, _WIDEST_NAME), 0)
    except (OSError, ValueError):
        return _WIDEST_NAME


def fit_to_terminal() -> None:
    """Set `STATS_NAME_WIDTH` to the terminal's width, unless a test has switched `STATS_AUTORESIZE` off."""
    tunables = tuned()
    if tunables.STATS_AUTORESIZE:
        tunables.STATS_NAME_WIDTH = terminal_name_width()


def sort_stats(stats: Mapping[Any, Row]) -> list[Row]:
    """The values in the order of their keys."""
    return [stats[key] for key in sorted(stats)]


def stats_row(entry: StatsEntry, *, current: bool) -> str:
    """One row of the table."""
    rps, fails = (
        (entry.current_rps, entry.current_fail_per_sec) if current else (entry.total_rps, entry.total_fail_per_sec)
    )
    failures = f"{entry.num_failures}({entry.fail_ratio * 100:.2f}%)"
    times = (entry.avg_response_time, entry.min_response_time or 0, entry.max_response_time)
    average, low, high = (int(value) for value in times)
    (median,) = entry.shown_percentiles([0.5])
    return (
        f"{entry.method + ' ' if entry.method else '':<{_type_width()}} {entry.name:<{_name_width()}}"
        f" {entry.num_requests:7d} {failures:>12} |{average:7d} {low:7d} {high:7d}{median:7d}"
        f" | {rps:7.2f} {fails:11.2f}"
    )


def percentile_row(entry: StatsEntry) -> str:
    """One row of the percentile table."""
    shown = entry.shown_percentiles(list(tuned().PERCENTILES_TO_REPORT))
    return _percentile_line(entry.method or "", entry.name, [*shown, entry.num_requests])


def get_stats_summary(stats: RequestStats, current: bool = True) -> list[str]:
    """The table as lines."""
    kind, name = _type_width(), _name_width()
    header = (
        f"{'Type':<{kind}} {'Name':<{name}} {'# reqs':>7} {'# fails':>12} |{'Avg':>7} {'Min':>7} {'Max':>7}{'Med':>7}"
        f" | {'req/s':>7} {'failures/s':>11}"
    )
    separator = "|".join("-" * width for width in (kind, name, 7, 13, 7, 7, 7, 7, 8, 11))
    with stats.hold():
        rows = [stats_row(entry, current=current) for entry in sort_stats(stats.entries)]
        return [header, separator, *rows, separator, stats_row(stats.total, current=current)]


def get_percentile_stats_summary(stats: RequestStats) -> list[str]:
    """The percentile table as lines; entries without a response time are left out."""
    shares = list(tuned().PERCENTILES_TO_REPORT)
    header = _percentile_line("Type", "Name", [*get_readable_percentiles(shares), "# reqs"])
    widths = (tuned().STATS_TYPE_WIDTH, tuned().STATS_NAME_WIDTH, 8, *(6 for _ in shares))
    separator = "|".join("-" * width for width in widths)
    with stats.hold():
        timed = [entry for entry in (*sort_stats(stats.entries), stats.total) if entry.response_times]
        rows = [percentile_row(entry) for entry in timed]
    last = [rows.pop()] if timed and timed[-1] is stats.total else []
    return ["Response time percentiles (approximated)", header, separator, *rows, separator, *last]


def get_error_report_summary(stats: _Tables) -> list[str]:
    """The table of failures as lines."""
    separator = f"{'-' * 18}|{'-' * (_OTHER_COLUMNS - 19 + tuned().STATS_NAME_WIDTH)}"
    rows = [f"{error.occurrences:<18d} {error.to_name():<100}" for error in stats.errors.values()]
    return ["Error report", f"{'# occurrences':18} {'Error':100}", separator, *rows, separator, ""]


def print_stats(stats: RequestStats, current: bool = True) -> None:
    """Log the table and an empty line."""
    _log([*get_stats_summary(stats, current), ""])


def print_percentile_stats(stats: RequestStats) -> None:
    """Log the percentile table and an empty line."""
    _log([*get_percentile_stats_summary(stats), ""])


def print_error_report(stats: RequestStats) -> None:
    """Log the table of failures, if there are any."""
    if stats.errors:
        _log(get_error_report_summary(stats))


def stats_printer(stats: RequestStats) -> Callable[[], None]:
    """A function that prints the table every `CONSOLE_STATS_INTERVAL_SEC`, for a thread or greenlet of its own."""

    def print_for_ever() -> None:
        while True:
            print_stats(stats)
            time.sleep(tuned().CONSOLE_STATS_INTERVAL_SEC)

    return print_for_ever


def _log(lines: list[str]) -> None:
    for line in lines:
        # The line is an argument: a name may hold a percent sign.
        console_logger.info("%s", line)


def _type_width() -> int:
    return tuned().STATS_TYPE_WIDTH


def _name_width() -> int:
    # The other columns of this table are narrower than those of the percentile table.
    return max(tuned().STATS_NAME_WIDTH - tuned().STATS_TYPE_WIDTH + 4, 0)


def _percentile_line(kind: str, name: str, columns: list[Any]) -> str:
    first, *rest = (str(column) for column in columns)
    others = " ".join(f"{column:>6}" for column in rest)
    return f"{kind:<{tuned().STATS_TYPE_WIDTH}} {name:<{tuned().STATS_NAME_WIDTH}} {first:>8} {others}"
