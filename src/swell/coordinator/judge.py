"""Thresholds while the run goes on: judged each second, able to end it, judged once more at the end.

Rules: a second is judged when all workers have reported it. Judging may cost more than it is worth on a
long run with many criteria, so it is never allowed more than a small share of the coordinator's time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from swell.model.profiles import stage_windows
from swell.model.threshold import ThresholdWatch, criterion_text, parse_threshold, should_abort

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.model.criteria import CriterionResult
    from swell.model.metrics_view import MetricsView
    from swell.model.plan import Plan

__all__ = ["Judge", "plan_stages"]

_SHARE = 0.1  # of the time may go into judging


def plan_stages(plan: Plan) -> list[tuple[str, float, float]]:
    """The stages that "per stage" criteria look at: those of all workloads, from the start of the run.

    With several workloads the names say whose stage it is; stages alike in time and name count once.
    """
    several = len(plan.workloads) > 1
    found: dict[tuple[float, float, str], tuple[str, float, float]] = {}
    for workload in plan.workloads:
        for name, start, end in stage_windows(workload.profile):
            at, until = start + workload.start_time, end + workload.start_time
            shown = f"{workload.name} {name}" if several else name
            found.setdefault((at, until, name), (shown, at, until))
    return sorted(found.values(), key=lambda stage: (stage[1], stage[2], stage[0]))


class Judge:
    """The criteria of one plan. ThresholdError if one of them cannot be read."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.perf_counter) -> None:
        self._criteria = [parse_threshold(text) for text in plan.thresholds]
        self._stages = plan_stages(plan)
        self._watch = ThresholdWatch(self._criteria, self._stages)
        self._clock = clock
        self._not_before = 0.0

    def update(self, view: MetricsView, seconds: int) -> tuple[CriterionResult, ...] | None:
        """Results after `seconds` whole seconds of load; None when it is not time to judge again yet."""
        begun = self._clock()
        if begun < self._not_before:
            return None
        results = self._watch.update(view, seconds)
        cost = self._clock() - begun
        self._not_before = begun + cost / _SHARE
        return results

    def abort_reason(self, results: tuple[CriterionResult, ...], elapsed: float) -> str:
        """Why the run must end now; empty if it may go on."""
        for result in results:
            if should_abort(result, elapsed):
                return f"threshold failed: {result.criterion.source or criterion_text(result.criterion)}"
        return ""

    def finish(self, view: MetricsView, load: float | None = None, *, afresh: bool = False) -> list[CriterionResult]:
        """The final results. Windows lie within the first `load` seconds (default: all that was measured).

        `afresh` when seconds that were already judged have changed since.
        """
        watch = ThresholdWatch(self._criteria, self._stages) if afresh else self._watch
        return list(watch.finish(view, load))
