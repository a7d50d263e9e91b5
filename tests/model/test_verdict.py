"""The verdict: precedence, reasons and exit codes, all from one function."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.model.criteria import CriterionResult, Grade
from swell.model.threshold import parse_threshold
from swell.model.verdict import GeneratorState, Judgement, Verdict, decide, exit_code


def result(grade: Grade, text: str = "http_req_duration: p(95) < 500", *, unsupported: bool = False) -> CriterionResult:
    value = None if grade == "no data" else 612.0
    return CriterionResult(parse_threshold(text), grade, value=value, count=7, unsupported=unsupported)


MET, ACCEPTABLE, FAILED, NO_DATA = result("met"), result("acceptable"), result("failed"), result("no data")
SATURATED = GeneratorState(3, ("CPU at 99 %",))


@pytest.mark.parametrize(
    ("results", "circumstances", "verdict", "code"),
    [
        ([MET], {}, "PASS", 0),
        ([MET, ACCEPTABLE], {}, "WARN", 0),
        ([MET, ACCEPTABLE], {"strict": True}, "WARN", 1),
        ([MET], {"strict": True}, "PASS", 0),
        ([MET, ACCEPTABLE, FAILED], {}, "FAIL", 1),
        ([MET, NO_DATA], {}, "INVALID", 3),
        ([ACCEPTABLE, NO_DATA], {"strict": True}, "INVALID", 3),
        ([FAILED, NO_DATA], {}, "FAIL", 1),
        ([MET], {"generator": SATURATED}, "INVALID", 3),
        ([FAILED], {"generator": SATURATED}, "INVALID", 3),
        ([FAILED], {"lost_workers": ("2",)}, "INVALID", 3),
        ([MET], {"measured": False}, "INVALID", 3),
        ([FAILED], {"measured": False}, "INVALID", 3),
        ([MET], {"aborted": "the script asked for it"}, "INVALID", 3),
        ([FAILED], {"aborted": "the script asked for it"}, "FAIL", 1),
        ([MET], {"aborted": "p(95) was too high", "aborted_by_criterion": True}, "FAIL", 1),
        ([MET], {"aborted_by_criterion": True}, "FAIL", 1),
        ([MET], {"dropped_share": 0.02}, "WARN", 0),
        ([MET], {"dropped_share": 0.02, "strict": True}, "WARN", 1),
        ([FAILED], {"dropped_share": 0.02}, "FAIL", 1),
        ([result("met", "dropped_iterations: count < 10")], {"dropped_share": 0.02}, "PASS", 0),
        ([MET], {"interrupted": True}, "PASS", 130),
        ([FAILED], {"interrupted": True}, "FAIL", 130),
        ([], {"interrupted": True}, "NONE", 130),
        ([MET], {"broken": "setup raised KeyError"}, "INVALID", 2),
        ([], {"broken": "setup raised KeyError"}, "NONE", 2),
        ([], {}, "NONE", 0),
        ([], {"generator": SATURATED, "strict": True}, "NONE", 0),
        ([], {"measured": False}, "NONE", 0),
    ],
)
def test_precedence(results: list[CriterionResult], circumstances: dict[str, object], verdict: str, code: int) -> None:
    """What cannot be believed is invalid, then failures, then gaps, then warnings; each with its exit code."""
    judgement = decide(results, **circumstances)  # type: ignore[arg-type]
    assert (judgement.verdict.value, judgement.exit_code) == (verdict, code)


def test_reasons_name_the_cause_and_the_rest_warns() -> None:
    """Reasons are what made the verdict; whatever else is worth knowing stays visible as a warning."""
    judgement = decide([FAILED, ACCEPTABLE, MET], SATURATED, lost_workers=("2",), dropped_share=0.031, interrupted=True)
    assert judgement.reasons == (
        "the load generator was saturated for 3 s (CPU at 99 %)",
        "worker 2 was lost, and its load with it",
    )
    assert judgement.warnings == (
        "http_req_duration: p(95) < 500: 612",
        "http_req_duration: p(95) < 500: 612",
        "3.10 % of the planned arrivals were dropped: the load asked for was not delivered",
        "the run was interrupted: only what was measured until then is judged",
    )


def test_without_criteria_troubles_are_still_listed() -> None:
    """NONE judges nothing and hides nothing."""
    judgement = decide(
        [], SATURATED, measured=False, lost_workers=("2",), dropped_share=0.00001, aborted="the script said so"
    )
    assert (judgement.verdict, judgement.reasons) == (Verdict.NONE, ())
    assert judgement.warnings == (
        "nothing was measured",
        "the load generator was saturated for 3 s (CPU at 99 %)",
        "worker 2 was lost, and its load with it",
        "the run was aborted: the script said so; the plan did not run to its end",
        "less than 0.01 % of the planned arrivals were dropped: the load asked for was not delivered",
    )


def test_thin_percentiles_warn_without_failing() -> None:
    """A percentile with too few samples is no failure, but the reader is told."""
    judgement = decide([result("met", unsupported=True)])
    assert judgement.verdict is Verdict.PASS
    assert judgement.warnings == ("http_req_duration: p(95) < 500: 7 samples are too few for this percentile",)
    one = msgspec.structs.replace(result("met", unsupported=True), count=1)
    assert decide([one]).warnings == ("http_req_duration: p(95) < 500: 1 sample is too few for this percentile",)


def test_dropped_arrivals_are_mentioned_even_where_a_criterion_speaks_for_them() -> None:
    """A criterion on dropped_iterations decides about drops; they are still mentioned."""
    judgement = decide([result("met", "dropped_iterations: count < 10")], dropped_share=0.5)
    assert judgement.warnings == ("50.00 % of the planned arrivals were dropped",)


grades = st.lists(st.sampled_from((MET, ACCEPTABLE, FAILED, NO_DATA)), max_size=4)
flags = st.fixed_dictionaries(
    {
        "generator": st.sampled_from((None, SATURATED)),
        "measured": st.booleans(),
        "lost_workers": st.sampled_from(((), ("1",))),
        "dropped_share": st.sampled_from((0.0, 0.5)),
        "aborted": st.sampled_from(("", "why")),
        "interrupted": st.booleans(),
        "broken": st.sampled_from(("", "why")),
        "strict": st.booleans(),
    }
)


@given(grades, flags)
def test_a_pass_means_that_nothing_speaks_against_it(
    results: list[CriterionResult], circumstances: dict[str, object]
) -> None:
    """PASS needs criteria, all on target, and a run without trouble; and text and exit code always agree."""
    judgement: Judgement = decide(results, **circumstances)  # type: ignore[arg-type]
    trouble = any(circumstances[name] for name in ("generator", "lost_workers", "dropped_share", "aborted", "broken"))
    calm = circumstances["measured"] and not trouble
    assert (judgement.verdict is Verdict.PASS) == bool(results and set(results_grades(results)) == {"met"} and calm)
    assert (judgement.verdict is Verdict.NONE) == (not results)
    assert bool(judgement.reasons) == (judgement.verdict not in {Verdict.PASS, Verdict.NONE})
    assert judgement.exit_code == exit_code(
        judgement.verdict,
        strict=bool(circumstances["strict"]),
        interrupted=bool(circumstances["interrupted"]),
        broken=bool(circumstances["broken"]),
    )


def results_grades(results: list[CriterionResult]) -> list[str]:
    return [each.grade for each in results]
