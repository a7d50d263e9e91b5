"""What one entry of the statistics says: its part of the measurements and what was logged to it, together.

Rules: pure functions. `Source.measured` is None where nothing is measured, `key` None means all entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from swell.dialects.locust.figures import NOTHING, Figures, merged
from swell.metrics.histogram import EMPTY_HISTOGRAM, Histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.locust.logged import Logged
    from swell.dialects.locust.measured import Key, Measured

__all__ = [
    "Source",
    "counts_of",
    "current_rates",
    "current_times",
    "figures_of",
    "first_seen",
    "last_seen",
    "per_second",
]


class Source(NamedTuple):
    """Where the numbers of an entry are."""

    measured: Measured | None = None
    key: Key | None = None
    logged: Logged | None = None


def figures_of(source: Source) -> Figures:
    """Everything since the last reset."""
    logged = NOTHING if source.logged is None else source.logged.figures()
    if source.measured is None:
        return logged
    return merged([source.measured.figures(source.key), logged])


def counts_of(source: Source) -> Figures:
    """As `figures_of`, without times and content."""
    logged, measured = source.logged, source.measured
    found = NOTHING if measured is None else measured.counts(source.key)
    if logged is None:
        return found
    return Figures(
        found.requests + logged.requests,
        found.untimed + logged.untimed,
        found.failures + logged.failures,
    )


def per_second(source: Source) -> tuple[dict[int, int], dict[int, int]]:
    """By Unix second: requests, and failures."""
    requests, failures = ({}, {}) if source.measured is None else source.measured.per_second(source.key)
    if source.logged is not None:
        _add(requests, source.logged.reqs)
        _add(failures, source.logged.fails)
    return dict(sorted(requests.items())), dict(sorted(failures.items()))


def current_rates(source: Source, window: int, now: float, started: float) -> tuple[float, float]:
    """Requests and failures per second over the newest `window` whole seconds, fewer soon after the start."""
    requests = failures = 0.0
    if source.measured is not None:
        recent = source.measured.recent(window)
        number = -1 if source.key is None else source.measured.number(source.key)
        found = recent.total if source.key is None else recent.of(number) if number >= 0 else (0, 0)
        if recent.seconds:
            requests, failures = found[0] / recent.seconds, found[1] / recent.seconds
    if source.logged is not None:
        # Only seconds that are over; the one in which logging began was not a whole one.
        end = int(now)
        start = max(end - window, min(int(started) + 1, end - 1))
        counts = source.logged.window(start, end)
        requests, failures = requests + counts[0] / (end - start), failures + counts[1] / (end - start)
    return requests, failures


def current_times(source: Source, window: int, now: float) -> Histogram:
    """Response times of the last `window` seconds."""
    parts: list[Histogram] = []
    if source.measured is not None:
        sheet = source.measured.newest(window)
        number = -1 if source.key is None else source.measured.number(source.key)
        if source.key is None or number >= 0:
            parts.append((sheet.total() if source.key is None else sheet.figures(number)).histogram)
    if source.logged is not None:
        parts.append(source.logged.times(int(now) - window + 1, int(now) + 1))
    return EMPTY_HISTOGRAM.merge(*parts)


def first_seen(source: Source) -> float | None:
    """Unix time at which the first second with a measured request began."""
    if source.measured is None:
        return None
    requests, _ = source.measured.per_second(source.key)
    return max(float(min(requests)), source.measured.started) if requests else None


def last_seen(source: Source) -> float | None:
    """Unix time of the newest request; of measured ones, of the end of its second."""
    times: list[float] = []
    if source.logged is not None and source.logged.last is not None:
        times.append(source.logged.last)
    if source.measured is not None and (last := source.measured.last) is not None:
        if source.key is None:
            times.append(last)
        else:
            requests, _ = source.measured.per_second(source.key)
            times += [min(max(requests) + 1.0, last)] if requests else []
    return max(times, default=None)


def _add(own: dict[int, int], other: Mapping[int, int]) -> None:
    for second, count in other.items():
        own[second] = own.get(second, 0) + count
