"""An open load whose rate somebody changes while it goes on, told as a profile of the whole test.

Rules: pure. Until the change the profile is the one before, arrival for arrival, so that whoever has begun it can go on
with the new one; from then on the rate is constant until the end, which stays where it was. Only evenly spaced arrivals
can be changed: what chance drew is drawn for the whole length at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

import msgspec

from swell.model.plan import ArrivalPart, ArrivalSequence, ArrivalStages, Stage
from swell.model.segments import open_length, parts_of

if TYPE_CHECKING:
    from swell.model.plan import Profile

__all__ = ["is_changeable", "with_rate"]


def is_changeable(profile: Profile) -> TypeGuard[ArrivalStages | ArrivalSequence]:
    """Whether `with_rate` takes this profile."""
    if isinstance(profile, ArrivalSequence):
        return all(_is_even(part.profile) for part in profile.parts)
    return _is_even(profile)


def _is_even(profile: Profile) -> bool:
    return isinstance(profile, ArrivalStages) and profile.spacing == "even"


def with_rate(profile: ArrivalStages | ArrivalSequence, at: float, rate: float) -> ArrivalSequence:
    """The profile until `at` seconds from its start, then `rate` arrivals per second.

    Raises ValueError for a moment that is not within the profile, a rate below 0, and arrivals that cannot be changed.
    """
    if not is_changeable(profile):
        raise ValueError("only evenly spaced arrivals can be changed while they come")
    if not rate >= 0:
        raise ValueError(f"the rate must be 0 arrivals per second or more, got {rate:g}")
    kept: list[ArrivalPart] = []
    end = 0.0
    for start, part in parts_of(profile):
        assert isinstance(part.profile, ArrivalStages), "is_changeable has looked"
        end = start + open_length(part.profile)
        if end <= at:
            kept.append(part)
        elif start < at:
            kept.append(msgspec.structs.replace(part, profile=_cut(part.profile, at - start)))
    if not 0 < at < end:
        raise ValueError(f"the load lasts {end:g} s, its rate cannot change at {at:g} s")
    last = ArrivalStages((Stage(end - at, rate),), rate)
    return ArrivalSequence((*kept, ArrivalPart(last, name=f"changed to {rate:g}/s")))


def _cut(profile: ArrivalStages, length: float) -> ArrivalStages:
    """The first `length` seconds."""
    stages: list[Stage] = []
    before, left = profile.start, length
    for stage in profile.stages:
        if stage.duration >= left:
            target = before + (stage.target - before) * (left / stage.duration) if stage.duration else stage.target
            stages.append(Stage(left, target, stage.name))
            break
        stages.append(stage)
        before, left = stage.target, left - stage.duration
    return msgspec.structs.replace(profile, stages=tuple(stages))
