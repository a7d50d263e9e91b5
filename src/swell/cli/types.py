"""Values of options as people write them: durations, rates, stages, pairs.

Rules: each type says what is wrong with a value and what a right one looks like. Only `model.units` knows
units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DURATION",
    "FACTOR",
    "HOST",
    "INTEGER",
    "PAIR",
    "POSITIVE_DURATION",
    "PROCESSES",
    "RATE",
    "RATE_STAGE",
    "RESOLVE",
    "SHARE",
    "STAGE",
    "whole",
]

if TYPE_CHECKING:
    _Base = click.ParamType[Any]
else:  # older versions of click have no parameter here
    _Base = click.ParamType

_MOST_PROCESSES = 1024


class _Parsed(_Base):
    """A type made of a function that raises ValueError with a message for people."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As click's."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def _duration(text: str) -> float:
    from swell.model.units import parse_duration  # noqa: PLC0415 - keeps the help fast

    return parse_duration(text)


def _rate(text: str) -> float:
    from swell.model.units import parse_rate  # noqa: PLC0415 - keeps the help fast

    return parse_rate(text)


def _positive_duration(text: str) -> float:
    seconds = _duration(text)
    if seconds <= 0:
        raise ValueError(f"{text!r} must be longer than 0")
    return seconds


def _stage(text: str) -> tuple[float, int]:
    duration, colon, users = text.rpartition(":")
    if not colon or not users.strip().isdecimal():
        raise ValueError(f"{text!r} is no stage: write DURATION:USERS, such as 30s:100")
    return _duration(duration), int(users)


def _rate_stage(text: str) -> tuple[float, float]:
    duration, colon, rate = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} is no stage: write DURATION:RATE, such as 30s:200/s")
    return _duration(duration), _rate(rate)


def _factor(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not 0 < value < float("inf"):
        raise ValueError(f"{text!r} must be a number above 0")
    return value


def _share(text: str) -> float:
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100.0 if percent else 1.0)
    except ValueError:
        value = -1.0
    if rest or not 0 < value < 1:
        raise ValueError(f"{text!r} is no share: write it like 5% or 0.05")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is no pair: write NAME=VALUE")
    return name.strip(), value


def _host(text: str) -> str:
    if "://" not in text:
        raise ValueError(f"{text!r} has no scheme: write http://{text} or https://{text}")
    try:
        parts = urlsplit(text)
        valid = parts.hostname is not None and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{text!r} is no URL: {error}") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise ValueError(f"{text!r} has scheme {parts.scheme!r}: only http and https can be loaded")
    if not valid:
        raise ValueError(f"{text!r} names no host: write it like https://example.org")
    if "?" in text or "#" in text:  # the path of each request is put behind it
        raise ValueError(f"{text!r} is no base URL: leave out what begins with {'?' if '?' in text else '#'}")
    return text.rstrip("/")


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no whole number") from None


def _whole(least: int, most: int | None) -> Callable[[str], int]:
    where = f"from {least} up" if most is None else f"from {least} to {most}"

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ValueError(f"{text[:40]!r} is no whole number: write one {where}") from None
        if number < least or (most is not None and number > most):
            raise ValueError(f"{number} is not {where}")
        return number

    return parse


def whole(least: int, most: int | None = None) -> click.ParamType[Any]:
    """A whole number within these bounds; both are allowed."""
    return _Parsed("n", _whole(least, most))


def _processes(text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    if not text.strip().isdecimal() or int(text) > _MOST_PROCESSES:
        raise ValueError(
            f"{text!r}: write a number of processes up to {_MOST_PROCESSES}, auto, or 0 (a thread, for debugging)"
        )
    return int(text)


def _resolve(text: str) -> tuple[str, int, str]:
    from swell.http.resolver import parse_resolve  # noqa: PLC0415 - keeps the help fast

    return parse_resolve(text)


DURATION = _Parsed("duration", _duration)
FACTOR = _Parsed("factor", _factor)
HOST = _Parsed("url", _host)
INTEGER = _Parsed("n", _integer)
PAIR = _Parsed("name=value", _pair)
PROCESSES = _Parsed("n|auto", _processes)
POSITIVE_DURATION = _Parsed("duration", _positive_duration)
RATE = _Parsed("rate", _rate)
RATE_STAGE = _Parsed("duration:rate", _rate_stage)
RESOLVE = _Parsed("host:port:address", _resolve)
SHARE = _Parsed("share", _share)
STAGE = _Parsed("duration:users", _stage)
