"""The store behind the statistics of a worker: of each snapshot only what Locust's statistics are made of.

Rules: for processes that have no metric store otherwise. It leaves out nine of the thirteen metrics of each request,
and all others, which makes keeping up with the run several times cheaper than a full store. Snapshots of one worker
come in order.
"""

from __future__ import annotations

import msgspec
import numpy as np

from swell.dialects.locust.measured import CONTENT_METRIC
from swell.metrics.builtin import REQUEST_METRICS
from swell.metrics.frame import Bools, select
from swell.metrics.snapshot import Snapshot, decode
from swell.metrics.store import MetricStore

__all__ = ["StatsFeed"]

_RECENT_SECONDS = 60


class StatsFeed:
    """`store` is what `RequestStats.attach` takes; `time_metric` and `content_metric` as there."""

    def __init__(self, *, time_metric: str = "http_req_latency", content_metric: str = CONTENT_METRIC) -> None:
        self.store = MetricStore(recent_seconds=_RECENT_SECONDS)
        self._metrics = frozenset({"http_reqs", "http_req_failed", time_metric, content_metric})
        self._wanted: dict[int, Bools] = {}

    def add(self, snapshot: Snapshot | bytes, worker: int = 0) -> None:
        """Take a snapshot of a worker; SnapshotError for bytes that are none."""
        if isinstance(snapshot, bytes):
            snapshot = decode(snapshot)
        wanted = self._wanted.get(worker, np.empty(0, np.bool_))
        if snapshot.series:
            news: list[bool] = []
            for definition in snapshot.series:
                # Without a metric it stands for all metrics of one request.
                metrics = (definition.metric,) if definition.metric else REQUEST_METRICS
                news += [metric in self._metrics for metric in metrics]
            wanted = self._wanted[worker] = np.concatenate([wanted, np.array(news, np.bool_)])
        frame = snapshot.frame
        if len(frame):
            frame = select(frame, wanted[frame.series])
        self.store.add(worker, msgspec.structs.replace(snapshot, frame=frame, health={}))

    def finish(self, duration: float) -> None:
        """The run has ended after `duration` seconds."""
        self.store.finish(duration)
