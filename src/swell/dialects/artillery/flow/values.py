"""Values as JavaScript shows them, and Artillery's spans of time.

Rules: pure. What a script writes into a text must look as Artillery would have sent it: `true`, `null`, `1` for 1.0,
objects as JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from swell.dialects.javascript import UNDEFINED

__all__ = [
    "UNDEFINED",
    "js_text",
    "json_ascii",
    "json_bytes",
    "json_text",
    "milliseconds",
    "number_of",
    "read_json",
    "truthy",
]

_SPAN: Final = re.compile(r"\s*(-?(?:\d+)?\.?\d+)\s*([a-zA-Z]*)\s*")
_UNITS: Final = {
    **dict.fromkeys(("", "ms", "msec", "msecs", "millisecond", "milliseconds"), 1.0),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1000.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60_000.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600_000.0),
    **dict.fromkeys(("d", "day", "days"), 86_400_000.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800_000.0),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 31_557_600_000.0),
}


def json_text(value: Any) -> str:
    """JSON as JSON.stringify writes it; what JSON lacks becomes text."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def json_ascii(value: Any) -> str:
    """JSON in ASCII, which crosses into the engine as it is."""
    return json.dumps(_plain(value), separators=(",", ":"))


def json_bytes(value: Any) -> bytes:
    """A JSON body. Lone surrogates become question marks."""
    return json_text(value).encode("utf-8", "replace")


def read_json(text: str) -> Any:
    """What JSON.stringify wrote. Raises ValueError for what is no JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return json.loads(text)  # halves of surrogate pairs, NaN


def _plain(value: Any) -> Any:
    """Numbers and keys as JavaScript has them; undefined entries of objects are left out."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not UNDEFINED}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, (list, tuple)):
        return [None if item is UNDEFINED else _plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if value is UNDEFINED:
        return None
    if isinstance(value, bytes):
        return {"type": "Buffer", "data": list(value)}
    return str(value)


def js_text(value: Any) -> str:
    """The text of a value inside another text: as a template or a form field shows it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return json_text(value)


def truthy(value: Any) -> bool:
    """JavaScript's idea of true: empty lists and objects are."""
    if value is None or value is UNDEFINED:
        return False
    if isinstance(value, (str, bool, int)):
        return bool(value)
    if isinstance(value, float):
        return not math.isnan(value) and value != 0.0
    return True


def number_of(value: Any) -> float | None:
    """A number or the text of one; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return None if isinstance(value, float) and math.isnan(value) else float(value)
    if isinstance(value, str):
        try:
            found = float(value.strip())
        except ValueError:
            return None
        return None if math.isnan(found) else found
    return None


def milliseconds(value: Any, *, bare: float = 1000.0) -> float | None:
    """A span of time in milliseconds; numbers without a unit are taken `bare` milliseconds each. None: not a span."""
    number = number_of(value)
    if number is not None:
        return number * bare
    if not isinstance(value, str):
        return None
    found = _SPAN.fullmatch(value)
    unit = _UNITS.get(found[2].lower()) if found else None
    return float(found[1]) * unit if found and unit is not None else None
