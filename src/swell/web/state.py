"""What the page shows, encoded: one JSON for each second, made once and shared by everybody who watches.

Rules: written by one thread (the one that conducts the run), read by the one that serves; what is handed over is
immutable bytes. A watcher that has seen the frame before gets what changed since (`tick`), any other gets all
(`whole`), so that a page that was cut off is right again with the first frame that it gets.
"""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from swell.metrics.redaction import redact_text
from swell.web.history import History

if TYPE_CHECKING:
    from swell.web.frame import Point

__all__ = ["LOG_LINES", "Frame", "PageState"]

LOG_LINES = 500
"""So many lines of notices and output are kept, the newest."""

_LONGEST_LINE = 2000

_encode = msgspec.json.Encoder().encode


class Frame(msgspec.Struct, frozen=True):
    """One version of the page."""

    version: int
    tick: bytes
    whole: bytes


class PageState:
    """The sections of the page, the points of its charts, its log."""

    def __init__(self) -> None:
        self._versions = itertools.count(1)
        self._sections: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._history = History()
        self._fresh: list[Point] = []
        self._restarted = True
        self._lines: deque[tuple[int, str, str]] = deque(maxlen=LOG_LINES)
        self._new_lines: deque[tuple[int, str, str]] = deque(maxlen=LOG_LINES)
        self._numbers = itertools.count(1)

    def clear(self) -> None:
        """Another run begins: its charts and tables are empty. The log goes on."""
        self._sections.clear()
        self._changed.clear()
        self._history = History()
        self._fresh = []
        self._restarted = True

    @property
    def next_second(self) -> int:
        """The first second that has no point yet."""
        return self._history.next_second

    @property
    def lines(self) -> list[tuple[int, str, str]]:
        """The newest lines of the log: number, level, text."""
        return [*self._lines, *map(_redacted, self._new_lines)][-LOG_LINES:]

    @property
    def dirty(self) -> bool:
        """Whether there is something that no frame has told yet."""
        return bool(self._changed or self._fresh or self._new_lines or self._restarted)

    def put(self, name: str, value: Any) -> None:
        """Set a section; nothing is sent if it is as it was."""
        data = _encode(value)
        if self._sections.get(name) != data:
            self._sections[name] = self._changed[name] = data

    def add_points(self, points: list[Point]) -> None:
        """Add seconds to the charts."""
        width = self._history.width
        fresh = self._history.add(points)
        if self._history.width != width:
            self._restarted = True
        self._fresh += fresh

    def log(self, level: str, text: str) -> None:
        """Add a line to the log; `level` "info", "warning", "error" or "output". Secrets are taken out later."""
        self._new_lines.append((next(self._numbers), level, text[:_LONGEST_LINE]))

    def frame(self) -> Frame:
        """The next version of the page."""
        version = next(self._versions)
        # Only now, and so of no more lines than are shown: a test may print thousands a second.
        new_lines = list(map(_redacted, self._new_lines))
        self._lines.extend(new_lines)
        history = _encode({"width": self._history.width, "points": self._history.points})
        whole = dict(self._sections)
        whole |= {"version": _encode(version), "history": history, "lines": _encode(list(self._lines))}
        tick = dict(self._changed)
        tick["version"] = whole["version"]
        if self._restarted:
            tick["history"] = history
        elif self._fresh:
            tick["points"] = _encode(self._fresh)
        if new_lines:
            tick["new_lines"] = _encode(new_lines)
        self._changed.clear()
        self._new_lines.clear()
        self._fresh = []
        restarted, self._restarted = self._restarted, False
        # A page of the run before has sections that this one does not have yet.
        return Frame(version, _object(whole if restarted else tick), _object(whole))


def _redacted(line: tuple[int, str, str]) -> tuple[int, str, str]:
    return line[0], line[1], redact_text(line[2])


def _object(parts: dict[str, bytes]) -> bytes:
    return b"{" + b",".join(_encode(name) + b":" + data for name, data in parts.items()) + b"}"
