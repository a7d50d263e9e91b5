"""The generator watches itself: one health record a second, and the rule that calls it saturated.

Rules: `judge` is pure. A second is strained when the generator comes near its limits, and the state is saturated
only when limits were passed for `CONSECUTIVE` seconds in a row, since one late second on a busy machine proves
nothing. A record counts for the seconds it spans: after a stall the first stands for all of it, and those that only
catch up, or the last piece of a run, for none. What the target or the plan causes (no free users, dropped arrivals)
is recorded here but is not the generator's fault.
"""

from __future__ import annotations

import gc
import os
import time
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Health", "HealthWatch", "State", "judge"]

State = Literal["ok", "strained", "saturated"]

CONSECUTIVE = 3
CPU_STRAINED = 0.80
CPU_SATURATED = 0.95
SHORTEST_SPAN = 0.25
LAG_STRAINED_MS = 25.0
LAG_SATURATED_MS = 100.0


class Health(msgspec.Struct):
    """One worker's second. `cpu` is a share of one core; lags and pauses in ms; `rss` in bytes."""

    cpu: float = 0.0
    loop_lag_ms: float = 0.0
    schedule_lag_p99_ms: float = 0.0
    dropped: int = 0
    users: int = 0
    free_users: int = 0
    open_files: int = 0
    rss: int = 0
    gc_ms: float = 0.0
    state: State = "ok"
    reasons: list[str] = []


def judge(seconds: Sequence[Health]) -> tuple[State, list[str]]:
    """The state after the newest of `seconds` (oldest first), with the reasons for people."""
    if not seconds:
        return "ok", []
    newest = seconds[-1]
    window = seconds[-CONSECUTIVE:]
    reasons: list[str] = []
    if len(window) == CONSECUTIVE:
        if all(second.cpu >= CPU_SATURATED for second in window):
            reasons.append(f"the generator used {newest.cpu:.0%} of its core for {CONSECUTIVE} s or longer")
        if all(second.loop_lag_ms >= LAG_SATURATED_MS for second in window):
            reasons.append(f"the event loop ran {newest.loop_lag_ms:.0f} ms late for {CONSECUTIVE} s or longer")
        if all(second.schedule_lag_p99_ms >= LAG_SATURATED_MS and _late_by_itself(second) for second in window):
            reasons.append(f"arrivals started {newest.schedule_lag_p99_ms:.0f} ms late for {CONSECUTIVE} s or longer")
    if reasons:
        return "saturated", reasons
    if newest.cpu >= CPU_STRAINED:
        reasons.append(f"the generator uses {newest.cpu:.0%} of its core")
    if newest.loop_lag_ms >= LAG_STRAINED_MS:
        reasons.append(f"the event loop runs {newest.loop_lag_ms:.0f} ms late")
    return ("strained" if reasons else "ok"), reasons


def _late_by_itself(second: Health) -> bool:
    """Whether late arrivals are the generator's fault: arrivals that waited for a free user are not."""
    return second.cpu >= CPU_STRAINED or second.loop_lag_ms >= LAG_STRAINED_MS


class HealthWatch:
    """Measures this process once a second. `thread` counts the CPU of the calling thread only."""

    def __init__(self, *, thread: bool = False) -> None:
        self._cpu_clock = time.thread_time if thread else time.process_time
        self._cpu = self._cpu_clock()
        self._wall = time.perf_counter()
        self._recent: list[Health] = []
        self._newest = Health()
        self._gc_ms = 0.0
        self._gc_began = 0.0
        self._files = 0
        self._seconds = 0
        gc.callbacks.append(self._on_gc)

    def close(self) -> None:
        """Stop listening to the collector."""
        if self._on_gc in gc.callbacks:
            gc.callbacks.remove(self._on_gc)

    def measure(
        self, late: Sequence[float], lags: Sequence[float], *, users: int, free_users: int, dropped: int
    ) -> Health:
        """The record of the second that ends; `late` (of the pulse) and `lags` (of arrivals) in seconds."""
        cpu, wall = self._cpu_clock(), time.perf_counter()
        span = max(wall - self._wall, 1e-9)
        health = Health(
            cpu=self._cpu_share((cpu - self._cpu) / span, span),
            loop_lag_ms=_quantile(late, 0.9) * 1000.0,
            schedule_lag_p99_ms=_quantile(lags, 0.99) * 1000.0,
            dropped=dropped,
            users=users,
            free_users=free_users,
            open_files=self._open_files(),
            rss=_rss(),
            gc_ms=self._gc_ms,
        )
        self._cpu, self._wall, self._gc_ms = cpu, wall, 0.0
        # The first span began when the worker did, long before the load.
        stands_for = min(round(span), CONSECUTIVE) if self._recent else 1
        if stands_for:
            self._recent = [*self._recent, *([health] * stands_for)][-CONSECUTIVE:]
            health.state, health.reasons = judge(self._recent)
        else:
            health.state, health.reasons = self._newest.state, self._newest.reasons
        self._newest = health
        return health

    def _cpu_share(self, measured: float, span: float) -> float:
        """The last piece of a run may be a millisecond of pure computing: that says nothing about a second."""
        return measured if span >= SHORTEST_SPAN else self._newest.cpu

    def _open_files(self) -> int:
        # Listing ten thousand descriptors takes milliseconds, so it is done now and then only.
        if self._seconds % 10 == 0:
            try:
                self._files = len(os.listdir("/dev/fd"))  # noqa: PTH208 - a count, not paths
            except OSError:
                self._files = 0
        self._seconds += 1
        return self._files

    def _on_gc(self, phase: str, _info: Mapping[str, int]) -> None:
        if phase == "start":
            self._gc_began = time.perf_counter()
        else:
            self._gc_ms += (time.perf_counter() - self._gc_began) * 1000.0


def _quantile(values: Sequence[float], q: float) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def _rss() -> int:
    import psutil  # noqa: PLC0415 - only running workers need it

    return int(psutil.Process().memory_info().rss)
