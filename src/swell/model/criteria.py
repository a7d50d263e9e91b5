"""Criteria as data: what must hold, over which window, and how a measured number is graded.

Rules: pure data and arithmetic. Limits are in the metric's own unit (milliseconds for times, a share 0..1 for
rates, bytes for sizes, per second for rates of counters), whatever unit the person wrote. A grade is one of
four words; no data is a grade of its own, because it is neither a pass nor a failure.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import msgspec

from swell.model.metrics_view import MetricKind

__all__ = [
    "AGGREGATIONS",
    "AGGREGATION_NAMES",
    "Aggregation",
    "Condition",
    "Criterion",
    "CriterionResult",
    "Grade",
    "Operator",
    "StageResult",
    "Unit",
    "Window",
    "WindowKind",
    "contradiction",
    "grade_of",
    "holds",
    "is_supported",
    "margin",
    "slack",
]

Operator: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
Aggregation: TypeAlias = Literal["avg", "count", "max", "med", "min", "p", "rate", "value"]
Unit: TypeAlias = Literal["plain", "time", "share", "size", "per_second", "size_per_second"]
Grade: TypeAlias = Literal["met", "acceptable", "failed", "no data"]
WindowKind: TypeAlias = Literal["run", "any", "last", "stage"]

# `count` of a rate metric is left out as in k6: it would be the number of all samples, while everybody who
# writes "http_req_failed: count < 10" means the failed ones.
AGGREGATIONS: dict[MetricKind, tuple[Aggregation, ...]] = {
    "counter": ("count", "rate"),
    "gauge": ("value", "min", "max"),
    "rate": ("rate",),
    "trend": ("avg", "min", "med", "max", "p", "count"),
}

AGGREGATION_NAMES: dict[str, Aggregation] = {name: name for names in AGGREGATIONS.values() for name in names}


class Condition(msgspec.Struct, frozen=True):
    """`value op limit`; the limit in the metric's own unit."""

    op: Operator
    limit: float


class Window(msgspec.Struct, frozen=True):
    """Which part of the run is judged.

    "run": all of it. "any": every full window of `seconds`, one second apart. "last": the last `seconds`.
    "stage": each stage of the plan by itself.
    """

    kind: WindowKind = "run"
    seconds: int = 0


class Criterion(msgspec.Struct, frozen=True):
    """One threshold: an aggregation of a selector, its target and what else is tolerated.

    `percentile` (0..100) belongs to aggregation "p". `acceptable` is a looser condition than `target`, `fail`
    names what fails outright. `unit` tells how the person wrote the limits, for showing them again. `abort`
    ends the run when the criterion fails `abort_after` seconds or more after the start. `source` is the text
    as written; `parse_threshold` reads it back.
    """

    metric: str
    aggregation: Aggregation
    target: Condition
    tags: dict[str, str] = {}
    percentile: float | None = None
    acceptable: Condition | None = None
    fail: Condition | None = None
    window: Window = Window()
    unit: Unit = "plain"
    abort: bool = False
    abort_after: float = 0.0
    source: str = ""


class StageResult(msgspec.Struct, frozen=True):
    """How one stage did; `start` and `end` in seconds from the start of the run."""

    name: str
    start: float
    end: float
    grade: Grade
    value: float | None = None
    count: int = 0
    unsupported: bool = False


class CriterionResult(msgspec.Struct, frozen=True):
    """What became of one criterion. With several windows, everything is about the worst one.

    `value` is in the metric's unit, from `count` samples in [`start`, `end`) (seconds from the start of the
    run; None: the whole run). `slack` is the distance to the target's limit in that unit, `margin` the same
    relative to the limit (None if the limit is 0); both are negative beyond the limit. `windows` were looked
    at, `empty_windows` of them had no samples, `failed_windows` failed. `unsupported`: too few samples for
    this percentile. `note` says in words why there is no data, or what to keep in mind.
    """

    criterion: Criterion
    grade: Grade
    value: float | None = None
    count: int = 0
    slack: float | None = None
    margin: float | None = None
    start: float | None = None
    end: float | None = None
    stage: str = ""
    windows: int = 1
    empty_windows: int = 0
    failed_windows: int = 0
    unsupported: bool = False
    note: str = ""
    stages: tuple[StageResult, ...] = ()

    @property
    def passed(self) -> bool:
        """True on target or acceptable; no data is no pass."""
        return self.grade in {"met", "acceptable"}


def holds(condition: Condition, value: float) -> bool:
    """Whether the value satisfies the condition; never for NaN."""
    limit = condition.limit
    if math.isnan(value):
        return False
    match condition.op:
        case "<":
            return value < limit
        case "<=":
            return value <= limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "==":
            return value == limit
        case "!=":
            return value != limit


def grade_of(criterion: Criterion, value: float) -> Grade:
    """Met, acceptable or failed. With a `fail` limit, whatever it does not cover is at least acceptable."""
    if holds(criterion.target, value):
        return "met"
    if criterion.fail is not None:
        return "failed" if holds(criterion.fail, value) else "acceptable"
    if criterion.acceptable is not None and holds(criterion.acceptable, value):
        return "acceptable"
    return "failed"


def slack(condition: Condition, value: float) -> float:
    """Distance to the limit: positive inside, negative beyond, 0 on it."""
    difference = value - condition.limit
    match condition.op:
        case "<" | "<=":
            distance = -difference
        case ">" | ">=":
            distance = difference
        case "==":
            distance = -abs(difference)
        case "!=":
            distance = abs(difference)
    return distance + 0.0  # no negative zero


def margin(condition: Condition, value: float) -> float | None:
    """The slack relative to the limit, 0.1 for ten per cent inside; None for a limit of 0."""
    if condition.limit == 0:
        return None
    return slack(condition, value) / abs(condition.limit)


def is_supported(criterion: Criterion, count: int) -> bool:
    """Whether `count` samples can carry the criterion's percentile: at least ten samples on its thinner side.

    Minimum and maximum are exact, so they are always supported; so is every other aggregation.
    """
    q = 50.0 if criterion.aggregation == "med" else criterion.percentile
    if q is None or q in {0.0, 100.0}:
        return True
    # In percent, to keep 10 / (1 - 0.95) exactly 200.
    return count * min(q, 100.0 - q) >= 1000.0 - 1e-6


def contradiction(target: Condition, acceptable: Condition | None, fail: Condition | None) -> str:
    """Why these grades cannot go together, in words for the person who wrote them; empty if they can."""
    graded = [condition for condition in (target, acceptable, fail) if condition is not None]
    if len(graded) > 1 and any(condition.op == "!=" for condition in graded):
        return "!= cannot be graded: it leaves only one value to fail"
    if acceptable is not None and not _inside(target, acceptable):
        return "the acceptable limit must be looser than the target: what is on target is acceptable too"
    for good in (target, acceptable):
        if fail is not None and good is not None and _overlap(good, fail):
            return "fail names the values that fail, so it must not cover any that are on target or acceptable"
    return ""


def _interval(condition: Condition) -> tuple[tuple[float, int], tuple[float, int]]:
    """The values that satisfy it: two ends that compare like numbers: (limit, 1) is just above (limit, 0)."""
    limit = condition.limit
    lowest, highest = (-math.inf, 0), (math.inf, 0)
    match condition.op:
        case "<":
            return lowest, (limit, -1)
        case "<=":
            return lowest, (limit, 0)
        case ">":
            return (limit, 1), highest
        case ">=":
            return (limit, 0), highest
        case "==":
            return (limit, 0), (limit, 0)
        case "!=":
            return lowest, highest


def _inside(inner: Condition, outer: Condition) -> bool:
    inner_low, inner_high = _interval(inner)
    outer_low, outer_high = _interval(outer)
    return outer_low <= inner_low and inner_high <= outer_high


def _overlap(one: Condition, other: Condition) -> bool:
    one_low, one_high = _interval(one)
    other_low, other_high = _interval(other)
    return max(one_low, other_low) <= min(one_high, other_high)
