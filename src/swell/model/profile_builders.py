"""Builders of load profiles: the usual shapes from the few numbers that people think in.

Rules: users are counts, rates are per second, times are seconds. Each builder checks what it makes and
raises ValueError with a message for people.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, Literal

from swell.model.plan import (
    ArrivalPart,
    ArrivalRun,
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    Stage,
    SteeredUsers,
    UserIterations,
    UserStages,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from swell.model.plan import Profile

__all__ = [
    "check_profile",
    "constant_arrivals",
    "constant_users",
    "counted_arrivals",
    "pause",
    "ramp_users",
    "rate_stages",
    "sequence",
    "stages",
    "stepped_arrivals",
    "stepped_users",
]

Spacing = Literal["even", "poisson", "exponential"]


def check_profile(profile: Profile) -> None:
    """Raise ValueError, with a message for people, where a profile makes no sense."""
    match profile:
        case UserStages() | ArrivalStages():
            _check("the start of a load profile", profile.start)
            for number, stage in enumerate(profile.stages, 1):
                _check(f"the target of stage {number}", stage.target)
                before = profile.stages[number - 2].target if number > 1 else profile.start
                endless = math.inf if isinstance(profile, UserStages) and stage.target == before else 0.0
                _check(f"the duration of stage {number}", stage.duration, most=endless)
        case SteeredUsers():
            _check("the number of users", profile.users)
            if not profile.spawn_rate > 0:
                raise ValueError(f"the spawn rate must be above 0, got {profile.spawn_rate:g}")
        case SharedIterations() | UserIterations():
            for what, value in (("users", profile.users), ("iterations", profile.iterations)):
                _check(f"the number of {what}", value)
            _check("the maximum duration", profile.max_duration, most=math.inf)
        case ArrivalRuns():
            _check("the duration of the arrivals", profile.duration)
            for run in profile.runs:
                for what, value in (("start", run.start), ("interval", run.interval), ("count", run.count)):
                    _check(f"the {what} of a run of arrivals", value)
        case ArrivalSequence():
            for part in profile.parts:
                check_profile(part.profile)


def _check(what: str, value: float, most: float = 0.0) -> None:
    if math.isnan(value) or value < 0 or (math.isinf(value) and not math.isinf(most)):
        raise ValueError(f"{what} must be a number of 0 or more, got {value:g}")


def _stages(pairs: Iterable[tuple[float, float]]) -> tuple[Stage, ...]:
    return tuple(Stage(float(length), float(target)) for length, target in pairs)


def stages(start: float, targets: Iterable[tuple[float, float]]) -> UserStages:
    """Users along lines: from `start` to each target in turn, given as (duration, target)."""
    profile = UserStages(_stages(targets), float(start))
    check_profile(profile)
    return profile


def rate_stages(
    start: float, targets: Iterable[tuple[float, float]], *, spacing: Spacing = "even", offset: float = 0.0
) -> ArrivalStages:
    """Arrivals per second along lines: from `start` to each target in turn, given as (duration, target)."""
    profile = ArrivalStages(_stages(targets), float(start), spacing, offset)
    check_profile(profile)
    return profile


def constant_users(users: int, duration: float) -> UserStages:
    """`users` users for `duration` seconds."""
    return stages(users, [(duration, users)])


def constant_arrivals(rate: float, duration: float, *, spacing: Spacing = "even", offset: float = 0.0) -> ArrivalStages:
    """`rate` arrivals per second for `duration` seconds."""
    return rate_stages(rate, [(duration, rate)], spacing=spacing, offset=offset)


def ramp_users(users: int, spawn_rate: float, duration: float, *, batched: bool = False) -> UserStages:
    """`users` users for `duration` seconds in all, spawned at `spawn_rate` per second, the first at once.

    User n starts at (n-1)/spawn_rate. With `batched`, floor(spawn_rate) users come at a time (at least one).
    """
    if not spawn_rate > 0:
        raise ValueError(f"the spawn rate must be above 0 users per second, got {spawn_rate:g}")
    batch = max(1, math.floor(spawn_rate)) if batched and math.isfinite(spawn_rate) else 1
    if math.isinf(spawn_rate) or users <= batch:
        return constant_users(users, duration)
    if not batched:
        climb = (users - 1) / spawn_rate
        if climb >= duration:
            return stages(1, [(duration, 1 + spawn_rate * duration)])
        return stages(1, [(climb, users), (duration - climb, users)])
    times = [number * batch / spawn_rate for number in range(-(-users // batch))]
    times = times[: bisect_left(times, duration)]
    levels = [min(users, batch * (number + 1)) for number in range(len(times))]
    pairs: list[tuple[float, float]] = []
    for at, then, level in zip(times, [*times[1:], duration], levels, strict=True):
        pairs += [(0.0, level), (then - at, level)]
    return stages(0, pairs)


def stepped_users(first: int, step: int, every: float, levels: int, *, ramp: float = 0.0) -> UserStages:
    """A staircase of `levels` levels, each `every` seconds long: `first`, `first + step`, ... users.

    The first `ramp` seconds of each further level are the way up (or down) to it; 0 is a jump.
    """
    return stages(first, _staircase(first, step, every, levels, ramp))


def stepped_arrivals(
    first: float, step: float, every: float, levels: int, *, ramp: float = 0.0, spacing: Spacing = "even"
) -> ArrivalStages:
    """A staircase of arrival rates, as `stepped_users`."""
    return rate_stages(first, _staircase(first, step, every, levels, ramp), spacing=spacing)


def _staircase(first: float, step: float, every: float, levels: int, ramp: float) -> list[tuple[float, float]]:
    if not 0 <= ramp <= every:
        raise ValueError(f"the ramp of a step ({ramp:g} s) must fit into its length ({every:g} s)")
    pairs: list[tuple[float, float]] = [(every, first)]
    for number in range(1, levels):
        level = first + number * step
        pairs += [(ramp, level), (every - ramp, level)]
    return pairs[: max(0, 2 * levels - 1)]


def pause(duration: float) -> tuple[Stage, Stage]:
    """Stages that end all load at once and hold nothing for `duration` seconds."""
    return Stage(0.0, 0.0), Stage(float(duration), 0.0)


def counted_arrivals(counts: Sequence[int], slot: float = 1.0) -> ArrivalRuns:
    """`counts[i]` arrivals in slot i of `slot` seconds, evenly spaced from the slot's start."""
    runs = tuple(ArrivalRun(number * slot, slot / count, count) for number, count in enumerate(counts) if count > 0)
    profile = ArrivalRuns(runs, len(counts) * slot)
    check_profile(profile)
    return profile


def sequence(*parts: ArrivalPart | ArrivalStages | ArrivalRuns) -> ArrivalSequence:
    """Open profiles one after the other."""
    return ArrivalSequence(tuple(part if isinstance(part, ArrivalPart) else ArrivalPart(part) for part in parts))
