"""The last seconds of a run in a handful of numbers: what live views show.

Rules: pure functions of a `LiveRun`. Windows are the newest whole seconds that all workers have reported, so that
nothing flickers with the order in which snapshots come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.model.units import format_duration

if TYPE_CHECKING:
    from swell.coordinator.state import LiveRun
    from swell.metrics.aggregate import Aggregate

__all__ = ["EndpointNow", "Recent", "early_warning", "phase_words", "recent"]

WINDOW = 5
"""Seconds that live percentiles and rates look back."""

_EARLY = 15
"""Seconds in which a target that is down is worth a warning of its own."""


class EndpointNow(msgspec.Struct, frozen=True):
    """One endpoint over the window. Times in ms."""

    name: str
    rate: float
    failed: float
    p95: float


class Recent(msgspec.Struct, frozen=True):
    """The window. `failed` is a share of requests; times in ms, None without requests."""

    users: int = 0
    requests: int = 0
    rate: float = 0.0
    failed: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    total: int = 0
    total_failed: int = 0
    dropped: int = 0
    worst: tuple[EndpointNow, ...] = ()


def recent(live: LiveRun, worst: int = 3) -> Recent:
    """The newest `WINDOW` seconds, with the `worst` slowest or most failing endpoints."""
    store = live.store
    end = float(live.seconds)
    start = max(0.0, end - WINDOW)
    every = store.totals("http_req_duration")
    all_failed = store.totals("http_req_failed")
    total = every.count if every is not None else 0
    users = live.health.users or (store.users()[-1] if store.users() else 0)
    base = Recent(
        users=users,
        total=total,
        total_failed=all_failed.passes if all_failed is not None else 0,
        dropped=store.dropped,
    )
    now = store.aggregate("http_req_duration", {}, start, end) if end > start else None
    if now is None:
        return base
    failed = store.aggregate("http_req_failed", {}, start, end)
    return msgspec.structs.replace(
        base,
        requests=now.count,
        rate=now.count / (end - start),
        failed=failed.rate if failed is not None else 0.0,
        p50=now.percentile(50),
        p95=now.percentile(95),
        p99=now.percentile(99),
        worst=_worst(live, start, end, worst),
    )


def early_warning(live: LiveRun) -> str:
    """What to say when every request so far has failed, in the first seconds; empty otherwise."""
    if not 1 <= live.seconds <= _EARLY:
        return ""
    failed = live.store.totals("http_req_failed")
    if failed is None or failed.passes < failed.count:
        return ""
    errors = [group for group in live.store.errors() if group.method]
    reason = f": {errors[0].message}" if errors else ""
    target = live.plan.host or (errors[0].name if errors else "the target")
    many = f"all {failed.count:,} requests" if failed.count > 1 else "the only request"
    return f"{many} so far failed{reason}. Is {target} up, and is that its address?"


def phase_words(live: LiveRun) -> str:
    """Where the run stands, in a word or two."""
    words = {
        "starting": "loading the test",
        "setup": "setting up",
        "stopping": "stopping",
        "teardown": "tearing down",
        "leaving": "ending",
        "ended": "done",
    }
    if live.phase.value != "running":
        return words.get(live.phase.value, live.phase.value)
    if live.elapsed < 0:
        return "starting"
    if live.planned is not None and live.elapsed > live.planned:
        return "last iterations"
    elapsed = format_duration(int(live.elapsed))
    return elapsed if live.planned is None else f"{elapsed} of {format_duration(round(live.planned, 1))}"


def _worst(live: LiveRun, start: float, end: float, count: int) -> tuple[EndpointNow, ...]:
    by = ["name", "method"]
    failed: dict[tuple[str, ...], Aggregate] = dict(live.store.group_by("http_req_failed", by, {}, start, end))
    found = [
        EndpointNow(
            name=f"{key[1]} {key[0]}".strip(),
            rate=each.count / (end - start),
            failed=failed[key].rate if key in failed else 0.0,
            p95=each.percentile(95),
        )
        for key, each in live.store.group_by("http_req_duration", by, {}, start, end)
    ]
    return tuple(sorted(found, key=lambda e: (-e.failed, -e.p95))[:count])
