"""A plan made shorter or longer, smaller or larger, with its shape kept.

Rules: `time_scale` stretches the schedule: durations and start times; rates and users stay, so arrivals and
iterations become fewer or more with the time. `load_scale` scales rates, users and caps, and shared iterations with
them. Whole numbers are rounded half up, and nothing that was above 0 becomes 0. What belongs to one user or to the
target is not scaled: pauses between iterations, timeouts, the lag an arrival may have, thresholds and their windows.

Graceful stops follow `time_scale` downwards only, and not below 5 seconds (or what they were): requests do not get
faster in a rehearsal, nor slower in a longer test.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from swell.model.plan import (
    ArrivalPolicy,
    ArrivalRun,
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    SteeredUsers,
    UserIterations,
    UserStages,
)
from swell.model.profiles import expected_arrivals, planned_iterations

if TYPE_CHECKING:
    from swell.model.plan import Plan, Profile, Stage, Workload

__all__ = ["scale_plan", "scale_profile"]

_SHORTEST_GRACE = 5.0


def scale_plan(plan: Plan, time_scale: float = 1.0, load_scale: float = 1.0) -> Plan:
    """The plan with its schedule `time_scale` times as long and its load `load_scale` times as large.

    Raises ValueError for factors that are not above 0.
    """
    for what, factor in (("time scale", time_scale), ("load scale", load_scale)):
        if not 0 < factor < math.inf:
            raise ValueError(f"the {what} must be a number above 0, got {factor:g}")
    if time_scale == 1 and load_scale == 1:
        return plan
    return msgspec.structs.replace(
        plan,
        workloads=tuple(_scale_workload(workload, time_scale, load_scale) for workload in plan.workloads),
        duration=None if plan.duration is None else plan.duration * time_scale,
    )


def scale_profile(profile: Profile, time_scale: float = 1.0, load_scale: float = 1.0) -> Profile:
    """One load profile, scaled as `scale_plan` does."""
    match profile:
        case UserStages():
            return UserStages(
                tuple(
                    msgspec.structs.replace(
                        stage, duration=stage.duration * time_scale, target=_users(stage.target, load_scale)
                    )
                    for stage in profile.stages
                ),
                _users(profile.start, load_scale),
            )
        case SteeredUsers():
            return SteeredUsers(
                _whole(profile.users, load_scale),
                profile.spawn_rate * load_scale / time_scale,
                None if profile.duration is None else profile.duration * time_scale,
            )
        case SharedIterations():
            return SharedIterations(
                _whole(profile.users, load_scale),
                _whole(profile.iterations, load_scale, time_scale),
                profile.max_duration * time_scale,
            )
        case UserIterations():
            return UserIterations(
                _whole(profile.users, load_scale),
                _whole(profile.iterations, time_scale),
                profile.max_duration * time_scale,
            )
        case ArrivalStages() | ArrivalRuns():
            return _scale_open(profile, time_scale, load_scale)
        case ArrivalSequence():
            parts = tuple(
                msgspec.structs.replace(
                    part,
                    profile=_scale_open(part.profile, time_scale, load_scale),
                    max_users=None if part.max_users is None else _whole(part.max_users, load_scale),
                )
                for part in profile.parts
            )
            return ArrivalSequence(parts)


def _scale_workload(workload: Workload, time_scale: float, load_scale: float) -> Workload:
    return msgspec.structs.replace(
        workload,
        profile=scale_profile(workload.profile, time_scale, load_scale),
        start_time=workload.start_time * time_scale,
        graceful_stop=_grace(workload.graceful_stop, time_scale),
        graceful_ramp_down=_grace(workload.graceful_ramp_down, time_scale),
        policy=_scale_policy(workload.policy, load_scale),
        mix=tuple(
            msgspec.structs.replace(share, fixed_count=_whole(share.fixed_count, load_scale)) for share in workload.mix
        ),
    )


def _scale_policy(policy: ArrivalPolicy, load_scale: float) -> ArrivalPolicy:
    initial = None if policy.initial_users is None else _whole(policy.initial_users, load_scale)
    return ArrivalPolicy(initial, _whole(policy.max_users, load_scale), policy.max_lag)


def _grace(seconds: float, time_scale: float) -> float:
    return max(seconds * min(time_scale, 1.0), min(seconds, _SHORTEST_GRACE))


def _exact(factor: float) -> Fraction:
    """The decimal number that was typed: 5 * 0.3 is rounded as 1.5, not as what floats make of it."""
    return Fraction(repr(float(factor)))


def _whole(number: int, *factors: float) -> int:
    """A count, scaled."""
    scaled = math.floor(math.prod(map(_exact, factors), start=Fraction(number)) + Fraction(1, 2))
    return max(1, scaled) if number > 0 else scaled


def _users(level: float, factor: float) -> float:
    """A level of users, scaled: whole if it was whole; a ramp that was cut off on its way may end in between."""
    return float(_whole(int(level), factor)) if level == int(level) else level * factor


def _scale_open(
    profile: ArrivalStages | ArrivalRuns, time_scale: float, load_scale: float
) -> ArrivalStages | ArrivalRuns:
    if isinstance(profile, ArrivalRuns):
        return _scale_runs(profile, time_scale, load_scale)
    scaled = _scale_stages(profile, time_scale, load_scale)
    if planned_iterations(scaled) == 0 and planned_iterations(profile):
        # A slow rate in a short rehearsal: raised so far that one arrival is left.
        scaled = _scale_stages(profile, time_scale, load_scale / expected_arrivals(scaled))
    return scaled


def _scale_stages(profile: ArrivalStages, time_scale: float, load_scale: float) -> ArrivalStages:
    def scale(stage: Stage) -> Stage:
        return msgspec.structs.replace(stage, duration=stage.duration * time_scale, target=stage.target * load_scale)

    return msgspec.structs.replace(profile, stages=tuple(map(scale, profile.stages)), start=profile.start * load_scale)


def _scale_runs(profile: ArrivalRuns, time_scale: float, load_scale: float) -> ArrivalRuns:
    """Counts are rounded along their running sum, so that a staircase of small counts keeps its total."""
    factor = _exact(time_scale) * _exact(load_scale)
    planned = given = 0
    runs: list[ArrivalRun] = []
    for run in profile.runs:
        planned += run.count
        count = max(math.floor(planned * factor + Fraction(1, 2)), 1 if planned else 0) - given
        given += count
        if count > 0:
            interval = run.interval * run.count * time_scale / count
            runs.append(ArrivalRun(run.start * time_scale, interval, count))
    return ArrivalRuns(tuple(runs), profile.duration * time_scale)
