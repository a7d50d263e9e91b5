"""A batch: what was measured in one second, ready for any output.

Rules: immutable and shared between threads. A row is one series in one second; its time is the beginning of that second
as Unix time. Rows of an older second come late (a worker hung): they add to what was sent for it before. Secrets in
tags are masked here, once for all outputs.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from swell.metrics.aggregate import Aggregate
from swell.metrics.builtin import BUILTIN, is_summed
from swell.metrics.frame import EMPTY_FRAME, Frame, fold, select
from swell.metrics.points import NO_POINTS, Points
from swell.metrics.redaction import redact_text, redact_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.metrics.builtin import Kind
    from swell.metrics.series import Series

__all__ = ["PERCENTILES", "Batch", "Row", "SeriesFacts", "facts_of", "fields_of", "fold_rows", "rows_of"]

PERCENTILES: tuple[tuple[str, float], ...] = (("p50", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0))
"""What rows of trends have besides count, sum, minimum and maximum."""


class SeriesFacts(NamedTuple):
    """What outputs need to know of a series; tags without secrets. `unit` is "ms", "bytes" or ""."""

    metric: str
    kind: Kind
    unit: str
    tags: dict[str, str]


class Row(NamedTuple):
    """One series in one second; `late` when the second was sent before."""

    number: int
    second: int
    series: SeriesFacts
    values: Aggregate
    late: bool = False


class Batch:
    """All rows that came with one more second. `origin`: Unix time of the start of the load."""

    def __init__(
        self, origin: float, second: int, frame: Frame, series: Sequence[SeriesFacts], points: Points = NO_POINTS
    ) -> None:
        self.origin = origin
        self.second = second
        """The newest second; rows of others are late."""
        self.frame = frame
        self.series = series
        self.points = points
        """All single samples, if some output wants them; those of the newest snapshots, whatever their second."""

    @property
    def until(self) -> float:
        """Unix time at which the newest second ended."""
        return self.origin + self.second + 1

    @cached_property
    def rows(self) -> list[Row]:
        """One for each series and second."""
        return rows_of(self.frame, self.series, newest=self.second)


def facts_of(series: Series) -> SeriesFacts:
    """Name, kind, unit and tags of a series, without secrets."""
    builtin = BUILTIN.get(series.metric)
    unit = builtin.unit if builtin is not None else "ms" if series.is_time else ""
    tags = {key: _masked(key, value) for key, value in series.tags.items() if value}
    return SeriesFacts(series.metric, series.kind, unit, tags)


def fold_rows(frame: Frame, series: Sequence[SeriesFacts], *, second: int | None = None) -> Frame:
    """Rows with equal series and second as one; with `second` all seconds become that one."""
    if not len(frame):
        return EMPTY_FRAME
    summed = np.array([is_summed(each.metric) for each in series], np.bool_)
    # Parts of one second add up; over time the newest of them counts, as for every gauge.
    added = summed[frame.series] if second is None else False
    return fold(frame, second=second, added=added)


def rows_of(
    frame: Frame, series: Sequence[SeriesFacts], *, newest: int | None = None, seconds: float = 1.0
) -> list[Row]:
    """The rows of a frame as they are; rates refer to `seconds`."""
    if not len(frame):
        return []
    rows: list[Row] = []
    numbers: list[int] = frame.series.tolist()
    moments: list[int] = frame.second.tolist()
    kind_of_row: list[Kind] = [series[number].kind for number in numbers]
    for kind in dict.fromkeys(kind_of_row):
        mine = np.array([each == kind for each in kind_of_row], np.bool_)
        places = np.flatnonzero(mine).tolist()
        for place, values in zip(places, Aggregate.of_rows(select(frame, mine), kind, seconds), strict=True):
            moment = moments[place]
            late = newest is not None and moment < newest
            rows.append(Row(numbers[place], moment, series[numbers[place]], values, late))
    return rows


def fields_of(row: Row) -> dict[str, float]:
    """The numbers of a row by name, only those that its kind has, all of them finite.

    counter count; gauge value, min, max; rate count, passes, fails, rate; trend count, sum, min, max, avg and
    percentiles.
    """
    values = row.values
    match row.series.kind:
        case "counter":
            found: dict[str, float] = {"count": values.sum}
        case "gauge":
            found = {"value": values.last, "min": values.min, "max": values.max}
        case "rate":
            found = {"count": values.count, "passes": values.passes, "fails": values.fails, "rate": values.rate}
        case "trend":
            found = {"count": values.count, "sum": values.sum, "min": values.min, "max": values.max, "avg": values.avg}
            found |= {name: values.percentile(q) for name, q in PERCENTILES}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _masked(name: str, value: str) -> str:
    return redact_url(value) if name in {"name", "url"} else redact_text(value)
