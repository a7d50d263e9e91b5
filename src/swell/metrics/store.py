"""The metric store: snapshots of all workers, merged; totals and any window of the run.

Rules: it is fed by one thread, in any order of workers (each worker's own snapshots in order), and answers
at any time. Totals are exact for ever; per-second rows are the timeline's, newest in memory, older in a
file. Seconds count from the start of the run. It implements `model.threshold.MetricsView`.
"""

from __future__ import annotations

import math
from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.aggregate import Aggregate
from swell.metrics.buckets import Counts
from swell.metrics.builtin import BUILTIN, REQUEST_METRICS, Kind, is_summed
from swell.metrics.failures import ErrorGroup, ErrorGroups
from swell.metrics.frame import EMPTY_FRAME, Bools, Frame, concat, fold, select
from swell.metrics.points import Points, unpack_points
from swell.metrics.series import Series, SeriesTable
from swell.metrics.snapshot import SeriesDefinition, Snapshot, decode
from swell.metrics.timeline import HealthRow, Timeline
from swell.model.units import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["MetricStore"]

_NO_TAGS: dict[str, str] = {}
_CacheKey = tuple[str, tuple[tuple[str, str], ...], int]
# Selections already merged over their series, block by block: enough for sliding windows of dozens of
# criteria.
_CACHE_BYTES = 8 << 20
_CACHE_ENTRIES = 4096
# Rows that wait to be merged into the totals: until somebody asks, or so many buckets are due.
_PENDING_PAIRS = 1 << 20


class MetricStore:
    """All measurements of a run.

    `recent_seconds` of rows stay in memory, older ones go to a nameless temporary file in `directory`.
    """

    def __init__(self, *, recent_seconds: int = 300, directory: Path | None = None) -> None:
        self._table = SeriesTable()
        self._timeline = Timeline(self._table, recent_seconds, directory)
        self._numbers: dict[int, list[int]] = {}
        self._errors = ErrorGroups()
        self._users: array[int] = array("q")
        self._latest_health: dict[int, HealthRow] = {}
        self._notes: dict[str, None] = {}
        self._duration: float | None = None
        self._totals = EMPTY_FRAME
        self._pending: list[Frame] = []
        self._pending_pairs = 0
        self._gauges = EMPTY_FRAME
        self._cache: OrderedDict[_CacheKey, tuple[int, Frame]] = OrderedDict()
        self._cache_bytes = 0
        self._seconds = 0
        self.dropped = 0
        """Arrivals given up, all workers."""
        self.rejected = 0
        """Samples that were no finite numbers and are left out."""
        self.taps: list[Callable[[Frame], object]] = []
        """Called at once with the rows of every snapshot, for outputs while running; series as in `series_list`."""
        self.point_taps: list[Callable[[Points], object]] = []
        """The same with all single samples, where the plan asks for them (`Plan.raw_samples`)."""

    # Feeding

    def add(self, worker: int, snapshot: Snapshot | bytes) -> None:
        """Merge a snapshot of a worker; SnapshotError for bytes that are none."""
        if isinstance(snapshot, bytes):
            snapshot = decode(snapshot)
        numbers = self._numbers.setdefault(worker, [])
        for definition in snapshot.series:
            self._define(numbers, definition)
        frame = snapshot.frame
        if len(frame):
            series = np.array(numbers, np.int64)[frame.series]
            if (series < 0).any():
                frame, series = select(frame, series >= 0), series[series >= 0]
            # Sorted now, so that every later merge meets sorted runs.
            self._add_rows(fold(frame, series=series))
        if snapshot.points and self.point_taps:
            self._tell_points(unpack_points(snapshot.points), numbers)
        self._seconds = max(self._seconds, snapshot.second + 1)
        self._add_rest(worker, snapshot)
        for packed in self._timeline.advance(self._seconds):
            self._gauges = _over_time(concat([self._gauges, self._only_gauges(packed)]))

    def finish(self, duration: float) -> None:
        """The run has ended after `duration` seconds: rates of totals refer to it instead of whole seconds."""
        self._duration = duration

    def close(self) -> None:
        """Give up the temporary file. Totals can still be read."""
        self._timeline.close()

    # What thresholds read (MetricsView)

    def known_metrics(self) -> set[str]:
        """Built-in metrics and those that have a series."""
        return {*BUILTIN, *self._table.metrics}

    def metric_type(self, name: str) -> Kind | None:
        """The kind of a metric; None for an unknown one."""
        found = self._table.metrics.get(name) or BUILTIN.get(name)
        return found.kind if found is not None else None

    def aggregate(
        self,
        metric: str,
        tags: Mapping[str, str] = _NO_TAGS,
        start: float | None = None,
        end: float | None = None,
    ) -> Aggregate | None:
        """All series of the metric with these tags, in the whole seconds of [start, end); None: no sample.

        Without start and end it is the whole run. `seconds` is the part of the window that the run has
        reached.
        """
        kind = self.metric_type(metric)
        if kind is None or not (numbers := self._table.matching(metric, tags)):
            return None
        first, last, length = self._span(start, end)
        if self._is_whole(first, last) and not (len(numbers) > 1 and is_summed(metric)):
            rows = self._total_rows(kind)
            frame = fold(select(rows, self._mask(numbers)[rows.series]), series=0) if len(rows) else rows
        else:
            frame = self._window(metric, tags, first, last)
        return next(Aggregate.of_rows(frame, kind, length), None)

    # What reports read

    @property
    def seconds(self) -> float:
        """How long the run is: whole seconds so far, or what `finish` said."""
        return float(self._seconds) if self._duration is None else self._duration

    @property
    def warnings(self) -> list[str]:
        """What people must know about the measurement: losses, rejected values, too many series."""
        notes = [*self._notes, *self._timeline.warnings]
        if self.rejected:
            notes.append(f"{plural(self.rejected, 'sample')} left out: not a finite number")
        return notes

    @property
    def disk_bytes(self) -> int:
        """Bytes in the temporary file."""
        return self._timeline.disk_bytes

    def series_list(self) -> list[Series]:
        """All series, in the order in which they came."""
        return list(self._table.all)

    def is_time(self, metric: str) -> bool:
        """Whether the values of a metric are milliseconds."""
        found = self._table.metrics.get(metric) or BUILTIN.get(metric)
        return found is not None and found.is_time

    def totals(self, metric: str, tags: Mapping[str, str] = _NO_TAGS) -> Aggregate | None:
        """`aggregate` over the whole run."""
        return self.aggregate(metric, tags)

    def per_second(
        self,
        metric: str,
        tags: Mapping[str, str] = _NO_TAGS,
        start: float | None = None,
        end: float | None = None,
    ) -> Iterator[tuple[int, Aggregate]]:
        """(second, aggregate) for each second that has a sample, ascending."""
        kind = self.metric_type(metric)
        if kind is None:
            return
        first, last, _ = self._span(start, end)
        for block in self._timeline.blocks(first, last):
            frame = self._selected(metric, tags, block)
            rows = zip(frame.second.tolist(), Aggregate.of_rows(frame, kind, 1.0), strict=True)
            yield from (row for row in rows if first <= row[0] < last)

    def group_by(
        self,
        metric: str,
        tag_names: Sequence[str],
        tags: Mapping[str, str] = _NO_TAGS,
        start: float | None = None,
        end: float | None = None,
    ) -> list[tuple[tuple[str, ...], Aggregate]]:
        """One aggregate for each combination of values of these tags (a missing tag is ""), sorted by values."""
        kind = self.metric_type(metric)
        values_of = {
            number: tuple(self._table.all[number].tags.get(name, "") for name in tag_names)
            for number in self._table.matching(metric, tags)
        }
        if kind is None or not values_of:
            return []
        values = sorted(set(values_of.values()))
        group_of = np.full(len(self._table.all), -1, np.int64)
        places = {each: place for place, each in enumerate(values)}
        group_of[list(values_of)] = [places[each] for each in values_of.values()]
        frame = self.rows_by(metric, group_of, start, end)
        length = self._span(start, end)[2]
        merged = Aggregate.of_rows(frame, kind, length)
        return [(values[group], each) for group, each in zip(frame.series.tolist(), merged, strict=True)]

    def rows_by(
        self,
        metric: str,
        group_of: Counts,
        start: float | None = None,
        end: float | None = None,
        *,
        each_second: bool = False,
    ) -> Frame:
        """As `group_by`, as columns and for groups of the caller's own: series become groups, in ascending order.

        `group_of`: by series number as in `series_list`, only for series of this metric; -1 leaves a series out.
        `each_second`: one row for each group and second instead of one for each group.
        """
        kind = self.metric_type(metric)
        if kind is None:
            return EMPTY_FRAME
        missing = len(self._table.all) - len(group_of)
        group_of = np.concatenate([group_of, np.full(missing, -1, np.int64)]) if missing > 0 else group_of
        first, last, _ = self._span(start, end)
        if self._is_whole(first, last) and not is_summed(metric) and not each_second:
            rows = self._total_rows(kind)
            if len(rows):
                rows = select(rows, group_of[rows.series] >= 0)
            return fold(rows, series=group_of[rows.series])
        return self._grouped(metric, group_of, first, last, each_second=each_second)

    def errors(self) -> list[ErrorGroup]:
        """Error groups of all workers, the most frequent first."""
        return self._errors.ordered()

    def users(self) -> list[int]:
        """Users running at the end of each second, all workers."""
        return self._users.tolist()

    def health_history(self) -> Iterator[HealthRow]:
        """What each worker said of itself, second by second."""
        return self._timeline.health()

    def latest_health(self) -> dict[int, HealthRow]:
        """The newest health of each worker."""
        return dict(self._latest_health)

    # Within

    def _span(self, start: float | None, end: float | None) -> tuple[int, int, float]:
        """First second, the one after the last, and the seconds of the window that the run has reached."""
        first = 0 if start is None else max(math.floor(start), 0)
        last = self._seconds if end is None else min(math.ceil(end), self._seconds)
        if first == 0 and end is None:
            return first, last, self.seconds
        return first, last, float(max(last - first, 0))

    def _is_whole(self, first: int, last: int) -> bool:
        return first == 0 and last == self._seconds

    def _define(self, numbers: list[int], definition: SeriesDefinition) -> None:
        wanted: list[tuple[str, Kind, bool]] = [(definition.metric, definition.kind, definition.is_time)]
        if not definition.metric:
            wanted = [(name, BUILTIN[name].kind, BUILTIN[name].is_time) for name in REQUEST_METRICS]
        # The worker numbers its series without gaps, in the order in which it defines them.
        for metric, kind, is_time in wanted:
            number = self._table.add(metric, kind, is_time, definition.tags)
            if number is None:
                self._notes[
                    f"the metric {metric} is a {self.metric_type(metric)} in one worker and a {kind} in "
                    f"another: the samples of the {kind} are left out"
                ] = None
            numbers.append(-1 if number is None else number)

    def _add_rows(self, frame: Frame) -> None:
        self._timeline.add(frame)
        for tap in self.taps:
            tap(frame)
        rest = select(frame, ~self._table.gauges()[frame.series])
        if len(rest):
            self._pending.append(rest)
            self._pending_pairs += len(rest.bucket)
            if self._pending_pairs > _PENDING_PAIRS:
                self._merge_pending()

    def _tell_points(self, points: Points, numbers: Sequence[int]) -> None:
        series = np.array(numbers, np.int64)[points.series]
        good = series >= 0
        for tap in self.point_taps:
            tap(Points(series[good], points.time[good], points.value[good]))

    def _add_rest(self, worker: int, snapshot: Snapshot) -> None:
        second = snapshot.second
        self._errors.merge(snapshot.errors)
        self.dropped += snapshot.dropped
        self.rejected += snapshot.rejected
        self._notes.update(dict.fromkeys(snapshot.warnings))
        if second >= len(self._users):
            self._users.extend([0] * (second + 1 - len(self._users)))
        self._users[second] += snapshot.users
        if snapshot.health:
            row = HealthRow(second, worker, snapshot.health)
            self._latest_health[worker] = row
            self._timeline.add_health(row)

    def _merge_pending(self) -> None:
        if self._pending:
            self._totals = _over_time(concat([self._totals, *self._pending]))
            self._pending = []
            self._pending_pairs = 0

    def _only_gauges(self, frame: Frame) -> Frame:
        return select(frame, self._table.gauges()[frame.series]) if len(frame) else frame

    def _mask(self, numbers: Sequence[int]) -> Bools:
        mask = np.zeros(len(self._table.all), np.bool_)
        mask[list(numbers)] = True
        return mask

    def _total_rows(self, kind: Kind) -> Frame:
        """One row per series, of gauges or of all others."""
        if kind == "gauge":
            return _over_time(concat([self._gauges, self._timeline.open_gauges()]))
        self._merge_pending()
        return self._totals

    def _selected(self, metric: str, tags: Mapping[str, str], block: int) -> Frame:
        """The rows of a block merged over the series of a selector: one for each second with a sample."""
        key = (metric, tuple(sorted(tags.items())), block)
        stamp = self._timeline.stamp(block)
        cached = self._cache.get(key)
        if cached is not None:
            if cached[0] == stamp:
                self._cache.move_to_end(key)
                return cached[1]
            self._cache_bytes -= self._cache.pop(key)[1].nbytes
        frame = self._timeline.read(block, metric)
        if len(frame):
            frame = select(frame, self._mask(self._table.matching(metric, tags))[frame.series])
            frame = fold(frame, series=0, added=is_summed(metric))
        self._cache[key] = (stamp, frame)
        self._cache_bytes += frame.nbytes
        while self._cache_bytes > _CACHE_BYTES or len(self._cache) > _CACHE_ENTRIES:
            self._cache_bytes -= self._cache.popitem(last=False)[1][1].nbytes
        return frame

    def _window(self, metric: str, tags: Mapping[str, str], first: int, last: int) -> Frame:
        frames: list[Frame] = []
        for block in self._timeline.blocks(first, last):
            frame = self._selected(metric, tags, block)
            if len(frame):
                frames.append(select(frame, (frame.second >= first) & (frame.second < last)))
        return fold(concat(frames), second=0)

    def _grouped(self, metric: str, group_of: Counts, first: int, last: int, *, each_second: bool = False) -> Frame:
        """The rows of a metric in a window, merged by group (-1: not wanted), one row for each group (and second)."""
        frames: list[Frame] = []
        for block in self._timeline.blocks(first, last):
            frame = self._timeline.read(block, metric)
            if len(frame):
                wanted = (group_of[frame.series] >= 0) & (frame.second >= first) & (frame.second < last)
                frame = select(frame, wanted)
                frame = fold(frame, series=group_of[frame.series], added=is_summed(metric))
                frames.append(frame if each_second else _over_time(frame))
        return fold(concat(frames)) if each_second else _over_time(concat(frames))


def _over_time(frame: Frame) -> Frame:
    return fold(frame, second=0)
