"""What can be said about criteria before anything runs: unknown metrics, and limits that make no sense.

Rules: pure functions of criteria and a table of metrics; the caller decides whether a finding is an error or a
warning (k6 files get away with more than a command line). Findings come in the order of the criteria.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from swell.model.criteria import AGGREGATIONS, Condition, Criterion
from swell.model.threshold_tokens import nearest
from swell.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from swell.model.metrics_view import MetricKind

__all__ = ["Finding", "MetricFacts", "hopeless_windows", "misused_metrics", "unknown_metrics"]

# Rows are whole seconds; a load of 59.9999999 s has 60 of them.
_ROUNDING = 1e-6


class MetricFacts(Protocol):
    """What is known of a metric. `unit` is "ms", "bytes" or "" (a plain number)."""

    @property
    def kind(self) -> MetricKind:
        """Counter, gauge, rate or trend."""
        ...

    @property
    def unit(self) -> str:
        """The unit of its samples."""
        ...


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong with one criterion; `hint` is the metric name that was probably meant, if there is one."""

    criterion: Criterion
    message: str
    hint: str = ""


def unknown_metrics(criteria: Iterable[Criterion], known: Collection[str]) -> list[Finding]:
    """Criteria on metrics that nobody will ever record, each with the known name that looks most like it."""
    findings: list[Finding] = []
    for criterion in criteria:
        if criterion.metric in known:
            continue
        hint = nearest(criterion.metric, known)
        advice = f"did you mean {hint}?" if hint else "it is neither built in nor declared in the test file"
        findings.append(
            Finding(criterion, f"{criterion.source}: there is no metric {criterion.metric}: {advice}", hint)
        )
    return findings


def misused_metrics(criteria: Iterable[Criterion], facts: Mapping[str, MetricFacts]) -> list[Finding]:
    """Criteria that their metric's kind or unit makes meaningless, or that can never hold.

    Metrics without facts are passed over; `unknown_metrics` finds those.
    """
    findings: list[Finding] = []
    for criterion in criteria:
        known = facts.get(criterion.metric)
        message = _misuse(criterion, known) if known is not None else ""
        if message:
            findings.append(Finding(criterion, f"{criterion.source}: {message}"))
    return findings


def hopeless_windows(
    criteria: Iterable[Criterion], length: float | None, stages: Sequence[object] = ()
) -> list[Finding]:
    """Criteria that can only end without data, because the load has no such window.

    `length`: planned seconds of load, None if it runs until stopped; `stages`: those of the plan.
    """
    findings: list[Finding] = []
    for criterion in criteria:
        window = criterion.window
        if window.kind == "stage" and not stages:
            findings.append(Finding(criterion, f"{criterion.source}: the load has no stages, so there will be no data"))
        if window.kind == "any" and length is not None and window.seconds > length + _ROUNDING:
            text = (
                f"{criterion.source}: the load lasts {format_duration(length)}, so there is no full window of "
                f"{format_duration(window.seconds)} and there will be no data; load longer, or shorten the window"
            )
            findings.append(Finding(criterion, text))
    return findings


def _misuse(criterion: Criterion, facts: MetricFacts) -> str:
    metric, kind, unit = criterion.metric, facts.kind, criterion.unit
    if criterion.aggregation not in AGGREGATIONS[kind]:
        offered = ", ".join("p(N)" if name == "p" else name for name in AGGREGATIONS[kind])
        return f"{metric} is a {kind}: it has {offered}, but no {criterion.aggregation}{_instead(criterion, kind)}"
    if kind == "rate" and unit in {"per_second", "size_per_second"}:
        return f"{metric} is a share of samples, not something per second: write a percentage, such as rate < 1%"
    if kind == "counter" and unit == "share":
        return f"the rate of {metric} is per second, not a share: write it as 100/s"
    if criterion.aggregation != "count":
        if unit == "time" and facts.unit != "ms":
            return f"{metric} does not measure time: write the limit without a unit of time"
        if unit in {"size", "size_per_second"} and facts.unit != "bytes":
            return f"{metric} does not measure bytes: write the limit without a unit of size"
        if unit == "share" and facts.unit:
            return f"{metric} is in {facts.unit}: a percentage says nothing about it"
    return _impossible(criterion, facts)


def _instead(criterion: Criterion, kind: MetricKind) -> str:
    if kind == "rate" and criterion.aggregation == "count":
        return "; to limit a number of failures, use http_reqs{expected_response:false}"
    if kind == "trend" and criterion.aggregation == "rate":
        return "; for requests per second use http_reqs, for failures http_req_failed"
    return ""


def _impossible(criterion: Criterion, facts: MetricFacts) -> str:
    """Limits that the metric can never reach. Targets that always hold pass: k6 users write them on purpose."""
    limits = [each.limit for each in (criterion.target, criterion.acceptable, criterion.fail) if each is not None]
    if facts.kind == "rate":
        for limit in limits:
            if not 0 <= limit <= 1:
                return f"{criterion.metric} lies between 0 and 1, never at {limit:g}: did you mean {limit:g}%?"
        if criterion.target == Condition(">", 1.0):
            return f"{criterion.metric} is never above 1, so this cannot hold"
    if (facts.kind in {"counter", "rate"} or facts.unit == "ms") and _is_negative(criterion.target):
        return f"{criterion.metric} is never below 0, so this cannot hold"
    return ""


def _is_negative(condition: Condition) -> bool:
    """Whether only values below 0 satisfy it."""
    return (condition.op in {"<", "<=", "=="} and condition.limit < 0) or condition == Condition("<", 0.0)
