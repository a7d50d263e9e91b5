"""Locust's wait functions (the module `locust.user.wait_time`): the native ones, which have its names and meaning.

Rules: only what differs is here. Locust takes any numbers for `between` and `constant`; so do these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.dialects.python.waits import constant_pacing, poisson

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["between", "constant", "constant_pacing", "constant_throughput", "poisson"]


def between(min_wait: float, max_wait: float) -> Callable[[Any], float]:
    """A random wait, evenly spread from `min_wait` to `max_wait` seconds."""
    span = max_wait - min_wait

    def wait_time(self: Any) -> float:
        return min_wait + span * self.vu.random.random()

    return wait_time


def constant(wait_time: float) -> Callable[[Any], float]:
    """Always the same wait, in seconds."""

    def wait(self: Any) -> float:  # noqa: ARG001 - a method of its user
        return wait_time

    return wait


def constant_throughput(task_runs_per_second: float) -> Callable[[Any], float]:
    """At most so many task runs per second of one user."""
    if not task_runs_per_second > 0:
        raise ValueError("task_runs_per_second must be greater than 0")
    return constant_pacing(1 / task_runs_per_second)
