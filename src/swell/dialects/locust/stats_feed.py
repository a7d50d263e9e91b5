"""The store behind the statistics of a worker: of each snapshot only what Locust's statistics are made of.

Rules: for processes that have no metric store otherwise. It leaves out nine of the thirteen metrics of each request,
and all others, which makes keeping up with the run several times cheaper than a full store. Snapshots of one worker
come in order.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from swell.dialects.locust.measured import CONTENT_METRIC
from swell.metrics.buckets import Counts
from swell.metrics.builtin import BUILTIN, REQUEST_METRICS, Kind
from swell.metrics.frame import select
from swell.metrics.snapshot import SeriesDefinition, Snapshot, decode
from swell.metrics.store import MetricStore

if TYPE_CHECKING:
    from swell.dialects.locust.request_stats import RequestStats
    from swell.engine.script import WorkerContext

__all__ = ["StatsFeed"]

_RECENT_SECONDS = 60
_FORMS: dict[str, tuple[Kind, bool]] = {
    metric: (BUILTIN[metric].kind, BUILTIN[metric].is_time) for metric in REQUEST_METRICS
}


class StatsFeed:
    """`store` is what `RequestStats.attach` takes; `time_metric` and `content_metric` as there."""

    def __init__(self, *, time_metric: str = "http_req_latency", content_metric: str = CONTENT_METRIC) -> None:
        self._time_metric = time_metric
        self.store = MetricStore(recent_seconds=_RECENT_SECONDS)
        self._metrics = frozenset({"http_reqs", "http_req_failed", time_metric, content_metric})
        # Of each worker: its numbers of series -> those in the store, -1 for what is left out.
        self._numbers: dict[int, list[int]] = {}
        self._arrays: dict[int, Counts] = {}
        self._kept: dict[int, int] = {}
        self._ahead: Snapshot | None = None

    def add(self, snapshot: Snapshot | bytes, worker: int = 0) -> None:
        """Take a snapshot of a worker, unless it is here already; SnapshotError for bytes that are none."""
        if snapshot is self._ahead:
            return
        if isinstance(snapshot, bytes):
            snapshot = decode(snapshot)
        series = self._wanted(worker, snapshot.series)
        numbers = self._arrays.setdefault(worker, np.empty(0, np.int64))
        frame = snapshot.frame
        if len(frame):
            frame = select(frame, numbers[frame.series] >= 0)
            frame = replace(frame, series=numbers[frame.series])
        self.store.add(worker, msgspec.structs.replace(snapshot, series=series, frame=frame, health={}, points=b""))

    def show_in(self, stats: RequestStats, context: WorkerContext) -> None:
        """These statistics show what is here, and what the recorder of this worker has beyond it."""

        def catch_up() -> None:
            # Who reads the statistics now must not miss the snapshot that is about to come.
            snapshot = context.control.unsent()
            if snapshot is not None and snapshot is not self._ahead:
                self.add(snapshot)
                self._ahead = snapshot

        recorder = context.recorder
        stats.attach(self.store, time.time(), time_metric=self._time_metric, recorder=recorder, catch_up=catch_up)

    def finish(self, duration: float) -> None:
        """The run has ended after `duration` seconds."""
        self.store.finish(duration)

    def _wanted(self, worker: int, definitions: list[SeriesDefinition]) -> list[SeriesDefinition]:
        """Of new series those that are kept, numbered without the others."""
        kept: list[SeriesDefinition] = []
        if not definitions:
            return kept
        numbers = self._numbers.setdefault(worker, [])
        number = self._kept.get(worker, 0)
        for definition in definitions:
            # Without a metric it stands for all metrics of one request.
            for metric in (definition.metric,) if definition.metric else REQUEST_METRICS:
                if metric not in self._metrics:
                    numbers.append(-1)
                    continue
                numbers.append(number)
                kind, is_time = (definition.kind, definition.is_time) if definition.metric else _FORMS[metric]
                kept.append(SeriesDefinition(number, metric, kind, is_time, definition.tags))
                number += 1
        self._kept[worker] = number
        self._arrays[worker] = np.array(numbers, np.int64)
        return kept
