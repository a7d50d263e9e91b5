"""Locust's CSV files: `_stats`, `_stats_history`, `_failures` and `_exceptions`.

Rules: columns, row order, number formats, quoting and line ends (CRLF) are Locust's. `_stats_history` grows by the
second: the total only, or with full history every entry, whose percentiles are then those of the current window. The
other files are rewritten in place, each in one piece, so that who reads them meanwhile finds whole rows. Users wait
while files are written, so what takes long (thousands of entries) is written less often: it gets a tenth of the time.
Unlike Locust's, the files are complete at the end: `finish` writes the last second.
"""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from swell.dialects.locust.console import sort_stats
from swell.dialects.locust.pausing import pause
from swell.dialects.locust.percentiles import get_readable_percentiles
from swell.dialects.locust.shown import Row, row_of, rows_of
from swell.dialects.locust.stats_errors import StatsError
from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from swell.dialects.locust.request_stats import RequestStats

__all__ = ["CSVWriter", "StatsCSV", "StatsCSVFileWriter", "due_again", "format_utc_timestamp"]

_SHARE = 10
_CHEAP = 0.1  # seconds that nobody notices once a second


class CSVWriter(Protocol):
    """What `csv.writer` gives."""

    def writerow(self, row: Iterable[Any], /) -> Any:
        """Write one row."""
        ...


class _Runner(Protocol):
    @property
    def user_count(self) -> int: ...

    @property
    def exceptions(self) -> Mapping[Any, Mapping[str, Any]]: ...


class _Environment(Protocol):
    """What the files need of the environment."""

    @property
    def stats(self) -> RequestStats: ...

    @property
    def runner(self) -> _Runner | None: ...


def format_utc_timestamp(unix_timestamp: float) -> str:
    """Unix seconds as an ISO date and time in UTC."""
    return datetime.fromtimestamp(int(unix_timestamp), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def due_again(now: float, took: float) -> float:
    """When something that took `took` seconds may be done again, so that it gets a tenth of the time; soon if cheap."""
    return now + _SHARE * took if took > _CHEAP else now


class StatsCSV:
    """The rows of the files, for any writer."""

    def __init__(self, environment: _Environment, percentiles_to_report: Sequence[float]) -> None:
        self.environment = environment
        self.percentiles_to_report = list(percentiles_to_report)
        percentiles = get_readable_percentiles(percentiles_to_report)
        self.percentiles_na = ["N/A"] * len(percentiles)
        self.requests_csv_columns = [
            *("Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time"),
            *("Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s"),
            *percentiles,
        ]
        self.failures_columns = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
        self.exceptions_columns = ["Count", "Message", "Traceback", "Nodes"]
        self.stats_history_csv_columns = [
            *("Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"),
            *percentiles,
            *("Total Request Count", "Total Failure Count", "Total Median Response Time"),
            *("Total Average Response Time", "Total Min Response Time", "Total Max Response Time"),
            "Total Average Content Size",
        ]

    def requests_csv(self, csv_writer: CSVWriter) -> None:
        """Write `_stats.csv`."""
        csv_writer.writerow(self.requests_csv_columns)
        stats, shares = self.environment.stats, self.percentiles_to_report
        with stats.hold():
            rows = [*rows_of(stats, shares), row_of(stats.total, shares)]
        for row in rows:
            percentiles = row.percentiles if row.requests else self.percentiles_na
            csv_writer.writerow([row.method, row.name, *_cumulative(row), row.rps, row.fails, *percentiles])

    def failures_csv(self, csv_writer: CSVWriter) -> None:
        """Write `_failures.csv`."""
        csv_writer.writerow(self.failures_columns)
        for error in sort_stats(self.environment.stats.errors):
            seen = ["" if at is None else format_utc_timestamp(at) for at in (error.first_seen, error.last_seen)]
            text = StatsError.parse_error(error.error)
            csv_writer.writerow([error.method, error.name, text, error.occurrences, *seen])

    def exceptions_csv(self, csv_writer: CSVWriter) -> None:
        """Write `_exceptions.csv`."""
        csv_writer.writerow(self.exceptions_columns)
        runner = self.environment.runner
        exceptions: Iterable[Mapping[str, Any]] = () if runner is None else runner.exceptions.values()
        for found in exceptions:
            csv_writer.writerow([found["count"], found["msg"], found["traceback"], ", ".join(found["nodes"])])

    def stats_history_rows(self, csv_writer: CSVWriter, now: float, *, full_history: bool = False) -> None:
        """Write what `_stats_history.csv` gets at the Unix time `now`."""
        stats, runner = self.environment.stats, self.environment.runner
        begin = [int(now), 0 if runner is None else runner.user_count]
        shares, kind = self.percentiles_to_report, {"current": True, "newest": full_history}
        with stats.hold():
            rows = [*(rows_of(stats, shares, **kind) if full_history else ()), row_of(stats.total, shares, **kind)]
        for row in rows:
            percentiles = row.percentiles if row.requests else self.percentiles_na
            rates = [f"{row.rps:.6f}", f"{row.fails:.6f}"]
            csv_writer.writerow([*begin, row.method or "", row.name, *rates, *percentiles, *_cumulative(row)])

    def close_files(self) -> None:
        """There are none."""


class StatsCSVFileWriter(StatsCSV):
    """Writes the four files PREFIX_*.csv; OSError when one cannot be opened.

    Call `start` when the test starts, `write` each second, `finish` at the end; or `stats_writer` in a thread or
    greenlet of its own, which does the first two for ever.
    """

    def __init__(
        self,
        environment: _Environment,
        percentiles_to_report: Sequence[float],
        base_filepath: str,
        full_history: bool = False,
    ) -> None:
        super().__init__(environment, percentiles_to_report)
        self.base_filepath = base_filepath
        self.full_history = full_history
        self._last_row = -1
        self._next_flush = self._history_due = self._whole_due = 0.0
        self._history = self._open("_stats_history.csv")
        self._whole: list[tuple[TextIO, Callable[[CSVWriter], None]]] = [
            (self._open("_stats.csv"), self.requests_csv),
            (self._open("_failures.csv"), self.failures_csv),
            (self._open("_exceptions.csv"), self.exceptions_csv),
        ]

    def __call__(self) -> None:
        """As `stats_writer`."""
        self.stats_writer()

    def stats_history_file_name(self) -> str:
        """The path of the history."""
        return self.base_filepath + "_stats_history.csv"

    def start(self, now: float | None = None) -> None:
        """Write all headers and the first rows. `now`: Unix time."""
        csv.writer(self._history).writerow(self.stats_history_csv_columns)
        self.write(now)

    def write(self, now: float | None = None) -> None:
        """Bring all files up to date; the history gets at most one group of rows for each Unix second."""
        now = time.time() if now is None else now
        if int(now) > self._last_row and now >= self._history_due:
            self._last_row = int(now)
            begun = time.perf_counter()
            self.stats_history_rows(csv.writer(self._history), now, full_history=self.full_history)
            if self.full_history:
                self._history_due = due_again(now, time.perf_counter() - begun)
        if now >= self._whole_due:
            begun = time.perf_counter()
            for file, rows in self._whole:
                _rewrite(file, rows)
            self._whole_due = due_again(now, time.perf_counter() - begun)
        if now >= self._next_flush:
            self._next_flush = now + tuned().CSV_STATS_FLUSH_INTERVAL_SEC
            self._flush()

    def finish(self, now: float | None = None) -> None:
        """Write what has come since the last time, and close the files. A second call does nothing."""
        if self._history.closed:
            return
        # The last rows always: a run that ends within a second of the row before has more to say than that row.
        self._last_row = -1
        self._history_due = self._whole_due = 0.0
        self.write(now)
        self.close_files()

    def stats_writer(self) -> None:
        """`start`, then `write` every `CSV_STATS_INTERVAL_SEC`, for ever."""
        self.start()
        while True:
            pause(tuned().CSV_STATS_INTERVAL_SEC)
            self.write()

    def close_files(self) -> None:
        """Close all files."""
        for file in self._files():
            file.close()

    def _files(self) -> list[TextIO]:
        return [self._history, *(file for file, _ in self._whole)]

    def _flush(self) -> None:
        for file in self._files():
            file.flush()

    def _open(self, ending: str) -> TextIO:
        path = Path(self.base_filepath + ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", newline="", encoding="utf-8")


def _cumulative(row: Row) -> list[Any]:
    """The columns that both statistics files share."""
    return [row.requests, row.failures, row.median, row.average, row.low, row.high, row.content]


def _rewrite(file: TextIO, rows: Callable[[CSVWriter], None]) -> None:
    text = io.StringIO(newline="")
    rows(csv.writer(text))
    file.seek(0)
    file.write(text.getvalue())
    file.truncate()
