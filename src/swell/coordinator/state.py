"""What can be seen of a run while it goes on, and what is left of it at its end.

Rules: observers read, they never change anything, and whatever goes wrong in them never touches the run.
All are called in the coordinator's loop and must be quick. Times are seconds from the start of the load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from swell.coordinator.actions import LostWorker, Silence
from swell.coordinator.control import Phase
from swell.coordinator.health_log import HealthLog
from swell.model.criteria import CriterionResult
from swell.model.plan import Plan

if TYPE_CHECKING:
    from swell.metrics.store import MetricStore

__all__ = ["LiveRun", "Observer", "Outcome"]


class LiveRun:
    """A run as it stands. `seconds` whole seconds are merged; `elapsed` is negative before the start."""

    def __init__(self, plan: Plan, workers: int, store: MetricStore, planned: float | None) -> None:
        self.plan = plan
        self.workers = workers
        self.store = store
        self.planned = planned
        self.phase = Phase.STARTING
        self.elapsed = 0.0
        self.seconds = 0
        self.health = HealthLog(workers)
        self.lost: list[LostWorker] = []
        self.results: tuple[CriterionResult, ...] = ()


class Observer(Protocol):
    """Somebody who watches."""

    def refresh(self, live: LiveRun) -> None:
        """Several times a second."""
        ...

    def notice(self, level: str, text: str) -> None:
        """Something to tell at once; `level` "info", "warning" or "error"."""
        ...

    def output(self, worker: int, line: str) -> None:
        """User code printed a line."""
        ...

    def close(self) -> None:
        """The run is over; leave the terminal in order."""
        ...


class Outcome(msgspec.Struct, kw_only=True):
    """How a run went, apart from what it measured. Wall-clock times in seconds since 1970."""

    started: float
    ended: float
    duration: float
    """Seconds of load; 0 if it never began."""
    interrupted: bool = False
    signal: int = 0
    """The number of the first signal that asked for the end; 0 if there was none."""
    stop_reason: str = ""
    """Why the run ended before its plan did; empty if it did not."""
    end_reason: str = ""
    """Why the test itself ended the load, as planned; empty if it did not."""
    aborted_by_criterion: bool = False
    script_error: tuple[str, str] | None = None
    """Phase and text of the error that kept the test from running."""
    teardown_error: str = ""
    storage_error: str = ""
    lost: list[LostWorker] = []
    silences: list[Silence] = []
    results: list[CriterionResult] = []
    health: HealthLog = msgspec.field(default_factory=HealthLog)
