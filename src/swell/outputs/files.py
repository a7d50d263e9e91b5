"""Outputs to files: JSON lines and CSV, one row for each series and second.

Rules: a row stands by itself, so that a file that was cut off is good up to its last line break. Times are UTC. Names
that end in .gz are compressed; "-" is stdout.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import msgspec

from swell.outputs.base import OutputError
from swell.outputs.batch import PERCENTILES, fields_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.outputs.batch import Batch, Row

__all__ = ["COLUMNS", "CsvFile", "JsonLines", "TextFile", "csv_line", "moment_text"]

COLUMNS: tuple[str, ...] = (
    *("time", "second", "metric", "kind", "unit", "name", "method", "status", "scenario", "group", "other_tags"),
    *("count", "sum", "min", "max", "avg", "value", "passes", "fails", "rate"),
    *(name for name, _ in PERCENTILES),
)
"""The columns of a CSV file. A field that the kind of the metric does not have is empty."""

_TAG_COLUMNS = ("name", "method", "status", "scenario", "group")


def moment_text(seconds: float) -> str:
    """A Unix time in UTC with milliseconds: "2027-01-15T08:00:00.123Z"."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def csv_line(cells: Sequence[object]) -> str:
    """One line of a CSV file, with its line break."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


class TextFile:
    """A file, compressed file or stdout that text is added to. `path` as in `--out`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def open(self) -> None:
        """Make the file, empty. OutputError if that cannot be."""
        if self.path == "-":
            self._file = sys.stdout
            return
        try:
            if self.path.endswith(".gz"):
                made = gzip.open(self.path, "wt", encoding="utf-8", newline="", compresslevel=5)  # noqa: SIM115 - kept open
                self._file = cast("IO[str]", made)
            else:
                self._file = Path(self.path).open("w", encoding="utf-8", newline="")  # noqa: SIM115 - kept open
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror or error}") from None

    def write(self, text: str) -> None:
        """Add text; it is in the file when this returns (of a compressed one: at its end)."""
        if self._file is not None and text:
            self._file.write(text)
            if not self.path.endswith(".gz"):
                self._file.flush()

    def close(self) -> None:
        """No more text; stdout stays open."""
        if self._file is not None and self._file is not sys.stdout:
            self._file.close()
        self._file = None


class _FileOutput:
    """What both formats share: rows become text when they are taken, and go to the file at the next flush."""

    every = 1.0

    def __init__(self, kind: str, path: str) -> None:
        self.label = f"{kind}={path}"
        self.lost = 0
        self._file = TextFile(path)
        self._parts: list[str] = []

    def open(self) -> None:
        """Make the file, empty. OutputError if that cannot be."""
        self._file.open()

    def take(self, batch: Batch) -> None:
        """Turn the rows into lines."""
        self._parts.append("".join(self._text(batch, row) for row in batch.rows))

    def flush(self) -> None:
        """Write them. OutputError if that fails."""
        # Taken out first: after a failed write nobody knows how much of it is in the file, so it is not repeated.
        text, self._parts = "".join(self._parts), []
        try:
            self._file.write(text)
        except OSError as error:
            self.lost += 1
            raise OutputError(f"cannot write: {error.strerror or error}") from None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _text(self, batch: Batch, row: Row) -> str:
        raise NotImplementedError


class JsonLines(_FileOutput):
    """One JSON object on each line."""

    def __init__(self, path: str) -> None:
        super().__init__("json", path)

    def _text(self, batch: Batch, row: Row) -> str:
        document = {
            "time": moment_text(batch.origin + row.second),
            "second": row.second,
            "metric": row.series.metric,
            "kind": row.series.kind,
            "unit": row.series.unit,
            "tags": row.series.tags,
            **{key: _number(value) for key, value in fields_of(row).items()},
        }
        return msgspec.json.encode(document).decode() + "\n"


class CsvFile(_FileOutput):
    """Comma separated values with a header (see `COLUMNS`)."""

    def __init__(self, path: str) -> None:
        super().__init__("csv", path)

    def open(self) -> None:
        """Make the file with its header. OutputError if that cannot be."""
        super().open()
        self._parts.append(csv_line(COLUMNS))
        self.flush()

    def _text(self, batch: Batch, row: Row) -> str:
        tags = row.series.tags
        known: Mapping[str, object] = {
            "time": moment_text(batch.origin + row.second),
            "second": row.second,
            "metric": row.series.metric,
            "kind": row.series.kind,
            "unit": row.series.unit,
            **{name: tags.get(name, "") for name in _TAG_COLUMNS},
            "other_tags": "&".join(f"{key}={value}" for key, value in tags.items() if key not in _TAG_COLUMNS),
            **{key: _number(value) for key, value in fields_of(row).items()},
        }
        return csv_line([known.get(column, "") for column in COLUMNS])


def _number(value: float) -> float:
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value
