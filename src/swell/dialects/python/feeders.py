"""Feeders: rows of data for users, from CSV, JSON Lines or any iterable.

Rules: every worker reads the rows for itself, once, and takes its share by number: row i of the worker's own sequence
is row index + i * count of the whole. So no two processes of a `unique` feeder ever hand out the same row, and a
`circular` one goes round evenly. Paths are relative to the test file; errors name file and line.
"""

from __future__ import annotations

import csv
import inspect
import io
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

from swell.dialects.python.current import virtual_user
from swell.dialects.python.exceptions import FeederError, StopUser
from swell.dialects.python.scope import current_scope
from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Feeder", "csv_feeder", "feeder", "jsonl_feeder"]

Policy: TypeAlias = Literal["circular", "random", "unique"]
OnEnd: TypeAlias = Literal["stop_user", "stop_test", "wrap", "error"]

_POLICIES = ("circular", "random", "unique")
_ON_END = ("stop_user", "stop_test", "wrap", "error")


class Feeder:
    """Hands out rows: `row = accounts.next()` in a task.

    `policy` "circular": one after the other, over and over; "random": any, each time; "unique": each row once over
    all processes. `on_end`, for unique rows only, is what happens when none is left: "stop_user" (this user ends),
    "stop_test", "wrap" (start again) or "error" (the task fails).
    """

    def __init__(
        self, rows: Iterable[Any], *, name: str, policy: Policy = "circular", on_end: OnEnd | None = None
    ) -> None:
        if policy not in _POLICIES:
            raise ValueError(f"feeder {name}: policy is one of {', '.join(_POLICIES)}, not {policy!r}")
        if on_end is not None and on_end not in _ON_END:
            raise ValueError(f"feeder {name}: on_end is one of {', '.join(_ON_END)}, not {on_end!r}")
        if on_end is not None and policy != "unique":
            raise ValueError(f'feeder {name}: on_end belongs to policy="unique"; {policy} rows never run out')
        self.name = name
        self.policy: Policy = policy
        self.on_end: OnEnd = on_end or "stop_user"
        # A sequence, or what is read as it goes (unique rows of an endless generator).
        self._rows: Sequence[Any] | None = None
        self._source: Iterable[Any] = rows
        if not (policy == "unique" and self.on_end != "wrap" and not hasattr(rows, "__len__")):
            self._rows = cast("Sequence[Any]", rows) if isinstance(rows, (list, tuple)) else list(rows)
            if not self._rows:
                raise FeederError(f"feeder {name}: there are no rows")
        self._context: Any = None
        self._ended = False
        self._iterator: Iterator[Any] = iter(())
        self._number = 0
        self._count = 1

    def next(self) -> Any:
        """The next row, a copy if it is a dictionary. Only inside a running test."""
        user = virtual_user()
        if user.context is not self._context:
            self._join(user.context)
        rows = self._rows
        if self.policy == "unique":
            row = self._next_unique()
        else:
            assert rows is not None
            if self.policy == "random":
                row = rows[int(user.random.random() * len(rows))]
            else:
                row = rows[self._number % len(rows)]
                self._number += self._count
        if isinstance(row, _CsvRow):
            return row.as_dict()
        return cast("dict[Any, Any]", row).copy() if isinstance(row, dict) else row

    def __next__(self) -> Any:
        return self.next()

    def __iter__(self) -> Iterator[Any]:
        return self

    def _join(self, context: Any) -> None:
        """Take the share of a worker. Only once per run, so the position is kept for all its users."""
        self._context = context
        self._ended = False
        self._number, self._count = context.index, context.count
        self._iterator = self._share()

    def _share(self) -> Iterator[Any]:
        rows = self._source if self._rows is None else self._rows
        return islice(rows, self._context.index, None, self._count)

    def _next_unique(self) -> Any:
        for row in self._iterator:
            return row
        if self.on_end == "wrap":
            self._iterator = self._share()
            for row in self._iterator:
                return row
            raise FeederError(f"feeder {self.name}: fewer rows than processes; this process has none")
        if self.on_end == "stop_user":
            raise StopUser(f"feeder {self.name} has no rows left")
        if self.on_end == "stop_test":
            self._end_test()
        raise FeederError(f"feeder {self.name} has no rows left")

    def _end_test(self) -> NoReturn:
        """End the load as planned, told once for all users of this worker."""
        reason = f"feeder {self.name} has no rows left"
        control = self._context.control
        if control is not None and not self._ended:
            self._ended = True
            control.end(reason)
        raise StopUser(reason)

    def __len__(self) -> int:
        if self._rows is None:
            raise TypeError(f"the rows of feeder {self.name} are not counted ahead")
        return len(self._rows)


class _CsvRow:
    """One line, without a dictionary of its own."""

    __slots__ = ("names", "values")

    def __init__(self, names: tuple[str, ...], values: tuple[str, ...]) -> None:
        self.names = names
        self.values = values

    def as_dict(self) -> dict[str, str]:
        return dict(zip(self.names, self.values, strict=True))


def csv_feeder(
    path: str | Path,
    *,
    policy: Policy = "circular",
    on_end: OnEnd | None = None,
    columns: Sequence[str] | None = None,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
) -> Feeder:
    """Rows of a CSV file as dictionaries of texts. The first line names the columns, unless `columns` does.

    Raises FeederError, with file and line, for a file that cannot be read and for lines of another length.
    """
    found = _resolve(path)
    rows = list(_csv_rows(found, columns, delimiter, encoding))
    if not rows:
        raise FeederError(f"{found}: there are no rows, only a header" if columns is None else f"{found}: empty")
    return Feeder(rows, name=str(path), policy=policy, on_end=on_end)


def jsonl_feeder(
    path: str | Path, *, policy: Policy = "circular", on_end: OnEnd | None = None, encoding: str = "utf-8-sig"
) -> Feeder:
    """Values of a JSON Lines file: one JSON value per line, empty lines left out.

    Raises FeederError, with file and line, for a file that cannot be read and for lines that are no JSON.
    """
    found = _resolve(path)
    rows: list[Any] = []
    for number, line in enumerate(_read(found, encoding).split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise FeederError(f"{found}:{number}: not JSON: {error.msg} at column {error.colno}") from None
    if not rows:
        raise FeederError(f"{found}: there are no rows")
    return Feeder(rows, name=str(path), policy=policy, on_end=on_end)


def feeder(
    rows: Iterable[Any], *, policy: Policy = "circular", on_end: OnEnd | None = None, name: str = "rows"
) -> Feeder:
    """Rows of any iterable; every process makes its own, so it must give the same rows each time.

    With policy "unique" (and no wrap) a generator is read as the test goes and may be endless.
    """
    return Feeder(rows, name=name, policy=policy, on_end=on_end)


def _csv_rows(path: Path, columns: Sequence[str] | None, delimiter: str, encoding: str) -> Iterator[_CsvRow]:
    reader = csv.reader(io.StringIO(_read(path, encoding), newline=""), delimiter=delimiter, strict=True)
    names = None if columns is None else tuple(columns)
    try:
        for values in reader:
            if not values:
                continue
            if names is None:
                names = tuple(value.strip() for value in values)
                if len(set(names)) != len(names):
                    raise FeederError(f"{path}:{reader.line_num}: a column is named twice")
            elif len(values) != len(names):
                found, wanted = plural(len(values), "value"), plural(len(names), "column")
                raise FeederError(f"{path}:{reader.line_num}: {found} for {wanted} ({', '.join(names)})")
            else:
                yield _CsvRow(names, tuple(values))
    except csv.Error as error:
        raise FeederError(f"{path}:{reader.line_num}: {error}") from None


def _read(path: Path, encoding: str) -> str:
    try:
        # Universal newlines off: a quoted value may hold line ends of its own.
        with path.open(encoding=encoding, newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise FeederError(f"there is no file {path}") from None
    except UnicodeDecodeError as error:
        raise FeederError(f"{path}: not {encoding}: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise FeederError(f"{path}: cannot be read: {error.strerror}") from None


def _resolve(path: str | Path) -> Path:
    """A path as it stands in a test file: relative to it, else to the file that makes the feeder."""
    given = Path(path).expanduser()
    if given.is_absolute():
        return given
    scope = current_scope()
    if scope is not None:
        return scope.folder / given
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("swell."):
        frame = frame.f_back
    where = frame.f_globals.get("__file__") if frame is not None else None
    return given if where is None else Path(where).resolve().parent / given
