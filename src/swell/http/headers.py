"""Headers: a lazy view of what was received, a small map of what to send.

Rules: names are case-insensitive, values keep what was sent. Received bytes are read as Latin-1, whatever
they are, and never raise; a view is parsed when somebody looks into it. What goes out may hold no CR, LF or
NUL: such a name or value is refused with a ValueError, so that no data can smuggle in a header of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import count
from typing import Final, TypeAlias, cast

__all__ = ["EMPTY_HEADERS", "HeaderMap", "HeaderValue", "Headers", "header_line"]

HeaderValue: TypeAlias = str | bytes | int | float

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_MOST_NAMES: Final = 10_000
# Names that were found valid: the same few in every request.
_valid_names: Final[set[str]] = set()
# Versions are unique among all maps, so that a cache keyed by one never mistakes one map for another.
_versions: Final = count(1)


class Headers(Mapping[str, str]):
    """What was received, as a dictionary that does not care for case.

    Repeated values are joined by ", "; `get_all` gives them one by one.
    """

    __slots__ = ("_index", "_pairs", "_raw")

    def __init__(self) -> None:
        self._raw = b""
        self._pairs: list[tuple[str, str]] | None = None
        self._index: dict[str, str] | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Headers:
        """A view of the bytes of a head; a status line in front and an empty line at the end may be there."""
        view = cls()
        view._raw = raw
        return view

    @classmethod
    def of(cls, pairs: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
        """A view of (name, value) pairs."""
        view = cls()
        view._pairs = [(_text(name), _text(value)) for name, value in pairs]
        return view

    def pairs(self) -> list[tuple[str, str]]:
        """All (name, value) pairs as received, in their order. Not to be changed."""
        if self._pairs is None:
            self._pairs = _split(self._raw)
            self._raw = b""
        return self._pairs

    def get_all(self, name: str) -> list[str]:
        """All values of this name, in their order."""
        wanted = name.lower()
        return [value for key, value in self.pairs() if key.lower() == wanted]

    def _joined(self) -> dict[str, str]:
        if self._index is None:
            index: dict[str, str] = {}
            for name, value in self.pairs():
                key = name.lower()
                index[key] = f"{index[key]}, {value}" if key in index else value
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._joined()[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._joined()

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for name, _ in self.pairs():
            key = name.lower()
            if key not in seen:
                seen.add(key)
                yield name

    def __len__(self) -> int:
        return len(self._joined())

    def __repr__(self) -> str:
        return f"{dict(self)!r}"


EMPTY_HEADERS: Final = Headers()


class HeaderMap(MutableMapping[str, str]):
    """What to send with each request, like `session.headers` of requests. Keeps the spelling given last.

    `version` changes with every change of the map, and no two maps share one: a key for prepared heads.
    Setting None removes a header.
    """

    __slots__ = ("_items", "_lines", "_wire", "version")

    version: int

    def __init__(self, given: Mapping[str, HeaderValue] | Iterable[tuple[str, HeaderValue]] | None = None) -> None:
        self._items: dict[str, tuple[str, str]] = {}
        self._lines: dict[str, bytes] = {}
        self._wire: bytes | None = None
        self.version = next(_versions)
        if given is not None:
            for name, value in _pairs_of(given):
                self[name] = value

    def merged(self, extra: Mapping[str, HeaderValue | None] | None) -> HeaderMap:
        """A new map with the headers of one request on top; None as a value leaves a header out."""
        result = self.copy()
        if extra:
            for name, value in extra.items():
                result[name] = value
        return result

    def lines_with(self, extra: Mapping[str, HeaderValue | None]) -> dict[str, bytes]:
        """The lines of `merged(extra)` by their names in small letters."""
        lines = self._lines.copy()
        for name, value in extra.items():
            if value is None:
                lines.pop(name.lower(), None)
            else:
                lines[name.lower()] = header_line(name, value)
        return lines

    def wire(self) -> bytes:
        """The lines as sent, each with its line end; kept until the next change."""
        if self._wire is None:
            self._wire = b"".join(self._lines.values())
        return self._wire

    def copy(self) -> HeaderMap:
        """An independent map with the same headers."""
        result = HeaderMap()
        result._items.update(self._items)
        result._lines.update(self._lines)
        return result

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __setitem__(self, name: str | bytes, value: HeaderValue | None) -> None:
        spelled = _text(name)
        if value is None:
            self._items.pop(spelled.lower(), None)
            self._lines.pop(spelled.lower(), None)
        else:
            text = _checked(spelled, value)
            self._items[spelled.lower()] = (spelled, text)
            self._lines[spelled.lower()] = _encoded(spelled, text)
        self._wire = None
        self.version = next(_versions)

    def __delitem__(self, name: str) -> None:
        del self._items[name.lower()]
        del self._lines[name.lower()]
        self._wire = None
        self.version = next(_versions)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._items.values()])

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"{dict(self)!r}"


def header_line(name: str | bytes, value: HeaderValue) -> bytes:
    """One header as sent, with its line end: Latin-1 where that can say it, else UTF-8. Raises ValueError."""
    spelled = _text(name)
    return _encoded(spelled, _checked(spelled, value))


def _encoded(name: str, value: str) -> bytes:
    """The line of a header that was checked."""
    line = f"{name}: {value}\r\n"
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode("utf-8", "replace")


def _pairs_of(
    given: Mapping[str, HeaderValue] | Iterable[tuple[str, HeaderValue]],
) -> Iterable[tuple[str, HeaderValue]]:
    return cast("Mapping[str, HeaderValue]", given).items() if isinstance(given, Mapping) else given


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _checked(name: str, value: object) -> str:
    """The value as text. Raises ValueError for what may not be sent, TypeError for what is no value."""
    if name not in _valid_names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no valid header name")
        if len(_valid_names) < _MOST_NAMES:
            _valid_names.add(name)
    if isinstance(value, bytes):
        text = value.decode("latin-1")
    elif isinstance(value, str):
        text = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = str(value)
    else:
        raise TypeError(f"the value of header {name} must be text, bytes or a number, not {type(value).__name__}")
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError(f"the value of header {name} may not hold a line end or NUL: {text[:80]!r}")
    return text.strip(" \t")


def _split(raw: bytes) -> list[tuple[str, str]]:
    """The header lines of a head. A folded line is joined by a space; what is no header is skipped."""
    pairs: list[tuple[str, str]] = []
    for position, line in enumerate(raw.replace(b"\r\n", b"\n").decode("latin-1").split("\n")):
        if not line:
            if pairs:
                break
            continue
        if line[0] in " \t":
            if pairs:
                name, value = pairs[-1]
                more = line.strip(" \t")
                pairs[-1] = (name, f"{value} {more}" if value else more)
            continue
        if position == 0 and line.startswith("HTTP/"):
            continue
        name, colon, value = line.partition(":")
        if colon and (name := name.rstrip(" \t")):
            pairs.append((name, value.strip(" \t\r")))
    return pairs
