"""What a metric store knows, as Locust's statistics: by name and method, since the last reset.

Rules: reads a `MetricStore` and keeps nothing that the store has, so recording a request costs what it always costs.
Everything is as of the last snapshot, in whole seconds of the run; `refresh` finds out whether there is news. A reset
forgets every second that the store had by then. Requests that never had a response time carry the tag `untimed`.

Response time: Locust's is the whole call, with connecting and redirects. In a closed load that is `http_req_latency`,
because its intended start is its real start. In an open load that metric holds the schedule lag too, which Locust does
not know; `http_req_duration` is taken there, which leaves out connecting. `time_metric_of` decides for a plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from swell.dialects.locust.figures import NOTHING, Figures, merged, minus
from swell.metrics.histogram import EMPTY_HISTOGRAM
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from swell.metrics.failures import ErrorGroup
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan

__all__ = ["CONTENT_METRIC", "UNTIMED_TAG", "Key", "Measured", "Recent", "time_metric_of"]

Key = tuple[str, str]
"""Name and method, the key of Locust's entries."""

UNTIMED_TAG = "untimed"
"""Tag ("true") of the series of requests that were reported with the response time None."""

CONTENT_METRIC = "data_received"

_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)
# Errors of user code are Locust's exceptions, not its failures.
_NO_REQUEST = frozenset({"exception"})
# After a reset, rows older than this many seconds are merged for good; workers are never so late.
_SETTLED = 30


class Recent(NamedTuple):
    """Requests and failures in the newest `seconds` whole seconds."""

    by_key: Mapping[Key, tuple[int, int]]
    total: tuple[int, int]
    seconds: int


class Measured:
    """A view of `store`. `origin` is the Unix time at which the run began."""

    def __init__(
        self,
        store: MetricStore,
        origin: float,
        *,
        time_metric: str = "http_req_latency",
        content_metric: str = CONTENT_METRIC,
    ) -> None:
        self.store = store
        self.origin = origin
        self._time_metric = time_metric
        self._content_metric = content_metric
        self._since = 0
        self._state: tuple[float, int] = (-1.0, -1)
        self._unfiltered: dict[Key, Figures] = {}
        self._by_key: dict[Key, Figures] = {}
        self._total: Figures | None = None
        self._recent: dict[int, Recent] = {}
        self._newest: dict[int, dict[Key, Figures]] = {}
        self._last = 0
        # After a reset: what is merged for good, and the second up to which it goes.
        self._settled: dict[Key, Figures] = {}
        self._settled_until = 0
        self._forgotten: dict[Key | None, Figures] = {}

    def refresh(self) -> bool:
        """Look whether the store has more than before; True if so."""
        requests = self.store.totals("http_reqs")
        state = (self.store.seconds, 0 if requests is None else requests.count)
        if state == self._state:
            return False
        self._state = state
        self._read()
        return True

    def reset(self) -> None:
        """Forget everything that the store has now."""
        self._since = self._settled_until = self._last = self._whole_seconds()
        self._settled = {}
        self._forgotten = {}
        self._state = (-1.0, -1)
        self._unfiltered = self._by_key = {}
        self._total = None
        self._recent = {}
        self._newest = {}

    def forget(self, key: Key | None) -> None:
        """Forget what there is of one entry, or of the total (None); the others stay."""
        now = self.total() if key is None else self._by_key.get(key, NOTHING)
        self._forgotten[key] = merged([self._forgotten.get(key, NOTHING), now])
        self._state = (-1.0, -1)

    def by_key(self) -> Mapping[Key, Figures]:
        """All entries that have a request."""
        return self._by_key

    def total(self) -> Figures:
        """All entries together."""
        if self._total is None:
            whole = merged(self._unfiltered.values())
            gone = self._forgotten.get(None)
            self._total = whole if gone is None else minus(whole, gone)
        return self._total

    @property
    def started(self) -> float:
        """Unix time of the start, or of the last reset."""
        return self.origin + self._since

    @property
    def last(self) -> float | None:
        """Unix time of the end of the last second that has a request, None without any."""
        return self.origin + min(self._last, self.store.seconds) if self._last > self._since else None

    def recent(self, seconds: int) -> Recent:
        """The newest whole seconds, `seconds` of them or fewer."""
        found = self._recent.get(seconds)
        if found is None:
            # The last second of a finished run is mostly not whole.
            end = max(int(self.store.seconds + 1e-6), self._since)
            start = max(end - seconds, self._since)
            by_key = self._counts(start, end) if end > start else {}
            total = (sum(pair[0] for pair in by_key.values()), sum(pair[1] for pair in by_key.values()))
            found = self._recent[seconds] = Recent(by_key, total, end - start)
        return found

    def newest(self, seconds: int) -> dict[Key, Figures]:
        """The newest seconds, with the one that is not whole yet."""
        found = self._newest.get(seconds)
        if found is None:
            end = self._whole_seconds()
            start = max(end - seconds, self._since)
            found = self._newest[seconds] = self._window(start, end) if end > start else {}
        return found

    def per_second(self, key: Key | None) -> tuple[dict[int, int], dict[int, int]]:
        """By Unix second: requests, and failures; of one entry or of all."""
        tags = {} if key is None else {"name": key[0], "method": key[1]}
        requests: dict[int, int] = {}
        failures: dict[int, int] = {}
        for second, found in self.store.per_second("http_reqs", tags, self._since):
            requests[int(self.origin + second)] = int(found.sum)
        for second, found in self.store.per_second("http_req_failed", tags, self._since):
            if found.passes:
                failures[int(self.origin + second)] = found.passes
        return requests, failures

    def errors(self) -> list[ErrorGroup]:
        """Failures of requests since the start of the run (a reset changes nothing here), in order of appearance."""
        groups = [group for group in self.store.errors() if group.kind not in _NO_REQUEST]
        return sorted(groups, key=lambda group: group.first)

    def _whole_seconds(self) -> int:
        # A finished run has a fraction, whose rows are in a second of their own.
        return math.ceil(self.store.seconds - 1e-6)

    def _read(self) -> None:
        end = self._whole_seconds()
        self._recent = {}
        self._newest = {}
        self._total = None
        if not self._since:
            found = self._window(None, None)
        else:
            if end - self._settled_until > 3 * _SETTLED:
                until = end - _SETTLED
                self._settled = _joined(self._settled, self._window(self._settled_until, until))
                self._settled_until = until
            found = _joined(self._settled, self._window(self._settled_until, None))
        self._unfiltered = found
        self._by_key = {
            key: minus(figures, self._forgotten[key]) if key in self._forgotten else figures
            for key, figures in found.items()
        }
        for second, requests in self.store.per_second("http_reqs", {}, max(self._last - 1, self._since)):
            if requests.sum:
                self._last = second + 1

    def _counts(self, start: int, end: int) -> dict[Key, tuple[int, int]]:
        """Requests and failures only: no buckets need to be merged for them."""
        failed = dict(self.store.group_by("http_req_failed", ("name", "method"), {}, start, end))
        return {
            (key[0], key[1]): (int(found.sum), failed[key].passes if key in failed else 0)
            for key, found in self.store.group_by("http_reqs", ("name", "method"), {}, start, end)
        }

    def _window(self, start: int | None, end: int | None) -> dict[Key, Figures]:
        by = ("name", "method", UNTIMED_TAG)
        group_by = self.store.group_by
        failed = {key: found.passes for key, found in group_by("http_req_failed", by, {}, start, end)}
        content = {key: found.sum for key, found in group_by(self._content_metric, by, {}, start, end)}
        figures: dict[Key, Figures] = {}
        for key, found in group_by(self._time_metric, by, {}, start, end):
            name, method, untimed = key
            one = Figures(
                found.count,
                found.count if untimed else 0,
                failed.get(key, 0),
                content.get(key, 0.0),
                EMPTY_HISTOGRAM if untimed or found.histogram is None else found.histogram,
            )
            known = figures.get((name, method))
            figures[name, method] = one if known is None else merged([known, one])
        return figures


def time_metric_of(plan: Plan) -> str:
    """The metric that is Locust's response time in this plan (see above)."""
    open_load = any(isinstance(workload.profile, _OPEN) for workload in plan.workloads)
    return "http_req_duration" if open_load else "http_req_latency"


def _joined(one: Mapping[Key, Figures], other: Mapping[Key, Figures]) -> dict[Key, Figures]:
    return {key: merged([one.get(key, NOTHING), other.get(key, NOTHING)]) for key in {**one, **other}}
