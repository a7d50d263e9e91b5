"""`locust.stats`: the values that a test may set, and everything that Locust offers under this name.

Rules: the values are read here at the time of use (see `tuning`). What is done with them is in the sibling modules.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypedDict

from swell.dialects.locust.console import (
    console_logger,
    get_error_report_summary,
    get_percentile_stats_summary,
    get_stats_summary,
    print_error_report,
    print_percentile_stats,
    print_stats,
    sort_stats,
    stats_printer,
    terminal_name_width,
)
from swell.dialects.locust.csv_files import CSVWriter, StatsCSV, StatsCSVFileWriter
from swell.dialects.locust.entries import StatsEntry, StatsEntryDict
from swell.dialects.locust.history import stats_history, update_stats_history
from swell.dialects.locust.json_output import print_stats_json, save_stats_json
from swell.dialects.locust.percentiles import (
    avg,
    bucket_response_time,
    calculate_response_time_percentile,
    diff_response_time_dicts,
    get_readable_percentiles,
)
from swell.dialects.locust.request_stats import EntriesDict, RequestStats
from swell.dialects.locust.stats_errors import StatsError, StatsErrorDict

__all__ = [
    "CONSOLE_STATS_INTERVAL_SEC",
    "CSV_STATS_FLUSH_INTERVAL_SEC",
    "CSV_STATS_INTERVAL_SEC",
    "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW",
    "HISTORY_STATS_INTERVAL_SEC",
    "PERCENTILES_TO_CHART",
    "PERCENTILES_TO_REPORT",
    "PERCENTILES_TO_STATISTICS",
    "STATS_AUTORESIZE",
    "STATS_NAME_WIDTH",
    "STATS_TYPE_WIDTH",
    "CSVWriter",
    "CachedResponseTimes",
    "EntriesDict",
    "RequestStats",
    "RequestStatsAdditionError",
    "StatsBaseDict",
    "StatsCSV",
    "StatsCSVFileWriter",
    "StatsEntry",
    "StatsEntryDict",
    "StatsError",
    "StatsErrorDict",
    "StatsHolder",
    "avg",
    "bucket_response_time",
    "calculate_response_time_percentile",
    "console_logger",
    "diff_response_time_dicts",
    "get_error_report_summary",
    "get_percentile_stats_summary",
    "get_readable_percentiles",
    "get_stats_summary",
    "print_error_report",
    "print_percentile_stats",
    "print_stats",
    "print_stats_json",
    "save_stats_json",
    "sort_stats",
    "stats_history",
    "stats_printer",
    "update_stats_history",
    "validate_stats_configuration",
]

STATS_NAME_WIDTH: int = terminal_name_width()
"""Characters for the name of a request in the console tables."""
STATS_TYPE_WIDTH: int = 8
"""Characters for the method."""
STATS_AUTORESIZE: bool = True
"""Whether the name's width follows the terminal's."""

CONSOLE_STATS_INTERVAL_SEC: float = 2
"""Seconds between two tables."""
HISTORY_STATS_INTERVAL_SEC: float = 5
"""Seconds between two records of `stats.history`."""
CSV_STATS_INTERVAL_SEC: float = 1
"""Seconds between two updates of the CSV files."""
CSV_STATS_FLUSH_INTERVAL_SEC: float = 5
"""Seconds after which the updates are on disk."""
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW: int = 10
"""Seconds that current percentiles look back."""

PERCENTILES_TO_REPORT: Sequence[float] = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
"""Columns of the percentile table and the CSV files."""
PERCENTILES_TO_STATISTICS: Sequence[float] = [0.95, 0.99]
"""Columns of the web page's table."""
PERCENTILES_TO_CHART: Sequence[float] = [0.5, 0.95]
"""Lines of the web page's chart, at most six."""

_MOST_CHARTED = 6


class StatsBaseDict(TypedDict):
    """What the plain data of entries and errors share."""

    name: str
    method: str


class StatsHolder(Protocol):
    """An entry or an error."""

    name: str
    method: str


class CachedResponseTimes(NamedTuple):
    """Response times at some moment. Nothing here makes any: for type annotations in tests."""

    response_times: dict[int, int]
    num_requests: int
    num_none_requests: int


class RequestStatsAdditionError(Exception):
    """Never raised, as in Locust."""


def validate_stats_configuration() -> None:
    """End the program with code 1 and a message if the percentiles that a test has set make no sense."""
    if len(PERCENTILES_TO_CHART) > _MOST_CHARTED:
        _refuse(f"stats.PERCENTILES_TO_CHART has {len(PERCENTILES_TO_CHART)} values; {_MOST_CHARTED} are the most")
    for name in ("PERCENTILES_TO_CHART", "PERCENTILES_TO_STATISTICS"):
        for value in globals()[name]:
            if not _is_share(value):
                _refuse(f"stats.{name} holds {value!r}; a percentile is a number between 0 and 1, like 0.95")


def _is_share(value: Any) -> bool:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return math.isfinite(number) and 0 < number < 1


def _refuse(problem: str) -> None:
    sys.stderr.write(problem + "\n")
    sys.exit(1)
