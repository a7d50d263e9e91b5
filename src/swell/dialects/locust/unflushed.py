"""What has been measured since the last snapshot, by entry of Locust's statistics: test code reads them as of now.

Rules: looks at the recorder and takes nothing from it, so nothing is slower while nobody reads. Each row is counted
once between two snapshots; times, bytes and seconds are worked out only where they are asked for. Only in the thread
of the users (`in_fiber`); elsewhere the statistics are as of the last snapshot.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from swell.dialects.locust.body_sizes import BODY_METRIC
from swell.dialects.locust.entry_numbers import UNTIMED_TAG, EntryNumbers
from swell.dialects.locust.sheets import EMPTY_SHEET, Sheet
from swell.metrics.binning import KINDS, bin_samples
from swell.metrics.buckets import Counts, Floats

if TYPE_CHECKING:
    from swell.metrics.failures import ErrorGroup
    from swell.metrics.recorder import Recorder

__all__ = ["Unflushed"]

_SERIES, _START, _END, _LAG = range(4)
_SENT_TIME = slice(4, 7)
_SAMPLE_TIME, _VALUE = 1, 2
_NOTHING = (0, 0, 0)


class _Known(NamedTuple):
    """A request series: its entry, whether it has no response time, has failed, counts as a request."""

    entry: int
    untimed: bool
    failed: bool
    counts: bool


class Unflushed:
    """Of one recorder. `latency`: the response time is that of the whole call, else that of the sent request alone."""

    def __init__(self, recorder: Recorder, numbers: EntryNumbers, *, latency: bool) -> None:
        self._recorder = recorder
        self._numbers = numbers
        self._latency = latency
        self._known: list[_Known] = []
        self._table: Counts = np.zeros((0, len(_Known._fields)), np.int64)
        self._since: int = 0
        self._limit = math.inf
        self.used = False
        """Whether anybody has looked."""
        self.drop()

    def drop(self) -> None:
        """Forget what was seen."""
        self._flushes: int = -1
        self._seen = (0, 0)
        self._rows: list[Floats] = []
        self._samples: list[Floats] = []
        self._counts: dict[int | None, tuple[int, int, int]] = {}
        self._sheet: Sheet | None = None
        self.errors: list[ErrorGroup] = []
        """Failures, as the next snapshot will tell them."""

    def is_current(self) -> bool:
        """Whether no snapshot has been made of what was seen."""
        return self._flushes == self._recorder.flushes

    def look(self, since: int, *, begun: bool) -> bool:
        """Take in what is new; True if anything is. `since`: only from this second of the run on."""
        self.used = True
        rows, samples, errors = self._recorder.waiting()
        if not self.is_current() or since != self._since:
            self.drop()
            self._flushes = self._recorder.flushes
            self._since = since
        elif (len(rows), len(samples)) == self._seen and not (errors or self.errors):
            return False
        first, first_sample = self._seen
        self._seen = len(rows), len(samples)
        self._limit = math.inf if begun else 0.0
        self._sheet = None
        self.errors = errors
        if first_sample < len(samples):
            self._samples.append(samples[first_sample:].copy())
        if first < len(rows):
            self._add(rows[first:].copy())
        return True

    def counts(self, number: int | None) -> tuple[int, int, int]:
        """Requests, those without a time among them, failures; of an entry or of all (None)."""
        return self._counts.get(number, _NOTHING)

    @property
    def last(self) -> float | None:
        """Seconds from the start of the run to the end of the newest request."""
        if not self._rows:
            return None
        newest = max(float(part[:, _END].max()) for part in self._rows) - self._recorder.origin
        return min(max(newest, 0.0), self._limit + 1.0)

    def sheet(self) -> Sheet:
        """All entries, with their times."""
        if self._sheet is None:
            self._sheet = self._make_sheet() if self._rows else EMPTY_SHEET
        return self._sheet

    def per_second(self, number: int | None) -> tuple[dict[int, int], dict[int, int]]:
        """By second of the run: requests, and failures; of an entry or of all (None)."""
        found: tuple[dict[int, int], dict[int, int]] = {}, {}
        if self._rows:
            rows = np.concatenate(self._rows)
            seconds = self._seconds(rows[:, _END])
            entry, _, failed, _ = self._table[rows[:, _SERIES].astype(np.int64)].T
            mine = np.ones(len(rows), np.bool_) if number is None else entry == number
            for counts, wanted in zip(found, (mine, mine & (failed > 0)), strict=True):
                values, hits = np.unique(seconds[wanted], return_counts=True)
                counts.update(zip(values.tolist(), hits.tolist(), strict=True))
        return found

    def _learn(self) -> None:
        """Request series that are new."""
        for tags, sent in self._recorder.described(len(self._known)):
            entry = self._numbers.number_of((tags.get("name", ""), tags.get("method", "")))
            failed = tags.get("expected_response") == "false"
            self._known.append(_Known(entry, UNTIMED_TAG in tags, failed, self._latency or sent))
        if len(self._table) < len(self._known):
            self._table = np.array(self._known, np.int64)

    def _add(self, rows: Floats) -> None:
        if self._since:
            rows = rows[self._seconds(rows[:, _END]) >= self._since]
        if not len(rows):
            return
        self._rows.append(rows)
        self._learn()
        counts = self._counts
        numbers: list[float] = rows[:, _SERIES].tolist()
        for series, hits in Counter(numbers).items():
            known = self._known[int(series)]
            more = hits * known.counts, hits * (known.counts and known.untimed), hits * known.failed
            for number in (None, known.entry):
                found = counts.get(number, _NOTHING)
                counts[number] = found[0] + more[0], found[1] + more[1], found[2] + more[2]

    def _seconds(self, ends: Floats) -> Counts:
        return np.clip(np.floor(ends - self._recorder.origin), 0.0, self._limit).astype(np.int64)

    def _make_sheet(self) -> Sheet:
        size = len(self._numbers.keys)
        columns = np.zeros((3, size), np.int64)
        for number, found in self._counts.items():
            if number is not None:
                columns[:, number] = found
        rows = np.concatenate(self._rows)
        entry, untimed, _, counts = self._table[rows[:, _SERIES].astype(np.int64)].T
        seconds = rows[:, _END] - rows[:, _START] + rows[:, _LAG] if self._latency else rows[:, _SENT_TIME].sum(axis=1)
        timed = (counts > 0) & (untimed == 0)
        second = np.zeros(int(timed.sum()), np.int64)
        trends = np.full(size, KINDS.index("trend"))
        times = bin_samples(entry[timed], second, seconds[timed] * 1000.0, trends)
        return Sheet(columns[0], columns[1], columns[2], self._content(size), times, np.cumsum(times.width))

    def _content(self, size: int) -> Floats:
        """Bytes of content by entry."""
        content = np.zeros(size)
        if self._samples:
            owners = self._recorder.counters_beside(BODY_METRIC)
            samples = np.concatenate(self._samples)
            values = samples[:, _VALUE] * (self._seconds(samples[:, _SAMPLE_TIME]) >= self._since)
            numbers, place = np.unique(samples[:, _SERIES], return_inverse=True)
            for number, total in zip(numbers.tolist(), np.bincount(place, weights=values).tolist(), strict=True):
                series = owners.get(int(number))
                if series is not None:
                    content[self._known[series].entry] += total
        return content
