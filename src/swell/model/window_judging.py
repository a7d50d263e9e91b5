"""Judging one window: from the samples in it to a value and its grade.

Rules: pure functions of what the view says. A window without anything to judge is None, which is neither good nor
bad; what that means for the criterion is decided in `model.evaluation`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from swell.model.criteria import AGGREGATIONS, Criterion, Grade, grade_of, slack

if TYPE_CHECKING:
    from swell.model.metrics_view import Aggregate, MetricKind, MetricsView

__all__ = ["SEVERITY", "JudgedWindow", "judge_window", "whole_seconds", "zero_window"]

SEVERITY: dict[Grade, int] = {"met": 0, "acceptable": 1, "no data": 2, "failed": 3}
"""How bad a grade is beside others: a failure is a failure whatever else was not measured."""

# Rows are whole seconds; a run of 59.9999999 s has 60 of them.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class JudgedWindow:
    """One window that could be judged."""

    start: float | None
    end: float | None
    value: float
    count: int
    grade: Grade
    slack: float

    def is_worse_than(self, other: JudgedWindow) -> bool:
        """Worse grade first, then further beyond the limit; of equals the earlier stays."""
        mine, theirs = SEVERITY[self.grade], SEVERITY[other.grade]
        if mine != theirs:
            return mine > theirs
        if self.slack != other.slack:
            return self.slack < other.slack
        return (self.start or 0.0) < (other.start or 0.0)


def judge_window(
    criterion: Criterion, view: MetricsView, start: float | None, end: float | None
) -> JudgedWindow | None:
    """One window; None if it holds nothing to judge."""
    aggregate = view.aggregate(criterion.metric, criterion.tags, start, end)
    if aggregate is None:
        return None
    value = _value(criterion, view.metric_type(criterion.metric), aggregate)
    if value is None or not math.isfinite(value):
        return None
    return _judged(criterion, start, end, value, aggregate.count)


def _judged(criterion: Criterion, start: float | None, end: float | None, value: float, count: int) -> JudgedWindow:
    return JudgedWindow(start, end, value, count, grade_of(criterion, value), slack(criterion.target, value))


def _value(criterion: Criterion, kind: MetricKind | None, aggregate: Aggregate) -> float | None:
    aggregation = criterion.aggregation
    if kind is None or aggregation not in AGGREGATIONS[kind]:
        return None
    if kind == "counter":
        # As in k6: the count of a counter is what it counted, not how often it was added to.
        return aggregate.sum if aggregation == "count" else aggregate.rate
    if aggregate.count == 0:
        return None
    match aggregation:
        case "avg":
            return aggregate.avg
        case "count":
            return float(aggregate.count)
        case "max":
            return aggregate.max
        case "med":
            return aggregate.med
        case "min":
            return aggregate.min
        case "p":
            return aggregate.percentile(criterion.percentile or 0.0)
        case "rate":
            return aggregate.rate
        case "value":
            return aggregate.last


def zero_window(criterion: Criterion, view: MetricsView, start: float, end: float) -> JudgedWindow | None:
    """What a counter counted in a window without samples, if it has samples elsewhere."""
    metric = criterion.metric
    if view.metric_type(metric) != "counter" or criterion.aggregation not in AGGREGATIONS["counter"]:
        return None
    if view.aggregate(metric, criterion.tags) is None:
        return None
    return _judged(criterion, start, end, 0.0, 0)


def whole_seconds(start: float, end: float) -> tuple[float, float]:
    """The whole seconds inside [start, end), so that no neighbour leaks in; those it touches if it is too short."""
    first, last = math.ceil(start - _ROUNDING), math.floor(end + _ROUNDING)
    if first < last:
        return float(first), float(last)
    return float(math.floor(start + _ROUNDING)), float(math.ceil(end - _ROUNDING))
