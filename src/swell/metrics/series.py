"""The series table: every series of a run by number, and which of them a selector means.

Rules: a series is a metric and a set of tags, and keeps its number for the life of the table. A metric has
one kind; who registers it with another gets None. A selector (metric, tags) means all series of the metric
whose tags include these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from swell.metrics.buckets import Counts
from swell.metrics.builtin import BUILTIN, Kind, is_summed
from swell.metrics.frame import Bools

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Series", "SeriesTable"]

_Tags = tuple[tuple[str, str], ...]


class Series(msgspec.Struct, frozen=True):
    """One series of the run, for people and reports; `is_time` says that values are milliseconds."""

    metric: str
    kind: Kind
    is_time: bool
    tags: dict[str, str]


class SeriesTable:
    """All series known so far."""

    def __init__(self) -> None:
        self.all: list[Series] = []
        self.metrics: dict[str, Series] = {}
        """By metric: its first series, which has its kind and unit."""
        self._numbers: dict[tuple[str, _Tags], int] = {}
        self._of_metric: dict[str, list[int]] = {}
        self._gauge: list[bool] = []
        self._summed: list[bool] = []
        self._metric_place: list[int] = []
        self._arrays: tuple[Bools, Bools, Counts] | None = None

    def add(self, metric: str, kind: Kind, is_time: bool, tags: _Tags) -> int | None:
        """The number of a series, new or known; None when the metric has another kind."""
        number = self._numbers.get((metric, tags))
        known = self.metrics.get(metric)
        builtin = BUILTIN.get(metric)
        owner = known.kind if known else builtin.kind if builtin else kind
        if owner != kind:
            return None
        if number is not None:
            return number
        number = len(self.all)
        found = Series(metric, kind, is_time, dict(tags))
        self.all.append(found)
        self.metrics.setdefault(metric, found)
        self._numbers[metric, tags] = number
        numbers = self._of_metric.setdefault(metric, [])
        numbers.append(number)
        self._summed.append(kind == "gauge" and is_summed(metric))
        self._gauge.append(kind == "gauge")
        place = len(self._of_metric) - 1 if len(numbers) == 1 else self._metric_place[numbers[0]]
        self._metric_place.append(place)
        self._arrays = None
        return number

    @property
    def names(self) -> list[str]:
        """Metrics in the order in which they came; `metric_places` refers to it."""
        return list(self._of_metric)

    def summed(self) -> Bools:
        """By series: whether rows of one second add up (see `builtin`)."""
        return self._made()[0]

    def gauges(self) -> Bools:
        """By series: whether it is a gauge."""
        return self._made()[1]

    def metric_places(self) -> Counts:
        """By series: the place of its metric in `names`."""
        return self._made()[2]

    def is_of(self, metric: str) -> Bools:
        """By series: whether it is of this metric."""
        mine = np.zeros(len(self.all), np.bool_)
        mine[self._of_metric.get(metric, [])] = True
        return mine

    def matching(self, metric: str, tags: Mapping[str, str]) -> list[int]:
        """The series that the selector means."""
        wanted = tags.items()
        return [number for number in self._of_metric.get(metric, ()) if wanted <= self.all[number].tags.items()]

    def _made(self) -> tuple[Bools, Bools, Counts]:
        if self._arrays is None:
            self._arrays = (
                np.array(self._summed, np.bool_),
                np.array(self._gauge, np.bool_),
                np.array(self._metric_place, np.int64),
            )
        return self._arrays
