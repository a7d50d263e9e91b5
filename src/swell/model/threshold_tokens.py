"""Threshold text to tokens, selectors and numbers with units; the lower half of the grammar.

Rules: every token knows its column, and every error points at one (1 for the first character). Nothing is
guessed: an unknown word is an error that names what was probably meant. Numbers are scaled exactly and
rounded once, so that `0.7%` is the same limit as `0.007`.
"""

from __future__ import annotations

import difflib
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.model.criteria import Unit

__all__ = [
    "DURATIONS",
    "SIZES",
    "ThresholdError",
    "Token",
    "nearest",
    "scan_selector",
    "tokenize",
    "unit_of",
]

# Seconds and bytes; minutes of "m" are as in k6 and in Go.
DURATIONS: dict[str, Fraction] = {
    "ns": Fraction(1, 1_000_000_000),
    "us": Fraction(1, 1_000_000),
    "µs": Fraction(1, 1_000_000),
    "\u03bcs": Fraction(1, 1_000_000),  # with a Greek mu instead of the micro sign
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "sec": Fraction(1),
    "m": Fraction(60),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
}
SIZES: dict[str, int] = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}

_METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_TOKEN = re.compile(
    r"(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<word>[A-Za-zµ\u03bc_][A-Za-z0-9_]*)"
    r"|(?P<op>[<>=!&|≤≥]+)"
    r"|(?P<mark>[(),/%])"
)
_WORD_AND_NUMBER = re.compile(r"(?P<word>[A-Za-zµ\u03bc]+)(?P<rest>\d.*)")

TokenKind: TypeAlias = Literal["number", "word", "op", "mark", "end"]

_KINDS: dict[str, TokenKind] = {"number": "number", "word": "word", "op": "op", "mark": "mark"}


class ThresholdError(ValueError):
    """A threshold that cannot be read: `message` says why, `column` (from 1) where in `text`.

    As a string it is three lines: message, text, and a caret under the column.
    """

    def __init__(self, message: str, text: str, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} (column {self.column})\n  {self.text}\n  {' ' * (self.column - 1)}^"

    def __reduce__(self) -> tuple[type[ThresholdError], tuple[str, str, int]]:
        return ThresholdError, (self.message, self.text, self.column)


class Token(NamedTuple):
    """One token: what it is, its text and the column it starts at (from 1)."""

    kind: TokenKind
    text: str
    column: int


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that looks most like this one; empty if none does."""
    folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def tokenize(text: str, start: int = 0) -> list[Token]:
    """The tokens of `text` from index `start` on, the last one of kind "end". Raises ThresholdError."""
    tokens: list[Token] = []
    position = start
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise ThresholdError(f'"{text[position]}" means nothing here', text, position + 1)
        kind = _KINDS[match.lastgroup or ""]
        tokens.extend(_split_unit(Token(kind, match.group(), position + 1), tokens))
        position = match.end()
    tokens.append(Token("end", "", len(text) + 1))
    return tokens


def _split_unit(token: Token, before: list[Token]) -> list[Token]:
    """Cuts `m30s` after a number in two, so that `1m30s` is two numbers with a unit each."""
    if token.kind != "word" or not before or before[-1].kind != "number":
        return [token]
    match = _WORD_AND_NUMBER.fullmatch(token.text)
    if match is None:
        return [token]
    offset = token.column - 1
    rest = tokenize(" " * (offset + match.start("rest")) + match["rest"], offset + match.start("rest"))
    return [Token("word", match["word"], token.column), *rest[:-1]]


def unit_of(word: str) -> tuple[Unit, Fraction] | None:
    """The unit family and the factor to the metric's own unit (milliseconds, bytes) of a unit word."""
    if word in DURATIONS:
        return "time", DURATIONS[word] * 1000
    if word.lower() in SIZES:
        return "size", Fraction(SIZES[word.lower()])
    return None


def scan_selector(text: str, start: int = 0) -> tuple[str, dict[str, str], int]:
    """Read `metric` or `metric{tag:value,...}` at index `start`: the metric, the tags, the index after it.

    Tags as in k6: a name ends at its first colon, blanks around names and values do not count. A value may
    hold balanced braces, or anything at all in double or single quotes (a backslash takes the next character
    as it is). Raises ThresholdError.
    """
    position = _skip_blanks(text, start)
    match = _METRIC.match(text, position)
    if match is None:
        raise ThresholdError(
            "a threshold starts with the name of a metric, such as http_req_duration", text, position + 1
        )
    position = match.end()
    brace = _skip_blanks(text, position)
    if brace >= len(text) or text[brace] != "{":
        return match.group(), {}, position
    tags: dict[str, str] = {}
    position = brace + 1
    while True:
        name, value, stop = _scan_tag(text, position, brace)
        if name in tags:
            raise ThresholdError(f'the tag "{name}" is given twice; it has one value', text, position + 1)
        tags[name] = value
        position = stop + 1
        if text[stop] == "}":
            return match.group(), tags, position


def _scan_tag(text: str, start: int, brace: int) -> tuple[str, str, int]:
    """One `name:value` pair, and the index of the `,` or `}` that ends it."""
    position = _skip_blanks(text, start)
    colon = position
    while colon < len(text) and text[colon] not in ":,{}":
        colon += 1
    name = text[position:colon].strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    if colon >= len(text):
        raise ThresholdError("this { is never closed", text, brace + 1)
    if not name:
        raise ThresholdError("a tag is missing here: write {name:value}, or leave the braces out", text, position + 1)
    if text[colon] != ":":
        hint = ' (with ":", not "=")' if "=" in name else ""
        raise ThresholdError(f"a tag needs a value: write {{name:value}}{hint}", text, position + 1)
    position = _skip_blanks(text, colon + 1)
    if position < len(text) and text[position] in "\"'":
        value, position = _scan_quoted(text, position)
        stop = _skip_blanks(text, position)
        if stop < len(text) and text[stop] not in ",}":
            raise ThresholdError('after a quoted value comes "," or "}"', text, stop + 1)
    else:
        value, stop = _scan_bare(text, position)
    if stop >= len(text):
        raise ThresholdError("this { is never closed", text, brace + 1)
    return name, value, stop


def _scan_quoted(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    value: list[str] = []
    position = start + 1
    while position < len(text):
        letter = text[position]
        if letter == quote:
            return "".join(value), position + 1
        if letter == "\\" and position + 1 < len(text):
            position += 1
            letter = text[position]
        value.append(letter)
        position += 1
    raise ThresholdError(f"this {quote} is never closed", text, start + 1)


def _scan_bare(text: str, start: int) -> tuple[str, int]:
    depth = 0
    position = start
    while position < len(text):
        letter = text[position]
        if depth == 0 and letter in ",}":
            break
        depth += (letter == "{") - (letter == "}")
        position += 1
    return text[start:position].strip(), position


def _skip_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position
