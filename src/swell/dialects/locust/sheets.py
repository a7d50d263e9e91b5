"""Sheets: the figures of all entries of Locust's statistics at one moment, as columns.

Rules: values; nothing changes one. An entry is a number, its place in every column; a sheet made earlier may have fewer
entries. Working out a column costs about the same for ten entries and for ten thousand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from swell.dialects.locust.figures import NOTHING, Figures
from swell.metrics.buckets import Counts, Floats, value_of
from swell.metrics.frame import EMPTY_FRAME, Frame, concat, fold, select
from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EMPTY_SHEET", "Columns", "Sheet", "joined", "make_sheet"]

_ZERO_COUNTS: Counts = np.zeros(0, np.int64)
_ZERO_FLOATS: Floats = np.zeros(0, np.float64)


class Columns(NamedTuple):
    """Times by entry, as tables show them: 0 where there is none. Milliseconds; percentiles by entry and share."""

    average: list[float]
    low: list[float]
    high: list[float]
    median: list[float]
    percentiles: list[list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """By entry: requests, those without a time among them, failures, bytes of content; and the times of all others.

    `times` has one row for each entry that has a time, its series is the entry's number; `ends` is where the buckets
    of each row end.
    """

    requests: Counts
    untimed: Counts
    failures: Counts
    content: Floats
    times: Frame
    ends: Counts

    def __len__(self) -> int:
        return len(self.requests)

    def figures(self, number: int) -> Figures:
        """One entry."""
        if number >= len(self) or not (self.requests[number] or self.failures[number]):
            return NOTHING
        return Figures(
            int(self.requests[number]),
            int(self.untimed[number]),
            int(self.failures[number]),
            float(self.content[number]),
            self._histogram(number),
        )

    def total(self) -> Figures:
        """All entries together."""
        if not len(self):
            return NOTHING
        rows = fold(self.times, series=0)
        return Figures(
            int(self.requests.sum()),
            int(self.untimed.sum()),
            int(self.failures.sum()),
            float(self.content.sum()),
            EMPTY_HISTOGRAM if not len(rows) else _histogram_of(rows, 0, 0, len(rows.bucket)),
        )

    def columns(self, shares: Sequence[float]) -> Columns:
        """What tables show of the times of all entries."""
        times, size = self.times, len(self)
        values = self._percentiles([0.5, *shares])
        shown = np.minimum(np.rint(values), np.trunc(times.max[:, None])).astype(np.int64)
        median = np.minimum(np.maximum(np.rint(values[:, 0]), times.min), times.max)
        percentiles = np.zeros((size, len(shares)), np.int64)
        percentiles[times.series] = shown[:, 1:]
        average, low, high, middle = (
            _spread(times.series, known, size) for known in (times.sum / times.count, times.min, times.max, median)
        )
        return Columns(average, low, high, middle, percentiles.tolist())

    def _percentiles(self, shares: Sequence[float]) -> Floats:
        """By row of `times` and share; as `percentiles.percentiles_of`."""
        times = self.times
        if not len(times):
            return np.zeros((0, len(shares)))
        count = times.count[:, None]
        ranks = np.ceil(np.array(shares)[None, :] * 100.0 * count / 100.0 * (1 - 1e-12))
        seen = np.cumsum(times.hits)
        starts = self.ends - times.width
        before = np.where(starts > 0, seen[starts - 1], 0)[:, None]
        places = np.searchsorted(seen, before + np.clip(ranks, 1, count))
        low, high = times.min[:, None], times.max[:, None]
        middles = np.clip(value_of(times.bucket[places]), low, high)
        return np.where(ranks <= 1, low, np.where(ranks >= count, high, middles))

    def _histogram(self, number: int) -> Histogram:
        place = int(np.searchsorted(self.times.series, number))
        if place >= len(self.times) or self.times.series[place] != number:
            return EMPTY_HISTOGRAM
        end = int(self.ends[place])
        return _histogram_of(self.times, place, end - int(self.times.width[place]), end)


EMPTY_SHEET = Sheet(_ZERO_COUNTS, _ZERO_COUNTS, _ZERO_COUNTS, _ZERO_FLOATS, EMPTY_FRAME, _ZERO_COUNTS)


def make_sheet(size: int, times: Frame, failed: Frame, content: Frame) -> Sheet:
    """A sheet of `size` entries.

    The series of `times` are twice the entry's number, and one more for requests without a time; those of `failed` and
    `content` are the entry's number.
    """
    entry = times.series >> 1
    odd = (times.series & 1).astype(np.bool_)
    requests, untimed = (
        np.bincount(entry[mine], weights=times.count[mine], minlength=size).astype(np.int64)
        for mine in (np.ones(len(odd), np.bool_), odd)
    )
    failures, received = np.zeros(size, np.int64), np.zeros(size)
    failures[failed.series] = failed.sum
    received[content.series] = content.sum
    timed = select(times, ~odd) if len(times) else times
    return _made(requests, untimed, failures, received, replace(timed, series=timed.series >> 1))


def joined(one: Sheet, other: Sheet) -> Sheet:
    """The figures of both together."""
    if not len(one) or not len(other):
        return one if len(one) else other
    size = max(len(one), len(other))
    return _made(
        _padded(one.requests, size) + _padded(other.requests, size),
        _padded(one.untimed, size) + _padded(other.untimed, size),
        _padded(one.failures, size) + _padded(other.failures, size),
        _padded(one.content, size) + _padded(other.content, size),
        fold(concat([one.times, other.times]), second=0),
    )


def _made(requests: Counts, untimed: Counts, failures: Counts, content: Floats, times: Frame) -> Sheet:
    return Sheet(requests, untimed, failures, content, times, np.cumsum(times.width))


def _spread(places: Counts, known: Floats, size: int) -> list[float]:
    column = np.zeros(size)
    column[places] = known
    return column.tolist()


def _padded(column: Any, size: int) -> Any:
    return np.concatenate([column, np.zeros(size - len(column), column.dtype)])


def _histogram_of(frame: Frame, row: int, start: int, end: int) -> Histogram:
    return Histogram(
        frame.bucket[start:end],
        frame.hits[start:end],
        int(frame.count[row]),
        float(frame.sum[row]),
        float(frame.min[row]),
        float(frame.max[row]),
    )
