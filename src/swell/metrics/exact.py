"""Exact percentiles of short runs: the samples of trends as they were, as long as there are not too many.

Rules: an answer is exact or None, never in between: one sample that is missing (a worker sent only its first ones, the
limit was passed) and the histogram must do. Percentiles lie on the line between the two nearest samples, as k6 and
numpy have them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from swell.metrics.aggregate import Aggregate
from swell.metrics.load_view import LoadView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.metrics.buckets import Counts, Floats
    from swell.metrics.points import Points
    from swell.metrics.store import MetricStore

__all__ = ["DEFAULT_SAMPLES", "ExactTrends", "ExactView"]

DEFAULT_SAMPLES = 100_000
"""For `Plan.exact_samples`: two megabytes for each worker, some 10,000 requests."""

_NO_TAGS: dict[str, str] = {}


class ExactTrends:
    """Collects what a store is told of single samples; at most `limit` of them, then nothing more."""

    def __init__(self, store: MetricStore, limit: int = 2 * DEFAULT_SAMPLES) -> None:
        self._store = store
        self._left = limit
        self._parts: list[tuple[Counts, Floats]] = []
        store.point_taps.append(self._take)

    def values(self, metric: str, tags: Mapping[str, str] = _NO_TAGS) -> Floats | None:
        """All samples of a trend with these tags, ascending; None unless they are really all."""
        total = self._store.totals(metric, tags)
        if total is None or total.kind != "trend" or not self._parts:
            return None
        wanted = tags.items()
        mine = [
            number
            for number, series in enumerate(self._store.series_list())
            if series.metric == metric and wanted <= series.tags.items()
        ]
        if len(self._parts) > 1:
            series, value = zip(*self._parts, strict=True)
            self._parts = [(np.concatenate(series), np.concatenate(value))]
        found = self._parts[0][1][np.isin(self._parts[0][0], mine)]
        return np.sort(found) if len(found) == total.count else None

    def percentile(self, metric: str, q: float, tags: Mapping[str, str] = _NO_TAGS) -> float | None:
        """Percentile `q` (0 to 100); None unless all samples are known."""
        values = self.values(metric, tags)
        return None if values is None else float(np.percentile(values, q))

    def _take(self, points: Points) -> None:
        self._left -= len(points.series)
        if self._left >= 0:
            self._parts.append((points.series, points.value))
        else:
            self._parts = []


class ExactView(LoadView):
    """A view for judging thresholds, exact for the whole run where that is known."""

    def __init__(self, store: MetricStore, exact: ExactTrends) -> None:
        super().__init__(store)
        self._exact = exact

    def aggregate(
        self,
        metric: str,
        tags: Mapping[str, str] = _NO_TAGS,
        start: float | None = None,
        end: float | None = None,
    ) -> Aggregate | None:
        """As `LoadView`; of windows the percentiles stay those of histograms."""
        found = super().aggregate(metric, tags, start, end)
        if found is None or found.kind != "trend" or start is not None or end is not None:
            return found
        values = self._exact.values(metric, tags)
        if values is None:
            return found
        return _ExactAggregate(**{each.name: getattr(found, each.name) for each in fields(Aggregate)}, known=values)


@dataclass(frozen=True, slots=True, eq=False)
class _ExactAggregate(Aggregate):
    known: Floats | None = None

    def percentile(self, q: float) -> float:
        """Percentile `q` (0 to 100) of the samples themselves."""
        return float(np.percentile(self.known, q)) if self.known is not None else np.nan
