"""Named load profiles (smoke, average, stress, spike, soak, breakpoint): known kinds of test, as data.

Rules: a profile is a table of points, each a share of the whole duration and a share of the peak; the same table
serves users and arrival rates. The defaults are the sizes teams commonly write down for these kinds of test; any of
peak and duration can be replaced, and the shape stays.
"""

from __future__ import annotations

import difflib
import math
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from swell.model.plan import ArrivalStages, Stage, UserStages

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NAMED_PROFILES", "NamedProfile", "Point", "load_profile"]


class Point(msgspec.Struct, frozen=True):
    """A stage: `length` parts of the duration (of the sum of all stages), to the share `level` of the peak."""

    length: int
    level: float
    name: str


class NamedProfile(msgspec.Struct, frozen=True):
    """One kind of test. `users` and `rate` (per second) are default peaks, `duration` is in seconds.

    `start` is the share of the peak at time 0. With users a share that is not 0 is at least one user.
    """

    name: str
    purpose: str
    users: int
    rate: float
    duration: float
    start: float
    points: tuple[Point, ...]


NAMED_PROFILES: Mapping[str, NamedProfile] = {
    profile.name: profile
    for profile in (
        NamedProfile(
            name="smoke",
            purpose="Does the test itself work? One user, a short time.",
            users=1,
            rate=1.0,
            duration=30.0,
            start=1.0,
            points=(Point(1, 1.0, "hold"),),
        ),
        NamedProfile(
            name="average",
            purpose="An ordinary day: ramp up, stay, ramp down.",
            users=10,
            rate=10.0,
            duration=300.0,
            start=0.0,
            points=(Point(1, 1.0, "ramp up"), Point(8, 1.0, "hold"), Point(1, 0.0, "ramp down")),
        ),
        NamedProfile(
            name="stress",
            purpose="More than an ordinary day: where does it begin to hurt?",
            users=50,
            rate=50.0,
            duration=600.0,
            start=0.0,
            points=(Point(2, 1.0, "ramp up"), Point(7, 1.0, "hold"), Point(1, 0.0, "ramp down")),
        ),
        NamedProfile(
            name="spike",
            purpose="A sudden crowd and its leaving: does the system come back?",
            users=100,
            rate=100.0,
            duration=90.0,
            start=0.01,
            points=(Point(1, 0.01, "before"), Point(1, 1.0, "spike"), Point(1, 0.01, "recovery")),
        ),
        NamedProfile(
            name="soak",
            purpose="Ordinary load for long: leaks, growing files, slow decay.",
            users=20,
            rate=20.0,
            duration=3600.0,
            start=0.0,
            points=(Point(1, 1.0, "ramp up"), Point(18, 1.0, "hold"), Point(1, 0.0, "ramp down")),
        ),
        NamedProfile(
            name="breakpoint",
            purpose="Ever more load until something gives: how much is too much? Use it with a threshold that aborts.",
            users=1000,
            rate=1000.0,
            duration=1800.0,
            start=0.0,
            points=(Point(1, 1.0, "climb"),),
        ),
    )
}


def load_profile(
    name: str, *, users: int | None = None, rate: float | None = None, duration: float | None = None
) -> UserStages | ArrivalStages:
    """The named profile, of users by default or of arrivals per second where `rate` is given.

    `users` or `rate` replaces the peak, `duration` (seconds) the length. Raises ValueError for an unknown name
    (with the nearest one), for both peaks at once, and for values that are not above 0.
    """
    profile = NAMED_PROFILES.get(name.strip().lower())
    if profile is None:
        near = difflib.get_close_matches(name.strip().lower(), NAMED_PROFILES, n=1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no load profile {name!r}{hint} Known: {', '.join(NAMED_PROFILES)}")
    if users is not None and rate is not None:
        raise ValueError(f"the profile {profile.name!r} takes users or a rate, not both")
    for what, value in (("number of users", users), ("rate", rate), ("duration", duration)):
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"the {what} of the profile {profile.name!r} must be above 0, got {value:g}")
    length = profile.duration if duration is None else duration
    if rate is not None:
        return ArrivalStages(_stages(profile, rate, length, whole=False), profile.start * rate)
    peak = profile.users if users is None else users
    return UserStages(_stages(profile, peak, length, whole=True), _level(profile.start, peak, whole=True))


def _stages(profile: NamedProfile, peak: float, length: float, *, whole: bool) -> tuple[Stage, ...]:
    parts = sum(point.length for point in profile.points)
    return tuple(
        Stage(float(Fraction(length) * point.length / parts), _level(point.level, peak, whole=whole), point.name)
        for point in profile.points
    )


def _level(share: float, peak: float, *, whole: bool) -> float:
    level = share * peak
    if not whole or not share:
        return level
    return float(max(1, math.floor(level + 0.5)))
