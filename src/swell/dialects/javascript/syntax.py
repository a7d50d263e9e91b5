"""Syntax trees and exact edits: a file is changed only where it must be, so that lines stay the user's.

Rules: byte ranges of the UTF-8 source everywhere; `apply` keeps the number of lines (each replacement gets the line
breaks of what it replaces), and `Columns` undoes the shifts within a line. Columns count code points from 1. The
grammars are loaded when the first file is parsed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node, Tree

__all__ = ["Columns", "Edit", "apply", "blank", "find", "kind_of_grammar", "parse", "place", "string_value"]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace source[start:end] by text."""

    start: int
    end: int
    text: str = field(compare=False)


@cache
def _grammar(name: str) -> Any:
    from tree_sitter import Language  # noqa: PLC0415 - only a run of a script needs it

    if name == "javascript":
        import tree_sitter_javascript  # noqa: PLC0415 - as above

        return Language(tree_sitter_javascript.language())
    import tree_sitter_typescript  # noqa: PLC0415 - as above

    source = tree_sitter_typescript.language_tsx() if name == "tsx" else tree_sitter_typescript.language_typescript()
    return Language(source)


def kind_of_grammar(file: str) -> str:
    """The grammar for a file by its name: typescript, tsx or javascript."""
    name = file.lower()
    if name.endswith((".ts", ".mts", ".cts")):
        return "typescript"
    return "tsx" if name.endswith(".tsx") else "javascript"


def parse(source: bytes, grammar: str) -> Tree:
    """The syntax tree; what does not parse becomes ERROR nodes."""
    from tree_sitter import Parser  # noqa: PLC0415 - as above

    return Parser(_grammar(grammar)).parse(source)


@cache
def _query(grammar: str, pattern: str) -> Any:
    from tree_sitter import Query  # noqa: PLC0415 - as above

    return Query(_grammar(grammar), pattern)


def find(tree: Tree, grammar: str, pattern: str) -> dict[str, list[Node]]:
    """The nodes that a query's captures match, in C."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 - as above

    return QueryCursor(_query(grammar, pattern)).captures(tree.root_node)


def string_value(node: Node, source: bytes) -> str:
    """The text of a string literal (escapes other than of quotes and backslashes are kept as they are)."""
    text = source[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "replace")
    return text.replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\") if "\\" in text else text


def place(node: Node, source: bytes) -> tuple[int, int]:
    """(line, column) of a node, from 1; the tree counts bytes from 0."""
    row, column = node.start_point
    start = node.start_byte - column
    return row + 1, len(source[start : node.start_byte].decode("utf-8", "replace")) + 1


def blank(source: bytes, start: int, end: int) -> Edit:
    """Spaces for source[start:end], as many as code points, line breaks kept."""
    text = source[start:end].decode("utf-8", "replace")
    return Edit(start, end, "".join(char if char in "\r\n" else " " for char in text))


class Columns:
    """From places in the changed text back to the user's columns."""

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        # line -> [(column in the source from 0, old length, new length)], in order
        self._lines: dict[int, list[tuple[int, int, int]]] = {}

    def note(self, line: int, column: int, old: int, new: int) -> None:
        """One line had `old` characters at `column` replaced by `new` others."""
        self._lines.setdefault(line, []).append((column, old, new))

    def original(self, line: int, column: int) -> int:
        """The user's column of a column in the changed text; both from 1."""
        at, shift = column - 1, 0
        for start, old, new in self._lines.get(line, ()):
            if at < start + shift + new:
                return (start if at >= start + shift else at - shift) + 1
            shift += new - old
        return max(1, at - shift + 1)


def apply(source: bytes, edits: Iterable[Edit]) -> tuple[str, Columns]:
    """The changed text and the way back. Edits must not overlap; those at one place apply in the given order."""
    columns = Columns()
    starts = [0, *(found.end() for found in re.finditer(b"\n", source))]
    parts: list[str] = []
    done = 0
    for edit in sorted(edits):
        if edit.start < done:  # nested in a range that is gone already
            continue
        old = source[edit.start : edit.end].decode("utf-8", "replace")
        text = edit.text
        missing = old.count("\n") - text.count("\n")
        text += "\n" * max(0, missing)
        parts += (source[done : edit.start].decode("utf-8", "replace"), text)
        done = max(done, edit.end)
        if len(old) != len(text) or "\n" in old:
            line = bisect_left(starts, edit.start + 1)
            column = len(source[starts[line - 1] : edit.start].decode("utf-8", "replace"))
            columns.note(line, column, len(old.split("\n", 1)[0]), len(text.split("\n", 1)[0]))
    parts.append(source[done:].decode("utf-8", "replace"))
    return "".join(parts), columns
