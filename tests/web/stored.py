"""A run store with runs of known measurements."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

import msgspec

from swell.coordinator.judge import Judge
from swell.coordinator.state import Outcome
from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import encode
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.plan import ArrivalStages, Share, Stage, Workload
from swell.runs.store import open_store
from swell.runs.summarize import summarize
from swell.runs.writer import RunHead
from tests.report.conftest import healthy, make_plan

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["store_runs"]

SECONDS = 60


def store_runs(path: Path, runs: dict[str, float], *, unfinished: str = "") -> str:
    """Store runs by id, whose requests take so many seconds each; one of them never ended. Gives the store's URL."""
    with contextlib.closing(open_store(str(path))) as store:
        for number, (run_id, seconds) in enumerate(runs.items()):
            started = 1_800_000_000.0 + 1000 * number
            profile = ArrivalStages((Stage(0.0, 50.0), Stage(float(SECONDS), 50.0)))
            plan = make_plan(
                name=f"shop {number}",
                workloads=(Workload("browse", (Share("Browser"),), profile),),
                thresholds=("http_req_duration: p(95) < 500ms", "http_req_failed: rate < 1%"),
            )
            head = RunHead(
                id=run_id,
                name=plan.name,
                file="load.py",
                target=plan.host,
                started=started,
                workers=1,
                plan=msgspec.json.encode(plan),
                plan_hash="h",
                command="swell\nrun",
                commit="",
            )
            store.begin(head)
            rows = _snapshots(seconds, number)
            store.add(run_id, [(0, row) for row in rows])
            if run_id == unfinished:
                continue
            metrics = MetricStore()
            for row in rows:
                metrics.add(0, row)
            metrics.finish(float(SECONDS))
            outcome = Outcome(
                started=started,
                ended=started + SECONDS,
                duration=float(SECONDS),
                results=Judge(plan).finish(metrics, float(SECONDS)),
                health=healthy(),
            )
            store.finish(summarize(plan, metrics, outcome, run_id=run_id, workers=1, command=["swell", "run"]))
            metrics.close()
    return str(path)


def _snapshots(seconds: float, seed: int) -> list[bytes]:
    recorder, chance = Recorder(), random.Random(seed)
    tags = {"name": "=feed", "method": "GET", "scenario": "browse", "expected_response": "true"}
    series = recorder.request_series(TagSet.of(tags))
    rows: list[bytes] = []
    for second in range(SECONDS):
        for place in range(50):
            length = seconds * chance.uniform(0.95, 1.05)
            end = second + 0.2 + place / 100
            recorder.add_request((series, end - length, end, 0.0, 0.0, length, 0.0, 10, 20))
        rows.append(encode(recorder.flush(second + 1.0)))
    return rows
