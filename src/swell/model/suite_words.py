"""Words for people about values of the wrong type and names that nobody knows.

Rules: pure. Takes the messages of msgspec, which name Python's types, and says the same in the words of a file.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest_hint", "readable"]

_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}
_TYPES = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_INDEX = re.compile(r" - at `\$\[(\d+)\]`$")
_KEY = re.compile(r" - at `\$(?:\[\.\.\.\]|\.\w+)`$")


def readable(message: str) -> str:
    """A message of `msgspec.ValidationError` in words: "expected a text, got a whole number (item 2)"."""
    item = _INDEX.search(message)
    end = f" (item {int(item[1]) + 1})" if item else ""
    text = _KEY.sub("", _INDEX.sub("", message))
    text = _TYPES.sub(lambda found: " or ".join(_types(found[1])), text)
    return text[:1].lower() + text[1:] + end


def nearest_hint(word: str, choices: Iterable[str]) -> str:
    """The end of a message: the choice that looks most like the word, as a question; empty if none does."""
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f". Did you mean {found[0]!r}?" if found else ""


def _types(names: str) -> list[str]:
    return [_WORDS.get(name, name) for name in names.split(" | ") if name != "null"] or ["nothing"]
