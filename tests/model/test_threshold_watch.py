"""Watching criteria while the run goes on: the same end as one look at the whole run, at a small price."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from swell.model.threshold import CriterionResult, ThresholdWatch, WindowWatch, evaluate, parse_threshold, should_abort
from tests.model.threshold_view import Sample, View, trend

if TYPE_CHECKING:
    from swell.model.metrics_view import MetricKind


samples = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 6).map(float)), max_size=25).map(
    lambda found: sorted(found, key=lambda sample: sample[0])
)
expressions = st.sampled_from(
    (
        "{m} < 3 over any {n}s",
        "{m} > 1, acceptable > 0 over any {n}s",
        "{m} < 2, acceptable < 3, fail > 4 over any {n}s",
        "{m} == 2 over any {n}s",
        "{m} != 2 over any {n}s",
        "{m} < 3 over last {n}s abort",
        "{m} < 3 per stage",
        "{m} < 3 per stage abort",
        "{m} < 3",
    )
)
values = st.sampled_from(("c: count", "c: rate", "t: max", "t: p(50)", "t: avg", "t: count", "r: rate", "g: value"))
STAGES = (("a", 0.0, 4.0), ("b", 4.0, 9.5), ("c", 9.5, 15.0))


def view_of(found: list[Sample], length: float) -> View:
    kinds: dict[str, MetricKind] = {"c": "counter", "g": "gauge", "r": "rate", "t": "trend"}
    return View(dict.fromkeys("cgrt", found), length, kinds)


@given(samples, values, expressions, st.integers(1, 7), st.sampled_from((0, 15, 9.5, 14.999999999)), st.integers(0, 3))
def test_watching_ends_with_the_pure_result(
    found: list[Sample], value: str, expression: str, seconds: int, length: float, start: int
) -> None:
    """A watch that saw every second as it happened ends with exactly what one look at the whole run gives."""
    found = [sample for sample in found if sample[0] < length]
    criterion = parse_threshold(expression.format(m=value, n=seconds))
    view = view_of(found, length)
    watch = WindowWatch(criterion, STAGES, start=start)
    for second in range(math.floor(length) + 1):
        view.now = float(second)
        watch.update(view, second)
    view.now = math.inf
    expected = evaluate(criterion, view_of(found, length), STAGES, start=start, end=length)
    assert watch.finish(view, length) == expected


@given(samples, values, st.sampled_from(("< 3", "> 1", ">= 2")), st.integers(1, 16))
def test_sliding_windows_against_brute_force(found: list[Sample], value: str, condition: str, seconds: int) -> None:
    """The criterion holds exactly if every full window that has something to judge holds, and one has."""
    view = view_of(found, 15)
    metric, aggregation = value.split(": ")
    criterion = parse_threshold(f"{value} {condition} over any {seconds}s")
    result = evaluate(criterion, view)
    measured: list[float] = []
    for start in range(15 - seconds + 1):
        inside = [amount for second, amount in found if start <= second < start + seconds]
        if metric == "c" and found:
            measured.append(sum(inside) if aggregation == "count" else sum(inside) / seconds)
        elif inside:
            measured.append(
                {
                    "max": max(inside),
                    "p(50)": sorted(inside)[(len(inside) - 1) // 2],
                    "avg": math.fsum(inside) / len(inside),
                    "count": float(len(inside)),
                    "rate": sum(amount != 0 for amount in inside) / len(inside),
                    "value": inside[-1],
                }[aggregation]
            )
    if not measured:
        assert result.grade == "no data"
        return
    assert result.value == (max(measured) if condition[0] == "<" else min(measured))
    limit = criterion.target.limit
    good = {"< 3": lambda v: v < limit, "> 1": lambda v: v > limit, ">= 2": lambda v: v >= limit}[condition]
    assert (result.grade == "met") == all(good(value) for value in measured)
    assert result.failed_windows == sum(not good(value) for value in measured)


def test_each_window_is_looked_at_once() -> None:
    """Watching costs one look at one new window per second, however long the run."""
    view = view_of([(0, 1.0)], 100)
    watch = WindowWatch(parse_threshold("t: max < 5 over any 10s"))
    for second in range(101):
        watch.update(view, second)
    windows = [(start, end) for _, start, end in view.asked if start is not None]
    assert windows == [(float(start), float(start + 10)) for start in range(91)]


def test_criteria_on_one_selector_share_their_looks() -> None:
    """Many criteria on one selector ask for the same window once."""
    view = view_of([(0, 1.0)], 10)
    watch = ThresholdWatch([parse_threshold(f"t: p({q}) < 5") for q in range(1, 51)])
    assert len(watch.update(view, 10)) == 50
    assert view.asked == [("t", None, None)]
    assert [result.grade for result in watch.finish(view)] == ["met"] * 50


def test_stages_are_judged_when_they_end() -> None:
    """A running stage is looked at only if its failure would end the run."""
    view = view_of([(1, 9.0), (5, 9.0)], 15)
    patient = WindowWatch(parse_threshold("t: max < 5 per stage"), STAGES)
    hasty = WindowWatch(parse_threshold("t: max < 5 per stage abort"), STAGES)
    assert patient.update(view, 2).note == "no stage has ended yet"
    assert hasty.update(view, 2).grade == "failed"
    assert patient.update(view, 4).grade == "failed"


def judged(text: str, view: View) -> CriterionResult:
    return evaluate(parse_threshold(text), view)


def test_abort_needs_a_failure_and_its_delay() -> None:
    """Only a failing criterion with an abort clause ends the run, and not before its delay."""
    view = trend((0, 900.0), length=60)
    late = judged("t: max < 500 abort after 10s", view)
    assert not should_abort(late, 9.9)
    assert should_abort(late, 10)
    assert not should_abort(judged("t: max < 500", view), 60)
    assert not should_abort(judged("t: max < 5000 abort", view), 60)
    assert not should_abort(judged("t: max < 500, acceptable < 1000 abort", view), 60)
    assert not should_abort(judged("x: max < 500 abort", view), 60)
