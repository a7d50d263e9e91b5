"""How a plan is divided between workers so that all slices together are exactly the whole.

Rules: user, arrival or iteration number i (from 0) of the whole test belongs to worker i % count. Nothing is
rounded, so nothing is lost or done twice. Worker indexes run from 0 to count - 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from swell.model.plan import Plan

__all__ = ["global_index", "most_workers", "slice_count", "slice_shared", "slice_users"]


def slice_count(total: int, index: int, count: int) -> int:
    """How many of the numbers 0 ... total-1 are worker `index`'s."""
    if not 0 <= index < count:
        raise ValueError(f"there is no worker {index} of {count}")
    return (total - index + count - 1) // count if total > index else 0


def global_index(local: int, index: int, count: int) -> int:
    """The number in the whole test of this worker's `local`-th (from 0) user or arrival."""
    return local * count + index


def slice_users(steps: Iterable[tuple[float, int]], index: int, count: int) -> Iterator[tuple[float, int]]:
    """One worker's part of `profiles.user_steps`: (seconds, its user count) at each change, the first as given."""
    last = -1
    for at, users in steps:
        own = slice_count(users, index, count)
        if own != last:
            yield at, own
            last = own


def slice_shared(users: int, iterations: int, index: int, count: int) -> tuple[int, int]:
    """One worker's users and iterations of a common store: iteration i goes with user i % users, wherever that is.

    A worker without users gets no iterations, and one with more users gets more of them.
    """
    own = slice_count(users, index, count)
    if users <= 0:
        return 0, 0
    each, rest = divmod(iterations, users)
    return own, own * each + slice_count(rest, index, count)


def most_workers(plan: Plan) -> int | None:
    """The most workers among which this plan can be divided. None: any number.

    Arrivals are dealt to all workers in turn, so each of them needs at least one user of the cap.
    """
    caps: list[int] = []
    for workload in plan.workloads:
        profile = workload.profile
        if isinstance(profile, (ArrivalStages, ArrivalRuns, ArrivalSequence)):
            caps.append(workload.policy.max_users)
        if isinstance(profile, ArrivalSequence):
            caps += [part.max_users for part in profile.parts if part.max_users is not None]
    return max(1, min(caps)) if caps else None
