"""Builds the record of a run from what was measured and how it went.

Rules: reads the store and the outcome, judges through `model.verdict` and nothing else. Values that are not finite
numbers are left out of the record, so that it survives JSON.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.metrics.builtin import BUILTIN, is_listed
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages, SteeredUsers, UserStages
from swell.model.profiles import expected_arrivals, planned_iterations
from swell.model.verdict import GeneratorState, Judgement, decide
from swell.runs.facts import host_facts, versions
from swell.runs.record import (
    CheckSummary,
    EndpointSummary,
    ErrorSummary,
    GeneratorSummary,
    GroupSummary,
    MetricSummary,
    PhaseSummary,
    Run,
    WorkloadSummary,
)
from swell.runs.redact import redact_command, redact_plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.coordinator.actions import Silence
    from swell.coordinator.state import Outcome
    from swell.metrics.aggregate import Aggregate
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan, Workload

__all__ = ["metric_summary", "summarize"]

PHASES = ("blocked", "looking_up", "connecting", "tls_handshaking", "sending", "waiting", "receiving")
# What http_req_blocked contains besides the wait for a free connection.
_OPENING = ("looking_up", "connecting", "tls_handshaking")
_PERCENTILES = (("med", 50.0), ("p90", 90.0), ("p95", 95.0), ("p99", 99.0), ("p99_9", 99.9))
_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)


def summarize(
    plan: Plan,
    store: MetricStore,
    outcome: Outcome,
    *,
    run_id: str,
    workers: int,
    command: Sequence[str] = (),
    strict: bool = False,
) -> Run:
    """The record of a run that is over."""
    workloads = [_workload(workload, plan, store) for workload in plan.workloads]
    judgement = _judge(outcome, store, workloads, strict=strict)
    plan = redact_plan(plan)
    open_model = any(isinstance(workload.profile, _OPEN) for workload in plan.workloads)
    return Run(
        id=run_id,
        name=plan.name or plan.source.path,
        file=plan.source.path,
        target=plan.host,
        plan=plan,
        command=redact_command(command),
        tags=plan.tags,
        started=outcome.started,
        ended=outcome.ended,
        duration=outcome.duration,
        versions=versions(),
        host=host_facts(),
        totals=_totals(store, latency=open_model),
        endpoints=_endpoints(store, latency=open_model),
        phases=_phases(store),
        metrics=_metrics(store),
        checks=_checks(store),
        groups=_groups(store),
        errors=_errors(store),
        workloads=workloads,
        generator=_generator(outcome, workers, store),
        thresholds=outcome.results,
        verdict=judgement.verdict.value,
        reasons=list(judgement.reasons),
        warnings=list(judgement.warnings),
        exit_code=judgement.exit_code,
        interrupted=outcome.interrupted,
        stop_reason=outcome.stop_reason,
        notes=_notes(outcome, store),
    )


def metric_summary(
    name: str, found: Aggregate, *, unit: str, builtin: bool = True, tags: Mapping[str, str] | None = None
) -> MetricSummary:
    """The values of one aggregate, by the kind of its metric (see `MetricSummary`)."""
    weak: list[str] = []
    match found.kind:
        case "counter":
            values = {"count": found.sum, "rate": found.rate}
        case "gauge":
            values = {"value": found.last, "min": found.min, "max": found.max}
        case "rate":
            values = {"rate": found.rate, "passes": found.passes, "fails": found.fails, "count": found.count}
        case "trend":
            values = {"count": found.count, "rate": found.rate, "avg": found.avg, "min": found.min, "max": found.max}
            values |= {key: found.percentile(q) for key, q in _PERCENTILES}
            weak = [key for key, q in _PERCENTILES if not found.supports(q)]
    return MetricSummary(
        name=name,
        type=found.kind,
        unit=unit,
        values={key: value for key, value in values.items() if math.isfinite(value)},
        weak=weak,
        builtin=builtin,
        tags=dict(tags or {}),
    )


def _notes(outcome: Outcome, store: MetricStore) -> list[str]:
    notes = [f"the test ended the load: {outcome.end_reason}"] if outcome.end_reason else []
    notes += [outcome.teardown_error] if outcome.teardown_error else []
    return [*notes, *store.warnings]


def _judge(outcome: Outcome, store: MetricStore, workloads: Sequence[WorkloadSummary], *, strict: bool) -> Judgement:
    planned = sum(w.planned or 0.0 for w in workloads)
    dropped = sum(w.dropped for w in workloads)
    return decide(
        outcome.results,
        _generator_state(outcome),
        measured=any(series.metric not in _NO_MEASUREMENT for series in store.series_list()),
        lost_workers=[f"{lost.index} ({lost.reason})" for lost in outcome.lost],
        dropped_share=min(1.0, dropped / planned) if planned else float(bool(dropped)),
        aborted="" if outcome.interrupted else outcome.stop_reason,
        aborted_by_criterion=outcome.aborted_by_criterion,
        interrupted=outcome.interrupted,
        broken=outcome.script_error[1] if outcome.script_error is not None else "",
        strict=strict,
    )


def _generator_state(outcome: Outcome) -> GeneratorState:
    """Seconds without a trustworthy generator: saturated, or so busy that it did not even report."""
    log = outcome.health
    # A worker that hung tells afterwards that it was saturated: those are the same seconds.
    seconds = log.bad_seconds("saturated").union(*(_whole_seconds(each) for each in outcome.silences))
    reasons = list(log.reasons) if log.state == "saturated" else []
    reasons += [f"worker {each.index} said nothing for {each.seconds:.0f} s" for each in outcome.silences]
    return GeneratorState(len(seconds), tuple(reasons))


def _whole_seconds(silence: Silence) -> range:
    """The seconds of the run in which a worker said nothing; at least one."""
    first = round(silence.at)
    return range(first, max(first + 1, round(silence.at + silence.seconds)))


# Present in every run, whether or not a user did anything.
_NO_MEASUREMENT = {"vus", "vus_max", "dropped_iterations", "iterations", "script_errors"}


def _trend(store: MetricStore, metric: str, tags: Mapping[str, str] | None = None) -> MetricSummary | None:
    found = store.totals(metric, tags or {})
    return metric_summary(metric, found, unit=_unit(store, metric)) if found is not None else None


def _unit(store: MetricStore, metric: str) -> str:
    builtin = BUILTIN.get(metric)
    if builtin is not None:
        return builtin.unit
    return "ms" if store.is_time(metric) else ""


def _totals(store: MetricStore, *, latency: bool) -> EndpointSummary | None:
    requests = store.totals("http_reqs")
    if requests is None:
        return None
    failed = store.totals("http_req_failed")
    return EndpointSummary(
        name="all requests",
        method="",
        requests=int(requests.sum),
        failed=failed.passes if failed is not None else 0,
        rate=_finite(requests.rate),
        duration=_duration(store.totals("http_req_duration")),
        latency=_trend(store, "http_req_latency") if latency else None,
        statuses={status: int(found.sum) for (status,), found in store.group_by("http_reqs", ["status"])},
        phases={phase.name: phase.metric.values["avg"] for phase in _phases(store)},
    )


def _endpoints(store: MetricStore, *, latency: bool) -> list[EndpointSummary]:
    by = ["name", "method"]
    failed = {key: found.passes for key, found in store.group_by("http_req_failed", by)}
    durations = dict(store.group_by("http_req_duration", by))
    latencies = dict(store.group_by("http_req_latency", by)) if latency else {}
    phases = {phase: dict(store.group_by(f"http_req_{phase}", by)) for phase in PHASES}
    statuses: dict[tuple[str, ...], dict[str, int]] = {}
    for (name, method, status), found in store.group_by("http_reqs", [*by, "status"]):
        statuses.setdefault((name, method), {})[status] = int(found.sum)
    return [
        EndpointSummary(
            name=key[0],
            method=key[1],
            requests=int(found.sum),
            failed=failed.get(key, 0),
            rate=_finite(found.rate),
            duration=_duration(durations.get(key)),
            latency=metric_summary("http_req_latency", latencies[key], unit="ms") if key in latencies else None,
            statuses=statuses.get(key, {}),
            phases={phase: groups[key].avg for phase, groups in phases.items() if key in groups},
        )
        for key, found in store.group_by("http_reqs", by)
    ]


def _duration(found: Aggregate | None) -> MetricSummary:
    """Of an endpoint; empty if none of its requests was sent."""
    if found is None:
        return MetricSummary(name="http_req_duration", type="trend", unit="ms")
    return metric_summary("http_req_duration", found, unit="ms")


def _finite(rate: float) -> float:
    return rate if math.isfinite(rate) else 0.0


def _phases(store: MetricStore) -> list[PhaseSummary]:
    found = {phase: each for phase in PHASES if (each := store.totals(f"http_req_{phase}")) is not None}
    own = {phase: each.sum for phase, each in found.items()}
    if "blocked" in own:
        own["blocked"] = max(0.0, own["blocked"] - sum(own.get(phase, 0.0) for phase in _OPENING))
    total = sum(own.values())
    return [
        PhaseSummary(
            name=phase,
            share=own[phase] / total if total > 0 else 0.0,
            avg=own[phase] / each.count,
            metric=metric_summary(f"http_req_{phase}", each, unit="ms"),
        )
        for phase, each in found.items()
    ]


def _metrics(store: MetricStore) -> list[MetricSummary]:
    summaries: list[MetricSummary] = []
    for name in sorted({series.metric for series in store.series_list()}):
        found = store.totals(name)
        if found is not None:
            summaries.append(metric_summary(name, found, unit=_unit(store, name), builtin=not is_listed(name)))
    return summaries


def _checks(store: MetricStore) -> list[CheckSummary]:
    return [
        CheckSummary(name=name, group=group, passes=found.passes, fails=found.fails)
        for (group, name), found in store.group_by("checks", ["group", "check"])
    ]


def _groups(store: MetricStore) -> list[GroupSummary]:
    return [
        GroupSummary(name=group, duration=metric_summary("group_duration", found, unit="ms"))
        for (group,), found in store.group_by("group_duration", ["group"])
    ]


def _errors(store: MetricStore) -> list[ErrorSummary]:
    return [
        ErrorSummary(
            kind=group.kind,
            message=group.message,
            name=group.name,
            method=group.method,
            count=group.count,
            example=group.example or {},
        )
        for group in store.errors()
    ]


def _workload(workload: Workload, plan: Plan, store: MetricStore) -> WorkloadSummary:
    tags = {"scenario": workload.name}
    profile = workload.profile
    lag = store.totals("schedule_lag", tags)
    dropped = store.totals("dropped_iterations", tags)
    iterations = store.totals("iterations", tags)
    users = store.totals("vus_max", tags)
    done = int(iterations.sum) if iterations is not None else 0
    is_open = isinstance(profile, _OPEN)
    until = None if plan.duration is None else max(plan.duration - workload.start_time, 0.0)
    planned: float | None = planned_iterations(profile, until)
    if planned is None and is_open:
        planned = expected_arrivals(profile, until)
    model = "open" if is_open else "closed" if isinstance(profile, UserStages) else "iterations"
    return WorkloadSummary(
        name=workload.name,
        model="steered" if isinstance(profile, SteeredUsers) else model,
        planned=planned,
        started=lag.count if is_open and lag is not None else done,
        dropped=int(dropped.sum) if dropped is not None else 0,
        iterations=done,
        peak_users=int(users.max) if users is not None else 0,
        lag=metric_summary("schedule_lag", lag, unit="ms") if lag is not None else None,
    )


def _generator(outcome: Outcome, workers: int, store: MetricStore) -> GeneratorSummary:
    log = outcome.health
    return GeneratorSummary(
        state=log.state,
        workers=workers,
        seconds=log.seconds,
        strained_seconds=log.seconds_in("strained"),
        saturated_seconds=log.seconds_in("saturated"),
        cpu_avg=log.mean("cpu"),
        cpu_max=log.peaks.get("cpu", 0.0),
        loop_lag_max_ms=log.peaks.get("loop_lag_ms", 0.0),
        schedule_lag_p99_max_ms=log.peaks.get("schedule_lag_p99_ms", 0.0),
        gc_max_ms=log.peaks.get("gc_ms", 0.0),
        rss_max=int(log.peaks.get("rss", 0)),
        open_files_max=int(log.peaks.get("open_files", 0)),
        users_max=log.users_max,
        dropped=store.dropped,
        reasons=log.reasons,
        silences=outcome.silences,
        lost=outcome.lost,
    )
