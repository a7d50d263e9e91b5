"""A run as it is judged: everything measured, and the number of users only as long as there were any.

Rules: the gauge `vus` ends with zeros, when the users have gone and what they began is still being finished. They are
right in a chart, but say nothing about the load: `value` and `min` would be 0 for every run. So for a whole run the
seconds after the last user do not count. Windows with an end, and all other metrics, are as the store has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from swell.metrics.aggregate import Aggregate
    from swell.metrics.builtin import Kind
    from swell.metrics.store import MetricStore

__all__ = ["LoadView", "total_of"]

_NO_TAGS: dict[str, str] = {}
_USERS = "vus"


def total_of(
    store: MetricStore, metric: str, tags: Mapping[str, str] = _NO_TAGS, start: float | None = None
) -> Aggregate | None:
    """A metric from `start` (seconds; default: the whole run) on; None: no sample."""
    found = store.aggregate(metric, tags, start)
    if metric != _USERS or found is None or found.last > 0 or found.max == 0:
        return found
    running = [second for second, each in store.per_second(metric, tags, start) if each.last > 0]
    return store.aggregate(metric, tags, start, running[-1] + 1)


class LoadView:
    """A view for judging thresholds (`model.metrics_view.MetricsView`)."""

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    def known_metrics(self) -> Set[str]:
        """As the store."""
        return self._store.known_metrics()

    def metric_type(self, name: str) -> Kind | None:
        """As the store."""
        return self._store.metric_type(name)

    def aggregate(
        self,
        metric: str,
        tags: Mapping[str, str] = _NO_TAGS,
        start: float | None = None,
        end: float | None = None,
    ) -> Aggregate | None:
        """As the store, but up to the end of the run `vus` is that of the load."""
        if end is None:
            return total_of(self._store, metric, tags, start)
        return self._store.aggregate(metric, tags, start, end)
