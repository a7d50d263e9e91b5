"""Runs made of numbers: stores with realistic noise, without sockets or time.

Rules: seeded. Latencies are log-normal with a tail; their level wanders slowly (an autoregressive series by second,
shared in part by all endpoints), as on a machine with other work; requests come by Poisson.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from swell.metrics.buckets import bucket_of
from swell.metrics.frame import Frame
from swell.metrics.snapshot import SeriesDefinition, Snapshot, encode
from swell.metrics.store import MetricStore
from swell.model.plan import ArrivalStages, Plan, Share, Source, Stage, UserStages, Workload
from swell.runs.record import GeneratorSummary, HostFacts, MetricSummary, Run
from swell.runs.store import RunStore
from swell.runs.writer import RunHead

METRICS = (("http_req_duration", "trend", True), ("http_reqs", "counter", False), ("http_req_failed", "rate", False))


@dataclass(frozen=True)
class Load:
    """What a simulated target does. `wander`: standard deviation of the level's log, `memory` its correlation from one
    second to the next, `drift` that of the whole run's level (the machine's mood on that day).
    """

    seconds: int = 60
    endpoints: dict[str, tuple[float, float]] = field(
        default_factory=lambda: {"/shows": (40.0, 12.0), "/shows/:id": (30.0, 5.0), "/search": (20.0, 40.0)}
    )
    """Name: (requests per second, median in ms)."""
    spread: float = 0.4
    wander: float = 0.08
    memory: float = 0.7
    drift: float = 0.0
    slower: dict[str, float] = field(default_factory=dict)
    failing: dict[str, float] = field(default_factory=dict)
    ramp: bool = False


def wandering(generator: np.random.Generator, count: int, memory: float, size: float) -> np.ndarray:
    """A stationary autoregressive series."""
    steps = generator.normal(0.0, size * np.sqrt(1.0 - memory**2), count)
    values = np.empty(count)
    value = generator.normal(0.0, size)
    for place, step in enumerate(steps):
        value = memory * value + step
        values[place] = value
    return values


def simulate(load: Load, seed: int) -> MetricStore:
    """The store of one run."""
    store = MetricStore(recent_seconds=7200)
    for snapshot in snapshots(load, seed):
        store.add(0, snapshot)
    store.finish(float(load.seconds))
    return store


def keep(store: RunStore, load: Load, seed: int, run: Run, commit: str = "") -> None:
    """Put a simulated run into a store of runs."""
    encoded = msgspec.json.encode(run.plan)
    head = RunHead(
        id=run.id,
        name=run.name,
        file=run.plan.source.path,
        target="",
        started=run.started,
        workers=1,
        plan=encoded,
        plan_hash="",
        command="",
        commit=commit,
        tags=run.tags,
    )
    store.begin(head)
    store.add(run.id, [(0, encode(snapshot)) for snapshot in snapshots(load, seed)])
    store.finish(run)


def snapshots(load: Load, seed: int) -> Iterator[Snapshot]:
    """What one worker measured, second by second."""
    generator = np.random.default_rng(seed)
    common = wandering(generator, load.seconds, load.memory, load.wander) + generator.normal(0.0, load.drift or 1e-9)
    own = {name: wandering(generator, load.seconds, load.memory, load.wander / 2) for name in load.endpoints}
    series = [
        SeriesDefinition(3 * place + k, metric, kind, is_time, (("method", "GET"), ("name", name)))
        for place, name in enumerate(load.endpoints)
        for k, (metric, kind, is_time) in enumerate(METRICS)
    ]
    for second in range(load.seconds):
        rows: list[dict[str, Any]] = []
        for place, (name, (rate, median)) in enumerate(load.endpoints.items()):
            level = (second + 1) / load.seconds if load.ramp else 1.0
            count = int(generator.poisson(rate * level))
            if not count:
                continue
            middle = median * load.slower.get(name, 1.0) * np.exp(common[second] + own[name][second]) * (1 + level)
            values = middle * np.exp(generator.normal(0.0, load.spread, count))
            values[generator.random(count) < 0.01] *= 5.0
            failed = float((generator.random(count) < load.failing.get(name, 0.0)).sum())
            buckets, hits = np.unique(bucket_of(values), return_counts=True)
            rows.append(_row(3 * place, count, values.sum(), values.min(), values.max(), buckets, hits))
            rows.append(_row(3 * place + 1, count, float(count)))
            rows.append(_row(3 * place + 2, count, failed))
        yield Snapshot(second, series if second == 0 else [], _frame(second, rows))


def _row(series: int, count: int, total: float, low: float = 0.0, high: float = 0.0, *pairs: Any) -> dict[str, Any]:
    bucket, hits = pairs or (np.empty(0, np.int32), np.empty(0, np.int64))
    return {"series": series, "count": count, "sum": total, "min": low, "max": high, "bucket": bucket, "hits": hits}


def _frame(second: int, rows: list[dict[str, Any]]) -> Frame:
    def column(name: str, kind: Any) -> Any:
        return np.array([row[name] for row in rows], kind)

    return Frame(
        second=np.full(len(rows), second, np.int64),
        series=column("series", np.int64),
        count=column("count", np.int64),
        sum=column("sum", np.float64),
        min=column("min", np.float64),
        max=column("max", np.float64),
        last=np.zeros(len(rows)),
        width=np.array([len(row["bucket"]) for row in rows], np.int64),
        bucket=np.concatenate([[], *(row["bucket"] for row in rows)]).astype(np.int32),
        hits=np.concatenate([[], *(row["hits"] for row in rows)]).astype(np.int64),
    )


def plan_of(load: Load, **changes: Any) -> Plan:
    """The plan of the simulated load."""
    stages = (Stage(0.0, 0.0 if load.ramp else 90.0), Stage(float(load.seconds), 90.0))
    fields: dict[str, Any] = {
        "source": Source("swell.dialects.python:load", "loadtest.py"),
        "workloads": (Workload("browse", (Share("Browser"),), ArrivalStages(stages)),),
        **changes,
    }
    return Plan(**fields)


def users_plan(count: int, seconds: float) -> Plan:
    """A plan with a number of users."""
    profile = UserStages((Stage(0.0, count), Stage(seconds, count)))
    return Plan(Source("swell.dialects.python:load", "loadtest.py"), (Workload("w", (Share("B"),), profile),))


def record_of(load: Load, run_id: str = "20270101-000000-aaaa", **changes: Any) -> Run:
    """The record of a simulated run."""
    fields: dict[str, Any] = {
        "id": run_id,
        "name": "simulated",
        "plan": plan_of(load),
        "started": 1_800_000_000.0,
        "ended": 1_800_000_000.0 + load.seconds,
        "duration": float(load.seconds),
        "host": HostFacts(name="here", system="Linux 6.1 x86_64", cpus=2),
        "metrics": [MetricSummary(name="http_reqs", type="counter", values={"count": 1.0})],
        "generator": GeneratorSummary(),
        **changes,
    }
    return Run(**fields)
