"""Which entry of Locust's statistics each series of a metric store belongs to.

Rules: entries are numbered as they appear and keep their number. Series are looked at once, when they are new.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.buckets import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.metrics.store import MetricStore

__all__ = ["UNTIMED_TAG", "EntryNumbers", "Key"]

Key = tuple[str, str]
"""Name and method, the key of Locust's entries."""

UNTIMED_TAG = "untimed"
"""Tag ("true") of the series of requests that were reported with the response time None."""


class EntryNumbers:
    """The entries of `store`. Of the `time_metric`, groups are twice the entry's number, plus one if untimed."""

    def __init__(self, store: MetricStore, time_metric: str, metrics: Iterable[str]) -> None:
        self._store = store
        self._time_metric = time_metric
        self._groups: dict[str, list[int]] = {metric: [] for metric in (time_metric, *metrics)}
        self._arrays: dict[str, Counts] = {}
        self.keys: list[Key] = []
        self.of_key: dict[Key, int] = {}

    def extend(self) -> None:
        """Take in the series that are new."""
        every = self._store.series_list()
        known = len(self._groups[self._time_metric])
        if known == len(every):
            return
        fresh = [
            (place, series.metric, series.tags)
            for place, series in enumerate(islice(every, known, None))
            if series.metric in self._groups
        ]
        timed = [tags for _, metric, tags in fresh if metric == self._time_metric]
        for key in sorted({(tags.get("name", ""), tags.get("method", "")) for tags in timed}):
            self.number_of(key)
        for groups in self._groups.values():
            groups.extend([-1] * (len(every) - known))
        for place, metric, tags in fresh:
            number = self.of_key.get((tags.get("name", ""), tags.get("method", "")), -1)
            if metric == self._time_metric:
                number = 2 * number + (UNTIMED_TAG in tags)
            self._groups[metric][known + place] = number
        self._arrays = {}

    def number_of(self, key: Key) -> int:
        """The number of an entry, which gets one if it has none."""
        found = self.of_key.get(key)
        if found is None:
            found = self.of_key[key] = len(self.keys)
            self.keys.append(key)
        return found

    def groups(self, metric: str) -> Counts:
        """By series: its group, -1 for series of other metrics."""
        found = self._arrays.get(metric)
        if found is None:
            found = self._arrays[metric] = np.array(self._groups[metric], np.int64)
        return found
