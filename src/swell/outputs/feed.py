"""The feed: an observer of a run that hands each second to all outputs, each in a thread of its own.

Rules: nothing that an output does can reach the run: its queue is bounded, what does not fit is counted and left out,
its errors are told once and counted, and at the end it gets a limited time. Every row that the store merged is handed
out exactly once, also those that come late.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.frame import EMPTY_FRAME, concat, select
from swell.metrics.points import NO_POINTS, Points
from swell.outputs.base import wants_points
from swell.outputs.batch import Batch, SeriesFacts, facts_of, fold_rows
from swell.outputs.thread import OutputThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.coordinator.state import LiveRun
    from swell.metrics.frame import Frame
    from swell.metrics.store import MetricStore
    from swell.outputs.base import Output

__all__ = ["CLOSING_TIME", "OutputFeed"]

CLOSING_TIME = 10.0
"""Seconds that all outputs together get at the end of a run."""


class OutputFeed:
    """Feeds opened `outputs` with what `store` gets; give it to `conduct` as an observer.

    It owns the outputs from now on and closes them. `notes` says afterwards what went wrong.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        store: MetricStore,
        *,
        clock: Callable[[], float] = time.time,
        closing_time: float = CLOSING_TIME,
    ) -> None:
        self._store = store
        self._clock = clock
        self._closing_time = closing_time
        self._threads = [OutputThread(output) for output in outputs]
        self._held: list[Frame] = []
        self._points: list[Points] = []
        self._facts: list[SeriesFacts] = []
        self._origin: float | None = None
        self._sent = 0
        self._closed = False
        if outputs:
            store.taps.append(self._held.append)
        if wants_points(outputs):
            store.point_taps.append(self._points.append)

    def refresh(self, live: LiveRun) -> None:
        """Hand out the seconds that are complete by now."""
        if not self._threads:
            return
        if self._origin is None and live.elapsed > 0:
            self._origin = self._clock() - live.elapsed
        while self._sent < live.seconds:
            self._hand_out(self._sent)

    def notice(self, level: str, text: str) -> None:
        """Nothing to do: outputs carry measurements only."""

    def output(self, worker: int, line: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Hand out what is left, and let the outputs finish within the closing time."""
        if self._closed:
            return
        self._closed = True
        while self._points or any(len(frame) for frame in self._held):
            self._hand_out(self._sent)
        deadline = time.monotonic() + self._closing_time
        for thread in self._threads:
            thread.finish()
        for thread in self._threads:
            thread.wait(max(0.0, deadline - time.monotonic()))

    def notes(self) -> list[str]:
        """What people must know of outputs that failed or lost something; one line each."""
        return [note for thread in self._threads for note in thread.notes()]

    def _hand_out(self, second: int) -> None:
        """Everything up to this second."""
        due, later = self._split(second)
        self._held.clear()  # the tap adds to this very list
        if len(later):
            self._held.append(later)
        self._sent = max(self._sent, second + 1)
        known = self._store.series_list()
        self._facts += [facts_of(series) for series in known[len(self._facts) :]]
        facts = list(self._facts)
        origin = self._origin if self._origin is not None else self._clock() - second - 1
        batch = Batch(origin, second, fold_rows(due, facts), facts, self._take_points())
        for thread in self._threads:
            thread.put(batch)

    def _take_points(self) -> Points:
        if not self._points:
            return NO_POINTS
        parts = list(self._points)
        self._points.clear()
        return Points(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _split(self, second: int) -> tuple[Frame, Frame]:
        frame = concat(self._held)
        if not len(frame):
            return EMPTY_FRAME, EMPTY_FRAME
        due = frame.second <= second
        return (select(frame, due) if due.any() else EMPTY_FRAME), (
            select(frame, ~due) if not due.all() else EMPTY_FRAME
        )
