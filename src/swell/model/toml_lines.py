"""Where each key of a TOML text stands, which the reader of the standard library does not tell.

Rules: pure; takes only text that `tomllib` has accepted, so nothing is checked twice. Keys go by their path from the
top, such as ("tests", "smoke", "thresholds", 0) for the first item of a list.
"""

from __future__ import annotations

import tomllib
from typing import TypeAlias

__all__ = ["KeyPath", "key_lines"]

KeyPath: TypeAlias = tuple[str | int, ...]

_SPACE = " \t\r"
_BARE_END = ",]}\n#"


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of each table, key, and item of a list."""
    return _Scanner(text).document()


class _Scanner:
    """One pass over the text, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line = 1
        self._found: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip():
            if self._peek() == "[":
                double = self._text.startswith("[[", self._at)
                self._step(2 if double else 1)
                table = self._key("]")
                self._note(table)
                self._step(2 if double else 1)
            else:
                self._pair(table)
        return self._found

    def _pair(self, above: KeyPath) -> None:
        path = (*above, *self._key("="))
        self._note(path)
        self._step(1)
        self._value(path)

    def _key(self, end: str) -> KeyPath:
        parts: list[str] = []
        while True:
            self._skip()
            if self._peek() in "\"'":
                start = self._at
                self._string()
                parts.append(str(tomllib.loads(f"x = {self._text[start : self._at]}")["x"]))
            else:
                start = self._at
                while self._peek() not in f". \t{end}":
                    self._step(1)
                parts.append(self._text[start : self._at])
            self._skip()
            if self._peek() != ".":
                return tuple(parts)
            self._step(1)

    def _value(self, path: KeyPath) -> None:
        self._skip()
        match self._peek():
            case '"' | "'":
                self._string()
            case "[":
                self._list(path)
            case "{":
                self._inline(path)
            case _:
                while self._peek() and self._peek() not in _BARE_END:
                    self._step(1)

    def _list(self, path: KeyPath) -> None:
        self._step(1)
        index = 0
        while self._skip() and self._peek() != "]":
            self._note((*path, index))
            self._value((*path, index))
            index += 1
            self._comma()
        self._step(1)

    def _inline(self, path: KeyPath) -> None:
        self._step(1)
        while self._skip() and self._peek() != "}":
            self._pair(path)
            self._comma()
        self._step(1)

    def _comma(self) -> None:
        self._skip()
        if self._peek() == ",":
            self._step(1)

    def _string(self) -> None:
        quote = self._peek()
        long = self._text.startswith(quote * 3, self._at)
        end = quote * 3 if long else quote
        self._step(len(end))
        while self._peek() and not self._text.startswith(end, self._at):
            self._step(2 if quote == '"' and self._peek() == "\\" else 1)
        self._step(len(end))
        while long and self._peek() == quote:  # quotes just before the end belong to the text
            self._step(1)

    def _skip(self) -> bool:
        """Past spaces, line breaks and comments; whether anything is left."""
        while self._at < len(self._text):
            letter = self._peek()
            if letter == "#":
                while self._peek() not in {"", "\n"}:
                    self._step(1)
            elif letter in _SPACE or letter == "\n":
                self._step(1)
            else:
                return True
        return False

    def _note(self, path: KeyPath) -> None:
        for length in range(1, len(path) + 1):
            self._found.setdefault(path[:length], self._line)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _step(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count
