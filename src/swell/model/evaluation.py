"""Judging criteria: from a criterion and a view of the measurements to a result.

Rules: `evaluate` is a pure function of what the view says. A sliding window is a fold over its starts, so that a
`WindowWatch` that looks at each window once while the run goes on ends with exactly the result of `evaluate`.
A window without samples is not judged, except that a counter which counted elsewhere counted 0 there. No samples at
all is "no data", never a pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swell.model.criteria import (
    AGGREGATIONS,
    Criterion,
    CriterionResult,
    StageResult,
    is_supported,
    margin,
)
from swell.model.threshold_text import selector_text
from swell.model.window_judging import SEVERITY, JudgedWindow, judge_window, whole_seconds, zero_window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from swell.model.metrics_view import Aggregate, MetricKind, MetricsView

__all__ = ["Stage", "ThresholdWatch", "WindowWatch", "evaluate", "should_abort"]

Stage = tuple[str, float, float]
"""Name, start and end of a stage, in seconds from the start of the run."""

# Rows are whole seconds; a run of 59.9999999 s has 60 of them.
_ROUNDING = 1e-6


def evaluate(
    criterion: Criterion,
    view: MetricsView,
    stages: Sequence[Stage] = (),
    *,
    start: float = 0.0,
    end: float | None = None,
) -> CriterionResult:
    """Judge one criterion on everything measured.

    Seconds before `start` (a whole number) are left out of runs and windows. `end` is how many seconds are
    measured, by default the length of the view; windows lie within it. `stages` are for criteria per stage.
    """
    return WindowWatch(criterion, stages, start=start).finish(view, end)


def should_abort(result: CriterionResult, elapsed: float) -> bool:
    """Whether this result, `elapsed` seconds into the run, ends it."""
    criterion = result.criterion
    return criterion.abort and result.grade == "failed" and elapsed >= criterion.abort_after


class ThresholdWatch:
    """All criteria of one run, judged once a second while it goes on and once at its end.

    Criteria on the same selector and window share one aggregate per call.
    """

    def __init__(self, criteria: Sequence[Criterion], stages: Sequence[Stage] = (), *, start: float = 0.0) -> None:
        self._watches = [WindowWatch(criterion, stages, start=start) for criterion in criteria]

    def update(self, view: MetricsView, end: float) -> tuple[CriterionResult, ...]:
        """As `WindowWatch.update`, for each criterion."""
        shared = _SharedView(view)
        return tuple(watch.update(shared, end) for watch in self._watches)

    def finish(self, view: MetricsView, end: float | None = None) -> tuple[CriterionResult, ...]:
        """As `WindowWatch.finish`, for each criterion."""
        shared = _SharedView(view)
        return tuple(watch.finish(shared, end) for watch in self._watches)


class WindowWatch:
    """One criterion that is judged again and again while measurements come in.

    Each sliding window and each stage is looked at once, when it is complete; so no sample may be added to a second
    after `update` was called with an `end` beyond it.
    """

    def __init__(self, criterion: Criterion, stages: Sequence[Stage] = (), *, start: float = 0.0) -> None:
        self.criterion = criterion
        # A stage of no length is a jump of the load, with nothing to judge in it.
        self._stages = tuple(
            _NamedStage(_shown_stage(number, name), begin, stop)
            for number, (name, begin, stop) in enumerate(stages, 1)
            if begin < stop
        )
        self._start = float(start)
        self._next = self._start  # start of the next sliding window
        self._windows = 0
        self._failed = 0
        self._empty = 0
        self._first_empty = 0.0
        self._worst: JudgedWindow | None = None
        self._stages_done: list[JudgedWindow | None] = []

    def update(self, view: MetricsView, end: float) -> CriterionResult:
        """The result so far, `end` whole seconds into the run.

        A stage that still runs is judged only if its failure would end the run: it costs a look at the whole stage.
        """
        return self._judge(view, math.floor(end + _ROUNDING), final=False)

    def finish(self, view: MetricsView, end: float | None = None) -> CriterionResult:
        """The result of the whole run; equals `evaluate` with the same arguments."""
        if end is None:
            whole = view.aggregate(self.criterion.metric, self.criterion.tags)
            end = whole.seconds if whole is not None else 0.0
        return self._judge(view, math.floor(end + _ROUNDING), final=True)

    def _judge(self, view: MetricsView, end: float, *, final: bool) -> CriterionResult:
        match self.criterion.window.kind:
            case "any":
                return self._any(view, end)
            case "last":
                return self._last(view, end)
            case "stage":
                return self._per_stage(view, end, final=final)
            case "run":
                return self._whole(view)

    def _whole(self, view: MetricsView) -> CriterionResult:
        start = self._start or None
        judged = judge_window(self.criterion, view, start, None)
        if judged is None:
            return _no_data(self.criterion, view)
        return _result(self.criterion, judged)

    def _last(self, view: MetricsView, end: float) -> CriterionResult:
        wanted = self.criterion.window.seconds
        start = max(self._start, end - wanted)
        if start >= end:
            return _no_data(self.criterion, view)
        judged = judge_window(self.criterion, view, start, end) or zero_window(self.criterion, view, start, end)
        if judged is None:
            return _no_data(self.criterion, view, f"no samples in the last {wanted} s")
        short = f"only {end - start:g} s were measured" if end - start < wanted else ""
        return _result(self.criterion, judged, note=short)

    def _any(self, view: MetricsView, end: float) -> CriterionResult:
        criterion = self.criterion
        length = criterion.window.seconds
        while self._next + length <= end:
            start = self._next
            self._next += 1.0
            self._windows += 1
            judged = judge_window(criterion, view, start, start + length)
            if judged is None:
                self._first_empty = self._first_empty if self._empty else start
                self._empty += 1
                continue
            self._failed += judged.grade == "failed"
            if self._worst is None or judged.is_worse_than(self._worst):
                self._worst = judged
        worst, failed, empty = self._worst, self._failed, self._empty
        if empty:
            # All empty windows of a counter are alike, so the first stands for them. Only now is it certain
            # whether the counter ever counted.
            zero = zero_window(criterion, view, self._first_empty, self._first_empty + length)
            if zero is not None:
                failed += empty if zero.grade == "failed" else 0
                empty = 0
                worst = zero if worst is None or zero.is_worse_than(worst) else worst
        if worst is None:
            note = f"no full window of {length} s in {end - self._start:g} s" if not self._windows else ""
            return _no_data(criterion, view, note, windows=self._windows)
        return _result(criterion, worst, windows=self._windows, empty=empty, failed=failed)

    def _per_stage(self, view: MetricsView, end: float, *, final: bool) -> CriterionResult:
        criterion = self.criterion
        done = self._stages_done
        while len(done) < len(self._stages) and self._stages[len(done)].seconds[1] <= end:
            done.append(judge_window(criterion, view, *self._stages[len(done)].seconds))
        outcomes = list(done)
        # Stages of several workloads may overlap and come in any order, so one that runs may hide finished ones
        # behind it: these wait until the end.
        behind = self._stages[len(done) :]
        for stage in behind if final else behind[:1] if criterion.abort else ():
            start, stop = stage.seconds
            outcomes.append(judge_window(criterion, view, start, min(stop, end)) if start < end else None)
        return self._worst_stage(view, end, outcomes)

    def _worst_stage(self, view: MetricsView, end: float, outcomes: list[JudgedWindow | None]) -> CriterionResult:
        criterion = self.criterion
        worst: StageResult | None = None
        worst_judged: JudgedWindow | None = None
        results: list[StageResult] = []
        for stage, outcome in zip(self._stages, outcomes, strict=False):
            start, stop = stage.seconds
            judged = outcome
            if judged is None and start < end:
                judged = zero_window(criterion, view, start, min(stop, end))
            result = _stage_result(criterion, stage, judged)
            results.append(result)
            if worst is None or _is_worse_stage(result, judged, worst, worst_judged):
                worst, worst_judged = result, judged
        count = len(results)
        empty = sum(result.grade == "no data" for result in results)
        failed = sum(result.grade == "failed" for result in results)
        if worst is None:
            note = "the plan has no stages" if not self._stages else "no stage has ended yet"
            return _no_data(criterion, view, note, windows=0)
        if worst_judged is None:
            return _no_data(criterion, view, f"no samples in {worst.name}", windows=count, stages=tuple(results))
        return _result(
            criterion,
            worst_judged,
            windows=count,
            empty=empty,
            failed=failed,
            stage=worst.name,
            stages=tuple(results),
        )


def _shown_stage(number: int, name: str) -> str:
    """With its number, since names may come twice; a stage without a name of its own is called that already."""
    plain = f"stage {number}"
    return plain if name in {"", plain} else f"{plain} ({name})"


@dataclass(frozen=True, slots=True)
class _NamedStage:
    """A stage under the name it has for people."""

    name: str
    start: float
    end: float

    @property
    def seconds(self) -> tuple[float, float]:
        """The rows that belong to it."""
        return whole_seconds(self.start, self.end)


@dataclass(slots=True)
class _SharedView:
    """A view that remembers its answers for the length of one call."""

    view: MetricsView
    _answers: dict[object, Aggregate | None] = field(default_factory=dict[object, "Aggregate | None"])

    def known_metrics(self) -> Set[str]:
        return self.view.known_metrics()

    def metric_type(self, name: str) -> MetricKind | None:
        return self.view.metric_type(name)

    def aggregate(
        self, metric: str, tags: Mapping[str, str], start: float | None = None, end: float | None = None
    ) -> Aggregate | None:
        key = (metric, tuple(tags.items()), start, end)
        if key not in self._answers:
            self._answers[key] = self.view.aggregate(metric, tags, start, end)
        return self._answers[key]


def _stage_result(criterion: Criterion, stage: _NamedStage, judged: JudgedWindow | None) -> StageResult:
    if judged is None:
        return StageResult(stage.name, stage.start, stage.end, "no data")
    return StageResult(
        stage.name,
        stage.start,
        stage.end,
        judged.grade,
        value=judged.value,
        count=judged.count,
        unsupported=not is_supported(criterion, judged.count),
    )


def _is_worse_stage(
    result: StageResult, judged: JudgedWindow | None, worst: StageResult, worst_judged: JudgedWindow | None
) -> bool:
    if judged is not None and worst_judged is not None:
        return judged.is_worse_than(worst_judged)
    return SEVERITY[result.grade] > SEVERITY[worst.grade]


def _result(
    criterion: Criterion,
    judged: JudgedWindow,
    *,
    windows: int = 1,
    empty: int = 0,
    failed: int | None = None,
    stage: str = "",
    note: str = "",
    stages: tuple[StageResult, ...] = (),
) -> CriterionResult:
    return CriterionResult(
        criterion=criterion,
        grade=judged.grade,
        value=judged.value,
        count=judged.count,
        slack=judged.slack,
        margin=margin(criterion.target, judged.value),
        start=judged.start,
        end=judged.end,
        stage=stage,
        windows=windows,
        empty_windows=empty,
        failed_windows=int(judged.grade == "failed") if failed is None else failed,
        unsupported=not is_supported(criterion, judged.count),
        note=note,
        stages=stages,
    )


def _no_data(
    criterion: Criterion,
    view: MetricsView,
    note: str = "",
    *,
    windows: int = 1,
    stages: tuple[StageResult, ...] = (),
) -> CriterionResult:
    """The reason is the deepest one there is: no such kind of value, no samples at all, none in the window."""
    kind = view.metric_type(criterion.metric)
    selector = selector_text(criterion.metric, criterion.tags)
    if kind is not None and criterion.aggregation not in AGGREGATIONS[kind]:
        note = f"{criterion.metric} is a {kind} and has no {criterion.aggregation}"
    elif view.aggregate(criterion.metric, criterion.tags) is None:
        note = f"there were no samples of {selector}"
    return CriterionResult(
        criterion=criterion,
        grade="no data",
        windows=windows,
        empty_windows=windows,
        note=note or f"there were no samples of {selector}",
        stages=stages,
    )
