"""Execution segments: the part of a test that one instance runs, so that all instances together run exactly the test.

Rules: pure. The sequence of all segments decides who owns which number: positions 0 ... period-1 are dealt to the
segments as evenly as their lengths allow, and what has number n (a VU, an arrival, an iteration) belongs to the owner
of position n % period. Instances that are given one sequence therefore never share or lose a number. Nothing is moved
in time: an arrival and a VU of a ramp come when they would come in the whole test.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, NamedTuple

from swell.dialects.k6.option_values import OptionError

__all__ = ["Part", "Stripe", "part_of"]

_POINT: Final = re.compile(r"\d+(?:\.\d+)?%?|\d+/\d+")
_LONGEST_PERIOD: Final = 100_000


class Stripe(NamedTuple):
    """The numbers of one segment: those that are, modulo `period`, among `places` (which rise)."""

    period: int
    places: tuple[int, ...]

    def count(self, total: int) -> int:
        """How many of the numbers 0 ... total-1 are its."""
        whole, rest = divmod(total, self.period)
        return whole * len(self.places) + sum(place < rest for place in self.places)

    def number(self, own: int) -> int:
        """The number in the whole test of its `own`-th (from 0)."""
        whole, rest = divmod(own, len(self.places))
        return whole * self.period + self.places[rest]

    @property
    def share(self) -> Fraction:
        """Its part of the whole."""
        return Fraction(len(self.places), self.period)


class Part(NamedTuple):
    """What one instance runs: its stripe, and those of all instances."""

    own: Stripe
    stripes: tuple[Stripe, ...]

    def scenario(self, scenario: Mapping[str, Any]) -> dict[str, Any] | None:
        """A complete scenario as this instance runs it; None if it has nothing to do."""
        own = self.own
        kind = scenario["executor"]
        made = dict(scenario)
        match kind:
            case "shared-iterations":
                made["vus"] = own.count(scenario["vus"])
                made["iterations"] = self._iterations(scenario["vus"], scenario["iterations"])
            case "per-vu-iterations" | "constant-vus":
                made["vus"] = own.count(scenario["vus"])
            case "ramping-vus":
                made["startVUs"] = own.count(scenario["startVUs"])
                made["stages"] = [{**stage, "target": own.count(stage["target"])} for stage in scenario["stages"]]
                if not any([made["startVUs"], *(stage["target"] for stage in made["stages"])]):
                    return None
            case "constant-arrival-rate" | "ramping-arrival-rate":
                self._arrivals(scenario, made)
            case _:
                raise OptionError("executionSegment", f"scenarios with {kind} cannot be divided into segments")
        return made if made.get("vus", 1) else None

    def _arrivals(self, scenario: Mapping[str, Any], made: dict[str, Any]) -> None:
        share = float(self.own.share)
        for key in ("rate", "startRate"):
            if key in made:
                made[key] = scenario[key] * share
        if "stages" in made:
            made["stages"] = [{**stage, "target": stage["target"] * share} for stage in scenario["stages"]]
        made["preAllocatedVUs"] = self.own.count(scenario["preAllocatedVUs"])
        # Every instance has arrivals, so every instance needs a VU for them.
        made["maxVUs"] = max(1, self.own.count(scenario["maxVUs"]))

    def _iterations(self, vus: int, iterations: int) -> int:
        """Its part of iterations that VUs share."""
        if all(stripe.count(vus) for stripe in self.stripes):
            return self.own.count(iterations)
        # Some instances have no VU: then iterations go with the VUs, so that none is left undone.
        owners = [number for number in range(vus) if number % self.own.period in self.own.places]
        return sum((iterations - number + vus - 1) // vus for number in owners if number < iterations)


def part_of(options: Mapping[str, Any]) -> Part | None:
    """The part that the options `executionSegment` and `executionSegmentSequence` name; None for the whole test.

    Raises OptionError.
    """
    name, text = "executionSegment", str(options.get("executionSegment") or "").strip()
    sequence = str(options.get("executionSegmentSequence") or "").strip()
    if not text:
        if sequence:
            raise OptionError(name, "executionSegmentSequence says how the test is divided; say which part is to run")
        return None
    begin_text, colon, end_text = text.partition(":")
    begin, end = (
        (_point(name, begin_text), _point(name, end_text)) if colon else (Fraction(0), _point(name, begin_text))
    )
    if begin >= end:
        raise OptionError(name, f"{text!r} is empty: write FROM:TO, such as 1/4:1/2 or 25%:50%")
    if sequence:
        points = [_point("executionSegmentSequence", each) for each in sequence.split(",")]
        if points[0] != 0 or points[-1] != 1 or any(a >= b for a, b in pairwise(points)):
            raise OptionError(
                "executionSegmentSequence", f"{sequence!r} must rise from 0 to 1, such as 0,1/4,1/2,3/4,1"
            )
        if (begin, end) not in pairwise(points):
            raise OptionError(name, f"{text!r} is none of the segments of the sequence {sequence!r}")
    else:
        points = sorted({Fraction(0), begin, end, Fraction(1)})
    stripes = _stripes([b - a for a, b in pairwise(points)])
    return None if len(stripes) == 1 else Part(stripes[points.index(begin)], stripes)


def _point(name: str, text: str) -> Fraction:
    """A point between 0 and 1: 0.25, 25% or 1/4."""
    given = text.strip()
    if not _POINT.fullmatch(given) or given.endswith("/0"):
        raise OptionError(name, f"{text!r} is no point of a test: write 0.25, 25% or 1/4")
    found = Fraction(given.removesuffix("%")) / (100 if given.endswith("%") else 1)
    if found > 1:
        raise OptionError(name, f"{text!r} lies behind the end of the test, which is 1")
    return found


def _stripes(lengths: list[Fraction]) -> tuple[Stripe, ...]:
    """The stripes of segments of these lengths: each position goes to the segment that lags behind most."""
    period = math.lcm(*(each.denominator for each in lengths))
    if period > _LONGEST_PERIOD:
        raise OptionError("executionSegmentSequence", f"the parts are too odd: they have the common part 1/{period}")
    weights = [int(each * period) for each in lengths]
    # Long segments first where several lag as much, then those that stand first.
    order = sorted(range(len(weights)), key=lambda number: -weights[number])
    lag = [0] * len(weights)
    places: list[list[int]] = [[] for _ in weights]
    for position in range(period):
        for number, weight in enumerate(weights):
            lag[number] += weight
        chosen = max(order, key=lambda number: lag[number])
        lag[chosen] -= period
        places[chosen].append(position)
    return tuple(Stripe(period, tuple(each)) for each in places)
