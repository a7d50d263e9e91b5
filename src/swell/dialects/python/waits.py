"""Wait functions: how long a user waits between two tasks.

Rules: each factory returns a function of one argument, the user or task set it becomes a method of; it returns
seconds. State is kept on that object. Chance comes from the user's own generator, time from the hub's clock, so that
seeds and virtual time hold.
"""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WaitFunction", "between", "constant", "constant_pacing", "constant_throughput", "poisson"]

WaitFunction: TypeAlias = "Callable[[Any], float]"


def _seconds(value: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{what} must be a number of seconds, not {value!r}")
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{what} must be a number of seconds from 0 up, not {value!r}")
    return float(value)


def _rate(value: float, what: str) -> float:
    if not value > 0 or not math.isfinite(value):
        raise ValueError(f"{what} must be above 0 task runs per second, not {value!r}")
    return float(value)


def _random_of(holder: Any) -> Any:
    user = getattr(holder, "vu", None)
    return random if user is None else user.random


def _now_of(holder: Any) -> float:
    user = getattr(holder, "vu", None)
    return time.perf_counter() if user is None else user.hub.time()


def between(low: float, high: float) -> WaitFunction:
    """A random wait, evenly spread from `low` to `high` seconds."""
    first, last = _seconds(low, "the lower bound of between()"), _seconds(high, "the upper bound of between()")
    if last < first:
        raise ValueError(f"between({low:g}, {high:g}): the lower bound comes first")
    span = last - first

    def wait_time(self: Any) -> float:
        return first + span * _random_of(self).random()

    return wait_time


def constant(seconds: float) -> WaitFunction:
    """Always the same wait."""
    value = _seconds(seconds, "constant()")

    def wait_time(self: Any) -> float:  # noqa: ARG001 - a method of its user
        return value

    return wait_time


def constant_pacing(seconds: float) -> WaitFunction:
    """A wait that makes tasks start `seconds` apart, or at once after a task that took longer.

    The first wait counts from the making of the user. What a task overran is not caught up.
    """
    value = _seconds(seconds, "constant_pacing()")

    def wait_time(self: Any) -> float:
        now = _now_of(self)
        due = getattr(self, "_paced_from", None)
        start = max(now, (now if due is None else due) + value)
        self._paced_from = start
        return start - now

    return wait_time


def constant_throughput(rate: float) -> WaitFunction:
    """As `constant_pacing(1 / rate)`: at most `rate` task runs per second of one user."""
    return constant_pacing(1.0 / _rate(rate, "constant_throughput()"))


def poisson(rate: float) -> WaitFunction:
    """Exponential waits with a mean of 1 / `rate` seconds, added after the task."""
    value = _rate(rate, "poisson()")

    def wait_time(self: Any) -> float:
        return _random_of(self).expovariate(value)

    return wait_time
