"""Error groups: what went wrong, how often, with one example each.

Rules: grouped by (kind, message, name, method); at most `MAX_GROUPS` groups, whatever comes after goes to
one group of kind "other". Counts are exact, examples and messages are redacted before they are kept, the
first example stays. A group that is known costs a dictionary look-up and an addition: a target that is down
makes many thousand a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from swell.metrics.redaction import redact_example, redact_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MAX_GROUPS", "ErrorGroup", "ErrorGroups"]

MAX_GROUPS = 1_000

_MAX_MESSAGE = 500
_OTHER_MESSAGE = f"errors beyond the first {MAX_GROUPS:,} different ones"

_Key = tuple[str, str, str, str]


class ErrorGroup(msgspec.Struct, array_like=True):
    """Errors of one kind. `first` and `last` are seconds of the run."""

    kind: str
    message: str
    name: str
    method: str
    count: int
    first: int = 0
    last: int = 0
    example: dict[str, Any] | None = None


class ErrorGroups:
    """A bounded collection of error groups: of a worker's current second, or of the whole run."""

    def __init__(self, limit: int = MAX_GROUPS) -> None:
        self._limit = limit
        self._groups: dict[_Key, ErrorGroup] = {}
        # Counted since the last `take`.
        self._fresh: dict[_Key, int] = {}

    def add(self, kind: str, message: str, name: str, method: str, example: Mapping[str, Any] | None) -> None:
        """Count one error."""
        key = (kind, message, name, method)
        fresh = self._fresh
        if key in fresh:
            fresh[key] += 1
            return
        if key not in self._groups:
            key = self._open(key, example)
        fresh[key] = fresh.get(key, 0) + 1

    def take(self, second: int) -> list[ErrorGroup]:
        """The groups counted since the last call, as of that second; examples only the first time."""
        out: list[ErrorGroup] = []
        for key, count in self._fresh.items():
            group = self._groups[key]
            out.append(
                ErrorGroup(group.kind, group.message, group.name, group.method, count, second, second, group.example)
            )
            group.example = None
        self._fresh.clear()
        return out

    def untaken(self, second: int) -> list[ErrorGroup]:
        """What the next `take` will give, without the examples. Nothing is taken away."""
        counted = ((self._groups[key], count) for key, count in self._fresh.items())
        return [ErrorGroup(one.kind, one.message, one.name, one.method, n, second, second) for one, n in counted]

    def merge(self, groups: Iterable[ErrorGroup]) -> None:
        """Add groups that a worker took."""
        for new in groups:
            key = (new.kind, new.message, new.name, new.method)
            known = self._groups.get(key)
            if known is None and len(self._groups) >= self._limit:
                key = ("other", _OTHER_MESSAGE, "", "")
                known = self._groups.get(key)
            if known is None:
                example = new.example if key[0] == new.kind else None
                self._groups[key] = ErrorGroup(*key, new.count, new.first, new.last, example)
                continue
            known.count += new.count
            known.first = min(known.first, new.first)
            known.last = max(known.last, new.last)
            if known.example is None and key[0] == new.kind:
                known.example = new.example

    def ordered(self) -> list[ErrorGroup]:
        """Copies of all groups, the most frequent first."""
        return sorted(
            (msgspec.structs.replace(group) for group in self._groups.values()),
            key=lambda group: (-group.count, group.kind, group.message, group.name, group.method),
        )

    def _open(self, key: _Key, example: Mapping[str, Any] | None) -> _Key:
        if len(self._groups) >= self._limit:
            key = ("other", _OTHER_MESSAGE, "", "")
            if key in self._groups:
                return key
            example = None
        kind, message, name, method = key
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "..."
        self._groups[key] = ErrorGroup(
            kind,
            redact_text(message),
            name,
            method,
            0,
            example=None if example is None else redact_example(example),
        )
        return key
