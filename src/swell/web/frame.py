"""A running test as plain data: what the live page shows, section by section.

Rules: pure functions of a `LiveRun`, called in the thread that owns its store. Times of requests are milliseconds,
None where there is no sample; numbers that JSON does not have become None. Texts of the target are redacted where
they were recorded; hosts and names are redacted here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from swell.metrics.redaction import redact_text
from swell.model.criteria import CriterionResult
from swell.model.threshold import criterion_text, value_text
from swell.model.verdict import GeneratorState, Verdict, decide
from swell.report.recent import WINDOW, early_warning, phase_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from swell.coordinator.state import LiveRun
    from swell.metrics.aggregate import Aggregate
    from swell.metrics.store import MetricStore

__all__ = [
    "Point",
    "criteria",
    "endpoints",
    "errors",
    "exceptions",
    "generator",
    "head",
    "now",
    "points",
    "verdict_so_far",
]

Point = tuple[int, int, float, float, float | None, float | None, float | None]
"""Second, users, requests/s, failures/s, p50, p95, p99 of the requests that ended in it."""

_MOST_ENDPOINTS = 500
_MOST_ERRORS = 100
_NO_REQUEST = "exception"


def head(live: LiveRun) -> dict[str, Any]:
    """Which test this is and where it stands."""
    return {
        "name": redact_text(live.plan.name or live.plan.source.path),
        "host": redact_text(live.plan.host),
        "phase": live.phase.value,
        "words": phase_words(live),
        "elapsed": round(max(live.elapsed, 0.0), 1),
        "seconds": live.seconds,
        "planned": live.planned,
        "workers": live.workers,
        "lost": [f"worker {lost.index}: {lost.reason}" for lost in live.lost],
        "warning": early_warning(live),
    }


def now(live: LiveRun, time_metric: str) -> dict[str, Any]:
    """The newest seconds in a handful of numbers, and the totals."""
    store = live.store
    end, start = float(live.seconds), float(max(0, live.seconds - WINDOW))
    every, all_failed = store.totals("http_reqs"), store.totals("http_req_failed")
    users = store.users()
    found: dict[str, Any] = {
        "users": live.health.users or (users[-1] if users else 0),
        "total": 0 if every is None else int(every.sum),
        "total_failed": 0 if all_failed is None else all_failed.passes,
        "dropped": store.dropped,
        "rate": 0.0,
        "failed": 0.0,
        **_percentiles(None),
    }
    recent = store.aggregate("http_reqs", {}, start, end) if end > start else None
    if recent is not None:
        failed = store.aggregate("http_req_failed", {}, start, end)
        found["rate"] = _number(recent.rate)
        found["failed"] = 0.0 if failed is None else _number(failed.rate)
        found |= _percentiles(store.aggregate(time_metric, {}, start, end))
    return found


def points(store: MetricStore, first: int, last: int, time_metric: str) -> list[Point]:
    """One point for each of the seconds [first, last)."""
    if last <= first:
        return []
    span = (float(first), float(last))
    rates = dict(store.per_second("http_reqs", {}, *span))
    failures = dict(store.per_second("http_req_failed", {}, *span))
    times = dict(store.per_second(time_metric, {}, *span))
    users = store.users()
    found: list[Point] = []
    for second in range(first, last):
        time, rate, failed = times.get(second), rates.get(second), failures.get(second)
        three = [None if time is None else _number(time.percentile(q)) for q in (50, 95, 99)]
        count = users[second] if second < len(users) else 0
        amount = 0.0 if rate is None else float(rate.sum)
        bad = 0.0 if failed is None else float(failed.passes)
        found.append((second, count, amount, bad, three[0], three[1], three[2]))
    return found


def endpoints(live: LiveRun, time_metric: str) -> list[dict[str, Any]]:
    """All requests by method and name: totals, and the rate of the newest seconds."""
    store, by = live.store, ["name", "method"]
    end, start = float(live.seconds), float(max(0, live.seconds - WINDOW))
    times = dict(store.group_by(time_metric, by))
    failed = dict(store.group_by("http_req_failed", by))
    recent = dict(store.group_by("http_reqs", by, {}, start, end)) if end > start else {}
    received = dict(store.group_by("data_received", by))
    found: list[dict[str, Any]] = []
    for key, every in store.group_by("http_reqs", by)[:_MOST_ENDPOINTS]:
        requests = int(every.sum)
        size = received.get(key)
        found.append(
            {
                "name": redact_text(key[0]),
                "method": key[1],
                "requests": requests,
                "failed": failed[key].passes if key in failed else 0,
                "rate": _number(recent[key].rate) if key in recent else 0.0,
                "bytes": _number(size.sum / requests) if size is not None and requests else None,
                **_percentiles(times.get(key)),
                **_extremes(times.get(key)),
            }
        )
    return found


def errors(store: MetricStore) -> list[dict[str, Any]]:
    """What failed, the most frequent first, with an example of each (redacted when it was recorded)."""
    return [_error(group) for group in store.errors() if group.kind != _NO_REQUEST][:_MOST_ERRORS]


def exceptions(store: MetricStore) -> list[dict[str, Any]]:
    """What the test's own code raised."""
    return [_error(group) for group in store.errors() if group.kind == _NO_REQUEST][:_MOST_ERRORS]


def criteria(results: Sequence[CriterionResult]) -> list[dict[str, Any]]:
    """The criteria as they stand, in the plan's order."""
    return [
        {
            "text": result.criterion.source or criterion_text(result.criterion),
            "grade": result.grade,
            "value": None if result.value is None else value_text(result.criterion, result.value),
            "margin": None if result.margin is None else _number(result.margin),
            "stage": result.stage,
            "note": result.note,
            "unsupported": result.unsupported,
        }
        for result in results
    ]


def verdict_so_far(live: LiveRun) -> dict[str, Any]:
    """The verdict if the run ended now; criteria that have no data yet are left open, not failed."""
    known = [result for result in live.results if result.grade != "no data"]
    log = live.health
    saturated = log.bad_seconds("saturated")
    state = GeneratorState(len(saturated), tuple(log.reasons) if log.state == "saturated" else ())
    found = decide(known, state, lost_workers=[f"{lost.index} ({lost.reason})" for lost in live.lost])
    word = found.verdict.value
    if len(known) < len(live.results) and found.verdict in {Verdict.PASS, Verdict.WARN, Verdict.NONE}:
        word = "OPEN"
    if live.plan.thresholds and not live.results:
        word = "OPEN"
    return {"word": word, "reasons": list(found.reasons), "warnings": list(found.warnings), "final": False}


def generator(live: LiveRun) -> dict[str, Any]:
    """How the load generator does: a number from a saturated one proves nothing."""
    log = live.health
    return {
        "now": log.state_now,
        "worst": log.state,
        "reasons": list(log.reasons),
        "strained": log.seconds_in("strained"),
        "saturated": log.seconds_in("saturated"),
        "workers": list(_workers(live)),
    }


def _workers(live: LiveRun) -> Iterator[dict[str, Any]]:
    for index, record in sorted(live.health.latest.items()):
        names = ("cpu", "loop_lag_ms", "schedule_lag_p99_ms", "gc_ms", "users", "free_users", "open_files", "rss")
        figures = {name: _number(float(record.get(name, 0) or 0)) for name in names}
        yield {"worker": index, "state": str(record.get("state", "ok")), **figures}


def _error(group: Any) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "message": group.message,
        "name": redact_text(group.name),
        "method": group.method,
        "count": group.count,
        "first": group.first,
        "last": group.last,
        "example": group.example,
    }


def _percentiles(found: Aggregate | None) -> dict[str, float | None]:
    return {f"p{q}": None if found is None else _number(found.percentile(q)) for q in (50, 95, 99)}


def _extremes(found: Aggregate | None) -> dict[str, float | None]:
    if found is None:
        return {"avg": None, "min": None, "max": None}
    return {"avg": _number(found.avg), "min": _number(found.min), "max": _number(found.max)}


def _number(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
