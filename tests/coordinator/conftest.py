"""Real runs over small programs: children find this repository's tests through PYTHONPATH."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swell.coordinator.conduct import conduct
from swell.coordinator.control import Phase
from swell.coordinator.judge import Judge
from swell.coordinator.state import LiveRun, Outcome
from swell.coordinator.transports.processes import ProcessWorkers
from swell.coordinator.transports.threads import ThreadWorker
from swell.metrics.store import MetricStore
from swell.model.plan import Plan

ROOT = Path(__file__).parents[2]


class Watcher:
    """An observer that remembers, and acts on a condition."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.lines: list[tuple[int, str]] = []
        self.phases: list[Phase] = []
        self.closed = False
        self.act: Callable[[LiveRun], None] = lambda _: None

    def refresh(self, live: LiveRun) -> None:
        self.phases.append(live.phase)
        self.act(live)

    def notice(self, level: str, text: str) -> None:
        self.notices.append(text)

    def output(self, worker: int, line: str) -> None:
        self.lines.append((worker, line))

    def close(self) -> None:
        self.closed = True


class Result:
    """What a run left."""

    def __init__(self, outcome: Outcome, store: MetricStore, watcher: Watcher, transport: Any) -> None:
        self.outcome = outcome
        self.store = store
        self.watcher = watcher
        self.transport = transport

    def total(self, metric: str) -> float:
        found = self.store.totals(metric)
        return found.sum if found is not None else 0.0


@pytest.fixture
def run_plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a plan on `workers` processes (0: a thread)."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(plan: Plan, workers: int = 1, watcher: Watcher | None = None, **options: Any) -> Result:
        watcher = watcher or Watcher()
        store = MetricStore()
        transport = ProcessWorkers() if workers else ThreadWorker()
        outcome = conduct(
            plan,
            transport=transport,
            workers=max(workers, 1),
            store=store,
            judge=Judge(plan),
            observers=[watcher],
            **options,
        )
        return Result(outcome, store, watcher, transport)

    return run
