"""An output of `publish-metrics`: what was measured in ten seconds, as Artillery tells its plugins, to one sink.

Rules: what came since the last flush is one period, so that nothing is sent twice and nothing is left out at the end.
A server that is not there when the run begins is no reason not to run: it is told, and tried again with each period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from swell.dialects.artillery.buckets import PERIOD, Bucket, summary_of, tenth, whole
from swell.dialects.artillery.metrics import COUNTER, HISTOGRAM, RATE
from swell.metrics.frame import concat
from swell.outputs.batch import fold_rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.metrics.frame import Frame
    from swell.outputs.batch import Batch, SeriesFacts

__all__ = ["Published", "Sink", "stats_of"]


class Sink(Protocol):
    """Where the periods of a run go. `label` names it for people, without secrets."""

    @property
    def label(self) -> str:
        """The type of the target and its address."""
        ...

    @property
    def lost(self) -> int:
        """Parcels of data that were given up."""
        ...

    def open(self) -> None:
        """Make sure that it can work. OutputError or OSError if not."""
        ...

    def put(self, stats: Bucket) -> None:
        """Remember one period."""
        ...

    def send(self) -> None:
        """Send what was put. OutputError or OSError; may be called again."""
        ...

    def close(self) -> None:
        """Let go of sockets."""
        ...


class Published:
    """As `swell.outputs.base.Output`."""

    every = float(PERIOD)

    def __init__(self, sink: Sink) -> None:
        self.label = f"publish-metrics: {sink.label}"
        self._sink = sink
        self._frames: list[Frame] = []
        self._series: Sequence[SeriesFacts] = ()
        self._origin = 0.0
        self._first = self._next = 0

    @property
    def lost(self) -> int:
        """As `Output.lost`."""
        return self._sink.lost

    def open(self) -> None:
        """As `Output.open`."""
        self._sink.open()

    def take(self, batch: Batch) -> None:
        """As `Output.take`."""
        self._frames.append(batch.frame)
        self._series, self._origin = batch.series, batch.origin
        self._next = batch.second + 1

    def flush(self) -> None:
        """As `Output.flush`."""
        frames, self._frames = self._frames, []
        first, self._first = self._first, self._next
        if frames:
            stats = stats_of(concat(frames), self._series, origin=self._origin, first=first, end=self._next)
            if not stats.empty:
                self._sink.put(stats)
        self._sink.send()

    def close(self) -> None:
        """As `Output.close`."""
        self._sink.close()


def stats_of(frame: Frame, series: Sequence[SeriesFacts], *, origin: float, first: int, end: int) -> Bucket:
    """One period: the seconds [first, end) of a run that began at `origin` (seconds since 1970)."""
    begun = round((origin + first) * 1000)
    stats = Bucket(begun // (PERIOD * 1000) * PERIOD * 1000, {}, {}, {}, begun, round((origin + end) * 1000))
    length = max(end - first, 1)
    for row in rows_of(fold_rows(frame, series, second=first), series):
        metric, tags, values = row.series.metric, row.series.tags, row.values
        if metric == COUNTER:
            _add(stats, tags.get("counter", ""), values.sum)
        elif metric == RATE:
            stats.rates[tags.get("rate", "")] = tenth(values.sum / length)
        elif metric == HISTOGRAM:
            stats.summaries[tags.get("histogram", "")] = summary_of(values)
        elif metric == "dropped_iterations" and values.sum:
            _add(stats, "vusers.skipped", values.sum)
    return stats


def _add(stats: Bucket, name: str, value: float) -> None:
    # Names that differ in a masked secret only are one.
    stats.counters[name] = stats.counters.get(name, 0) + whole(value)
