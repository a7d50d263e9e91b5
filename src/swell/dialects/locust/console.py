"""Locust's console tables, and the periodic table.

Rules: rows, widths and order are Locust's; lines go to the logger `locust.stats_logger` without a prefix of their
own. Times are whole milliseconds, rates have two decimals; the periodic table shows current rates, the closing one
those of the whole run.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from swell.dialects.locust.pausing import pause
from swell.dialects.locust.percentiles import get_readable_percentiles
from swell.dialects.locust.shown import Row, row_of, rows_of
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

Value = TypeVar("Value")


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


def sort_stats(stats: Mapping[Any, Value]) -> list[Value]:
    """The values in the order of their keys."""
    return [stats[key] for key in sorted(stats)]


def stats_row(entry: StatsEntry, *, current: bool) -> str:
    """One row of the table."""
    return _stats_line(row_of(entry, [0.5], current=current), _type_width(), _name_width())


def percentile_row(entry: StatsEntry) -> str:
    """One row of the percentile table."""
    return _percentile_line_of(row_of(entry, tuned().PERCENTILES_TO_REPORT))


def get_stats_summary(stats: RequestStats, current: bool = True) -> list[str]:
    """The table as lines."""
    kind, name = _type_width(), _name_width()
    header = (
        f"{'Type':<{kind}} {'Name':<{name}} {'# reqs':>7} {'# fails':>12} |{'Avg':>7} {'Min':>7} {'Max':>7}{'Med':>7}"
        f" | {'req/s':>7} {'failures/s':>11}"
    )
    separator = "|".join("-" * width for width in (kind, name, 7, 13, 7, 7, 7, 7, 8, 11))
    with stats.hold():
        rows = [_stats_line(row, kind, name) for row in rows_of(stats, [0.5], current=current)]
        return [header, separator, *rows, separator, stats_row(stats.total, current=current)]


def get_percentile_stats_summary(stats: RequestStats) -> list[str]:
    """The percentile table as lines; entries without a response time are left out."""
    shares = tuned().PERCENTILES_TO_REPORT
    header = _percentile_line("Type", "Name", [*get_readable_percentiles(shares), "# reqs"])
    widths = (tuned().STATS_TYPE_WIDTH, tuned().STATS_NAME_WIDTH, 8, *(6 for _ in shares))
    separator = "|".join("-" * width for width in widths)
    with stats.hold():
        rows = [_percentile_line_of(row) for row in rows_of(stats, shares) if row.timed]
        total = row_of(stats.total, shares)
    last = [_percentile_line_of(total)] if total.timed else []
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
            pause(tuned().CONSOLE_STATS_INTERVAL_SEC)

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


def _stats_line(row: Row, kind: int, name: int) -> str:
    failures = f"{row.failures}({row.fail_ratio * 100:.2f}%)"
    average, low, high, median = int(row.average), int(row.low), int(row.high), row.percentiles[0]
    return (
        f"{row.method + ' ' if row.method else '':<{kind}} {row.name:<{name}}"
        f" {row.requests:7d} {failures:>12} |{average:7d} {low:7d} {high:7d}{median:7d}"
        f" | {row.rps:7.2f} {row.fails:11.2f}"
    )


def _percentile_line_of(row: Row) -> str:
    return _percentile_line(row.method or "", row.name, [*row.percentiles, row.requests])


def _percentile_line(kind: str, name: str, columns: list[Any]) -> str:
    first, *rest = (str(column) for column in columns)
    others = " ".join(f"{column:>6}" for column in rest)
    return f"{kind:<{tuned().STATS_TYPE_WIDTH}} {name:<{tuned().STATS_NAME_WIDTH}} {first:>8} {others}"
