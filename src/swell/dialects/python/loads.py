"""Loads: how many users, or how many arrivals, when; what a test file writes into `load` and `profiles`.

Rules: pure; each function makes one `Load` out of a few numbers and raises ValueError with a message for people.
Durations are seconds or texts ("90s", "1h30m"), rates are per second or texts ("200/s", "100/1m"). Every function
takes the options of `LoadOptions` as keywords.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack, cast

import msgspec

from swell.model import profile_builders as build
from swell.model.plan import (
    ArrivalPart,
    ArrivalPolicy,
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    Profile,
    SharedIterations,
    Stage,
    UserIterations,
    UserStages,
)
from swell.model.threshold_tokens import nearest
from swell.model.units import parse_duration, parse_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Load",
    "Pause",
    "arrival_stages",
    "arrival_steps",
    "arrivals",
    "iterations",
    "iterations_per_user",
    "pause",
    "ramp",
    "sequence",
    "stages",
    "steps",
    "users",
]

Duration: TypeAlias = str | float
RateText: TypeAlias = str | float
Spacing: TypeAlias = Literal["even", "poisson", "exponential"]


class Load(msgspec.Struct, frozen=True):
    """A load profile and how it is run. Times in seconds."""

    profile: Profile
    name: str = ""
    start_time: float = 0.0
    graceful_stop: float = 30.0
    graceful_ramp_down: float = 30.0
    tags: dict[str, str] = {}
    policy: ArrivalPolicy = ArrivalPolicy()
    fresh_users: bool = False


class Pause(msgspec.Struct, frozen=True):
    """No load at all for `length` seconds; a part of `stages`, `arrival_stages` and `sequence`."""

    length: float


class LoadOptions(TypedDict, total=False):
    """What any load may have besides its profile.

    `name` of the workload (default: that of the user class), `start_time` from the start of the test,
    `graceful_stop`: how long running iterations may take to end, `graceful_ramp_down`: the same for users that leave
    on the way down, `tags` on everything measured.
    """

    name: str
    start_time: Duration
    graceful_stop: Duration
    graceful_ramp_down: Duration
    tags: Mapping[str, object]


class ArrivalOptions(LoadOptions, total=False):
    """What arrivals may have besides: what happens when every user is busy.

    `initial_users` are there from the start, more are made up to `max_users`; then an arrival waits up to `max_lag`
    and is dropped (and counted) after that. `fresh_users`: each arrival is a new user, with its on_start and its own
    connections, instead of an idle one.
    """

    initial_users: int
    max_users: int
    max_lag: Duration
    fresh_users: bool


StagePart: TypeAlias = "tuple[Duration, float] | tuple[Duration, float, str] | Pause | Stage"
RatePart: TypeAlias = "tuple[Duration, RateText] | tuple[Duration, RateText, str] | Pause | Stage"


def ramp(users: int, spawn_rate: float, duration: Duration, **options: Unpack[LoadOptions]) -> Load:
    """`users` users for `duration` in all, `spawn_rate` new ones per second until all are there."""
    profile = build.ramp_users(_count(users, "users"), float(spawn_rate), parse_duration(duration))
    return _load(profile, options)


def users(count: int, duration: Duration, **options: Unpack[LoadOptions]) -> Load:
    """`count` users from the start on, for `duration`."""
    return _load(build.constant_users(_count(count, "users"), parse_duration(duration)), options)


def stages(*parts: StagePart, start: float = 0, **options: Unpack[LoadOptions]) -> Load:
    """Users along lines: from `start` to each target in turn: `stages(("2m", 100), ("5m", 100), ("1m", 0))`.

    A part is (duration, target), (duration, target, name) or `pause(...)`; duration 0 is a jump.
    """
    profile = UserStages(tuple(_parts(parts, as_rate=False)), float(start))
    build.check_profile(profile)
    return _load(profile, options)


def steps(
    first: int, step: int, every: Duration, levels: int, *, ramp: Duration = 0, **options: Unpack[LoadOptions]
) -> Load:
    """A staircase of users: `first`, `first + step`, ... for `levels` levels of `every` each."""
    profile = build.stepped_users(first, step, parse_duration(every), levels, ramp=parse_duration(ramp))
    return _load(profile, options)


def arrivals(
    rate: RateText, duration: Duration, *, spacing: Spacing = "even", **options: Unpack[ArrivalOptions]
) -> Load:
    """`rate` iterations started per second for `duration`, however long they take.

    `spacing` "even", "poisson" (random, the exact count) or "exponential" (random, the count varies).
    """
    profile = build.constant_arrivals(parse_rate(rate), parse_duration(duration), spacing=_spacing(spacing))
    return _load(profile, options)


def arrival_stages(
    *parts: RatePart, start: RateText = 0, spacing: Spacing = "even", **options: Unpack[ArrivalOptions]
) -> Load:
    """Arrival rates along lines: `arrival_stages(("1m", "50/s"), ("5m", "50/s"))`; as `stages`."""
    profile = ArrivalStages(tuple(_parts(parts, as_rate=True)), parse_rate(start), _spacing(spacing))
    build.check_profile(profile)
    return _load(profile, options)


def arrival_steps(
    first: RateText,
    step: RateText,
    every: Duration,
    levels: int,
    *,
    ramp: Duration = 0,
    spacing: Spacing = "even",
    **options: Unpack[ArrivalOptions],
) -> Load:
    """A staircase of arrival rates; as `steps`."""
    profile = build.stepped_arrivals(
        parse_rate(first),
        float(step) if isinstance(step, (int, float)) else parse_rate(step),  # a number may go down
        parse_duration(every),
        levels,
        ramp=parse_duration(ramp),
        spacing=_spacing(spacing),
    )
    return _load(profile, options)


def iterations(total: int, users: int = 1, max_duration: Duration = 600.0, **options: Unpack[LoadOptions]) -> Load:
    """`total` iterations, shared by `users` users: who is free takes the next one."""
    profile = SharedIterations(_count(users, "users"), _count(total, "iterations"), parse_duration(max_duration))
    return _load(profile, options)


def iterations_per_user(
    each: int, users: int = 1, max_duration: Duration = 600.0, **options: Unpack[LoadOptions]
) -> Load:
    """`each` iterations by each of `users` users."""
    profile = UserIterations(_count(users, "users"), _count(each, "iterations"), parse_duration(max_duration))
    return _load(profile, options)


def pause(length: Duration) -> Pause:
    """No load for a while, as a part of `stages`, `arrival_stages` or `sequence`."""
    return Pause(parse_duration(length))


def sequence(*parts: Load | Pause, **options: Unpack[ArrivalOptions]) -> Load:
    """Loads one after the other, all of users or all of arrivals.

    Options of the parts do not count, those of the sequence do; but each part of arrivals keeps its `max_users`.
    """
    loads = [part for part in parts if isinstance(part, Load)]
    kinds = {isinstance(load.profile, UserStages) for load in loads}
    open_kinds = (ArrivalStages, ArrivalRuns, ArrivalSequence)
    if not loads or not all(isinstance(load.profile, (UserStages, *open_kinds)) for load in loads):
        raise ValueError("sequence() takes ramps, stages and steps of users, or arrivals, and pauses between them")
    if len(kinds) > 1:
        raise ValueError("sequence() cannot mix users and arrivals; give each a load of its own with start_time")
    profile = _user_sequence(parts) if kinds == {True} else _arrival_sequence(parts)
    return _load(profile, options)


def _user_sequence(parts: Iterable[Load | Pause]) -> UserStages:
    found: list[Stage] = []
    for part in parts:
        if isinstance(part, Pause):
            found += build.pause(part.length)
        else:
            profile = cast("UserStages", part.profile)
            found += [Stage(0.0, profile.start), *profile.stages]
    return UserStages(tuple(found), found[0].target)


def _arrival_sequence(parts: Iterable[Load | Pause]) -> ArrivalSequence:
    found: list[ArrivalPart] = []
    for part in parts:
        if isinstance(part, Pause):
            found.append(ArrivalPart(ArrivalStages((Stage(part.length, 0.0),)), name="pause"))
        elif isinstance(part.profile, ArrivalSequence):
            found += part.profile.parts
        else:
            profile = cast("ArrivalStages | ArrivalRuns", part.profile)
            capped = part.policy.max_users if part.policy != ArrivalPolicy() else None
            found.append(ArrivalPart(profile, capped, part.name))
    return ArrivalSequence(tuple(found))


def _parts(parts: Iterable[Any], *, as_rate: bool) -> Iterable[Stage]:
    if not parts:
        raise ValueError('stages need at least one part, such as ("1m", 10)')
    for part in parts:
        if isinstance(part, Stage):
            yield part
        elif isinstance(part, Pause):
            yield from build.pause(part.length)
        elif isinstance(part, (tuple, list)) and len(cast("Any", part)) in {2, 3}:
            length, target, *name = cast("Any", part)
            level = parse_rate(target) if as_rate else _level(target)
            yield Stage(parse_duration(length), level, str(name[0]) if name else "")
        else:
            raise ValueError(f'a stage is (duration, target), such as ("1m", 10), not {part!r}')


def _level(target: Any) -> float:
    if isinstance(target, bool) or not isinstance(target, (int, float)):
        raise ValueError(f"the target of a stage is a number of users, not {target!r}")
    return float(target)


def _count(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"the number of {what} is a whole number from 0 up, not {value!r}")
    return value


def _spacing(spacing: str) -> Spacing:
    if spacing not in {"even", "poisson", "exponential"}:
        raise ValueError(f'spacing is "even", "poisson" or "exponential", not {spacing!r}')
    return cast("Spacing", spacing)


def _load(profile: Profile, options: Mapping[str, Any]) -> Load:
    own = dict(options)
    fields: dict[str, Any] = {}
    if "name" in own:
        fields["name"] = str(own.pop("name"))
    for name in ("start_time", "graceful_stop", "graceful_ramp_down"):
        if name in own:
            fields[name] = parse_duration(own.pop(name))
    fields["tags"] = {str(key): str(value) for key, value in dict(own.pop("tags", {})).items()}
    if isinstance(profile, (ArrivalStages, ArrivalRuns, ArrivalSequence)):
        fields["fresh_users"] = bool(own.pop("fresh_users", False))
        policy: dict[str, Any] = {}
        for name in ("initial_users", "max_users"):
            if name in own:
                policy[name] = _count(own.pop(name), name)
        if "max_lag" in own:
            policy["max_lag"] = parse_duration(own.pop("max_lag"))
        fields["policy"] = ArrivalPolicy(**policy)
        if policy.get("initial_users", 0) > fields["policy"].max_users:
            raise ValueError(f"initial_users ({policy['initial_users']}) are more than max_users allows")
    if own:
        known = sorted(ArrivalOptions.__annotations__ if fields.get("policy") else LoadOptions.__annotations__)
        wrong = sorted(own)[0]
        hint = nearest(wrong, known)
        meant = f"did you mean {hint}?" if hint else f"known: {', '.join(known)}"
        raise TypeError(f"{wrong!r} is no option of this load; {meant}")
    return Load(profile, **fields)
