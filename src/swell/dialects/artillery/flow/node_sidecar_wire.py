"""What goes between a worker and the Node process of its processor: lines of JSON, and what each side knows.

Rules: no input or output here. A line is one JSON object; node_sidecar.cjs lists them all. Variables go as
differences: a VU's `Mirror` knows what Node has of them. Large values that many VUs share (the environment, whole
payload files) are sent once and named by number afterwards. Values are never changed in place on this side, so that the
same object means the same content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from swell.dialects.artillery.flow.values import UNDEFINED, json_text

__all__ = ["PING", "Constants", "Lines", "Mirror", "as_line", "call_text"]

PING: Final = b'{"p":1}\n'

_LARGE: Final = 1000  # characters of JSON
_MOST: Final = 64
_PLAIN: Final = (str, bool, int, float, type(None))
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_ABSENT: Final = object()


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their ends."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._parts, lines[0]])
            self._parts.clear()
        if rest:
            self._parts.append(rest)
        return lines

    def rest(self) -> bytes:
        """What came after the last line's end; forgotten now."""
        rest = b"".join(self._parts)
        self._parts.clear()
        return rest


class Constants:
    """Large values by number. At most 64 are kept; further ones are sent anew each time.

    `fresh` are the texts of lines that must go out before the next call.
    """

    def __init__(self) -> None:
        # The object is kept, so that its id stays its own.
        self._known: dict[int, tuple[object, int]] = {}
        self.fresh: list[str] = []

    def number(self, value: object, text: str | None = None, *, small: bool = False) -> int | None:
        """The number of a value; None if it is too small to have one (unless `small`), or there are too many.

        `text` is its JSON, if that is known already.
        """
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        if text is None or (not small and (len(text) < _LARGE or len(self._known) >= _MOST)):
            return None
        number = len(self._known) + 1
        self._known[id(value)] = value, number
        self.fresh.append(f'{{"k":{number},"v":{text}}}')
        return number


class Mirror:
    """What Node knows of one VU's variables."""

    __slots__ = ("_known", "introduced")

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self.introduced = False
        """Whether Node knows the VU itself."""

    def changes(self, variables: Mapping[str, Any], constants: Constants) -> str:
        """What Node must be told, as the middle of a JSON object: "" or `,"s":{...},"k":{...},"d":[...]`."""
        known, count = self._known, 0
        texts: list[str] = []
        numbers: dict[str, int] = {}
        for name, value in variables.items():
            if value is UNDEFINED:
                continue
            count += 1
            old = known.get(name, _ABSENT)
            if old is value:
                continue
            if isinstance(value, _PLAIN):
                if type(old) is type(value) and old == value:
                    continue
                texts.append(f"{json.dumps(name)}:{json_text(value)}")
            else:
                number = constants.number(value)
                if number is None:
                    text = json_text(value)
                    number = constants.number(value, text)
                    if number is None:
                        texts.append(f"{json.dumps(name)}:{text}")
                if number is not None:
                    numbers[name] = number
            known[name] = value
        found = f',"s":{{{",".join(texts)}}}' if texts else ""
        if numbers:
            found += f',"k":{json.dumps(numbers)}'
        if len(known) > count:
            gone = [name for name in known if variables.get(name, UNDEFINED) is UNDEFINED]
            for name in gone:
                del known[name]
            found += f',"d":{json.dumps(gone)}'
        return found

    def take(self, changed: Mapping[str, Any], gone: Iterable[str]) -> None:
        """Node has told these: it knows them."""
        for name in gone:
            self._known.pop(name, None)
        self._known.update(changed)


def call_text(  # noqa: PLR0917 - the fields of one message in their order
    call: int, vu: int, style: int, name: str, request: str, sent: Mapping[str, Any] | None, ended: Collection[int]
) -> str:
    """A call without its VU's variables, and without the brace at its end. `request` is JSON or ""."""
    text = f'{{"c":{call},"u":{vu},"t":{style},"f":{json.dumps(name)}'
    if ended:
        text += f',"z":{json.dumps(list(ended))}'
    if request:
        text += f',"a":{request}'
    if sent is not None:
        text += f',"w":{json.dumps(sent, ensure_ascii=False)}'
    return text


def as_line(text: str) -> bytes:
    """A line's bytes. Halves of surrogate pairs, which UTF-8 has not, are escaped as JSON does it."""
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:
        return f"{_SURROGATES.sub(_escaped, text)}\n".encode()


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
