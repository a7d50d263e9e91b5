"""What monitoring systems ask for: totals since the start, and statistics of the last seconds.

Rules: counters, counts and sums are totals that never fall; percentiles are those of the newest `WINDOW` seconds. Times
become seconds, as those systems want them. Every series is there from its first sample on.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from swell.metrics.frame import EMPTY_FRAME, concat
from swell.outputs.batch import Row, fold_rows, rows_of

if TYPE_CHECKING:
    from swell.metrics.frame import Frame
    from swell.outputs.batch import Batch, SeriesFacts

__all__ = ["WINDOW", "Cumulative", "State"]

WINDOW = 15
"""Seconds that percentiles are about."""


class State(NamedTuple):
    """One series: all since the start, and the newest seconds (None: nothing in them)."""

    total: Row
    recent: Row | None


class Cumulative:
    """Sums up batches. May be read in another thread than it is fed in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Frame = EMPTY_FRAME
        self._recent: deque[tuple[int, Frame]] = deque()
        self._series: list[SeriesFacts] = []
        self.origin = 0.0
        """Unix time of the start of the load."""
        self.until = 0.0
        """Unix time at which the newest second ended; 0 before the first."""

    def take(self, batch: Batch) -> None:
        """Add one second."""
        with self._lock:
            self._series = list(batch.series)
            self._totals = fold_rows(
                concat([self._totals, fold_rows(batch.frame, batch.series)]), self._series, second=0
            )
            self._recent.append((batch.second, batch.frame))
            while self._recent and self._recent[0][0] <= batch.second - WINDOW:
                self._recent.popleft()
            self.origin, self.until = batch.origin, batch.until

    def states(self) -> list[State]:
        """All series, in the order of their metrics."""
        with self._lock:
            totals, series = self._totals, self._series
            recent = fold_rows(concat([frame for _, frame in self._recent]), series, second=0)
        newest = {row.number: row for row in rows_of(recent, series)}
        found = [State(row, newest.get(row.number)) for row in rows_of(totals, series)]
        return sorted(found, key=lambda each: (each.total.series.metric, each.total.number))
