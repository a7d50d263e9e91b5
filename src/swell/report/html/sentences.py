"""What a plot shows, in words: for people who do not see it and for those in a hurry.

Rules: pure; one or two plain sentences with the extremes and when they were.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.model.units import format_count, format_duration, format_rate
from swell.report.figures import WEAK_MARK, milliseconds, plural, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.metrics.histogram import Histogram
    from swell.report.html.series import OverTime

__all__ = ["clock", "failed_words", "histogram_words", "rate_words", "times_words", "users_words"]


def clock(seconds: float) -> str:
    """A time of the run: "0:05", "1:02:03"."""
    minutes, rest = divmod(math.floor(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rate_words(lines: OverTime) -> str:
    """Of the request rate."""
    length = max(lines.ends[-1] - lines.starts[0], 1e-9)
    top = _largest(lines.rate)
    return (
        f"{format_rate(sum(lines.requests) / length)} on average, at most {format_rate(lines.rate[top])} "
        f"at {clock(lines.starts[top])}. Each point is {format_duration(lines.step)}."
    )


def failed_words(lines: OverTime) -> str:
    """Of failures."""
    count, total = sum(lines.failed), sum(lines.requests)
    if not count:
        return "No request failed."
    places = [place for place, failed in enumerate(lines.failed) if failed]
    top = _largest(lines.failed_rate)
    return (
        f"{format_count(count)} of {plural(total, 'request')} failed ({share(count / total)}), "
        f"the first at {clock(lines.starts[places[0]])}, the last at {clock(lines.starts[places[-1]])}; "
        f"at most {format_rate(lines.failed_rate[top])} at {clock(lines.starts[top])}."
    )


def users_words(lines: OverTime) -> str:
    """Of users."""
    top = _largest(lines.users)
    return f"At most {format_count(lines.users[top])} at {clock(lines.starts[top])}."


def times_words(lines: OverTime, durations: Histogram) -> str:
    """Of response times over time."""
    values = lines.percentile(95)
    known = [place for place, value in enumerate(values) if not math.isnan(value)]
    if not known:
        return "No request was answered."
    low, high = min(known, key=lambda place: values[place]), max(known, key=lambda place: values[place])
    text = (
        f"p95 is {_mark(durations, 95)}{milliseconds(durations.percentile(95))} over the run, between "
        f"{milliseconds(values[low])} (at {clock(lines.starts[low])}) and {milliseconds(values[high])} "
        f"(at {clock(lines.starts[high])})."
    )
    if not all(all(lines.supported(q)) for q in (50, 95, 99)):
        text += " Dashed: fewer samples in that time than the percentile needs."
    return text


def histogram_words(durations: Histogram) -> str:
    """Of the distribution."""
    return (
        f"Half of {plural(durations.count, 'answer')} took {milliseconds(durations.percentile(50))} or less; "
        f"the fastest {milliseconds(durations.min)}, the slowest {milliseconds(durations.max)}. "
        "Upright lines: p50, p95 and p99."
    )


def _mark(durations: Histogram, q: float) -> str:
    return "" if durations.supports(q) else WEAK_MARK


def _largest(values: Sequence[float]) -> int:
    return max(range(len(values)), key=lambda place: values[place])
