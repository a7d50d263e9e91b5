"""A naive model of measurement: plain lists of samples, nothing merged, nothing rounded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.metrics.recorder import Recorder
from swell.metrics.tags import TagSet

if TYPE_CHECKING:
    from collections.abc import Sequence

TOLERANCE = 0.005


def nearest_rank(values: Sequence[float], q: float) -> float:
    """The percentile of a list by its definition."""
    rank = max(1, math.ceil(round(q * len(values) / 100, 9)))
    return sorted(values)[rank - 1]


def close_enough(found: float, exact: float) -> bool:
    """Whether two numbers differ by no more than a bucket allows."""
    return abs(found - exact) <= TOLERANCE * abs(exact) + 2.3e-308


def request_tags(name: str = "/a", method: str = "GET", status: str = "200", expected: str = "true") -> TagSet:
    """The tags of a request."""
    return TagSet.of({"name": name, "method": method, "status": status, "expected_response": expected})


def add_request(recorder: Recorder, series: int, end: float, seconds: float, lag: float = 0.0) -> None:
    """A request that spent all its time waiting."""
    recorder.add_request((series, end - seconds, end, lag, 0.0, seconds, 0.0, 100, 1000))
