"""Loads that no machine can make: refused with a number, instead of a worker that hangs over its list of users.

Rules: only what cannot be meant is refused; whether a possible load is too much for this machine is for the generator's
health to say, while it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.cli.mistakes import Mistake
from swell.coordinator.conduct import planned_duration
from swell.coordinator.cpus import auto_processes
from swell.model.plan import SharedIterations, UserIterations
from swell.model.profiles import peak_rate, peak_users

if TYPE_CHECKING:
    from swell.model.plan import Plan

__all__ = ["MOST_USERS", "check_size"]

MOST_USERS = 1_000_000
"""Users in one worker: some kilobytes each, so more than the memory of most machines."""

_MOST_RATE = 10_000_000.0  # per second, in one worker; the fastest start some ten thousand
_MOST_ITERATIONS = 10**15
_LONGEST = 3650 * 86_400.0  # seconds


def check_size(plan: Plan, processes: int | None) -> None:
    """Refuse a plan that lasts no time at all or cannot be run by so many `processes` (None: auto). Raises Mistake."""
    length = planned_duration(plan)
    if length is not None and length <= 0:
        raise Mistake(
            "the load lasts 0 seconds: nothing would be sent.", "Give a stage or a duration that is longer than 0."
        )
    if length is not None and length > _LONGEST:
        raise Mistake(f"the load would last more than {_LONGEST / 86_400:,.0f} days.", "Give a shorter one.")
    workers = max(auto_processes() if processes is None else processes, 1)
    users = sum(peak_users(workload.profile) for workload in plan.workloads)
    if users > MOST_USERS * workers:
        raise Mistake(
            f"{_shown(users)} users are too many: one worker can have {MOST_USERS:,} at most.",
            "Give fewer users, or more --processes.",
        )
    rate = sum(peak_rate(workload.profile) for workload in plan.workloads)
    if rate > _MOST_RATE * workers:
        raise Mistake(
            f"{_shown(rate)} arrivals per second are too many: one worker can start {_MOST_RATE:,.0f} at most.",
            "Give a lower rate.",
        )
    for workload in plan.workloads:
        profile = workload.profile
        if isinstance(profile, SharedIterations | UserIterations) and profile.iterations > _MOST_ITERATIONS:
            raise Mistake(
                f"{_shown(profile.iterations)} iterations are too many: {_MOST_ITERATIONS:,} is the most.",
                "Give fewer, or a duration in their place.",
            )


def _shown(number: float) -> str:
    """The number for people: not all of its three hundred digits."""
    return f"{number:,.0f}" if number < _MOST_ITERATIONS * 1000 else f"{float(min(number, 10**300)):.3g}"
