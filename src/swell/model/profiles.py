"""Load profiles as pure functions of time: how long, how many users, how many arrivals.

Rules: every value is computed from the stages in closed form, never by adding up small steps, so that
nothing drifts over hours. Where a line jumps, the value at that instant is the one after the jump. Times
are seconds from the start of the workload. A stage without end (infinite duration) may only hold its value.
The builders of `profile_builders` can be had from here too.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from swell.model.places import places_before, places_within
from swell.model.plan import (
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    SteeredUsers,
    UserIterations,
    UserStages,
)
from swell.model.profile_builders import (
    check_profile,
    constant_arrivals,
    constant_users,
    counted_arrivals,
    pause,
    ramp_users,
    rate_stages,
    sequence,
    stages,
    stepped_arrivals,
    stepped_users,
)
from swell.model.segments import Segment, open_length, parts_of, segments, snap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.model.plan import ArrivalPolicy, ArrivalRun, ClosedProfile, OpenProfile, Profile

__all__ = [
    "StageWindow",
    "arrivals_by",
    "check_profile",
    "constant_arrivals",
    "constant_users",
    "counted_arrivals",
    "duration",
    "expected_arrivals",
    "initial_users",
    "pause",
    "peak_rate",
    "peak_users",
    "planned_iterations",
    "ramp_users",
    "rate_at",
    "rate_stages",
    "sequence",
    "stage_windows",
    "stages",
    "steer",
    "stepped_arrivals",
    "stepped_users",
    "user_cap",
    "user_steps",
    "users_at",
]

# Seconds that an iteration is thought to last where only the arrival rate is known.
GUESSED_ITERATION = 0.05


class StageWindow(NamedTuple):
    """When a stage lasts, from the start of the workload; what "per stage" criteria look at."""

    name: str
    start: float
    end: float


def duration(profile: Profile) -> float | None:
    """Seconds until the regular end (graceful stop comes after it). None: until told to stop."""
    match profile:
        case UserStages():
            lines = segments(profile)
            return lines[-1].end if lines else 0.0
        case SteeredUsers():
            return profile.duration
        case SharedIterations() | UserIterations():
            return profile.max_duration
        case ArrivalSequence():
            return float(sum((Fraction(open_length(part.profile)) for part in profile.parts), Fraction(0)))
        case ArrivalStages() | ArrivalRuns():
            return open_length(profile)


def stage_windows(profile: Profile) -> tuple[StageWindow, ...]:
    """When each stage (or phase) lasts; jumps have no window, and unnamed stages are called "stage 1", ..."""
    found: list[StageWindow] = []

    def add(name: str, start: float, end: float) -> None:
        if end > start:
            found.append(StageWindow(name or f"stage {len(found) + 1}", start, end))

    match profile:
        case UserStages() | ArrivalStages():
            for line in segments(profile):
                add(line.name, line.start, line.end)
        case ArrivalSequence():
            for start, part in parts_of(profile):
                add(part.name, start, start + open_length(part.profile))
        case _:
            length = duration(profile)
            add("", 0.0, math.inf if length is None else length)
    return tuple(found)


# Closed profiles: how many users at t.


def _after(line: Segment, count: int) -> int:
    """Users at the end of a stage that began with `count`; only whole users come and go."""
    if line.last > line.first:
        return max(count, math.floor(line.last))
    if line.last < line.first:
        return min(count, math.ceil(line.last))
    return count


def _reach(line: Segment, value: int) -> float:
    """When the line of a ramp reaches `value`."""
    height = line.last - line.first
    # Counted from the nearer end, so that no digits are lost on either of them.
    if abs(value - line.first) < abs(line.last - value):
        at = line.start + line.length * (value - line.first) / height
    else:
        at = line.end - line.length * (line.last - value) / height
    return min(max(at, line.start), line.end)


def _raw_steps(profile: UserStages) -> Iterator[tuple[float, int]]:
    count = math.floor(profile.start)
    yield 0.0, count
    for line in segments(profile):
        after = _after(line, count)
        if line.length > 0:
            # Going up, user n comes when the line reaches n; going down, user n leaves when it reaches n - 1.
            way = range(count + 1, after + 1) if after > count else range(count - 1, after - 1, -1)
            for value in way:
                yield _reach(line, value), value
        elif after != count:
            yield line.end, after
        count = after


def user_steps(profile: ClosedProfile) -> Iterator[tuple[float, int]]:
    """Each change of the planned user count as (seconds, count), lazily, the first at 0; times rise strictly.

    On the way up the count is the line's floor, on the way down its ceiling, each change at the exact time
    at which the line reaches the whole number. Changes at one instant are one step. A step may fall on the
    regular end.
    """
    match profile:
        case UserStages():
            steps = _raw_steps(profile)
        case SteeredUsers():
            steps = steer(0, profile.users, profile.spawn_rate)
        case SharedIterations() | UserIterations():
            steps = iter([(0.0, profile.users)])
    waiting: tuple[float, int] = (0.0, 0)
    last = -1
    for step in steps:
        if step[0] > waiting[0] and waiting[1] != last:
            yield waiting
            last = waiting[1]
        waiting = step
    if waiting[1] != last:
        yield waiting


def steer(current: int, target: int, spawn_rate: float) -> Iterator[tuple[float, int]]:
    """Steps from `current` to `target` users at `spawn_rate` per second, up or down, the first at once.

    An infinite rate is one jump. Raises ValueError for a rate that is not above 0.
    """
    if not spawn_rate > 0:
        raise ValueError(f"the spawn rate must be above 0 users per second, got {spawn_rate:g}")
    if math.isinf(spawn_rate) or current == target:
        yield 0.0, target
        return
    way = 1 if target > current else -1
    for position in range(abs(target - current)):
        yield position / spawn_rate, current + way * (position + 1)


def users_at(profile: Profile, at: float) -> int:
    """The planned users at time `at`: 0 before the start and from the regular end on, and for open profiles."""
    length = duration(profile)
    if at < 0 or (length is not None and at >= length):
        return 0
    match profile:
        case UserStages():
            return _staged_users_at(profile, at)
        case SteeredUsers():
            if math.isinf(profile.spawn_rate):
                return profile.users
            count = min(profile.users, math.floor(at * profile.spawn_rate) + 1)
            while count > 0 and (count - 1) / profile.spawn_rate > at:
                count -= 1
            while count < profile.users and count / profile.spawn_rate <= at:
                count += 1
            return count
        case SharedIterations() | UserIterations():
            return profile.users
        case _:
            return 0


def _staged_users_at(profile: UserStages, at: float) -> int:
    count = math.floor(profile.start)
    for line in segments(profile):
        after = _after(line, count)
        if line.end > at:
            way = range(count, after + 1) if after >= count else range(count, after - 1, -1)
            # The steps of a stage come in the order of time: find how many of them are past.
            low, high = 0, len(way) - 1
            while low < high:
                middle = (low + high + 1) // 2
                if _reach(line, way[middle]) <= at:
                    low = middle
                else:
                    high = middle - 1
            return way[low]
        count = after
    return count


def peak_users(profile: Profile) -> int:
    """The most users a closed profile plans (a peak reached only for an instant counts too); 0 for open profiles."""
    match profile:
        case UserStages():
            count = peak = math.floor(profile.start)
            for line in segments(profile):
                count = _after(line, count)
                peak = max(peak, count)
            return peak
        case SteeredUsers() | SharedIterations() | UserIterations():
            return profile.users
        case _:
            return 0


def initial_users(profile: Profile, policy: ArrivalPolicy) -> int:
    """How many users an open workload makes before its start: as its policy says, else a guess from the peak rate."""
    if policy.initial_users is not None:
        return min(policy.initial_users, policy.max_users)
    return min(max(1, math.ceil(peak_rate(profile) * GUESSED_ITERATION)), policy.max_users)


def user_cap(profile: Profile, at: float, default: int) -> int:
    """How many users may be busy at time `at`: the cap of the phase then running, else `default` (the policy's)."""
    if isinstance(profile, ArrivalSequence):
        running = None
        for start, part in parts_of(profile):
            if start > at:
                break
            running = part
        if running is not None and running.max_users is not None:
            return running.max_users
    return default


# Open profiles: how many arrivals by t.


def _line_value(line: Segment, at: float) -> float:
    return line.first + (line.last - line.first) * ((at - line.start) / line.length)


def rate_at(profile: Profile, at: float) -> float:
    """Planned arrivals per second at time `at`; 0 outside the profile and for closed profiles."""
    match profile:
        case ArrivalStages():
            for line in segments(profile):
                if line.start <= at < line.end:
                    return _line_value(line, at)
            return 0.0
        case ArrivalRuns():
            return sum(
                1.0 / run.interval
                for run in profile.runs
                if run.interval > 0 and run.start <= at < run.start + run.count * run.interval
            )
        case ArrivalSequence():
            for start, part in parts_of(profile):
                if start <= at < start + open_length(part.profile):
                    return rate_at(part.profile, at - start)
            return 0.0
        case _:
            return 0.0


def peak_rate(profile: Profile) -> float:
    """The highest planned arrival rate per second; 0 for closed profiles."""
    match profile:
        case ArrivalStages():
            return max((max(line.first, line.last) for line in segments(profile) if line.length), default=0.0)
        case ArrivalRuns():
            return max((rate_at(profile, run.start) for run in profile.runs if run.count), default=0.0)
        case ArrivalSequence():
            return max((peak_rate(part.profile) for part in profile.parts), default=0.0)
        case _:
            return 0.0


def arrivals_by(profile: OpenProfile, at: float) -> float:
    """The integral of the rate up to time `at`: how many arrivals are expected by then. Runs count whole arrivals."""
    match profile:
        case ArrivalStages():
            return snap(sum((_area_by(line, at) for line in segments(profile)), Fraction(0)))
        case ArrivalRuns():
            return float(sum(_run_by(run, at) for run in profile.runs))
        case ArrivalSequence():
            return snap(math.fsum(arrivals_by(part.profile, at - start) for start, part in parts_of(profile)))


def _area_by(line: Segment, at: float) -> Fraction:
    if at >= line.end:
        return line.area
    if at <= line.start:
        return Fraction(0)
    return Fraction(at - line.start) * (Fraction(line.first) + Fraction(_line_value(line, at))) / 2


def _run_by(run: ArrivalRun, at: float) -> int:
    if at < run.start:
        return 0
    if run.interval <= 0 or math.isinf(at):
        return run.count
    return min(run.count, math.floor((at - run.start) / run.interval) + 1)


def expected_arrivals(profile: Profile, until: float | None = None) -> float:
    """How many arrivals an open profile plans `until` the run ends, a whole number or not; 0 for closed ones."""
    if isinstance(profile, (ArrivalStages, ArrivalRuns, ArrivalSequence)):
        return arrivals_by(profile, math.inf if until is None else until)
    return 0.0


def planned_iterations(profile: Profile, until: float | None = None) -> int | None:
    """Exactly how many iterations are started or counted as dropped, `until` the run ends; None where time or chance
    decides.
    """
    is_open = isinstance(profile, (ArrivalStages, ArrivalRuns, ArrivalSequence))
    if is_open and until is not None and until < (duration(profile) or 0.0):
        return _planned_before(profile, max(until, 0.0))
    match profile:
        case SharedIterations():
            return profile.iterations
        case UserIterations():
            return profile.users * profile.iterations
        case ArrivalStages():
            total = expected_arrivals(profile)
            if profile.spacing == "exponential" and total:
                return None
            if profile.spacing != "even":
                return math.floor(total + 0.5)
            return places_within(profile, total)
        case ArrivalRuns():
            return sum(run.count for run in profile.runs)
        case ArrivalSequence():
            counts = [planned_iterations(part.profile) for part in profile.parts]
            return None if None in counts else sum(count or 0 for count in counts)
        case _:
            return None


def _planned_before(profile: OpenProfile, until: float) -> int | None:
    """As `planned_iterations` for a run that ends in the middle of the profile."""
    match profile:
        case ArrivalStages():
            return places_before(profile, arrivals_by(profile, until)) if profile.spacing == "even" else None
        case ArrivalRuns():
            return sum(_run_before(run, until) for run in profile.runs)
        case ArrivalSequence():
            begun = [(start, part) for start, part in parts_of(profile) if start < until]
            counts = [planned_iterations(part.profile, until - start) for start, part in begun]
            return None if None in counts else sum(count or 0 for count in counts)


def _run_before(run: ArrivalRun, until: float) -> int:
    if until <= run.start:
        return 0
    return run.count if run.interval <= 0 else min(run.count, math.ceil(snap((until - run.start) / run.interval)))
