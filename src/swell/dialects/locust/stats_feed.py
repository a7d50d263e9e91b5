"""The store behind the statistics of a worker: of each snapshot only what Locust's statistics are made of.

Rules: for processes that have no metric store otherwise. It leaves out nine of the thirteen metrics of each request,
and all others, which makes keeping up with the run several times cheaper than a full store. Snapshots of one worker
come in order.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np

from swell.dialects.locust.measured import CONTENT_METRIC
from swell.metrics.buckets import Counts
from swell.metrics.builtin import BUILTIN, REQUEST_METRICS, Kind
from swell.metrics.frame import select
from swell.metrics.snapshot import SeriesDefinition, Snapshot, decode
from swell.metrics.store import MetricStore

__all__ = ["StatsFeed"]

_RECENT_SECONDS = 60
_FORMS: dict[str, tuple[Kind, bool]] = {
    metric: (BUILTIN[metric].kind, BUILTIN[metric].is_time) for metric in REQUEST_METRICS
}


class StatsFeed:
    """`store` is what `RequestStats.attach` takes; `time_metric` and `content_metric` as there."""

    def __init__(self, *, time_metric: str = "http_req_latency", content_metric: str = CONTENT_METRIC) -> None:
        self.store = MetricStore(recent_seconds=_RECENT_SECONDS)
        self._metrics = frozenset({"http_reqs", "http_req_failed", time_metric, content_metric})
        # Of each worker: its numbers of series -> those in the store, -1 for what is left out.
        self._numbers: dict[int, list[int]] = {}
        self._arrays: dict[int, Counts] = {}
        self._kept: dict[int, int] = {}

    def add(self, snapshot: Snapshot | bytes, worker: int = 0) -> None:
        """Take a snapshot of a worker; SnapshotError for bytes that are none."""
        if isinstance(snapshot, bytes):
            snapshot = decode(snapshot)
        series = self._wanted(worker, snapshot.series)
        numbers = self._arrays.setdefault(worker, np.empty(0, np.int64))
        frame = snapshot.frame
        if len(frame):
            frame = select(frame, numbers[frame.series] >= 0)
            frame = replace(frame, series=numbers[frame.series])
        self.store.add(worker, msgspec.structs.replace(snapshot, series=series, frame=frame, health={}, points=b""))

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
