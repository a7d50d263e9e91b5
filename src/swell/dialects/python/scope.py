"""What a test file declares while it is being loaded: events, metrics, and the folder its paths are relative to.

Rules: one scope per load. Declarations find it through the thread that loads, code that runs in a user finds it
through its environment; so a file that is loaded twice in one process (for the plan, then by a worker in a thread)
never hears an event twice.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from swell.dialects.python.events import Events

if TYPE_CHECKING:
    from collections.abc import Generator

    from swell.dialects.python.metrics import Metric

__all__ = ["LoadScope", "current_scope", "loading"]

_local = threading.local()


class LoadScope:
    """The declarations of one load of one test file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = Events()
        self.metrics: dict[str, Metric] = {}


def current_scope() -> LoadScope | None:
    """The scope of the file that this thread is loading, if any."""
    return getattr(_local, "scope", None)


@contextmanager
def loading(scope: LoadScope) -> Generator[None]:
    """Make `scope` the one that declarations of this thread go to."""
    former = current_scope()
    _local.scope = scope
    try:
        yield
    finally:
        _local.scope = former
