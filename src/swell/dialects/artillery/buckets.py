"""What was measured as Artillery's report has it: counters, rates and summaries of the run and of each period.

Rules: reads the store only. Periods are ten seconds of the wall clock; a second of the run belongs to the period in
which it begins. `vusers.skipped` comes from the engine's dropped arrivals. Rates are true rates: events per second of
the time in which something was measured (Artillery's own are wrong over periods and workers). Times are milliseconds,
rounded to a tenth.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.artillery.metrics import COUNTER, HISTOGRAM, RATE

if TYPE_CHECKING:
    from swell.metrics.aggregate import Aggregate
    from swell.metrics.store import MetricStore

__all__ = ["PERIOD", "Bucket", "bucket_of", "period_starts", "periods_of", "summary_of", "tenth", "whole"]

PERIOD = 10
"""Seconds of one period."""

_APDEX = ("apdex.satisfied", "apdex.tolerated", "apdex.frustrated")
_PERCENTILES = (("p75", 75.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p999", 99.9))


class Bucket(msgspec.Struct):
    """One period, or the whole run. Wall-clock times in milliseconds since 1970, None where nothing was measured."""

    period: int
    counters: dict[str, int | float] = {}
    rates: dict[str, int | float] = {}
    summaries: dict[str, dict[str, float]] = {}
    first_at: int | None = None
    last_at: int | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was measured."""
        return not (self.counters or self.rates or self.summaries)


def period_starts(origin: float, seconds: int) -> list[tuple[int, int, int]]:
    """(start of the period in seconds since 1970, first second of the run, one after the last) of each period.

    `origin`: when the load began, seconds since 1970; `seconds`: whole seconds measured.
    """
    found: list[tuple[int, int, int]] = []
    second = 0
    while second < seconds:
        start = math.floor((origin + second) / PERIOD) * PERIOD
        end = min(seconds, max(second + 1, math.ceil(start + PERIOD - origin)))
        found.append((start, second, end))
        second = end
    return found


def periods_of(store: MetricStore, origin: float) -> list[Bucket]:
    """The buckets of all periods in which something was measured."""
    seconds = math.ceil(store.seconds) if store.seconds else 0
    buckets = [bucket_of(store, origin, start, begin, end) for start, begin, end in period_starts(origin, seconds + 1)]
    return [each for each in buckets if not each.empty]


def bucket_of(
    store: MetricStore, origin: float, period: int, start: float | None = None, end: float | None = None
) -> Bucket:
    """What was measured in seconds [start, end) of the run; all of it without them."""
    bucket = Bucket(period * 1000)
    for (name,), found in store.group_by(COUNTER, ["counter"], start=start, end=end):
        bucket.counters[name] = whole(found.sum)
    dropped = store.aggregate("dropped_iterations", start=start, end=end)
    if dropped is not None and dropped.sum:
        bucket.counters["vusers.skipped"] = whole(dropped.sum)
    if bucket.counters.get("vusers.created"):
        bucket.counters.setdefault("vusers.failed", 0)
    if any(name in bucket.counters for name in _APDEX):  # as in Artillery all three are there, also those that stay 0
        bucket.counters |= {name: bucket.counters.get(name, 0) for name in _APDEX}
    first, last = _reach(store, start, end)
    length = max(last - first, 1.0)
    for (name,), found in store.group_by(RATE, ["rate"], start=start, end=end):
        bucket.rates[name] = tenth(found.sum / length)
    for (name,), found in store.group_by(HISTOGRAM, ["histogram"], start=start, end=end):
        bucket.summaries[name] = summary_of(found)
    if not bucket.empty:
        bucket.first_at = round((origin + first) * 1000)
        bucket.last_at = round((origin + last) * 1000)
    return bucket


def _reach(store: MetricStore, start: float | None, end: float | None) -> tuple[float, float]:
    """From the first second with a sample to the end of the last, seconds of the run."""
    first, last = start or 0.0, store.seconds if end is None else min(end, max(store.seconds, (start or 0.0) + 1))
    seen = [second for second, found in store.per_second(COUNTER, start=start, end=end) if found.count]
    if seen:
        first, last = max(first, float(seen[0])), min(last, float(seen[-1] + 1)) if end is not None else last
    return first, max(last, first)


def summary_of(found: Aggregate) -> dict[str, float]:
    """What Artillery tells of a histogram."""
    values: dict[str, Any] = {
        "min": found.min,
        "max": found.max,
        "count": found.count,
        "mean": found.avg,
        "p50": found.percentile(50.0),
        "median": found.percentile(50.0),
    }
    values |= {name: found.percentile(q) for name, q in _PERCENTILES}
    return {name: tenth(value) for name, value in values.items()}


def tenth(value: float) -> float:
    """Rounded to a tenth; whole numbers stay whole."""
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def whole(value: float) -> int | float:
    """A count."""
    return int(value) if value == int(value) else value
