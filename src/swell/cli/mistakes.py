"""Mistakes of the person at the keyboard: one sentence on what is wrong, one on what to do, exit code 2.

Rules: never a traceback of ours. The message names the option, file or value; the hint is an instruction.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Mistake", "nearest"]


class Mistake(click.ClickException):
    """What is wrong, and what to do about it."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def show(self, file: Any = None) -> None:
        """Print both on stderr."""
        click.echo(f"Error: {self.message}", file=file, err=True)
        if self.hint:
            click.echo(self.hint, file=file, err=True)


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice that looks most like the word; empty if none does."""
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return found[0] if found else ""
