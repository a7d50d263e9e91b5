"""What happened when: the rows of the run, merged into at most `MOST_POINTS` windows of equal length.

Rules: pure reading of the store. A window's percentiles come from the merged histograms of its seconds, never
from averages of percentiles; its users are the most of any second. A window without requests has a rate of 0
and NaN where there is nothing to say. Times are seconds from the start of the run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.metrics.store import MetricStore

__all__ = ["MOST_POINTS", "PERCENTILES", "EndpointLine", "OverTime", "endpoint_lines", "generator_line", "over_time"]

MOST_POINTS = 720
"""Points of a line: more than a screen shows."""

PERCENTILES: dict[str, float] = {"p50": 50.0, "p95": 95.0, "p99": 99.0}

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_SPARK_POINTS = 48
# Whole blocks of the store's timeline, so that each of them is read once.
_BLOCK = 10


@dataclass(frozen=True)
class OverTime:
    """Lines over time; entry i of each is about the window from `starts[i]` to `ends[i]`."""

    step: int
    starts: list[float]
    ends: list[float]
    requests: list[int]
    failed: list[int]
    users: list[float]
    histograms: list[Histogram]
    has_users: bool = True
    rate: list[float] = field(default_factory=list[float])
    """Requests per second."""
    failed_rate: list[float] = field(default_factory=list[float])
    """Failed requests per second."""
    failed_share: list[float] = field(default_factory=list[float])
    """0..1; NaN without requests."""

    def __post_init__(self) -> None:
        for place, count in enumerate(self.requests):
            length = max(self.ends[place] - self.starts[place], 1e-9)
            self.rate.append(count / length)
            self.failed_rate.append(self.failed[place] / length)
            self.failed_share.append(self.failed[place] / count if count else math.nan)

    @property
    def end(self) -> float:
        """Where the last window ends."""
        return self.ends[-1]

    def percentile(self, q: float) -> list[float]:
        """Percentile `q` of each window in milliseconds; NaN without samples."""
        return [each.percentile(q) for each in self.histograms]

    def supported(self, q: float) -> list[bool]:
        """Whether the window has samples enough for percentile `q`."""
        return [each.supports(q) for each in self.histograms]

    def maxima(self) -> list[float]:
        """The slowest request of each window in milliseconds."""
        return [each.max for each in self.histograms]

    def coarser(self, most: int) -> OverTime:
        """The same in at most `most` windows, for a table."""
        factor = math.ceil(len(self.starts) / most)
        if factor <= 1:
            return self
        places = range(0, len(self.starts), factor)
        return OverTime(
            step=self.step * factor,
            starts=[self.starts[place] for place in places],
            ends=[self.ends[min(place + factor, len(self.ends)) - 1] for place in places],
            requests=[sum(self.requests[place : place + factor]) for place in places],
            failed=[sum(self.failed[place : place + factor]) for place in places],
            users=[max(self.users[place : place + factor]) for place in places],
            histograms=[EMPTY_HISTOGRAM.merge(*self.histograms[place : place + factor]) for place in places],
            has_users=self.has_users,
        )


@dataclass(frozen=True)
class EndpointLine:
    """The small lines of one endpoint: requests per second and p95 (NaN without samples)."""

    rate: list[float]
    p95: list[float]


def over_time(store: MetricStore) -> OverTime | None:
    """The lines of the whole run; None if there is no row of any second."""
    requests = {second: round(found.sum) for second, found in store.per_second("http_reqs")}
    if not requests:
        return None
    failed = {second: found.passes for second, found in store.per_second("http_req_failed")}
    durations = {second: found.histogram for second, found in store.per_second("http_req_duration")}
    users = store.users()
    edges = _edges(max(store.seconds, max(requests) + 0.001), MOST_POINTS)
    step = round(edges[1] - edges[0]) if len(edges) > 2 else 1
    spans = [range(math.floor(start), math.ceil(end)) for start, end in pairwise(edges)]
    return OverTime(
        step=max(step, 1),
        starts=edges[:-1],
        ends=edges[1:],
        requests=[sum(requests.get(second, 0) for second in span) for span in spans],
        failed=[sum(failed.get(second, 0) for second in span) for span in spans],
        users=[float(max(users[span.start : span.stop], default=0)) for span in spans],
        histograms=[
            EMPTY_HISTOGRAM.merge(*(found for second in span if (found := durations.get(second)) is not None))
            for span in spans
        ],
        has_users=any(users),
    )


def endpoint_lines(store: MetricStore) -> dict[tuple[str, str], EndpointLine]:
    """Small lines for each (name, method)."""
    if store.seconds <= 0:
        return {}
    edges = _edges(store.seconds, _SPARK_POINTS)
    empty = [math.nan] * (len(edges) - 1)
    lines: dict[tuple[str, str], EndpointLine] = {}

    def line(key: tuple[str, ...]) -> EndpointLine:
        return lines.setdefault((key[0], key[1]), EndpointLine([0.0] * len(empty), list(empty)))

    by = ("name", "method")
    for place, (start, end) in enumerate(pairwise(edges)):
        for key, found in store.group_by("http_reqs", by, start=start, end=end):
            line(key).rate[place] = found.sum / (end - start)
        for key, found in store.group_by("http_req_duration", by, start=start, end=end):
            line(key).p95[place] = found.percentile(95)
    return lines


def generator_line(store: MetricStore, key: str) -> list[float]:
    """A figure of the generator's health over time, the worst of any worker, in few points; empty if unknown."""
    worst: dict[int, float] = {}
    for row in store.health_history():
        value = row.health.get(key)
        if isinstance(value, int | float):
            worst[row.second] = max(worst.get(row.second, 0.0), float(value))
    if not worst:
        return []
    edges = _edges(max(worst) + 1.0, _SPARK_POINTS * 2)
    return [_largest(start, end, lambda second: worst.get(second, math.nan)) for start, end in pairwise(edges)]


def _largest(start: float, end: float, value: Callable[[int], float]) -> float:
    found = [each for second in range(math.floor(start), math.ceil(end)) if not math.isnan(each := value(second))]
    return max(found, default=math.nan)


def _edges(length: float, most: int) -> list[float]:
    """Where windows begin and end. They begin at whole seconds; a short rest at the end joins the last one."""
    wanted = length / most
    step = next((each for each in _STEPS if each >= wanted), math.ceil(wanted / 3600) * 3600)
    if most <= 2 * _SPARK_POINTS and step > _BLOCK:
        step = math.ceil(wanted / _BLOCK) * _BLOCK
    edges = [float(at) for at in range(0, math.ceil(length), step)]
    if len(edges) > 1 and length - edges[-1] < step / 2:
        edges.pop()
    return [*edges, max(length, edges[-1] + 0.001)]
