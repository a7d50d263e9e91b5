"""What goes wrong in scripts, told in the user's own lines.

Rules: an error carries a message, the user's frames only (file, line and column counted from 1, as editors do) and,
where a source is known, an excerpt. Frames of the engine and of our own JavaScript (names starting with `swell:`)
never show. `str(error)` is what a person reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "JsError",
    "JsFrame",
    "JsImportError",
    "JsLimitError",
    "JsProgramError",
    "JsSyntaxError",
    "JsThrow",
    "excerpt",
    "parse_stack",
]

OWN = "swell:"  # file names of our own JavaScript start so

_FRAME = re.compile(r"^\s*at (?:(?P<function>.*) \()?(?P<file>[^()]*?)(?::(?P<line>\d+):(?P<column>\d+))?\)?$")


@dataclass(frozen=True, slots=True)
class JsFrame:
    """One place in a user's file. `function` is empty at the top level of a file."""

    function: str
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"at {self.function} ({place})" if self.function else f"at {place}"


class JsProgramError(Exception):
    """A script cannot be loaded. `file`, `line` and `column` (from 1) may be unknown: "" and 0."""

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, shown: str = "") -> None:
        place = file and (f"{file}:{line}:{column}: " if line else f"{file}: ")
        super().__init__(f"{place}{message}" + (f"\n{shown}" if shown else ""))
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.shown = shown


class JsSyntaxError(JsProgramError):
    """A file is not JavaScript (or TypeScript) that can run."""


class JsImportError(JsProgramError):
    """An import that cannot be found or is not supported."""


class JsError(Exception):
    """An exception that a script did not catch.

    `name` and `message` are the JavaScript error's ("" and the value's text where no Error was thrown), `frames` the
    user's frames, innermost first; `in_promise` tells that nobody handled a rejection. Where a Python exception of a
    host function caused it, that exception is `__cause__`.
    """

    def __init__(self, name: str, message: str, frames: Sequence[JsFrame] = (), *, in_promise: bool = False) -> None:
        self.name = name
        self.message = message
        self.frames = tuple(frames)
        self.in_promise = in_promise
        super().__init__(name, message)

    @property
    def title(self) -> str:
        """One line without the stack: "TypeError: x is not a function"."""
        text = f"{self.name}: {self.message}" if self.name and self.message else self.name or self.message
        return f"Uncaught (in promise) {text}" if self.in_promise else text

    @property
    def stack(self) -> str:
        """The title and the user's frames, one a line."""
        return "\n".join([self.title, *(f"    {frame}" for frame in self.frames)])

    def __str__(self) -> str:
        return self.stack


class JsLimitError(JsError):
    """A script was stopped because it used too much: `limit` is "time", "memory" or "stack"."""

    def __init__(self, limit: str, message: str, frames: Sequence[JsFrame] = ()) -> None:
        super().__init__("", message, frames)
        self.limit = limit


class JsThrow(Exception):
    """Raise this in a host function to throw a certain JavaScript error: `JsThrow("TypeError", "...")`."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def parse_stack(stack: str, column_of: Callable[[str, int, int], int] | None = None) -> tuple[JsFrame, ...]:
    """The user's frames of an engine's stack text; `column_of(file, line, column)` undoes rewriting."""
    frames: list[JsFrame] = []
    for text in stack.splitlines():
        found = _FRAME.match(text)
        if not found or not found["line"]:
            continue
        file, line, column = found["file"], int(found["line"]), int(found["column"])
        if file.startswith((OWN, "<")):
            continue
        function = found["function"] or ""
        if function in {"<anonymous>", "<eval>"}:
            function = ""
        frames.append(JsFrame(function, file, line, column_of(file, line, column) if column_of else column))
    return tuple(frames)


def excerpt(source: str, line: int, column: int) -> str:
    """The line of a source with a mark under the column; "" where there is no such line."""
    lines = source.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    text = lines[line - 1].replace("\t", " ")
    start = max(0, min(column - 60, len(text) - 100))
    mark = max(0, column - 1 - start)
    return f"    {text[start : start + 100]}\n    {' ' * mark}^"
