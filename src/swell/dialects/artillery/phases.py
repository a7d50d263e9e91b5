"""Arrival phases of Artillery as parts of an open load profile.

Rules: pure, and exact: a constant rate has floor(duration * rate) arrivals, the first after one interval; a ramp is a
staircase of whole seconds, the first at the old rate and the last at the new one, with a whole number of arrivals in
each, spaced by whole milliseconds; a count is spread evenly. Times are seconds. Fractional rates work as people mean
them (in Artillery they crash).
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any, cast

import msgspec

from swell.model.plan import ArrivalPart, ArrivalRun, ArrivalRuns, ArrivalStages, Stage

__all__ = ["Phase", "PhaseError", "milliseconds", "part_of", "read_phase"]

_MS = re.compile(r"\s*(-?(?:\d+)?\.?\d+)\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)
# A ramp is a step for each second, so its length is memory.
_LONGEST = 31 * 86_400
_LARGEST = 1_000_000_000
_UNITS: dict[str, int] = {
    name: size
    for names, size in (
        ("milliseconds millisecond msecs msec ms", 1),
        ("seconds second secs sec s", 1000),
        ("minutes minute mins min m", 60_000),
        ("hours hour hrs hr h", 3_600_000),
        ("days day d", 86_400_000),
        ("weeks week w", 604_800_000),
        ("years year yrs yr y", 31_557_600_000),
    )
    for name in names.split()
}


class PhaseError(ValueError):
    """A phase that cannot be; `key` is the key at fault, "" for the phase as a whole."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class Phase(msgspec.Struct, frozen=True):
    """One phase as the script has it, in seconds and arrivals per second; `index` from 0."""

    index: int
    duration: float
    name: str = ""
    arrival_rate: float | None = None
    ramp_to: float | None = None
    arrival_count: int | None = None
    max_vusers: int | None = None
    mode: str = "uniform"
    is_pause: bool = False


def milliseconds(text: str) -> float | None:
    """Milliseconds of "30s", "0.5 min", "2 hours" or "100" (milliseconds); None for what is none of these."""
    found = _MS.fullmatch(text)
    if found is None or (found[2] and found[2].lower() not in _UNITS):
        return None
    return float(found[1]) * _UNITS.get(found[2].lower(), 1)


def read_phase(spec: Any, index: int, mode: str = "uniform") -> Phase:
    """A phase of a script; numbers may be texts. Raises PhaseError."""
    if not isinstance(spec, dict):
        raise PhaseError("", f"a phase is a mapping such as {{duration: 60, arrivalRate: 5}}, not {spec!r}")
    fields = cast("dict[str, Any]", spec)
    name = str(fields.get("name") or "")
    max_vusers = _whole(fields, "maxVusers")
    common: dict[str, Any] = {"name": name, "max_vusers": max_vusers or None}
    if fields.get("pause") is not None:
        return Phase(index, _seconds(fields, "pause"), is_pause=True, **common)
    rate, ramp_to, count = _number(fields, "arrivalRate"), _number(fields, "rampTo"), _whole(fields, "arrivalCount")
    if rate is None and ramp_to is None and count is None:
        raise PhaseError("", "a phase needs arrivalRate, rampTo, arrivalCount or pause")
    if fields.get("duration") is None:
        raise PhaseError("", "a phase needs a duration, such as 60 or 5m")
    duration = _seconds(fields, "duration")
    if count is not None:
        return Phase(index, duration, arrival_count=count, **common)
    mode = str(fields.get("mode") or mode)
    if mode not in {"uniform", "poisson"}:
        raise PhaseError("mode", f"mode is uniform or poisson, not {mode!r}")
    return Phase(index, duration, arrival_rate=rate or 0.0, ramp_to=ramp_to, mode=mode, **common)


def part_of(phase: Phase) -> ArrivalPart:
    """The phase as a part of an `ArrivalSequence`."""
    length = Fraction(str(phase.duration))
    profile: ArrivalRuns | ArrivalStages
    if phase.is_pause:
        profile = ArrivalRuns((), phase.duration)
    elif phase.arrival_count is not None:
        count = phase.arrival_count
        interval = length / count if count else Fraction(1)
        profile = ArrivalRuns(_runs(interval, interval, count), phase.duration)
    elif phase.ramp_to is not None:
        profile = ArrivalRuns(_staircase(phase.arrival_rate or 0.0, phase.ramp_to, length), phase.duration)
    elif not phase.arrival_rate:
        profile = ArrivalRuns((), phase.duration)
    elif phase.mode == "poisson":
        profile = ArrivalStages((Stage(phase.duration, phase.arrival_rate),), phase.arrival_rate, "exponential")
    else:
        interval = 1 / Fraction(str(phase.arrival_rate))
        profile = ArrivalRuns(_runs(interval, interval, math.floor(length / interval)), phase.duration)
    return ArrivalPart(profile, phase.max_vusers, phase.name)


def _runs(start: Fraction, interval: Fraction, count: int) -> tuple[ArrivalRun, ...]:
    return (ArrivalRun(float(start), float(interval), count),) if count > 0 else ()


def _staircase(first: float, last: float, length: Fraction) -> tuple[ArrivalRun, ...]:
    seconds = max(1, math.ceil(length))
    begin, end = Fraction(str(first)), Fraction(str(last))
    runs: list[ArrivalRun] = []
    for second in range(seconds):
        raw = (begin + end) / 2 if seconds == 1 else begin + (end - begin) * second / (seconds - 1)
        count = math.floor(raw + Fraction(1, 2))
        if count <= 0:
            continue
        # Whole milliseconds, as Artillery's timers have; above 1,000 a second they cannot be.
        interval = Fraction(1000 // count, 1000) if count <= 1000 else Fraction(1, count)
        runs.append(ArrivalRun(float(second + interval), float(interval), count))
    return tuple(runs)


def _number(fields: dict[str, Any], key: str) -> float | None:
    value = fields.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise ValueError  # noqa: TRY301 - one message for all
        number = float(value)
        if not math.isfinite(number):
            raise ValueError  # noqa: TRY301 - as above
    except (TypeError, ValueError):
        raise PhaseError(key, f"{key} is a number, not {value!r}") from None
    if number < 0:
        raise PhaseError(key, f"{key} cannot be negative, got {value!r}")
    if number > _LARGEST:
        raise PhaseError(key, f"{key} is at most {_LARGEST:,}, not {value!r}")
    return number


def _whole(fields: dict[str, Any], key: str) -> int | None:
    number = _number(fields, key)
    if number is None:
        return None
    if not number.is_integer():
        raise PhaseError(key, f"{key} is a whole number, not {fields[key]!r}")
    return int(number)


def _seconds(fields: dict[str, Any], key: str) -> float:
    value = fields[key]
    wrong = PhaseError(key, f"{key} is a time above 0, such as 60, 90s or 5m, not {value!r}")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong
    if isinstance(value, str):
        try:
            seconds = float(value)
        except ValueError:
            found = milliseconds(value)
            if found is None:
                raise wrong from None
            seconds = found / 1000.0
    else:
        seconds = float(value)
    if not (0 < seconds < math.inf):
        raise wrong
    if seconds > _LONGEST:
        raise PhaseError(key, f"{key} is at most 31 days, not {value!r}")
    return seconds
