"""Lines of the log in k6's formats: what scripts print, what goes wrong in them, what k6 itself has to say.

Rules: pure text. On a terminal a line begins with level and seconds since the start, elsewhere it is `key=value` pairs;
`raw` is the message alone, `json` an object a line. Values of secrets never show.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.k6.settings import LogStyle

__all__ = ["Line", "Repeats", "make_line"]

_LEVELS = {"debug": "DEBU", "info": "INFO", "warn": "WARN", "error": "ERRO"}
_NAMES = {"warn": "warning"}
_COLOURS = {"debug": 37, "info": 36, "warn": 33, "error": 31}
_PLAIN = re.compile(r"[a-zA-Z0-9\-._/@^+]+")


class Line(Protocol):
    """Makes a line of the log. `error` is what stands beside a message of k6's own, `source` who says it."""

    def __call__(self, level: str, message: str, source: str, error: str = "") -> str:
        """The line, without its end."""
        ...


def make_line(style: LogStyle, started: float, *, colours: bool = True, now: Callable[[], float] = time.time) -> Line:
    """Lines in this style; `started` in seconds since 1970."""

    def tty(level: str, message: str, source: str, error: str = "") -> str:
        head = f"{_LEVELS[level]}[{max(0, int(now() - started)):04d}]"
        if colours:
            head = f"\x1b[{_COLOURS[level]}m{head[:4]}\x1b[0m{head[4:]}"
        tail = _tail(source, error)
        return f"{head} {message:<44}{tail}" if tail else f"{head} {message}"

    def text(level: str, message: str, source: str, error: str = "") -> str:
        head = f"time={_quoted(_stamp(now()))} level={_NAMES.get(level, level)} msg={_quoted(message)}"
        return head + _tail(source, error)

    def as_json(level: str, message: str, source: str, error: str = "") -> str:
        fields = {"error": error} if error else {}
        fields |= {"level": _NAMES.get(level, level), "msg": message, "time": _stamp(now())}
        return json.dumps(fields | ({"source": source} if source else {}), ensure_ascii=False)

    def raw(level: str, message: str, source: str, error: str = "") -> str:
        del level, source
        return message + _tail("", error)

    return {"tty": tty, "text": text, "json": as_json, "raw": raw}[style]


def _tail(source: str, error: str) -> str:
    """What stands behind the message."""
    return (f" error={_quoted(error)}" if error else "") + (f" source={source}" if source else "")


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
