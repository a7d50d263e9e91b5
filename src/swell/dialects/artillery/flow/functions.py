"""The functions of templates: Artillery's own, those of its fake-data plugin, and those people assume to be there.

Rules: each takes the random source of the VU and the arguments. Artillery's `$randomNumber` and `$randomString` give
text, as there; the others give what they are. Names of Postman and of older Artillery versions are aliases.
"""

from __future__ import annotations

import base64
import json
import math
import string
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias, cast
from urllib.parse import quote
from uuid import UUID

from swell.dialects.artillery.flow.values import UNDEFINED, js_text, json_text, number_of, truthy

__all__ = ["FILTERS", "OWN", "Function", "find_function"]

Function: TypeAlias = "Callable[[Random, Sequence[Any]], Any]"

_LETTERS: Final = string.ascii_letters + string.digits


def _int(value: Any, default: int) -> int:
    number = number_of(value)
    return default if number is None or math.isinf(number) else int(number)


def _random_number(random: Random, low: Any = 0, high: Any = 100) -> str:
    least, most = _int(low, 0), _int(high, 100)
    return str(random.randint(min(least, most), max(least, most)))


def _random_string(random: Random, size: Any = 10) -> str:
    return "".join(random.choices(_LETTERS, k=min(max(_int(size, 10), 0), 10_000_000)))


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))


def _integer(random: Random, low: Any = 0, high: Any = 1000) -> int:
    return int(_random_number(random, low, high))


def _float(random: Random, low: Any = 0, high: Any = 1) -> float:
    return random.uniform(number_of(low) or 0.0, number_of(high) or 0.0)


def _pick(random: Random, *given: Any) -> Any:
    """One of a list, or of the arguments."""
    items = cast("list[Any]", given[0]) if len(given) == 1 and isinstance(given[0], list) else list(given)
    return random.choice(items) if items else UNDEFINED


def _date(random: Random, *_: Any) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=random.uniform(0, 365 * 86400))
    return _iso(moment)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(_: Random) -> int:
    return int(time.time())


def _milliseconds(_: Random) -> int:
    return int(time.time() * 1000)


def _now(_: Random) -> str:
    return _iso(datetime.now(UTC))


def _boolean(random: Random) -> bool:
    return random.random() < 0.5


def _hex(random: Random, size: Any = 8) -> str:
    return "".join(random.choices("0123456789abcdef", k=_int(size, 8)))


def _plain(function: Callable[..., Any]) -> Function:
    """A function that takes its arguments one by one."""
    return lambda random, given: function(random, *given)


def _quoted(value: Any) -> str:
    return quote(js_text(value), safe="!'()*~")


def _base64(value: Any) -> str:
    return base64.b64encode(js_text(value).encode("utf-8", "replace")).decode("ascii")


def _rounded(function: Callable[[float], int], value: Any) -> Any:
    number = number_of(value)
    return math.nan if number is None else function(number) if math.isfinite(number) else number


def _tidy(number: float | None) -> Any:
    if number is None:
        return math.nan
    return int(number) if math.isfinite(number) and number.is_integer() else number


def _parsed(text: Any) -> Any:
    try:
        return json.loads(js_text(text))
    except ValueError:
        return UNDEFINED


OWN: Final[Mapping[str, Function]] = {
    "$randomNumber": _plain(_random_number),
    "$randomString": _plain(_random_string),
}
"""What Artillery itself has, but for `$template`, which templates know."""

_ASSUMED: Final[dict[str, Function]] = {
    **dict.fromkeys(("$uuid", "$randomUUID", "$randomUuid", "$guid", "$uuidv4", "$uuidV4"), _plain(_uuid)),
    **dict.fromkeys(("$randomInt", "$randomInteger"), _plain(_integer)),
    **dict.fromkeys(("$randomFloat", "$randomDecimal"), _plain(_float)),
    **dict.fromkeys(("$randomBoolean", "$randomBool"), _plain(_boolean)),
    **dict.fromkeys(
        ("$randomItem", "$randomElement", "$randomChoice", "$randomValue", "$pick", "$choice"), _plain(_pick)
    ),
    **dict.fromkeys(("$randomDate", "$randomDateRecent"), _plain(_date)),
    **dict.fromkeys(("$timestamp", "$unixTimestamp"), _plain(_seconds)),
    **dict.fromkeys(("$timestampMs", "$epoch", "$now", "Date.now"), _plain(_milliseconds)),
    **dict.fromkeys(("$isoTimestamp", "$isoDate", "$date", "$currentDate"), _plain(_now)),
    "$randomAlphaNumeric": _plain(_random_string),
    "$randomHex": _plain(_hex),
    "Math.random": lambda random, _: random.random(),
    "Math.floor": lambda _, given: _rounded(math.floor, given[0]),
    "Math.ceil": lambda _, given: _rounded(math.ceil, given[0]),
    "Math.round": lambda _, given: _rounded(lambda x: math.floor(x + 0.5), given[0]),
    "Math.abs": lambda _, given: abs(number_of(given[0]) or 0),
    "Math.min": lambda _, given: min((number_of(x) or 0 for x in given), default=math.inf),
    "Math.max": lambda _, given: max((number_of(x) or 0 for x in given), default=-math.inf),
    "JSON.stringify": lambda _, given: json_text(given[0]),
    "JSON.parse": lambda _, given: _parsed(given[0]),
    "String": lambda _, given: js_text(given[0]),
    "Number": lambda _, given: _tidy(number_of(given[0])),
    "Boolean": lambda _, given: truthy(given[0]),
    **dict.fromkeys(("parseInt", "parseFloat"), lambda _, given: _tidy(number_of(given[0]))),
    **dict.fromkeys(("encodeURIComponent", "$encodeURIComponent", "$urlEncode"), lambda _, given: _quoted(given[0])),
    **dict.fromkeys(("btoa", "$base64", "$base64Encode"), lambda _, given: _base64(given[0])),
}


def _length(value: Any) -> int:
    return len(cast("list[Any]", value)) if isinstance(value, (str, list, dict)) else 0


def _end(value: Any, index: int) -> Any:
    return cast("list[Any]", value)[index] if value and isinstance(value, (str, list)) else UNDEFINED


def _joined(value: Any, mark: str = ",") -> Any:
    return mark.join(map(js_text, cast("list[Any]", value))) if isinstance(value, list) else value


FILTERS: Final[Mapping[str, Function]] = {
    "default": lambda _, given: given[0] if truthy(given[0]) else given[1],
    "upper": lambda _, given: js_text(given[0]).upper(),
    "lower": lambda _, given: js_text(given[0]).lower(),
    "trim": lambda _, given: js_text(given[0]).strip(),
    "length": lambda _, given: _length(given[0]),
    "first": lambda _, given: _end(given[0], 0),
    "last": lambda _, given: _end(given[0], -1),
    "join": lambda _, given: _joined(given[0], *map(js_text, given[1:2])),
    "json": lambda _, given: json_text(given[0]),
    "random": lambda random, given: _pick(random, given[0]),
    "int": lambda _, given: _int(given[0], 0),
    "string": lambda _, given: js_text(given[0]),
    "urlencode": lambda _, given: _quoted(given[0]),
    "base64": lambda _, given: _base64(given[0]),
}
"""What templates may write after a bar."""


def find_function(name: str) -> Function | None:
    """The function of this name, fake data included; None if there is none."""
    found = OWN.get(name) or _ASSUMED.get(name) or FILTERS.get(name)
    if found is None and name.startswith("$"):
        from swell.dialects.artillery.flow.fakes import fake_function  # noqa: PLC0415 - word lists, for few tests

        found = fake_function(name)
    return found
