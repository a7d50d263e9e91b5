"""StatsEntry: the statistics of one request name and method, or of all of them.

Rules: names, units and meanings are Locust's: milliseconds, Unix seconds, percentiles as shares. Values are exact
where Locust's are rounded keys: a percentile comes from the run's own histogram and is never above the maximum, and
current rates are those of the newest whole seconds, also when traffic has stopped. An entry holds only what was
logged to it by hand; the rest is looked up in what the run has measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from swell.dialects.locust.figures import Figures
from swell.dialects.locust.logged import Logged
from swell.dialects.locust.percentiles import (
    counts_of,
    histogram_of_counts,
    percentiles_of,
    proper_round,
    shown_median,
    shown_percentile,
)
from swell.dialects.locust.reading import (
    Source,
    current_rates,
    current_times,
    figures_of,
    first_seen,
    last_seen,
    per_second,
)
from swell.dialects.locust.shown import CURRENT_RATE_WINDOW
from swell.dialects.locust.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.locust.request_stats import RequestStats
    from swell.metrics.histogram import Histogram

__all__ = ["StatsEntry", "StatsEntryDict"]


class StatsEntryDict(TypedDict):
    """`StatsEntry.serialize`, in the order of Locust's JSON."""

    name: str
    method: str
    last_request_timestamp: float | None
    start_time: float
    num_requests: int
    num_none_requests: int
    num_failures: int
    total_response_time: float
    max_response_time: float
    min_response_time: float | None
    total_content_length: int
    response_times: dict[int, int]
    num_reqs_per_sec: dict[int, int]
    num_fail_per_sec: dict[int, int]


class StatsEntry:
    """One row of Locust's tables."""

    def __init__(self, stats: RequestStats, name: str, method: str, use_response_times_cache: bool = False) -> None:
        self.stats = stats
        self.name = name
        self.method = method
        self.use_response_times_cache = use_response_times_cache
        self._logged: Logged | None = None
        self._created = stats.clock()

    # Counts and times

    @property
    def num_requests(self) -> int:
        """Requests made."""
        return self._counts().requests

    @property
    def num_none_requests(self) -> int:
        """Requests among them without a response time."""
        return self._counts().untimed

    @property
    def num_failures(self) -> int:
        """Failed requests."""
        return self._counts().failures

    @property
    def total_response_time(self) -> float:
        """Sum of the response times, 0 without any."""
        histogram = self._figures().histogram
        return histogram.sum if histogram.count else 0

    @property
    def min_response_time(self) -> float | None:
        """The shortest response time, None without any."""
        histogram = self._figures().histogram
        return histogram.min if histogram.count else None

    @property
    def max_response_time(self) -> float:
        """The longest response time, 0 without any."""
        histogram = self._figures().histogram
        return histogram.max if histogram.count else 0

    @property
    def avg_response_time(self) -> float:
        """The mean response time."""
        histogram = self._figures().histogram
        return histogram.sum / histogram.count if histogram.count else 0.0

    @property
    def median_response_time(self) -> float:
        """The median, exact to the width of a bucket (0.5 %)."""
        return self.get_response_time_percentile(0.5)

    @property
    def response_times(self) -> dict[int, int]:
        """Rounded response time -> how many."""
        return counts_of(self._figures().histogram, tuned().bucket_response_time)

    @property
    def total_content_length(self) -> int:
        """Sum of the bytes of content."""
        return int(self._figures().content)

    @property
    def avg_content_length(self) -> float:
        """Mean bytes of content."""
        figures = self._figures()
        return figures.content / figures.requests if figures.requests else 0

    @property
    def fail_ratio(self) -> float:
        """The share of failed requests (0 to 1)."""
        figures = self._counts()
        if figures.requests:
            return figures.failures / figures.requests
        return 1.0 if figures.failures else 0.0

    # Time

    @property
    def start_time(self) -> float:
        """When the first second with a request of this entry began; of the total, when counting began."""
        source = self.source()
        if self is self.stats.total:
            return self.stats.start_time
        first = first_seen(source)
        return self._created if first is None else first

    @property
    def last_request_timestamp(self) -> float | None:
        """When the newest request ended, to the second; None without any."""
        return last_seen(self.source())

    @property
    def num_reqs_per_sec(self) -> dict[int, int]:
        """Unix second -> requests."""
        return per_second(self.source())[0]

    @property
    def num_fail_per_sec(self) -> dict[int, int]:
        """Unix second -> failures."""
        return per_second(self.source())[1]

    @property
    def current_rps(self) -> float:
        """Requests per second over the newest 10 whole seconds (fewer at the start)."""
        return self._current_rates()[0]

    @property
    def current_fail_per_sec(self) -> float:
        """Failures per second over the newest 10 whole seconds (fewer at the start)."""
        return self._current_rates()[1]

    @property
    def total_rps(self) -> float:
        """Requests per second from the start of the run to its last request; the same span for all entries."""
        span = self.stats.span
        return self._counts().requests / span if span > 0 else 0.0

    @property
    def total_fail_per_sec(self) -> float:
        """Failures per second over the same span."""
        span = self.stats.span
        return self._counts().failures / span if span > 0 else 0.0

    # Percentiles

    def get_response_time_percentile(self, percent: float) -> float:
        """The response time that a share `percent` (0 to 1) of the requests did not exceed; 0 without any."""
        histogram = self._figures().histogram
        return histogram.percentile(percent * 100.0) if histogram.count else 0

    def get_current_response_time_percentile(self, percent: float) -> float | None:
        """The same for the last `CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW` seconds; None without a request in them."""
        if not self.use_response_times_cache:
            raise ValueError(
                "this entry was made with use_response_times_cache=False and so has no current percentiles"
            )
        histogram = self._current_times()
        return histogram.percentile(percent * 100.0) if histogram.count else None

    def shown_percentiles(self, shares: list[float], *, current: bool = False) -> list[int]:
        """Percentiles in whole milliseconds, never above the maximum, as tables and files show them."""
        histogram = self._current_times() if current and self.use_response_times_cache else self._figures().histogram
        return [shown_percentile(value, histogram.max) for value in percentiles_of(histogram, shares)]

    @property
    def shown_median(self) -> float:
        """The median as files show it."""
        histogram = self._figures().histogram
        return shown_median(histogram.percentile(50.0), histogram.min, histogram.max)

    # As text and data

    def to_string(self, current: bool = True) -> str:
        """The row of the console table; `current` shows current rates, otherwise those of the whole run."""
        from swell.dialects.locust.console import stats_row  # noqa: PLC0415 - the console knows entries

        return stats_row(self, current=current)

    def __str__(self) -> str:
        return self.to_string()

    def percentile(self) -> str:
        """The row of the percentile table; ValueError without a request."""
        from swell.dialects.locust.console import percentile_row  # noqa: PLC0415 - the console knows entries

        if not self.num_requests:
            raise ValueError(f"{self.method} {self.name} has no request, so it has no percentiles")
        return percentile_row(self)

    def to_dict(self, escape_string_values: bool = False) -> dict[str, Any]:  # noqa: ARG002 - Locust's signature
        """The row as Locust's web page gets it."""
        shares = list(tuned().PERCENTILES_TO_STATISTICS)
        names = [f"response_time_percentile_{share}" for share in shares]
        return {
            "method": self.method,
            "name": self.name,
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": proper_round(self.min_response_time or 0),
            "max_response_time": proper_round(self.max_response_time),
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.shown_median,
            "total_rps": self.total_rps,
            "total_fail_per_sec": self.total_fail_per_sec,
            **dict(zip(names, self.shown_percentiles(shares), strict=True)),
            "avg_content_length": self.avg_content_length,
        }

    def serialize(self) -> StatsEntryDict:
        """As plain data."""
        return cast("StatsEntryDict", {key: getattr(self, key) for key in StatsEntryDict.__annotations__})

    @classmethod
    def unserialize(cls, data: StatsEntryDict, stats: RequestStats) -> StatsEntry:
        """From plain data; keys that are missing count as nothing."""
        entry = cls(stats, data["name"], data["method"])
        plain = cast("dict[str, Any]", data)
        histogram = histogram_of_counts(
            {int(key): hits for key, hits in plain.get("response_times", {}).items()},
            plain.get("total_response_time", 0.0),
            plain.get("min_response_time"),
            plain.get("max_response_time", 0.0),
        )
        figures = Figures(
            plain.get("num_requests", 0),
            plain.get("num_none_requests", 0),
            plain.get("num_failures", 0),
            plain.get("total_content_length", 0),
            histogram,
        )
        seconds = (_whole_keys(plain.get(name, {})) for name in ("num_reqs_per_sec", "num_fail_per_sec"))
        entry._own().extend(figures, plain.get("last_request_timestamp"), *seconds)
        return entry

    def get_stripped_report(self) -> StatsEntryDict:
        """As plain data; then start anew."""
        report = self.serialize()
        self.reset()
        return report

    # Logging by hand

    def log(self, response_time: float | None, content_length: int) -> None:
        """Count a request that the engine has not seen; None: it has no response time."""
        self._own().add(self.stats.clock(), response_time, content_length)

    def log_error(self, error: Exception | str | None) -> None:  # noqa: ARG002 - Locust's signature
        """Count a failure that the engine has not seen."""
        self._own().fail(self.stats.clock())

    def extend(self, other: StatsEntry) -> None:
        """Add another entry's requests to this one."""
        source = other.source()
        self._own().extend(figures_of(source), last_seen(source), *per_second(source))

    def reset(self) -> None:
        """Forget this entry's requests; the others keep theirs."""
        measured, key, _ = self.source()
        self.drop_logged()
        if measured is not None:
            measured.forget(key)

    # Within

    @property
    def logged(self) -> Logged | None:
        """What was logged by hand, if anything."""
        return self._logged

    def drop_logged(self) -> None:
        """Forget what was logged by hand."""
        self._logged = None
        self._created = self.stats.clock()

    def source(self) -> Source:
        """Where this entry's numbers are, as of now."""
        return self.stats.source_of(self)

    def _own(self) -> Logged:
        if self._logged is None:
            self._logged = Logged()
        return self._logged

    def _figures(self) -> Figures:
        return self.stats.figures_of(self)

    def _counts(self) -> Figures:
        return self.stats.counts_of(self)

    def _current_rates(self) -> tuple[float, float]:
        with self.stats.guard:
            return current_rates(self.source(), CURRENT_RATE_WINDOW, self.stats.clock(), self.stats.start_time)

    def _current_times(self) -> Histogram:
        window = int(tuned().CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW)
        with self.stats.guard:
            return current_times(self.source(), window, self.stats.clock())


def _whole_keys(seconds: Mapping[Any, int]) -> dict[int, int]:
    """As JSON has them: keys may be text."""
    return {int(second): count for second, count in seconds.items()}
