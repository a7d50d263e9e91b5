"""Where the stages and parts of a load profile lie in time, and what a computed count means.

Rules: edges are exact sums of the durations as stored, rounded once, however many stages there are. Times are
seconds from the start of the workload.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from swell.model.plan import ArrivalPart, ArrivalRuns, ArrivalSequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.model.plan import ArrivalStages, OpenProfile, UserStages

__all__ = ["Segment", "open_length", "parts_of", "segments", "snap"]


class Segment(NamedTuple):
    """One stage in place: a line from `first` at `start` to `last` at `end`; `length` may be 0 (a jump)."""

    start: float
    end: float
    length: float
    first: float
    last: float
    name: str = ""

    @property
    def area(self) -> Fraction:
        """The exact integral of the line, of the numbers as they are stored."""
        return Fraction(self.length) * (Fraction(self.first) + Fraction(self.last)) / 2


def snap(value: float | Fraction) -> float:
    """The whole number that a computed count means, where rounding of its factors left it a hair off.

    100 arrivals a minute for a minute are 100, although the rate 100/60 has no exact float.
    """
    number = float(value)
    whole = round(number)
    return float(whole) if abs(number - whole) <= 1e-9 + 1e-12 * abs(number) else number


@lru_cache(maxsize=128)
def segments(profile: UserStages | ArrivalStages) -> tuple[Segment, ...]:
    """The stages of a profile in place. Edges are exact sums of the durations, rounded once."""
    found: list[Segment] = []
    edge, start, value = Fraction(0), 0.0, profile.start
    for stage in profile.stages:
        if math.isinf(stage.duration) or math.isinf(start):
            end = math.inf
        else:
            edge += Fraction(stage.duration)
            end = float(edge)
        found.append(Segment(start, end, stage.duration, value, stage.target, stage.name))
        start, value = end, stage.target
    return tuple(found)


def parts_of(profile: OpenProfile) -> Iterator[tuple[float, ArrivalPart]]:
    """The parts of an open profile with their start times; a profile that is no sequence is its only part."""
    if not isinstance(profile, ArrivalSequence):
        yield 0.0, ArrivalPart(profile)
        return
    edge = Fraction(0)
    for part in profile.parts:
        yield float(edge), part
        edge += Fraction(open_length(part.profile))


def open_length(profile: ArrivalStages | ArrivalRuns) -> float:
    """Seconds until the regular end."""
    if isinstance(profile, ArrivalRuns):
        return profile.duration
    lines = segments(profile)
    return lines[-1].end if lines else 0.0
