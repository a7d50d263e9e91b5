"""Judging criteria: grades, kinds of metrics, windows, margins, no data, and results as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.criteria import Condition, grade_of, is_supported, margin
from swell.model.threshold import (
    Criterion,
    CriterionResult,
    evaluate,
    parse_threshold,
    result_text,
    value_text,
)
from tests.model.threshold_view import View, counter, trend

if TYPE_CHECKING:
    from collections.abc import Sequence


def judge(text: str, view: View, stages: Sequence[tuple[str, float, float]] = (), **options: float) -> CriterionResult:
    return evaluate(parse_threshold(text), view, stages, **options)


@pytest.mark.parametrize(
    ("text", "value", "grade"),
    [
        ("t: avg < 500", 499.9, "met"),
        ("t: avg < 500", 500, "failed"),
        ("t: avg <= 500", 500, "met"),
        ("t: avg > 500", 500, "failed"),
        ("t: avg >= 500", 500, "met"),
        ("t: avg == 500", 500, "met"),
        ("t: avg == 500", 501, "failed"),
        ("t: avg != 500", 501, "met"),
        ("t: avg < 500, acceptable < 900", 600, "acceptable"),
        ("t: avg < 500, acceptable < 900", 900, "failed"),
        ("t: avg < 500, acceptable < 900, fail > 900", 900, "acceptable"),
        ("t: avg < 5, acceptable < 20, fail > 50", 30, "acceptable"),
        ("t: avg < 5, acceptable < 20, fail > 50", 51, "failed"),
        ("t: avg < 500, fail >= 1s", 999, "acceptable"),
        ("t: avg < 500, fail >= 1s", 1000, "failed"),
        ("t: avg > 100, acceptable > 50, fail < 50", 70, "acceptable"),
        ("t: avg > 100, acceptable > 50, fail < 50", 50, "acceptable"),
        ("t: avg > 100, acceptable > 50, fail < 50", 49, "failed"),
    ],
)
def test_grades(text: str, value: float, grade: str) -> None:
    """Targets, acceptable and fail limits grade a value, limits included or not as their operator says."""
    assert grade_of(parse_threshold(text), value) == grade
    assert judge(text, trend((0, value), length=1)).grade == grade


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_slack_has_the_sign_of_the_grade(value: float, limit: float) -> None:
    """A value beyond the limit has a negative slack, one inside a positive one, whatever the operator."""
    for op in ("<", ">"):
        result = judge_value(op, limit, value)
        assert result.slack is not None
        assert (result.grade == "met") == (result.slack > 0)
    for op in ("<=", ">="):
        result = judge_value(op, limit, value)
        assert result.slack is not None
        assert (result.grade == "met") == (result.slack >= 0)


def judge_value(op: str, limit: float, value: float) -> CriterionResult:
    criterion = Criterion("t", "max", Condition(op, limit))  # type: ignore[arg-type]
    return evaluate(criterion, trend((0, value), length=1))


def test_margin_is_relative_to_the_limit() -> None:
    """Margins are shares of the limit, signed; against 0 there is none, but the slack stays."""
    assert margin(Condition("<", 500), 400) == pytest.approx(0.2)
    assert margin(Condition("<", 500), 600) == pytest.approx(-0.2)
    assert margin(Condition(">", 100), 150) == pytest.approx(0.5)
    assert margin(Condition("==", 100), 101) == pytest.approx(-0.01)
    result = judge("c: count == 0", counter((1, 4.0), length=3))
    assert (result.grade, result.margin, result.slack) == ("failed", None, -4.0)


def test_every_kind_of_metric() -> None:
    """Counters give count and rate per second, gauges the last value, rates a share, trends their statistics."""
    view = View(
        {
            "c": [(0, 3.0), (5, 7.0)],
            "g": [(0, 9.0), (5, 4.0)],
            "r": [(0, 1.0), (1, 0.0), (2, 0.0), (3, 0.0)],
            "t": [(second, float(second)) for second in range(1, 101)],
        },
        200.0,
        {"c": "counter", "g": "gauge", "r": "rate"},
    )
    expected = {
        "c: count == 10": 10.0,
        "c: rate == 0.05/s": 0.05,
        "g: value == 4": 4.0,
        "g: max == 9": 9.0,
        "g: min == 4": 4.0,
        "r: rate == 25%": 0.25,
        "t: p(95) == 95ms": 95.0,
        "t: med == 50": 50.0,
        "t: avg == 50.5": 50.5,
        "t: min == 1": 1.0,
        "t: max == 100": 100.0,
        "t: count == 100": 100.0,
    }
    for text, value in expected.items():
        result = judge(text, view)
        assert (text, result.value, result.grade) == (text, value, "met")


def test_no_samples_is_no_data_never_a_pass() -> None:
    """A metric or selector without samples is no data for every kind and operator."""
    for kind in ("counter", "gauge", "rate", "trend"):
        view = View({"m": []}, 10, {"m": kind})
        for aggregation in ("count", "rate", "value", "avg", "p(95)"):
            result = judge(f"m: {aggregation} >= 0", view)
            assert result.grade == "no data"
            assert not result.passed
            assert result.note
    result = judge("t{name:/feeed}: max < 5", trend((0, 1.0), length=1))
    assert (result.grade, result.note) == ("no data", "there were no samples of t{name:/feeed}")
    assert judge("other: max < 5", trend((0, 1.0), length=1)).grade == "no data"


def test_wrong_aggregation_for_the_kind_is_no_data() -> None:
    """A value that the metric's kind does not have is said, not guessed."""
    result = judge("t: rate < 1%", trend((0, 1.0), length=1))
    assert (result.grade, result.note) == ("no data", "t is a trend and has no rate")


def test_a_counter_that_was_recorded_as_zero_is_data() -> None:
    """A counter with a sample of 0 is exactly 0, which can pass."""
    assert judge("c: count == 0", counter((0, 0.0), length=5)).grade == "met"


def test_not_a_number_is_no_data() -> None:
    """NaN and infinity are nobody's pass."""
    assert judge("t: avg != 5", trend((0, math.nan), length=1)).grade == "no data"
    assert judge("t: max > 5", trend((0, math.inf), length=1)).grade == "no data"


def test_percentiles_need_samples() -> None:
    """Percentiles with fewer than ten samples on the thin side are flagged and still judged."""
    criterion = parse_threshold("t: p(95) < 500")
    assert not is_supported(criterion, 199)
    assert is_supported(criterion, 200)
    assert is_supported(parse_threshold("t: p(99.9) < 500"), 10_000)
    assert not is_supported(parse_threshold("t: p(99.9) < 500"), 9_999)
    assert not is_supported(parse_threshold("t: med < 500"), 19)
    assert is_supported(parse_threshold("t: p(100) < 500"), 1)
    assert is_supported(parse_threshold("t: avg < 500"), 1)
    result = judge("t: p(95) < 500", trend((0, 1.0), length=1))
    assert (result.grade, result.unsupported) == ("met", True)


def test_start_leaves_the_warm_up_out() -> None:
    """Seconds before the start count neither for the run nor for windows."""
    view = trend((0, 900.0), (10, 100.0), length=12)
    assert judge("t: max < 500", view).grade == "failed"
    assert judge("t: max < 500", view, start=5).grade == "met"
    assert judge("t: max < 500 over any 3s", view, start=5).grade == "met"
    assert judge("t: max < 500 over last 12s", view, start=5).grade == "met"


def test_any_window_reports_the_worst_one() -> None:
    """Of all full sliding windows the worst is reported, with its start, and how many failed."""
    view = trend(*((second, 100.0) for second in range(10)), (4, 900.0), length=10)
    result = judge("t: max < 500 over any 3s", view)
    assert (result.grade, result.value) == ("failed", 900.0)
    assert (result.start, result.end) == (2.0, 5.0)
    assert (result.windows, result.failed_windows, result.empty_windows) == (8, 3, 0)
    assert judge("t: avg < 500 over any 3s", view).grade == "met"


def test_any_window_shorter_run_is_no_data() -> None:
    """A run that is shorter than the window was never judged."""
    result = judge("t: max < 500 over any 30s", trend((0, 1.0), length=12))
    assert (result.grade, result.windows) == ("no data", 0)
    assert result.note == "no full window of 30 s in 12 s"


def test_windows_without_samples() -> None:
    """A trend is not judged where nothing was measured; a counter counted nothing there."""
    gap = ((0, 10.0), (1, 10.0), (8, 10.0), (9, 10.0))
    result = judge("t: max < 50 over any 2s", trend(*gap, length=10))
    assert (result.grade, result.windows, result.empty_windows) == ("met", 9, 5)
    result = judge("c: rate > 4/s over any 2s", counter(*gap, length=10))
    assert (result.grade, result.value, result.start) == ("failed", 0.0, 2.0)
    assert result.failed_windows == 5
    assert judge("c: rate < 11/s over any 2s", counter(*gap, length=10)).grade == "met"


def test_last_window() -> None:
    """Only the end of the run is judged; if the run is shorter, the note says so."""
    view = trend((0, 900.0), (55, 100.0), length=60)
    result = judge("t: max < 500 over last 30s", view)
    assert (result.grade, result.start, result.end, result.note) == ("met", 30.0, 60.0, "")
    result = judge("t: max < 500 over last 2m", view)
    assert (result.grade, result.note) == ("failed", "only 60 s were measured")
    empty = judge("t: max < 500 over last 3s", view)
    assert (empty.grade, empty.note) == ("no data", "no samples in the last 3 s")
    assert judge("c: rate > 1/s over last 3s", counter((0, 5.0), length=60)).value == 0.0


def test_partial_last_second_is_in_no_window() -> None:
    """Windows are full seconds: half a second at the end makes no row of its own."""
    view = counter(*((second, 10.0) for second in range(5)), length=5.4)
    result = judge("c: rate >= 10/s over any 2s", view)
    assert (result.grade, result.windows) == ("met", 4)


def test_per_stage_reports_each_and_the_worst() -> None:
    """Each stage is judged by itself; the result is the worst stage's."""
    view = trend((1, 100.0), (12, 700.0), (25, 300.0), length=30)
    stages = [("basic", 0, 10), ("", 10, 20), ("spike", 20, 30)]
    result = judge("t: max < 500, acceptable < 900 per stage", view, stages)
    assert (result.grade, result.value, result.stage) == ("acceptable", 700.0, "stage 2")
    assert [(part.name, part.grade, part.value) for part in result.stages] == [
        ("stage 1 (basic)", "met", 100.0),
        ("stage 2", "acceptable", 700.0),
        ("stage 3 (spike)", "met", 300.0),
    ]


def test_stage_limits_between_seconds_do_not_leak() -> None:
    """A stage owns the whole seconds inside it; a stage shorter than a second gets the one it lies in."""
    view = trend((10, 900.0), (11, 100.0), length=20)
    result = judge("t: max < 500 per stage", view, [("a", 0, 10.4), ("b", 10.4, 20)])
    assert [part.grade for part in result.stages] == ["no data", "met"]
    result = judge("t: max < 500 per stage", view, [("a", 10.2, 10.9)])
    assert result.value == 900.0


def test_stages_without_data() -> None:
    """A stage that was never reached has no data; a jump of no length is no stage; a measured failure wins."""
    view = trend((1, 100.0), length=10)
    stages = [("a", 0, 10), ("jump", 10, 10), ("b", 10, 20)]
    result = judge("t: max < 500 per stage", view, stages)
    assert (result.grade, result.note) == ("no data", "no samples in stage 3 (b)")
    assert [part.name for part in result.stages] == ["stage 1 (a)", "stage 3 (b)"]
    assert judge("t: max < 50 per stage", view, stages).grade == "failed"
    assert judge("t: max < 50 per stage", view).note == "the plan has no stages"
    quiet = judge("c: count < 5 per stage", counter((1, 3.0), length=20), stages)
    assert [part.value for part in quiet.stages] == [3.0, 0.0]


def test_results_read_well() -> None:
    """One line says what was asked, measured, where, and how far from the limit."""
    view = trend(*((second, 100.0) for second in range(300)), (102, 812.5), length=300)
    assert result_text(judge("t: max < 500ms", view)) == "t: max < 500ms: 812.5 ms; 62 % beyond the target"
    assert result_text(judge("t: max < 1s", view)) == "t: max < 1s: 0.8125 s; 19 % to spare"
    text = result_text(judge("t: max < 500 over any 30s", view))
    assert text == (
        "t: max < 500 over any 30s: 812.5 in the worst 30 s, from 1:13 (30 of 271 windows failed); "
        "62 % beyond the target"
    )
    text = result_text(judge("t: p(99) < 500 per stage", view, [("a", 0, 50), ("b", 100, 110)]))
    assert text == (
        "t: p(99) < 500 per stage: 812.5 in stage 2 (b); 62 % beyond the target; "
        "11 samples are too few for this percentile"
    )
    assert result_text(judge("x: max < 5", view)) == "x: max < 5: no data (there were no samples of x)"


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("avg < 500", 499.99999, "499.99999"),
        ("avg < 500", 123456.789, "123500"),
        ("avg < 500ms", 500.0, "500 ms"),
        ("avg < 2s", 2000.4, "2.0004 s"),
        ("rate < 1%", 0.0100001, "1.00001 %"),
        ("rate < 1%", 0.5, "50 %"),
        ("rate > 100/s", 99.1234, "99.12/s"),
        ("count < 10MB", 9.5e6, "9.5 MB"),
        ("rate < 5kB/s", 5100.0, "5.1 kB/s"),
        ("count < 10B", 3.0, "3 B"),
    ],
)
def test_values_show_on_which_side_they_are(expression: str, value: float, text: str) -> None:
    """Values come in the unit of the limit, with the digits it takes to tell them apart from it."""
    assert value_text(parse_threshold(f"m: {expression}"), value) == text


def test_a_stage_without_a_name_is_named_once() -> None:
    """What the profile calls "stage 1" for want of a name is not "stage 1 (stage 1)"."""
    view = trend((1, 100.0), length=10)
    assert judge("t: max < 50 per stage", view, [("stage 1", 0, 10)]).stage == "stage 1"
    assert judge("t: max < 50 per stage", view, [("browse stage 1", 0, 10)]).stage == "stage 1 (browse stage 1)"


def test_exactly_on_the_limit() -> None:
    """Neither to spare nor beyond: said as it is, and a failure says that the limit itself is outside."""
    view = counter(*((second, 2.0) for second in range(5)), length=5)
    assert result_text(judge("c: count > 10", view)).endswith("10; exactly on the limit, which is not within it")
    assert result_text(judge("c: count >= 10", view)).endswith("10; exactly on the limit")


def test_windows_lie_within_the_load() -> None:
    """What is measured after the end of the load is in no window, and in the whole run."""
    view = trend((0, 100.0), (1, 100.0), (2, 900.0), length=3)
    within = evaluate(parse_threshold("t: max < 500 over any 2s"), view, end=2.3)
    assert (within.grade, within.windows) == ("met", 1)
    assert evaluate(parse_threshold("t: max < 500 over any 2s"), view, end=1.9).grade == "no data"
    assert evaluate(parse_threshold("t: max < 500"), view, end=2.0).grade == "failed"
