"""RequestStats: `environment.stats`, Locust's statistics of a run.

Rules: attach it to a metric store and it shows what is measured there; without one it holds what is logged by hand,
as in a program that uses Locust as a library. Test code that runs beside the users reads everything as of now, others
as of the newest snapshot. Nothing here is called per request by the engine.
"""

from __future__ import annotations

import _thread
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.entries import StatsEntry, StatsEntryDict
from swell.dialects.locust.measured import CONTENT_METRIC, Measured
from swell.dialects.locust.reading import Source, counts_of, figures_of, last_seen
from swell.dialects.locust.stats_errors import StatsError, StatsErrorDict, error_text
from swell.runtime.fiber import in_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from swell.dialects.locust.figures import Figures
    from swell.metrics.recorder import Recorder
    from swell.metrics.store import MetricStore

__all__ = ["EntriesDict", "RequestStats"]

_GroupKey = tuple[str, str, str, str]


class EntriesDict(dict[tuple[str, str], StatsEntry]):
    """(name, method) -> entry; asking for a missing one makes it."""

    def __init__(self, request_stats: RequestStats) -> None:
        super().__init__()
        self.request_stats = request_stats

    def __missing__(self, key: tuple[str, str]) -> StatsEntry:
        stats = self.request_stats
        entry = self[key] = StatsEntry(stats, *key, use_response_times_cache=stats.use_response_times_cache)
        return entry


class RequestStats:
    """All entries, their total, and the failures. `clock` gives Unix time."""

    def __init__(self, use_response_times_cache: bool = True, *, clock: Callable[[], float] = time.time) -> None:
        self.use_response_times_cache = use_response_times_cache
        self.clock = clock
        self.history: list[dict[str, Any]] = []
        """Charts: one record each `HISTORY_STATS_INTERVAL_SEC`."""
        self._measured: Measured | None = None
        self._catch_up: Callable[[], object] = lambda: None
        self.guard = _thread.RLock()
        """Held while something is read or added: programs that use Locust as a library read in another thread."""
        self._held = 0
        # While held: what has been read of each entry.
        self._kept: dict[int, Figures] = {}
        self._held_span: float | None = None
        self._entries = EntriesDict(self)
        self._total = self._new_total()
        self._errors: dict[str, StatsError] = {}
        # Of each error group of the store: how many are in `_errors` or forgotten.
        self._counted: dict[_GroupKey, int] = {}
        self._started = clock()
        self._reset_at = 0.0

    def attach(
        self,
        store: MetricStore,
        origin: float,
        *,
        time_metric: str = "http_req_latency",
        content_metric: str = CONTENT_METRIC,
        recorder: Recorder | None = None,
        catch_up: Callable[[], object] = lambda: None,
    ) -> None:
        """Show what `store` measures from now on; `origin` is the Unix time of the start of its run.

        What was attached before is forgotten; what was logged by hand stays. See `measured.time_metric_of`. `recorder`:
        of this process's worker, whose newest rows are shown too; `catch_up` gives the store every snapshot of it.
        """
        self._measured = Measured(
            store, origin, time_metric=time_metric, content_metric=content_metric, recorder=recorder
        )
        self._catch_up = catch_up
        self._counted = {}

    def begin(self, origin: float) -> None:
        """The run of what is attached began at this Unix time."""
        if self._measured is not None:
            self._measured.begin(origin)

    def look(self) -> None:
        """In the hub, after a snapshot: what has come since then does not vanish for those who have seen it."""
        measured = self._measured
        if measured is not None and measured.unflushed is not None and measured.unflushed.used and not self._held:
            with self.guard:
                self._read(measured, look=True)

    @contextmanager
    def hold(self) -> Generator[None]:
        """Inside, all readings are as of one moment, and cheap: for tables and files."""
        with self.guard:
            self._refresh()
            self._held += 1
            if self._held == 1:
                self._held_span = None
            try:
                yield
            finally:
                self._held -= 1
                if not self._held:
                    self._kept.clear()

    # Reading

    @property
    def entries(self) -> dict[tuple[str, str], StatsEntry]:
        """(name, method) -> entry, in order of appearance."""
        self._refresh()
        return self._entries

    @property
    def errors(self) -> dict[str, StatsError]:
        """Key of the failure -> failure, in order of appearance."""
        self._refresh()
        return self._errors

    @errors.setter
    def errors(self, errors: dict[str, StatsError]) -> None:
        self._refresh()
        self._errors = errors

    @property
    def total(self) -> StatsEntry:
        """The entry "Aggregated"."""
        return self._total

    @total.setter
    def total(self, total: StatsEntry) -> None:
        self._total = total

    @property
    def num_requests(self) -> int:
        """Requests of all entries."""
        return self._total.num_requests

    @property
    def num_none_requests(self) -> int:
        """Requests among them without a response time."""
        return self._total.num_none_requests

    @property
    def num_failures(self) -> int:
        """Failed requests of all entries."""
        return self._total.num_failures

    @property
    def start_time(self) -> float:
        """Unix time of the start of the run, or of the last reset."""
        measured = self._measured
        if measured is None:
            return self._started
        # Where the newest rows are known, a reset forgets to the point and not to the second.
        return measured.started if measured.unflushed is None else max(measured.started, self._reset_at)

    @property
    def last_request_timestamp(self) -> float | None:
        """Unix time of the newest request, None without any."""
        return last_seen(self.source_of(self._total))

    @property
    def span(self) -> float:
        """Seconds from the start of the run (or the last reset) to the newest request; 0 without any."""
        if self._held and self._held_span is not None:
            return self._held_span
        span = self._held_span = self._find_span()
        return span

    def _find_span(self) -> float:
        last = self.last_request_timestamp
        return 0.0 if last is None else max(last - self.start_time, 0.0)

    def get(self, name: str, method: str) -> StatsEntry:
        """One entry, made if there is none."""
        return self.entries[name, method]

    @property
    def measured(self) -> Measured | None:
        """What is measured, as of now; None where nothing is."""
        self._refresh()
        return self._measured

    def source_of(self, entry: StatsEntry) -> Source:
        """Where the numbers of an entry are; one that is not in the table has only what was logged to it."""
        self._refresh()
        if self._measured is None:
            return Source(logged=entry.logged)
        if entry is self._total:
            return Source(self._measured, None, entry.logged)
        key = (entry.name, entry.method)
        return Source(self._measured if self._entries.get(key) is entry else None, key, entry.logged)

    def figures_of(self, entry: StatsEntry) -> Figures:
        """All numbers of an entry since the last reset."""
        if not self._held:
            return figures_of(self.source_of(entry))
        found = self._kept.get(id(entry))
        if found is None:
            found = self._kept[id(entry)] = figures_of(self.source_of(entry))
        return found

    def counts_of(self, entry: StatsEntry) -> Figures:
        """The same without times and content."""
        return self.figures_of(entry) if self._held else counts_of(self.source_of(entry))

    # Logging by hand

    def log_request(self, method: str, name: str, response_time: float | None, content_length: int) -> None:
        """Count a request that the engine has not seen. Milliseconds, bytes."""
        self._total.log(response_time, content_length)
        self._entries[name, method].log(response_time, content_length)

    def log_error(self, method: str, name: str, error: Exception | str | None) -> None:
        """Count a failure that the engine has not seen; the request itself is `log_request`'s."""
        self._total.log_error(error)
        self._entries[name, method].log_error(error)
        key = StatsError.create_key(method, name, error)
        # Through the property: what was measured before comes before it.
        found = self.errors.setdefault(key, StatsError(method, name, error))
        now = self.clock()
        found.observe(1, now, now)

    # Forgetting

    def reset_all(self) -> None:
        """Set all entries to zero; they stay in the tables."""
        self._refresh()
        if self._measured is not None:
            self._measured.reset()
        for entry in (self._total, *self._entries.values()):
            entry.drop_logged()
        self._errors = {}
        self.history = []
        self._started = self._reset_at = self.clock()

    def clear_all(self) -> None:
        """Forget everything."""
        self.reset_all()
        self._entries = EntriesDict(self)
        self._total = self._new_total()

    # As data

    def serialize_stats(self) -> list[StatsEntryDict]:
        """All entries that have a request, as plain data. Nothing is reset by it."""
        with self.hold():
            return [entry.serialize() for entry in self.entries.values() if entry.num_requests or entry.num_failures]

    def serialize_errors(self) -> dict[str, StatsErrorDict]:
        """All failures as plain data."""
        return {key: error.serialize() for key, error in self.errors.items()}

    # Within

    def _new_total(self) -> StatsEntry:
        return StatsEntry(self, "Aggregated", "", use_response_times_cache=self.use_response_times_cache)

    def _refresh(self) -> None:
        if self._measured is not None and not self._held:
            with self.guard:
                look = in_fiber()
                if look:
                    self._catch_up()
                self._read(self._measured, look=look)

    def _read(self, measured: Measured, *, look: bool) -> None:
        if not measured.refresh(look=look):
            return
        for key in measured.keys:
            if key not in self._entries and measured.has(key):
                self._entries[key]  # looking it up makes it
        for group in measured.errors():
            place = (group.kind, group.message, group.name, group.method)
            new = group.count - self._counted.get(place, 0)
            if not new:
                continue
            # Seen before a reset: when exactly it came back is not known, its newest second is.
            first = group.last if place in self._counted else group.first
            self._counted[place] = group.count
            text = error_text(group.kind, group.message, group.name)
            key = StatsError.create_key(group.method, group.name, text)
            found = self._errors.setdefault(key, StatsError(group.method, group.name, text))
            found.observe(new, measured.origin + first, measured.origin + group.last)
