"""What is measured of one WebSocket: samples named as k6's, under one set of tags.

Rules: tags are those in force when the connection was begun, with name, url (both the given name, or the URL without
secrets), status of the handshake, subproto if one was agreed on. A series is made with its first sample. Times are
milliseconds. Failures go to the recorder's errors, an example once per kind and message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.metrics.builtin import BUILTIN
from swell.metrics.redaction import redact_url
from swell.metrics.tags import EMPTY, TagSet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.metrics.recorder import Recorder

__all__ = ["Meter", "tags_of"]

_MOST_SHOWN = 1000
_shown_key = object()


def tags_of(base: TagSet | None, name: str, extra: Mapping[str, object] | None) -> TagSet:
    """The tags of a connection before its handshake is answered."""
    tags = {**dict(base or EMPTY), **{key: str(value) for key, value in (extra or {}).items()}}
    shown = tags.get("name") if extra and "name" in extra else redact_url(name)
    return TagSet.of({**tags, "name": shown or name, "url": shown or name})


class Meter:
    """The samples of one connection."""

    __slots__ = ("_numbers", "_recorder", "_time", "started", "tags")

    def __init__(self, recorder: Recorder, time: Callable[[], float], tags: TagSet, started: float) -> None:
        self._recorder = recorder
        self._time = time
        self._numbers: dict[str, int] = {}
        self.tags = tags
        self.started = started

    def answered(self, status: int, subprotocol: str = "") -> None:
        """The handshake is over: 101, another status, or 0 for no answer. Counts the session."""
        tags = self.tags.with_tags(status=str(status))
        self.tags = tags.with_tags(subproto=subprotocol) if subprotocol else tags
        self._numbers = {}
        if status:
            self.add("ws_connecting", (self._time() - self.started) * 1000.0)
        self.add("ws_sessions", 1)

    def ended(self) -> None:
        """An open session is over."""
        self.add("ws_session_duration", (self._time() - self.started) * 1000.0)

    def add(self, metric: str, value: float) -> None:
        """One sample now."""
        number = self._numbers.get(metric)
        if number is None:
            number = self._numbers[metric] = self._recorder.series(metric, BUILTIN[metric].kind, self.tags)
        self._recorder.add_sample((number, self._time(), value))

    def failed(self, kind: str, message: str, example: Mapping[str, Any] | None = None) -> None:
        """Count a failure of the connection."""
        tags = self.tags.with_tags(method="WS")
        shown: set[tuple[str, str]] = tags.cache.setdefault(_shown_key, set())
        key = (kind, message)
        first = key not in shown and len(shown) < _MOST_SHOWN
        if first:
            shown.add(key)
        self._recorder.add_error(
            kind, message, tags, (example or {"method": "WS", "url": tags.get("url")}) if first else None
        )
