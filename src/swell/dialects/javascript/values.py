r"""Values between Python and JavaScript: pure functions, no engine.

Rules: numbers, booleans, None and safe strings cross as they are; the rest as JSON, with marks
`{"\x01": kind, "v": ...}` for what JSON lacks (see rich.js, the other half).

| JavaScript | Python |
|---|---|
| null / undefined | None / UNDEFINED (undefined properties of objects are left out) |
| number | int or float; Python ints beyond 2**53 become BigInt |
| BigInt | int |
| string | str (lone surrogates and NUL are kept) |
| ArrayBuffer, Uint8Array, DataView | bytes; bytes become an ArrayBuffer, bytearray a Uint8Array |
| other typed arrays | memoryview with the element's format, both ways |
| Date | datetime in UTC (None if invalid); naive datetimes are taken as UTC |
| Map, Set | dict, list; set becomes Set, dict an object |
| function | whatever the caller's `function_of` makes of (id, name, is_async); Python callables become functions |
| Error | JsError, not raised |
| Promise | PROMISE |
| instance of a class | dict of its own properties, or what its toJSON() gives |
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from swell.dialects.javascript.errors import JsError, JsFrame, parse_stack

__all__ = [
    "PROMISE",
    "UNDEFINED",
    "Json",
    "Marker",
    "crosses",
    "decode",
    "encode",
    "error_from",
    "is_safe",
    "pack",
    "unpack",
]

MARK: Final = "\x01"
_LARGEST = 2**53
_TYPES: Final = {
    "Int8Array": "b",
    "Int16Array": "h",
    "Uint16Array": "H",
    "Int32Array": "i",
    "Uint32Array": "I",
    "Float32Array": "f",
    "Float64Array": "d",
    "BigInt64Array": "q",
    "BigUint64Array": "Q",
    "Uint8ClampedArray": "B",
}
_NAMES: Final = {code: name for name, code in _TYPES.items() if code != "B"} | {"B": "Uint8Array", "l": "BigInt64Array"}

FunctionOf = Callable[[int, str, bool], Any]
HandleOf = Callable[[Callable[..., Any]], tuple[int, int, str]]


class Marker:
    """A value that exists once: UNDEFINED (JavaScript's undefined) or PROMISE. False in conditions."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return self._name


UNDEFINED: Final = Marker("UNDEFINED")
PROMISE: Final = Marker("PROMISE")


@dataclass(frozen=True, slots=True)
class Json:
    """JSON text that is to become a JavaScript value: what many contexts get is made once."""

    text: str


def is_safe(text: str) -> bool:
    """Whether the engine's binding carries a string unharmed in both directions."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def crosses(text: str) -> bool:
    """Whether a string crosses as it is; running out of memory for very long ones is told when they go as JSON."""
    return len(text) < 1_000_000 and is_safe(text)


def pack(values: Sequence[object], handle_of: HandleOf) -> tuple[int, list[Any]]:
    """Arguments of a script's function for core.js: (kinds, values), two bits of `kinds` for each."""
    kinds = 0
    plain: list[Any] = list(values)
    for index, value in enumerate(plain):
        # What most arguments are is told by the type itself: this is done for every call into a script.
        kind = type(value)  # pyright: ignore[reportUnknownVariableType] - of anything
        if kind is str:
            if crosses(value):
                continue
        elif kind is int:
            if -(2**31) <= value < 2**31:
                continue
        elif value is None or kind is float or kind is bool:
            continue
        if value is UNDEFINED:
            plain[index] = None
            kinds |= 3 << (2 * index)
        else:
            plain[index], marked = encode(value, handle_of)
            kinds |= (2 if marked else 1) << (2 * index)
    return kinds, plain


def unpack(kinds: int, values: Sequence[Any], function_of: FunctionOf) -> list[Any]:
    """Arguments that a script gave a host function, by their kinds."""
    plain = list(values)
    index = 0
    while kinds:
        kind = kinds & 3
        if kind == 3:
            plain[index] = UNDEFINED
        elif kind:
            plain[index] = decode(plain[index], kind == 2, function_of)
        kinds >>= 2
        index += 1
    return plain


def encode(value: object, handle_of: HandleOf | None = None) -> tuple[str, bool]:
    """JSON of a Python value and whether it has marks. Raises TypeError for what JavaScript has no word for."""
    if isinstance(value, Json):
        return value.text, False
    encoder = _Encoder(handle_of)
    plain = encoder.walk(value)
    return json.dumps(plain, ensure_ascii=True, separators=(",", ":"), allow_nan=False), encoder.marked


class _Encoder:
    """One walk over a Python value."""

    def __init__(self, handle_of: HandleOf | None) -> None:
        self.marked = False
        self._handle_of = handle_of
        self._depth = 0

    def _mark(self, kind: str, value: object) -> dict[str, object]:
        self.marked = True
        return {MARK: kind, "v": value}

    def walk(self, value: Any) -> object:
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            return int(value) if -_LARGEST <= value <= _LARGEST else self._mark("i", str(int(value)))
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return self._mark("n", "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity")
        if isinstance(value, bytes):
            return self._mark("b", _base64(value))
        if self._depth > 200:
            raise TypeError("a value that is nested more than 200 deep cannot be handed to a script")
        self._depth += 1
        try:
            return self._compound(value)
        finally:
            self._depth -= 1

    def _compound(self, value: Any) -> object:
        if isinstance(value, Mapping):
            items = {str(key): self.walk(item) for key, item in cast("Mapping[Any, Any]", value).items()}
            return self._mark("o", list(items.items())) if MARK in items else items
        if isinstance(value, bytearray):
            return self._mark("a", ["Uint8Array", _base64(value)])
        if isinstance(value, memoryview):
            view = cast("memoryview[Any]", value)
            if view.format not in _NAMES:
                raise TypeError(f"a memoryview of format {view.format!r} has no typed array")
            return self._mark("a", [_NAMES[view.format], _base64(view.tobytes())])
        if isinstance(value, (set, frozenset)):
            return self._mark("s", [self.walk(item) for item in cast("Iterable[Any]", value)])
        if isinstance(value, Sequence):
            return [self.walk(item) for item in cast("Sequence[Any]", value)]
        if isinstance(value, datetime):
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return self._mark("d", moment.timestamp() * 1000)
        if value is UNDEFINED:
            return self._mark("u", None)
        if isinstance(value, JsError):
            return self._mark("e", [value.name, value.message])
        if isinstance(value, BaseException):
            return self._mark("e", [type(value).__name__, str(value)])
        if callable(value) and self._handle_of is not None:
            return self._mark("f", list(self._handle_of(value)))
        raise TypeError(f"a Python {type(value).__name__} cannot be handed to a script")


def _base64(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode("ascii")


def decode(text: str, marked: bool, function_of: FunctionOf) -> Any:
    """The Python value of JSON from a script."""
    if not marked:
        return json.loads(text, parse_int=_number)

    def unmark(found: dict[str, Any]) -> Any:
        kind = found.get(MARK)
        return found if kind is None else _unmark(kind, found.get("v"), function_of)

    return json.loads(text, parse_int=_number, object_hook=unmark)


def _number(text: str) -> int | float:
    """Scripts write whole numbers without a point, however large; beyond 2**53 they are not exact."""
    number = int(text)
    return number if -_LARGEST <= number <= _LARGEST else float(text)


def _unmark(kind: str, value: Any, function_of: FunctionOf) -> Any:
    match kind:
        case "u":
            return UNDEFINED
        case "n":
            return float(value)
        case "i":
            return int(value)
        case "d":
            return None if value is None else _moment(value)
        case "b":
            return base64.b64decode(value)
        case "a":
            return _view(base64.b64decode(value[1]), _TYPES[value[0]])
        case "f":
            return function_of(*value)
        case "m":
            return {_key(key): item for key, item in value}
        case "s":
            return value
        case "o":
            return dict(value)
        case "e":
            return error_from(value)
        case _:
            return PROMISE


def _view(data: bytes, element: Any) -> Any:
    view: Any = memoryview(data)
    return view.cast(element)


def _moment(milliseconds: float) -> datetime | float:
    """Milliseconds since 1970; a moment that Python's calendar lacks stays a number."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return milliseconds


def _key(key: Any) -> Any:
    """Map keys that Python cannot hash are kept as their text."""
    return key if isinstance(key, (str, int, float, bool, type(None))) else str(key)


def error_from(
    record: Mapping[str, Any],
    column_of: Callable[[str, int, int], int] | None = None,
    *,
    in_promise: bool = False,
) -> JsError:
    """The error that a script's record tells of."""
    frames: tuple[JsFrame, ...] = parse_stack(str(record.get("s") or ""), column_of)
    error = JsError(str(record["n"]), str(record["m"]), frames, in_promise=in_promise)
    cause = record.get("c")
    if cause:
        error.__cause__ = error_from(cause, column_of)
    return error
