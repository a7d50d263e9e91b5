"""What the decision core asks its shell to do.

Rules: plain data. The shell carries actions out in the order given and decides nothing.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from swell.engine.messages import ToWorker

__all__ = ["Action", "Kill", "LostWorker", "Merge", "Notice", "Send", "Silence"]


class Send(msgspec.Struct, frozen=True):
    """Send `message` to worker `index`."""

    index: int
    message: ToWorker


class Merge(msgspec.Struct, frozen=True):
    """Add an encoded snapshot of worker `index` to the store."""

    index: int
    snapshot: bytes


class Kill(msgspec.Struct, frozen=True):
    """End worker `index` by force."""

    index: int


class Notice(msgspec.Struct, frozen=True):
    """Tell the person at the terminal now."""

    level: Literal["info", "warning", "error"]
    text: str


class LostWorker(msgspec.Struct, frozen=True):
    """A worker that died or stopped answering `at` seconds after the start of the load."""

    index: int
    at: float
    reason: str
    pid: int = 0


class Silence(msgspec.Struct, frozen=True):
    """A worker that said nothing for `seconds` from `at` on (seconds from the start of the load), then came back."""

    index: int
    at: float
    seconds: float


Action: TypeAlias = Send | Merge | Kill | Notice
