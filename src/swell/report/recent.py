"""The last seconds of a run in a handful of numbers: what live views show.

Rules: pure functions of a `LiveRun`. Windows are the newest whole seconds that all workers have reported, so that
nothing flickers with the order in which snapshots come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.metrics.redaction import redact_text
from swell.model.units import format_duration

if TYPE_CHECKING:
    from swell.coordinator.state import LiveRun
    from swell.metrics.aggregate import Aggregate

__all__ = ["EndpointNow", "Recent", "early_warning", "phase_words", "recent"]

WINDOW = 5
"""Seconds that live percentiles and rates look back."""

_EARLY = 15
"""Seconds in which a target that is down is worth a warning of its own."""


_NO_ANSWER = {
    "broken_pipe",
    "closed_early",
    "connect_timeout",
    "dns",
    "dns_not_found",
    "read_timeout",
    "refused",
    "reset",
    "total_timeout",
    "unreachable",
}
_STATUS_ADVICE = {
    "http_401": "is the login right?",
    "http_403": "is the login right?",
    "http_404": "are the paths right, and the host?",
    "http_429": "it limits the rate; is 429 a failure here, or expected?",
}


class EndpointNow(msgspec.Struct, frozen=True):
    """One endpoint over the window. Times in ms, None while no request was sent."""

    name: str
    rate: float
    failed: float
    p95: float | None


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
    every = store.totals("http_reqs")
    all_failed = store.totals("http_req_failed")
    total = int(every.sum) if every is not None else 0
    users = live.health.users or (store.users()[-1] if store.users() else 0)
    base = Recent(
        users=users,
        total=total,
        total_failed=all_failed.passes if all_failed is not None else 0,
        dropped=store.dropped,
    )
    now = store.aggregate("http_reqs", {}, start, end) if end > start else None
    if now is None:
        return base
    failed = store.aggregate("http_req_failed", {}, start, end)
    # None while every request fails before it is sent.
    duration = store.aggregate("http_req_duration", {}, start, end)
    return msgspec.structs.replace(
        base,
        requests=int(now.sum),
        rate=now.rate,
        failed=failed.rate if failed is not None else 0.0,
        p50=duration.percentile(50) if duration is not None else None,
        p95=duration.percentile(95) if duration is not None else None,
        p99=duration.percentile(99) if duration is not None else None,
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
    many = f"all {failed.count:,} requests" if failed.count > 1 else "the only request"
    if not errors:
        return f"{many} so far failed."
    most = errors[0]
    said = most.message if most.message.endswith((".", "?", "!")) else f"{most.message}."
    return f"{many} so far failed: {said} {_advice(most.kind, most.message, live.plan.host)}".rstrip()


def _advice(kind: str, message: str, host: str) -> str:
    """What to look at first when requests fail like this; empty where the message says it all."""
    if kind == "proxy" or "the proxy " in message:
        return "Is the proxy up, and is that its address?"
    if kind in _NO_ANSWER:
        return f"Is {redact_text(host) or 'the target'} up, and is that its address?"
    if kind in _STATUS_ADVICE:
        return f"The target answers: {_STATUS_ADVICE[kind]}"
    return "The target answers, but not as expected." if kind.startswith("http_") else ""


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
    durations: dict[tuple[str, ...], Aggregate] = dict(live.store.group_by("http_req_duration", by, {}, start, end))
    found = [
        EndpointNow(
            name=f"{key[1]} {key[0]}".strip(),
            rate=each.rate,
            failed=failed[key].rate if key in failed else 0.0,
            p95=durations[key].percentile(95) if key in durations else None,
        )
        for key, each in live.store.group_by("http_reqs", by, {}, start, end)
    ]
    return tuple(sorted(found, key=lambda e: (-e.failed, -(e.p95 or 0.0)))[:count])
