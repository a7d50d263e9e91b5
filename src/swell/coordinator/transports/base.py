"""What the coordinator asks of a place where workers live.

Rules: all calls and all callbacks happen in the coordinator's loop. A worker that ends in any way, also by
`kill` and after `Exit`, is reported by `gone` exactly once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.messages import FromWorker, ToWorker
    from swell.model.plan import Plan

__all__ = ["Transport", "WorkerEvents"]


class WorkerEvents(msgspec.Struct, frozen=True):
    """Where a transport reports to."""

    message: Callable[[int, FromWorker], None]
    gone: Callable[[int, str], None]
    """Worker index, and why it ended in words for people."""
    output: Callable[[int, str], None]
    """Worker index, and one line that user code printed."""


class Transport(Protocol):
    """A way to run workers."""

    async def start(self, plan: Plan, count: int, events: WorkerEvents) -> None:
        """Start `count` workers for `plan`. OSError if that is impossible."""
        ...

    def send(self, index: int, message: ToWorker) -> None:
        """Send without blocking; nothing happens when the worker is gone."""
        ...

    def kill(self, index: int) -> None:
        """End one worker by force."""
        ...

    async def close(self) -> None:
        """End what still lives, wait for it, free everything."""
        ...
