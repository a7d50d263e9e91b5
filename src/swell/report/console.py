"""Terminals: the two consoles of a command, and the marks that both can show.

Rules: results go to stdout, everything about the way there to stderr. What a test prints or names is text,
never markup. Without a terminal there is no colour and no fixed width: lines are as long as their content,
so that they can be searched and compared. NO_COLOR and TERM=dumb are respected.
"""

from __future__ import annotations

import os
import sys
from typing import IO

from rich.console import Console

__all__ = ["Marks", "make_console", "marks_for"]

_WIDTH_WITHOUT_TERMINAL = 240


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the caller decide: rich would end the program here, with exit code 1."""
        raise  # noqa: PLE0704 - rich calls this while it handles the BrokenPipeError


class Marks:
    """The few signs that need more than ASCII, with a fallback."""

    def __init__(self, *, fancy: bool) -> None:
        self.good = "✓" if fancy else "+"
        self.soso = "!"
        self.bad = "✗" if fancy else "x"
        self.unknown = "?"
        self.bars = " ▁▂▃▄▅▆▇█" if fancy else " .:-=+*#%"

    def of_grade(self, grade: str) -> str:
        """The sign of a threshold's grade."""
        return {"met": self.good, "acceptable": self.soso, "failed": self.bad}.get(grade, self.unknown)


def make_console(stream: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """A console on `stream` (default: stdout, or stderr)."""
    target = stream if stream is not None else sys.stderr if stderr else sys.stdout
    terminal = _is_terminal(target)
    return _Console(
        file=target,
        width=None if terminal else _WIDTH_WITHOUT_TERMINAL,
        force_terminal=terminal,
        no_color=not terminal or "NO_COLOR" in os.environ,
        markup=False,
        highlight=False,
        emoji=False,
    )


def marks_for(console: Console) -> Marks:
    """Signs that the console's encoding can write."""
    return Marks(fancy=console.encoding.lower().startswith("utf"))


def _is_terminal(stream: IO[str]) -> bool:
    if os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
