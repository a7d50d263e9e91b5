"""The summary for machines: `--json FILE`.

Rules: versioned by `schema`; within a version, fields are added but never renamed, removed or given another meaning.
Times are milliseconds in metrics and seconds in `duration_s`; sizes are bytes, shares 0..1. A percentile named in
`weak` has too few samples to be relied on. Documented in docs/command-line.md ("JSON summary").
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from swell.model.threshold import criterion_text

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison
    from swell.model.criteria import CriterionResult
    from swell.runs.record import EndpointSummary, MetricSummary, Run

__all__ = ["SUMMARY_SCHEMA", "encode_summary", "summary_document"]

SUMMARY_SCHEMA = "swell.summary/1"


def encode_summary(run: Run, comparison: Comparison | None = None) -> str:
    """The summary as JSON text, indented, with a newline at the end. `comparison`: with the baseline, if any."""
    return msgspec.json.format(msgspec.json.encode(summary_document(run, comparison)), indent=2).decode() + "\n"


def summary_document(run: Run, comparison: Comparison | None = None) -> dict[str, Any]:
    """The summary as plain data."""
    return {
        "schema": SUMMARY_SCHEMA,
        "run": run.id,
        "name": run.name,
        "file": run.file,
        "target": run.target,
        "tags": run.tags,
        "verdict": run.verdict,
        "reasons": run.reasons,
        "warnings": run.warnings,
        "exit_code": run.exit_code,
        "interrupted": run.interrupted,
        "stop_reason": run.stop_reason,
        "started": _moment(run.started),
        "ended": _moment(run.ended),
        "duration_s": round(run.duration, 6),
        "metrics": {metric.name: _metric(metric) for metric in run.metrics},
        "endpoints": [_endpoint(endpoint) for endpoint in run.endpoints],
        "checks": [msgspec.to_builtins(check) for check in run.checks],
        "workloads": [_workload(workload) for workload in run.workloads],
        "thresholds": [_threshold(result) for result in run.thresholds],
        "comparison": msgspec.to_builtins(comparison),
        "errors": [msgspec.to_builtins(error) for error in run.errors],
        "generator": msgspec.to_builtins(run.generator),
        "notes": run.notes,
        "versions": run.versions,
    }


def _moment(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _metric(metric: MetricSummary) -> dict[str, Any]:
    document: dict[str, Any] = {"type": metric.type, "unit": metric.unit, "values": metric.values}
    if metric.weak:
        document["weak"] = metric.weak
    return document


def _endpoint(endpoint: EndpointSummary) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": endpoint.name,
        "method": endpoint.method,
        "requests": endpoint.requests,
        "failed": endpoint.failed,
        "rate": endpoint.rate,
        "values": endpoint.duration.values,
        "statuses": endpoint.statuses,
        "phases": endpoint.phases,
    }
    if endpoint.latency is not None:
        document["latency"] = endpoint.latency.values
    if endpoint.duration.weak:
        document["weak"] = endpoint.duration.weak
    return document


def _workload(workload: Any) -> dict[str, Any]:
    document = msgspec.to_builtins(workload)
    document["lag"] = workload.lag.values if workload.lag is not None else None
    return document


def _threshold(result: CriterionResult) -> dict[str, Any]:
    criterion = result.criterion
    return {
        "threshold": criterion.source or criterion_text(criterion),
        "metric": criterion.metric,
        "tags": criterion.tags,
        "grade": result.grade,
        "passed": result.passed,
        "value": result.value,
        "limit": criterion.target.limit,
        "margin": result.margin,
        "count": result.count,
        "start_s": result.start,
        "end_s": result.end,
        "stage": result.stage,
        "windows": result.windows,
        "failed_windows": result.failed_windows,
        "too_few_samples": result.unsupported,
        "note": result.note,
    }
