"""What handleSummary gets: the results of a run in the shape that k6 scripts read.

Rules: pure reading of the run and the store. Names, types and keys are k6's, and nothing more: `values` of a trend hold
exactly the configured statistics. Metrics appear when they have samples, and with thresholds also when they have none.
Times are milliseconds. Numbers that are not finite never get in.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from swell.dialects.k6.summary_groups import root_group
from swell.metrics.builtin import BUILTIN
from swell.metrics.load_view import total_of
from swell.model.criteria import holds
from swell.model.threshold_tokens import scan_selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.metrics.aggregate import Aggregate
    from swell.metrics.buckets import Floats
    from swell.metrics.exact import ExactTrends
    from swell.metrics.store import MetricStore
    from swell.model.criteria import Criterion, CriterionResult
    from swell.model.metrics_view import MetricKind
    from swell.runs.record import Run

__all__ = [
    "NOT_K6",
    "TREND_STATS",
    "metrics_of",
    "summary_data",
    "summary_details",
    "threshold_holds",
    "written_threshold",
]

TREND_STATS = ("avg", "min", "med", "max", "p(90)", "p(95)")
"""What k6 shows of trends unless told otherwise."""

_NO_TAGS: dict[str, str] = {}
NOT_K6 = {"http_req_latency", "http_req_looking_up", "schedule_lag", "script_errors", "rendezvous_skew"}
"""Metrics of ours without a counterpart in k6."""
_EXPECTED = "http_req_duration{expected_response:true}"
_UNSET: Any = object()


def summary_data(
    run: Run,
    store: MetricStore,
    *,
    trend_stats: Sequence[str] = TREND_STATS,
    time_unit: str = "",
    no_color: bool = False,
    stdout_tty: bool = False,
    stderr_tty: bool = False,
    declared: Sequence[tuple[str, str]] | None = None,
    setup_data: Any = _UNSET,
    exact: ExactTrends | None = None,
) -> dict[str, Any]:
    """The object that handleSummary gets.

    `declared`: for each of `run.thresholds` the metric and the expression as the script has them; left out, they are
    read from the criteria. `setup_data` is what setup returned, if there was one. `exact`: percentiles are taken
    from there where it has all samples.
    """
    data: dict[str, Any] = {
        "root_group": root_group(store),
        "options": {"summaryTrendStats": list(trend_stats), "summaryTimeUnit": time_unit, "noColor": no_color},
        "state": {
            "isStdOutTTY": stdout_tty,
            "isStdErrTTY": stderr_tty,
            "testRunDurationMs": _number(run.duration * 1000.0),
        },
        "metrics": _metrics(run, _Source(store, trend_stats, exact), declared),
    }
    if setup_data is not _UNSET:
        data["setup_data"] = setup_data
    return data


def summary_details(store: MetricStore, *, trend_stats: Sequence[str] = TREND_STATS) -> dict[str, Any]:
    """What the full layout shows besides: the metrics of each group (by path) and of each scenario (by name)."""
    groups = _values_of_tag(store, "group")
    scenarios = _values_of_tag(store, "scenario")
    return {
        "groups": {path: metrics_of(store, {"group": path}, trend_stats) for path in groups},
        "scenarios": {name: metrics_of(store, {"scenario": name}, trend_stats) for name in scenarios},
        "scenario_checks": {name: root_group(store, {"scenario": name}) for name in scenarios},
    }


def metrics_of(
    store: MetricStore, tags: Mapping[str, str], trend_stats: Sequence[str], exact: ExactTrends | None = None
) -> dict[str, dict[str, Any]]:
    """All metrics of the samples with these tags, by name."""
    source = _Source(store, trend_stats, exact)
    found: dict[str, dict[str, Any]] = {}
    for name in sorted({series.metric for series in store.series_list()} - NOT_K6):
        total = total_of(store, name, tags)
        if total is not None and not _is_silent(name, total):
            found[name] = _metric(source, name, total, tags)
    if "iterations" in found:
        # k6 reports the traffic of every iteration, also of those without any.
        for name in ("data_received", "data_sent"):
            found.setdefault(name, _metric(source, name, None, tags))
    return dict(sorted(found.items()))


def threshold_holds(result: CriterionResult) -> bool:
    """Whether k6 would call it passed: without samples a counter or gauge is 0, a trend or rate passes."""
    if result.grade != "no data":
        return result.passed
    kind = _kind_by_aggregation(result.criterion)
    return holds(result.criterion.target, 0.0) if kind in {"counter", "gauge"} else True


def written_threshold(criterion: Criterion) -> tuple[str, str]:
    """Metric and expression as they were written: ("http_reqs{a:b}", "count>5")."""
    _, _, position = scan_selector(criterion.source)
    expression = criterion.source[position:].lstrip().removeprefix(":").strip()
    if criterion.abort:
        expression = expression.rpartition(" abort")[0] or expression
    return criterion.source[:position].strip(), expression


class _Source(NamedTuple):
    """Where values come from, and which of trends are wanted."""

    store: MetricStore
    trend_stats: Sequence[str]
    exact: ExactTrends | None = None


def _metrics(run: Run, source: _Source, declared: Sequence[tuple[str, str]] | None) -> dict[str, dict[str, Any]]:
    store = source.store
    metrics = metrics_of(store, _NO_TAGS, source.trend_stats, source.exact)
    is_expected = {"expected_response": "true"}
    expected = store.totals("http_req_duration", is_expected)
    if expected is not None:
        metrics[_EXPECTED] = _metric(source, "http_req_duration", expected, is_expected)
    written = declared if declared is not None else [written_threshold(result.criterion) for result in run.thresholds]
    for (name, expression), result in zip(written, run.thresholds, strict=False):
        criterion = result.criterion
        parent = criterion.metric
        if parent not in metrics:
            metrics[parent] = _metric(source, parent, total_of(store, parent), _NO_TAGS, criterion)
        if name not in metrics:
            total = total_of(store, parent, criterion.tags)
            metrics[name] = _metric(source, parent, total, criterion.tags, criterion)
        metrics[name].setdefault("thresholds", {})[expression] = {"ok": threshold_holds(result)}
    return dict(sorted(metrics.items()))


def _metric(
    source: _Source,
    name: str,
    total: Aggregate | None,
    tags: Mapping[str, str],
    criterion: Criterion | None = None,
) -> dict[str, Any]:
    store = source.store
    kind = store.metric_type(name) or (_kind_by_aggregation(criterion) if criterion is not None else "trend")
    builtin = BUILTIN.get(name)
    is_data = builtin is not None and builtin.unit == "bytes"
    contains = "data" if is_data else "time" if store.is_time(name) else "default"
    return {"type": kind, "contains": contains, "values": _values(source, name, kind, total, tags)}


def _values(
    source: _Source, name: str, kind: MetricKind, total: Aggregate | None, tags: Mapping[str, str]
) -> dict[str, float]:
    match kind:
        case "counter":
            values = {"count": 0.0, "rate": 0.0} if total is None else {"count": total.sum, "rate": total.rate}
        case "gauge":
            values = {"value": 0.0, "min": 0.0, "max": 0.0}
            if total is not None:
                values = {"value": total.last, "min": total.min, "max": total.max}
        case "rate":
            values = {"rate": 0.0, "passes": 0.0, "fails": 0.0}
            if total is not None:
                values = {"rate": total.rate, "passes": total.passes, "fails": total.fails}
        case "trend":
            known = source.exact.values(name, tags) if source.exact is not None and total is not None else None
            values = {stat: 0.0 if total is None else _stat(total, stat, known) for stat in source.trend_stats}
    return {key: _number(value) for key, value in values.items()}


def _stat(total: Aggregate, stat: str, known: Floats | None) -> float:
    match stat:
        case "avg":
            return total.avg
        case "min":
            return total.min
        case "max":
            return total.max
        case "count":
            return total.count
        case _:
            try:
                q = 50.0 if stat == "med" else float(stat.removeprefix("p(").removesuffix(")"))
                return total.percentile(q) if known is None else float(np.percentile(known, q))
            except ValueError:
                return math.nan


def _number(value: float) -> float:
    """Finite, and whole numbers as such: they go into JSON files that people read."""
    if not math.isfinite(value):
        return 0
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else value


def _is_silent(name: str, total: Aggregate) -> bool:
    """Counters of ours that are there without having counted, where k6 has no metric."""
    return name in {"dropped_iterations", "iterations"} and total.sum == 0


def _kind_by_aggregation(criterion: Criterion) -> MetricKind:
    builtin = BUILTIN.get(criterion.metric)
    if builtin is not None:
        return builtin.kind
    match criterion.aggregation:
        case "count":
            return "counter"
        case "value":
            return "gauge"
        case "rate":
            return "rate"
        case _:
            return "trend"


def _values_of_tag(store: MetricStore, tag: str) -> list[str]:
    """The values of a tag other than the empty one, in the order in which they came."""
    return list(dict.fromkeys(value for series in store.series_list() if (value := series.tags.get(tag))))
