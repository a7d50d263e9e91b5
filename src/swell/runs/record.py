"""The record of one run: what reports, comparisons and analyses read, and all that they need.

Rules: plain data that survives JSON unchanged; a new meaning needs a new `RECORD_SCHEMA`. Times are seconds,
except the values of time metrics, which are milliseconds as everywhere. Secrets never get in (see
`runs.redact`). Totals here are of the whole run; the per-second rows live beside the record.
"""

from __future__ import annotations

from typing import Any

import msgspec

from swell.coordinator.actions import LostWorker, Silence
from swell.model.criteria import CriterionResult
from swell.model.metrics_view import MetricKind
from swell.model.plan import Plan

__all__ = [
    "RECORD_SCHEMA",
    "CheckSummary",
    "EndpointSummary",
    "ErrorSummary",
    "GeneratorSummary",
    "GroupSummary",
    "HostFacts",
    "MetricSummary",
    "PhaseSummary",
    "Run",
    "WorkloadSummary",
]

RECORD_SCHEMA = "swell.run/1"


class MetricSummary(msgspec.Struct, kw_only=True):
    """All samples of one metric (or of a part of it) over the whole run.

    `values` by type: counter count, rate; gauge value, min, max; rate rate, passes, fails, count; trend
    count, rate, avg, min, med, max, p90, p95, p99, p99_9. `weak` names the percentiles that too few samples
    support.
    """

    name: str
    type: MetricKind
    unit: str = ""
    """"ms" for times, "bytes" for sizes, "" otherwise."""
    values: dict[str, float] = {}
    weak: list[str] = []
    builtin: bool = True
    tags: dict[str, str] = {}


class EndpointSummary(msgspec.Struct, kw_only=True):
    """All requests with one name and method. `phases`: mean milliseconds by phase of a request.

    `duration` has no values if no request was ever sent: those that failed before that have none.
    """

    name: str
    method: str
    requests: int
    failed: int
    rate: float = 0.0
    """Requests per second."""
    duration: MetricSummary
    latency: MetricSummary | None = None
    """From the intended start, where arrivals are planned."""
    statuses: dict[str, int] = {}
    phases: dict[str, float] = {}


class PhaseSummary(msgspec.Struct, kw_only=True):
    """One phase of all requests together.

    `share` of the time of all phases (0..1) and `avg` (ms) are of the phase by itself: what is left of "blocked"
    without the look-up, connecting and TLS that are phases of their own. `metric` is all of http_req_blocked.
    """

    name: str
    share: float
    avg: float = 0.0
    metric: MetricSummary


class CheckSummary(msgspec.Struct, kw_only=True):
    """One check, by name and group."""

    name: str
    group: str = ""
    passes: int = 0
    fails: int = 0


class GroupSummary(msgspec.Struct, kw_only=True):
    """One group: how long it took from its beginning to its end."""

    name: str
    duration: MetricSummary


class ErrorSummary(msgspec.Struct, kw_only=True):
    """Errors that are alike, and the first of them in full."""

    kind: str
    message: str
    name: str = ""
    method: str = ""
    count: int = 0
    example: dict[str, Any] = {}


class WorkloadSummary(msgspec.Struct, kw_only=True):
    """What a workload was to do and did.

    `planned` arrivals or iterations; None where the plan does not say.
    """

    name: str
    model: str
    """"open", "closed", "steered" or "iterations"."""
    planned: float | None = None
    started: int = 0
    dropped: int = 0
    iterations: int = 0
    peak_users: int = 0
    lag: MetricSummary | None = None


class GeneratorSummary(msgspec.Struct, kw_only=True):
    """How the load generator itself did; `state` is the worst that any worker reached.

    `cpu_*` are shares of one core per worker, `*_ms` milliseconds, `rss_max` bytes of the largest worker.
    Seconds are counted per worker.
    """

    state: str = "ok"
    workers: int = 1
    seconds: int = 0
    strained_seconds: int = 0
    saturated_seconds: int = 0
    cpu_avg: float = 0.0
    cpu_max: float = 0.0
    loop_lag_max_ms: float = 0.0
    schedule_lag_p99_max_ms: float = 0.0
    gc_max_ms: float = 0.0
    rss_max: int = 0
    open_files_max: int = 0
    users_max: int = 0
    dropped: int = 0
    reasons: list[str] = []
    silences: list[Silence] = []
    lost: list[LostWorker] = []


class HostFacts(msgspec.Struct, kw_only=True):
    """The machine that made the load."""

    name: str = ""
    system: str = ""
    cpus: int = 0
    memory: int = 0


class Run(msgspec.Struct, kw_only=True):
    """One finished run."""

    schema: str = RECORD_SCHEMA
    id: str
    name: str
    file: str = ""
    target: str = ""
    plan: Plan
    command: list[str] = []
    tags: dict[str, str] = {}
    started: float
    """Wall clock, seconds since 1970, when the load began (or the run, if it never did)."""
    ended: float
    duration: float
    """Seconds of load, from the start of the first user to the end of the last."""
    versions: dict[str, str] = {}
    host: HostFacts = msgspec.field(default_factory=HostFacts)

    totals: EndpointSummary | None = None
    endpoints: list[EndpointSummary] = []
    phases: list[PhaseSummary] = []
    metrics: list[MetricSummary] = []
    checks: list[CheckSummary] = []
    groups: list[GroupSummary] = []
    errors: list[ErrorSummary] = []
    workloads: list[WorkloadSummary] = []
    generator: GeneratorSummary = msgspec.field(default_factory=GeneratorSummary)
    thresholds: list[CriterionResult] = []

    verdict: str = "NONE"
    reasons: list[str] = []
    warnings: list[str] = []
    """What did not make the verdict, but a reader should know."""
    exit_code: int = 0
    interrupted: bool = False
    stop_reason: str = ""
    """Why the run ended before its plan did; empty if it did not."""
    notes: list[str] = []
    """What else a reader must know: a failed teardown, storage that failed."""
