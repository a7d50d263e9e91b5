"""The module k6/experimental/csv: CSV files as shared arrays, or row by row.

Rules: rows are read by RFC 4180, empty lines are none. What `parse` gives is made once per process and lies outside of
the VUs; a `Parser` reads on from where its own VU stopped. Lines count from 0, `toLine` is the last one that is read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import msgspec

from swell.dialects.javascript import HostFunction, HostModule, Json, JsThrow
from swell.dialects.k6.modules.fs import opened

__all__ = ["modules", "rows"]


class _Options(msgspec.Struct, rename="camel"):
    """What a script says of a file."""

    delimiter: str = ","
    skip_first_line: bool = False
    as_objects: bool = False
    from_line: int | float = 0
    to_line: int | float | None = None


def modules() -> Mapping[str, HostModule]:
    """The module k6/experimental/csv."""
    exports: dict[str, object] = {
        "parse": HostFunction(_parse),
        "parser": HostFunction(_parser),
        "next": HostFunction(_next, "raw"),
    }
    source = resources.files(__package__ or "").joinpath("csv_rows.js").read_text("utf-8")
    return {"k6/experimental/csv": HostModule(exports, source)}


def rows(data: bytes, options: str) -> Iterator[str]:
    """The rows of a file as JSON: lists of texts, or objects named by the first line. Raises JsThrow."""
    wishes = _options(options)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", "replace", newline="")
    reader = csv.reader(text, delimiter=wishes.delimiter)
    names: list[str] | None = None
    first = max(wishes.from_line, int(wishes.skip_first_line))
    try:
        for number, row in enumerate(row for row in reader if row):
            if wishes.to_line is not None and number > wishes.to_line:
                return
            if wishes.as_objects and names is None:
                names = row
            elif number >= first:
                yield json.dumps(row if names is None else dict(zip(names, row, strict=False)), separators=(",", ":"))
    except csv.Error as error:
        raise JsThrow("Error", f"line {reader.line_num} is no CSV: {error}") from None


def _options(text: str) -> _Options:
    try:
        found = msgspec.json.decode(text, type=_Options)
    except msgspec.ValidationError as error:
        raise JsThrow("TypeError", f"options of csv: {error}") from None
    if len(found.delimiter) != 1 or found.delimiter in '\r\n"':
        raise JsThrow("TypeError", f"the delimiter is one character, not {found.delimiter!r}")
    if found.from_line < 0 or (found.to_line is not None and found.to_line < found.from_line):
        raise JsThrow("RangeError", "fromLine and toLine count from 0, and toLine is not before fromLine")
    return found


def _parse(context: Any, path: Any, options: str) -> Json:
    if context.state.phase != "init":
        raise JsThrow("Error", "csv.parse() works in init code only: call it at the top of the script")
    data = opened(context, path)
    number, length = context.shared.array(f"csv:{path}:{options}", lambda: list(rows(data, options)))
    return Json(f"[{number},{length}]")


def _parser(context: Any, path: Any, options: str) -> int:
    _options(options)
    parsers = _parsers(context)
    parsers.append(rows(opened(context, path), options))
    return len(parsers) - 1


def _next(context: Any, number: int) -> str | None:
    return next(_parsers(context)[number], None)


def _parsers(context: Any) -> list[Iterator[str]]:
    try:
        return context.k6_csv
    except AttributeError:
        found: list[Iterator[str]] = []
        context.k6_csv = found
        return found
