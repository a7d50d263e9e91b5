"""What a metric store knows, as Locust's statistics: by name and method, since the last reset.

Rules: reads a `MetricStore` and keeps nothing that the store has, so recording a request costs what it always costs.
The store knows everything up to the last snapshot, in whole seconds of the run; what came after it is `unflushed`,
where a recorder is given. `refresh` finds out whether there is news. A reset forgets every second that the store had by
then, and what was unflushed. Requests that never had a response time carry the tag `untimed`.

Response time: Locust's is the whole call, with connecting and redirects. In a closed load that is `http_req_latency`,
because its intended start is its real start. In an open load that metric holds the schedule lag too, which Locust does
not know; `http_req_duration` is taken there, which leaves out connecting. `time_metric_of` decides for a plan.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from swell.dialects.locust.body_sizes import BODY_METRIC
from swell.dialects.locust.entry_numbers import UNTIMED_TAG, EntryNumbers, Key
from swell.dialects.locust.figures import NOTHING, Figures, merged, minus
from swell.dialects.locust.sheets import EMPTY_SHEET, Sheet, joined, make_sheet
from swell.dialects.locust.unflushed import Unflushed
from swell.metrics.buckets import Counts
from swell.metrics.failures import ErrorGroup, ErrorGroups
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.metrics.frame import Frame
    from swell.metrics.recorder import Recorder
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan

__all__ = ["CONTENT_METRIC", "UNTIMED_TAG", "Key", "Measured", "Recent", "time_metric_of"]

CONTENT_METRIC = BODY_METRIC

_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)
# Errors of user code are Locust's exceptions, not its failures.
_NO_REQUEST = frozenset({"exception"})
# After a reset, rows older than this many seconds are merged for good; workers are never so late.
_SETTLED = 30

PerSecond = tuple[dict[int, int], dict[int, int]]
"""By Unix second: requests, and failures."""


class Recent(NamedTuple):
    """Requests and failures by entry in the newest `seconds` whole seconds, and of all."""

    requests: Counts
    failures: Counts
    total: tuple[int, int]
    seconds: int

    def of(self, number: int) -> tuple[int, int]:
        """One entry."""
        if number >= len(self.requests):
            return 0, 0
        return int(self.requests[number]), int(self.failures[number])


class Measured:
    """A view of `store`. `origin` is the Unix time at which the run began. Entries are numbers; see `number`."""

    def __init__(
        self,
        store: MetricStore,
        origin: float,
        *,
        time_metric: str = "http_req_latency",
        content_metric: str = CONTENT_METRIC,
        recorder: Recorder | None = None,
    ) -> None:
        self.store = store
        self.origin = origin
        self._time_metric = time_metric
        self._content_metric = content_metric
        self._numbers = EntryNumbers(store, time_metric, ("http_reqs", "http_req_failed", content_metric))
        self._since = 0
        self._frames = 0
        self._state: tuple[float, int] = (-1.0, -1)
        self._sheet = EMPTY_SHEET
        self._total: Figures | None = None
        self._recent: dict[int, Recent] = {}
        self._newest: dict[int, Sheet] = {}
        self._per_second: dict[int, PerSecond] | None = None
        self._last = 0
        # After a reset: what is merged for good, and the second up to which it goes.
        self._settled = EMPTY_SHEET
        self._settled_until = 0
        self._forgotten: dict[Key | None, Figures] = {}
        # Of the second of the last reset: requests and failures before it.
        self._in_first_second: dict[Key | None, tuple[int, int]] = {}
        latency = time_metric == "http_req_latency"
        self.unflushed = None if recorder is None else Unflushed(recorder, self._numbers, latency=latency)
        self._whole: Sheet | None = None
        self._begun = False
        store.taps.append(self._count_frame)

    def refresh(self, *, look: bool = False) -> bool:
        """Find out whether there is more than before, with `look` also in the recorder; True if so."""
        state = (self.store.seconds, self._frames)
        changed = state != self._state
        if changed:
            self._state = state
            self._read()
        unflushed = self.unflushed
        if unflushed is not None:
            if look:
                changed = unflushed.look(self._since, begun=self._begun) or changed
            elif not unflushed.is_current():
                unflushed.drop()
        if changed:
            self._whole = None
        return changed

    def begin(self, origin: float) -> None:
        """The run begins at this Unix time; what was measured before counts for its first second."""
        self.origin = origin
        self._begun = True

    def reset(self) -> None:
        """Forget everything that there is now."""
        gone: dict[Key | None, Figures] = {}
        if self.unflushed is not None and self.unflushed.is_current():
            # It will be in the store, in a second that counts.
            sheet = self.unflushed.sheet()
            gone[None] = sheet.total()
            for place in sheet.requests.nonzero()[0].tolist():
                gone[self.keys[place]] = sheet.figures(place)
        self._since = self._settled_until = self._last = self._whole_seconds()
        self._settled = self._sheet = EMPTY_SHEET
        self._forgotten = gone
        self._in_first_second = {key: (each.requests, each.failures) for key, each in gone.items()}
        self._state = (-1.0, -1)
        self._clear()

    def forget(self, key: Key | None) -> None:
        """Forget what there is of one entry, or of the total (None); the others stay."""
        self._forgotten[key] = merged([self._forgotten.get(key, Figures()), self.figures(key)])
        self._state = (-1.0, -1)

    @property
    def keys(self) -> Sequence[Key]:
        """The keys of all entries that ever had a request, by number."""
        return self._numbers.keys

    def number(self, key: Key) -> int:
        """The number of an entry, -1 for one without a request."""
        return self._numbers.of_key.get(key, -1)

    def figures(self, key: Key | None) -> Figures:
        """One entry, or all of them together (None)."""
        gone = self._forgotten.get(key)
        if key is None:
            whole = self._stored_total()
            whole = whole if self._is_settled() else merged([whole, self._unflushed_sheet().total()])
        else:
            whole = self.sheet.figures(self._at(key))
        return whole if gone is None else minus(whole, gone)

    def counts(self, key: Key | None) -> Figures:
        """As `figures`, without times and content: cheap also where the newest requests are not in the store yet."""
        number = None if key is None else self._at(key)
        stored = self._stored_total() if number is None else self._sheet.figures(number)
        fresh = (0, 0, 0) if self.unflushed is None else self.unflushed.counts(number)
        gone = self._forgotten.get(key, NOTHING)
        return Figures(
            stored.requests + fresh[0] - gone.requests,
            stored.untimed + fresh[1] - gone.untimed,
            stored.failures + fresh[2] - gone.failures,
        )

    def has(self, key: Key) -> bool:
        """Whether an entry has a request since the last reset."""
        return self.counts(key).requests > 0

    def is_whole(self, key: Key) -> bool:
        """Whether `sheet` says all about an entry: nothing of it was forgotten on its own."""
        return key not in self._forgotten

    @property
    def sheet(self) -> Sheet:
        """All entries since the last reset."""
        if self._is_settled():
            return self._sheet
        if self._whole is None:
            self._whole = joined(self._sheet, self._unflushed_sheet())
        return self._whole

    @property
    def started(self) -> float:
        """Unix time of the start, or of the last reset."""
        return self.origin + self._since

    @property
    def last(self) -> float | None:
        """Unix time of the newest request, to the end of its second once that is over; None without any."""
        if not self.counts(None).requests:
            return None
        newest = None if self.unflushed is None else self.unflushed.last
        if newest is not None:
            return self.origin + newest
        return self.origin + min(self._last, self.store.seconds) if self._last > self._since else None

    def recent(self, seconds: int) -> Recent:
        """The newest whole seconds, `seconds` of them or fewer."""
        found = self._recent.get(seconds)
        if found is None:
            # The last second of a finished run is mostly not whole.
            end = max(int(self.store.seconds + 1e-6), self._since)
            start = max(end - seconds, self._since)
            # Requests and failures only: no buckets need to be merged for them.
            counts = [
                self._sums(self._rows(metric, start, end)) if end > start else np.zeros(0, np.int64)
                for metric in ("http_reqs", "http_req_failed")
            ]
            found = Recent(counts[0], counts[1], (int(counts[0].sum()), int(counts[1].sum())), end - start)
            self._recent[seconds] = found
        return found

    def newest(self, seconds: int) -> Sheet:
        """The newest seconds, with the one that is not whole yet."""
        found = self._newest.get(seconds)
        if found is None:
            end = self._whole_seconds()
            start = max(end - seconds, self._since)
            found = self._newest[seconds] = self._window(start, end) if end > start else EMPTY_SHEET
        return found

    def per_second(self, key: Key | None) -> PerSecond:
        """By Unix second: requests, and failures; of one entry or of all."""
        found = self._stored_per_second(key)
        if self.unflushed is not None:
            fresh = self.unflushed.per_second(None if key is None else self._at(key))
            for own, more in zip(found, fresh, strict=True):
                for second, count in more.items():
                    at = int(self.origin + second)
                    own[at] = own.get(at, 0) + count
        if key in self._in_first_second:
            first = int(self.origin + self._since)
            for own, gone in zip(found, self._in_first_second[key], strict=True):
                own[first] = own.get(first, 0) - gone
                if own[first] <= 0:
                    del own[first]
        return found

    def _stored_per_second(self, key: Key | None) -> PerSecond:
        if key is not None:
            if self._per_second is None:
                self._per_second = self._all_per_second()
            found = self._per_second.get(self._at(key))
            return ({}, {}) if found is None else (dict(found[0]), dict(found[1]))
        requests: dict[int, int] = {}
        failures: dict[int, int] = {}
        for second, found in self.store.per_second("http_reqs", {}, self._since):
            requests[int(self.origin + second)] = int(found.sum)
        for second, found in self.store.per_second("http_req_failed", {}, self._since):
            if found.passes:
                failures[int(self.origin + second)] = found.passes
        return requests, failures

    def errors(self) -> list[ErrorGroup]:
        """Failures of requests since the start of the run (a reset changes nothing here), in order of appearance."""
        groups = self.store.errors()
        if self.unflushed is not None and self.unflushed.errors:
            both = ErrorGroups()
            both.merge(groups)
            both.merge(self.unflushed.errors)
            groups = both.ordered()
        return sorted((group for group in groups if group.kind not in _NO_REQUEST), key=lambda group: group.first)

    def _count_frame(self, _frame: Frame) -> None:
        self._frames += 1

    def _stored_total(self) -> Figures:
        if self._total is None:
            self._total = self._sheet.total()
        return self._total

    def _is_settled(self) -> bool:
        """Whether the store has everything."""
        return self.unflushed is None or not self.unflushed.counts(None)[0]

    def _unflushed_sheet(self) -> Sheet:
        return EMPTY_SHEET if self.unflushed is None else self.unflushed.sheet()

    def _at(self, key: Key) -> int:
        number = self.number(key)
        # Beyond all columns: what has no request has no figures.
        return number if number >= 0 else len(self._numbers.keys)

    def _whole_seconds(self) -> int:
        # A finished run has a fraction, whose rows are in a second of their own.
        return math.ceil(self.store.seconds - 1e-6)

    def _clear(self) -> None:
        self._recent = {}
        self._newest = {}
        self._total = self._per_second = None

    def _read(self) -> None:
        end = self._whole_seconds()
        self._clear()
        self._numbers.extend()
        if not self._since:
            self._sheet = self._window(None, None)
        else:
            if end - self._settled_until > 3 * _SETTLED:
                until = end - _SETTLED
                self._settled = joined(self._settled, self._window(self._settled_until, until))
                self._settled_until = until
            self._sheet = joined(self._settled, self._window(self._settled_until, None))
        for second, requests in self.store.per_second("http_reqs", {}, max(self._last - 1, self._since)):
            if requests.sum:
                self._last = second + 1

    def _rows(self, metric: str, start: int | None, end: int | None, *, each_second: bool = False) -> Frame:
        return self.store.rows_by(metric, self._numbers.groups(metric), start, end, each_second=each_second)

    def _sums(self, frame: Frame) -> Counts:
        sums = np.zeros(len(self._numbers.keys), np.int64)
        sums[frame.series] = frame.sum
        return sums

    def _window(self, start: int | None, end: int | None) -> Sheet:
        metrics = (self._time_metric, "http_req_failed", self._content_metric)
        return make_sheet(len(self._numbers.keys), *(self._rows(metric, start, end) for metric in metrics))

    def _all_per_second(self) -> dict[int, PerSecond]:
        """Every entry's seconds in one go; one by one takes as long for each of them as this takes for all."""
        found: dict[int, PerSecond] = {}
        for place, metric in enumerate(("http_reqs", "http_req_failed")):
            frame = self._rows(metric, self._since, None, each_second=True)
            rows: Mapping[str, list[float]] = {
                "entry": frame.series.tolist(),
                "second": frame.second.tolist(),
                "sum": frame.sum.tolist(),
            }
            for number, second, value in zip(*rows.values(), strict=True):
                if value:
                    found.setdefault(int(number), ({}, {}))[place][int(self.origin + second)] = int(value)
        return found


def time_metric_of(plan: Plan) -> str:
    """The metric that is Locust's response time in this plan (see above)."""
    open_load = any(isinstance(workload.profile, _OPEN) for workload in plan.workloads)
    return "http_req_duration" if open_load else "http_req_latency"
