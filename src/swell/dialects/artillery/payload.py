"""CSV files whose rows become variables of VUs.

Rules: rows are read once per worker; which row a VU gets in order "sequence" depends on its number in the whole test
only, so no two VUs of a test share a row before all were used, however many workers there are. Numbers are cast as in
Artillery, but a number with leading zeros stays text (an id, not a quantity).
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from swell.dialects.artillery.mistakes import Place, ScriptError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

__all__ = ["Payload", "read_payloads", "variables_of_row"]

_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_ENCODINGS = {"utf8": "utf-8-sig", "utf-8": "utf-8-sig", "latin1": "latin-1", "ascii": "ascii", "utf16le": "utf-16-le"}


class Payload(msgspec.Struct, frozen=True):
    """One file. `fields` name columns; `whole` is the variable that gets all rows, "" for one row per VU."""

    rows: tuple[tuple[Any, ...], ...]
    fields: tuple[str, ...] = ()
    in_sequence: bool = False
    whole: str = ""


def read_payloads(config: dict[str, Any], place_of: Callable[[int], Place] | None = None) -> list[Payload]:
    """The payloads of a loaded config. `place_of`: where the one with this number stands. Raises ScriptError."""
    specs = config.get("payload")
    if specs is None:
        return []
    listed = cast("list[Any]", specs) if isinstance(specs, list) else [specs]
    found: list[Payload] = []
    for number, each in enumerate(listed):
        try:
            found.append(_read(each, number))
        except ScriptError as error:
            if error.place is not None or place_of is None:
                raise
            raise ScriptError(error.message, place_of(number)) from None
    return found


def variables_of_row(payloads: Sequence[Payload], number: int, chance: random.Random) -> dict[str, Any]:
    """What the VU with this number (from 0) gets; a column that its row lacks is None."""
    found: dict[str, Any] = {}
    for payload in payloads:
        rows = payload.rows
        if payload.whole:
            found[payload.whole] = _as_objects(payload)
        elif rows:
            row = rows[number % len(rows)] if payload.in_sequence else chance.choice(rows)
            for place, field in enumerate(payload.fields):
                found[field] = row[place] if place < len(row) else None
        else:
            found.update(dict.fromkeys(payload.fields))
    return found


def _as_objects(payload: Payload) -> list[Any]:
    if not payload.fields:
        return [list(row) for row in payload.rows]
    return [dict(zip(payload.fields, row, strict=False)) for row in payload.rows]


def _read(spec: Any, number: int) -> Payload:
    where = f"config.payload[{number}]"
    if not isinstance(spec, dict) or not cast("dict[str, Any]", spec).get("path"):
        raise ScriptError(f'{where}: a payload needs a path, such as {{path: users.csv, fields: ["name"]}}')
    fields = cast("dict[str, Any]", spec)
    path = str(fields["path"])
    options = cast("dict[str, Any]", fields["options"]) if isinstance(fields.get("options"), dict) else {}
    encoding = str(options.get("encoding") or "utf-8")
    try:
        with Path(path).open(encoding=_ENCODINGS.get(encoding.lower(), encoding), newline="") as file:
            text = file.read()
    except FileNotFoundError:
        raise ScriptError(f"{where}: there is no file {path}") from None
    except OSError as error:
        raise ScriptError(f"{where}: {path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, LookupError):
        raise ScriptError(f"{where}: {path} is no text in {encoding}") from None
    rows = _rows(text, fields, options, path)
    names = fields.get("fields")
    names = cast("list[Any]", names) if isinstance(names, list) else []
    whole = ""
    if fields.get("loadAll") and not fields.get("order"):
        whole = str(fields.get("name") or "")
        if not whole:
            raise ScriptError(f"{where}: loadAll needs a name: the variable that holds all rows")
    return Payload(rows, tuple(str(each) for each in names), fields.get("order") == "sequence", whole)


def _rows(text: str, fields: dict[str, Any], options: dict[str, Any], path: str) -> tuple[tuple[Any, ...], ...]:
    delimiter = str(options.get("delimiter") or fields.get("delimiter") or ",")
    quote = options.get("quote", '"')
    skip_empty = fields.get("skipEmptyLines", True) is not False
    first = int(options.get("from_line") or (2 if fields.get("skipHeader") is True else 1))
    if len(delimiter) != 1:
        # Python's reader takes one letter; a letter that no CSV holds stands for the longer one.
        text, delimiter = text.replace(delimiter, "\x1f"), "\x1f"
    lines = text.splitlines(keepends=True)[first - 1 :]
    quoting = csv.QUOTE_MINIMAL if isinstance(quote, str) and len(quote) == 1 else csv.QUOTE_NONE
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=str(quote) if quoting == csv.QUOTE_MINIMAL else None,
        quoting=quoting,
        doublequote=True,
    )
    cast_all = fields.get("cast", True) is not False and options.get("cast", True) is not False
    trim = bool(options.get("trim"))
    found: list[tuple[Any, ...]] = []
    try:
        for row in reader:
            if not row and skip_empty:
                continue
            texts = [each.strip() for each in row] if trim else row
            found.append(tuple(_value(each) for each in texts) if cast_all else tuple(texts))
    except csv.Error as error:
        raise ScriptError(f"this is no CSV: {error}", Place(path, reader.line_num + first - 1)) from None
    return tuple(found)


def _value(text: str) -> Any:
    if _NUMBER.fullmatch(text) is None:
        return text
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
