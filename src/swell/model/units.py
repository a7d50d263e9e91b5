"""Units that people type and read: durations, rates, sizes and counts.

Rules: parsing is strict, and a ValueError says what is wrong and what a right value looks like. Inside, times are
seconds, rates are per second, sizes are bytes. Sizes are decimal as k6 prints them (1 kB = 1000 B); the binary
units have their own names (1 KiB = 1024 B). Nothing here is negative, infinite or not a number.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

__all__ = [
    "format_count",
    "format_duration",
    "format_rate",
    "format_size",
    "parse_duration",
    "parse_rate",
    "parse_size",
    "plural",
]

_SECONDS: dict[str, Fraction] = {
    name: seconds
    for names, seconds in (
        ("ns", Fraction(1, 10**9)),
        ("us µs μs", Fraction(1, 10**6)),
        ("ms msec msecs millisecond milliseconds", Fraction(1, 1000)),
        ("s sec secs second seconds", Fraction(1)),
        ("m min mins minute minutes", Fraction(60)),
        ("h hr hrs hour hours", Fraction(3600)),
        ("d day days", Fraction(86400)),
    )
    for name in names.split()
}

_BYTES: dict[str, int] = {
    "": 1,
    "b": 1,
    **{prefix + end: 1000**power for power, prefix in enumerate("kmgt", 1) for end in ("", "b")},
    **{prefix + end: 1024**power for power, prefix in enumerate("kmgt", 1) for end in ("i", "ib")},
}

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
# In ASCII digits only: \d would also take other scripts' digits.
_PLAIN = re.compile(rf"\s*({_NUMBER}(?:e[+-]?\d{{1,3}})?)\s*", re.ASCII | re.IGNORECASE)
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-zµμ]+)\s*", re.IGNORECASE | re.ASCII)
_SIZE = re.compile(rf"\s*({_NUMBER})\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)

_DURATION_HELP = "write a number of seconds or units, such as 90, 90s, 1h30m or 500ms"
_RATE_HELP = "write a number per second or per a duration, such as 50, 200/s, 100/1m or 3000/h"
_SIZE_HELP = "write a number of bytes or with a unit, such as 512, 64kB, 1.5MB or 4MiB"


def _number(value: float, what: str, help_text: str) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a {what}: {help_text}")
    if value < 0:
        raise ValueError(f"a {what} cannot be negative, got {value!r}")
    return float(value)


def _finite(value: Fraction, text: str, what: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"the {what} {text!r} is too large") from None


def parse_duration(value: str | float) -> float:
    """Seconds of a duration: "1h30m", "90s", "1.5 min", "500ms", or a plain number of seconds.

    Parts add up, each unit at most once. Raises ValueError for anything else, negative values included.
    """
    if not isinstance(value, str):
        return _number(value, "duration", _DURATION_HELP)
    plain = _PLAIN.fullmatch(value)
    if plain is not None:
        return _finite(Fraction(plain[1]), value, "duration")
    if value.strip().startswith("-"):
        raise ValueError(f"a duration cannot be negative, got {value!r}")
    total = Fraction(0)
    seen: set[Fraction] = set()
    position = 0
    while position < len(value):
        part = _PART.match(value, position)
        if part is None:
            raise ValueError(f"{value!r} is not a duration: {_DURATION_HELP}")
        unit = _SECONDS.get(part[2]) or _SECONDS.get(part[2].lower())
        if unit is None:
            raise ValueError(f"unknown unit {part[2]!r} in the duration {value!r}: use ms, s, m, h or d")
        if unit in seen:
            raise ValueError(f"the unit {part[2]!r} comes twice in the duration {value!r}")
        seen.add(unit)
        total += Fraction(part[1]) * unit
        position = part.end()
    if not seen:
        raise ValueError(f"an empty text is not a duration: {_DURATION_HELP}")
    return _finite(total, value, "duration")


def parse_rate(value: str | float) -> float:
    """Events per second of "200/s", "100/1m", "3000/h", "50" or a plain number (per second).

    Raises ValueError for anything else.
    """
    if not isinstance(value, str):
        return _number(value, "rate", _RATE_HELP)
    amount_text, slash, unit_text = value.partition("/")
    amount = _PLAIN.fullmatch(amount_text)
    if amount is None:
        if amount_text.strip().startswith("-"):
            raise ValueError(f"a rate cannot be negative, got {value!r}")
        raise ValueError(f"{value!r} is not a rate: {_RATE_HELP}")
    if not slash:
        return _finite(Fraction(amount[1]), value, "rate")
    unit_text = unit_text.strip()
    if unit_text[:1].isalpha():  # "/m" means per one minute
        unit_text = "1" + unit_text
    try:
        seconds = parse_duration(unit_text)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a rate ({error}): {_RATE_HELP}") from None
    if seconds <= 0:
        raise ValueError(f"the rate {value!r} is per zero seconds: {_RATE_HELP}")
    return _finite(Fraction(amount[1]) / Fraction(seconds), value, "rate")


def parse_size(value: str | float) -> int:
    """Bytes of "512", "64kB", "1.5MB", "4MiB" or a plain number of bytes; fractions of a byte are cut off.

    Letter case does not matter, and the B may be left out. Raises ValueError for anything else.
    """
    if not isinstance(value, str):
        return int(_number(value, "size", _SIZE_HELP))
    match = _SIZE.fullmatch(value)
    if match is None:
        if value.strip().startswith("-"):
            raise ValueError(f"a size cannot be negative, got {value!r}")
        raise ValueError(f"{value!r} is not a size: {_SIZE_HELP}")
    factor = _BYTES.get(match[2].lower())
    if factor is None:
        raise ValueError(f"unknown unit {match[2]!r} in the size {value!r}: use B, kB, MB, GB, KiB, MiB or GiB")
    return int(Fraction(match[1]) * factor)


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def format_duration(seconds: float) -> str:
    """A duration as `parse_duration` reads it: "1h30m", "1m30.5s", "500ms", "12us", "0s".

    Rounded to the millisecond from one second on, to three significant digits below.
    """
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if not math.isfinite(seconds):
        return "unlimited"
    if seconds < 0.9995:
        for unit, size in (("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9)):
            amount = seconds / size
            if amount >= 0.9995:
                digits = 0 if amount >= 99.95 else 1 if amount >= 9.995 else 2
                # 999.6us rounds to 1000us, which reads as 1ms.
                return f"{_short(amount, digits)}{unit}"
        return "0s"
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{amount}{unit}" for amount, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if amount]
    if milliseconds:
        parts.append(_short(milliseconds / 1000, 3) + "s")
    return "".join(parts)


def plural(count: float, noun: str, many: str = "") -> str:
    """`1 request`, `12,345 requests`."""
    return f"{format_count(count)} {noun if count == 1 else many or noun + 's'}"


def format_rate(per_second: float) -> str:
    """A rate for reading: "200/s", "12.5/s", "0.05/s"; three significant digits below 100."""
    if per_second and abs(per_second) < 100:
        return f"{float(f'{per_second:.3g}'):g}/s"
    return f"{format_count(per_second)}/s"


def format_size(size: float) -> str:
    """Bytes for reading, decimal units: "512 B", "1.5 kB", "2.3 GB"."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 999.95 or (unit == "B" and abs(amount) < 1000):
            return f"{_short(amount, 0 if unit == 'B' else 1)} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def format_count(value: float) -> str:
    """A number of things with thousands separated: "12,345"; a fraction keeps one digit below 1,000."""
    if not math.isfinite(value):
        return "unlimited" if value > 0 else str(value)
    if value != int(value) and abs(value) < 1000:
        return _short(value, 1)
    return f"{round(value):,}"
