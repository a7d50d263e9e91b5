"""Lines of the log in k6's formats: what scripts print, what goes wrong in them, what k6 itself has to say.

Rules: pure text. On a terminal a line begins with level and seconds since the start, elsewhere it is `key=value` pairs;
`raw` is the message alone, `json` an object a line. Values of secrets never show.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swell.dialects.k6.settings import LogStyle

__all__ = ["Repeats", "make_line", "with_field"]

_LEVELS = {"debug": "DEBU", "info": "INFO", "warn": "WARN", "error": "ERRO"}
_NAMES = {"warn": "warning"}
_COLOURS = {"debug": 37, "info": 36, "warn": 33, "error": 31}
_FIELD = re.compile(r'([^="]+) ([a-z]+)=("(?:[^"\\]|\\.)*")', re.DOTALL)
_PLAIN = re.compile(r"[a-zA-Z0-9\-._/@^+]+")


def make_line(
    style: LogStyle, started: float, *, colours: bool = True, now: Callable[[], float] = time.time
) -> Callable[[str, str, str], str]:
    """`line(level, message, source)` in this style; `started` in seconds since 1970."""

    def tty(level: str, message: str, source: str) -> str:
        message, field, value = _parts(message, source)
        head = f"{_LEVELS[level]}[{max(0, int(now() - started)):04d}]"
        if colours:
            head = f"\x1b[{_COLOURS[level]}m{head[:4]}\x1b[0m{head[4:]}"
        tail = _tail(field, value, source)
        return f"{head} {message:<44}{tail}" if tail else f"{head} {message}"

    def text(level: str, message: str, source: str) -> str:
        message, field, value = _parts(message, source)
        head = f"time={_quoted(_stamp(now()))} level={_NAMES.get(level, level)} msg={_quoted(message)}"
        return head + _tail(field, value, source)

    def as_json(level: str, message: str, source: str) -> str:
        message, field, value = _parts(message, source)
        fields = ({field: value} if field else {}) | {"level": _NAMES.get(level, level), "msg": message}
        fields["time"] = _stamp(now())
        return json.dumps(fields | ({"source": source} if source else {}), ensure_ascii=False)

    def raw(level: str, message: str, source: str) -> str:
        del level, source
        return message

    return {"tty": tty, "text": text, "json": as_json, "raw": raw}[style]


def with_field(message: str, name: str, value: str) -> str:
    """A message of our own with something that stands beside it, such as the error."""
    return f"{message} {name}={json.dumps(value, ensure_ascii=False)}"


def _parts(message: str, source: str) -> tuple[str, str, str]:
    """(message, name, value) of what `with_field` made; what scripts say is never taken apart."""
    found = None if source else _FIELD.fullmatch(message)
    return (message, "", "") if found is None else (found[1], found[2], json.loads(found[3]))


def _tail(field: str, value: str, source: str) -> str:
    """What stands behind the message."""
    return (f" {field}={_quoted(value)}" if field else "") + (f" source={source}" if source else "")


class Repeats:
    """Lets the first few of equal messages through, then says once that there are more."""

    __slots__ = ("_count", "_most")

    def __init__(self, most: int = 20) -> None:
        self._most = most
        self._count: dict[str, int] = {}

    def shown(self, message: str) -> str | None:
        """What to print for this message; None for nothing."""
        seen = self._count.get(message, 0) + 1
        if len(self._count) < 10_000 or message in self._count:
            self._count[message] = seen
        if seen <= self._most:
            return message
        if seen == self._most + 1:
            first = message.partition("\n")[0]
            return f"{first} (this error goes on; further ones are counted, not shown)"
        return None


def _stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at)) + (time.strftime("%z", time.localtime(at)) or "Z")


def _quoted(message: str) -> str:
    return message if _PLAIN.fullmatch(message) else json.dumps(message, ensure_ascii=False)
