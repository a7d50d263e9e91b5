"""What a master knows of its workers, and the names of the states of a node.

Rules: plain data, as test code reads it from `runner.clients`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "STATE_CLEANUP",
    "STATE_INIT",
    "STATE_MISSING",
    "STATE_RUNNING",
    "STATE_SPAWNING",
    "STATE_STOPPED",
    "STATE_STOPPING",
    "WorkerNode",
    "WorkerNodes",
]

STATE_INIT, STATE_SPAWNING, STATE_RUNNING = "ready", "spawning", "running"
STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED, STATE_MISSING = "cleanup", "stopping", "stopped", "missing"


class WorkerNode:
    """What the master knows of one worker."""

    def __init__(self, id: str, state: str = STATE_INIT) -> None:  # noqa: A002 - Locust's name
        self.id = id
        self.state = state
        self.cpu_usage = 0.0
        self.memory_usage = 0
        self.user_classes_count: dict[str, int] = {}
        self.last_seen = time.time()

    @property
    def user_count(self) -> int:
        """Users running there."""
        return sum(self.user_classes_count.values())


class WorkerNodes(dict[str, WorkerNode]):
    """The workers by id, and by state."""

    def get_by_state(self, state: str) -> list[WorkerNode]:
        """Those in this state."""
        return [node for node in self.values() if node.state == state]

    @property
    def all(self) -> Iterable[WorkerNode]:
        """All of them."""
        return self.values()

    @property
    def ready(self) -> list[WorkerNode]:
        """Those that wait for work."""
        return self.get_by_state(STATE_INIT)

    @property
    def spawning(self) -> list[WorkerNode]:
        """Those that start users."""
        return self.get_by_state(STATE_SPAWNING)

    @property
    def running(self) -> list[WorkerNode]:
        """Those that run."""
        return self.get_by_state(STATE_RUNNING)

    @property
    def missing(self) -> list[WorkerNode]:
        """Those that were lost."""
        return self.get_by_state(STATE_MISSING)
