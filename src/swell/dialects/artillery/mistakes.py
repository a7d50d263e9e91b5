"""What is wrong with a script or a command line, in words for people.

Rules: the message says what is wrong and what to do, the place is a file and a line where there is one. Nothing is
printed here.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Place", "ScriptError"]


class Place(NamedTuple):
    """A line of a file, from 1; 0 for the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class ScriptError(Exception):
    """A script or command line that cannot be run; `str()` is the whole message with its place."""

    for_people = True

    def __init__(self, message: str, place: Place | None = None, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place is not None else self.message
