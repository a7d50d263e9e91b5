"""The run as JUnit XML."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from swell.analysis.comparison import Change, Comparison, ComparisonRow
from swell.report.comparison_json import comparison_json
from swell.report.junit import junit_text
from swell.report.summary_json import encode_summary
from swell.runs.record import CheckSummary, Run
from tests.report.conftest import make_plan, make_run, make_store


def suite_of(run: Run) -> ET.Element:
    """The one suite of the file, whose counts are right."""
    root = ET.fromstring(junit_text(run))
    (suite,) = root
    for kind, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
        assert int(suite.get(kind, "")) == len(suite.findall(path)) == int(root.get(kind, ""))
    return suite


def test_a_good_run_has_no_failure(good_run: Run) -> None:
    """One test for each threshold, one for the verdict; the measured values are in the output."""
    suite = suite_of(good_run)
    names = [case.get("name") for case in suite.findall("testcase")]
    assert names == ["http_req_duration{name:/feed}: p(95) < 500ms", "http_req_failed: rate < 1%", "verdict"]
    assert suite.get("failures") == suite.get("errors") == "0"
    assert "100 ms" in (suite.findtext("testcase/system-out") or "")


def test_the_file_fails_when_the_run_did(failing_run: Run) -> None:
    """The failed threshold and the verdict, with the numbers in the message."""
    suite = suite_of(failing_run)
    messages = [each.get("message", "") for each in suite.iter("failure")]
    assert len(messages) == 2
    assert "10 %" in messages[0]
    assert messages[1] == "FAIL"


def test_no_data_and_invalid_are_errors() -> None:
    """What was not measured is no pass."""
    run = make_run(make_store(), make_plan(thresholds=("http_req_duration{name:/none}: p(95) < 1s",)))
    assert run.verdict == "INVALID"
    assert [each.get("type") for each in suite_of(run).iter("error")] == ["no data", "INVALID"]


def test_checks_are_told(good_run: Run) -> None:
    """They make no verdict, so they are no tests."""
    assert "check 'has items': 500 passes, 0 failed" in (suite_of(good_run).findtext("system-out") or "")


@given(st.text(max_size=20))
def test_any_text_makes_readable_xml(text: str) -> None:
    """Control characters and markup in names."""
    changes: dict[str, Any] = {"name": text, "warnings": [text], "checks": [CheckSummary(name=text)]}
    suite_of(msgspec.structs.replace(_RUN, **changes))


_RUN = make_run(make_store())


def comparison(*rows: tuple[str, str, Change], verdict: Change) -> Comparison:
    """A comparison with these rows: endpoint, metric, verdict."""
    made = [
        ComparisonRow(endpoint=endpoint, metric=metric, verdict=word, effect=0.2, low=0.1, high=0.3)
        for endpoint, metric, word in rows
    ]
    return Comparison(verdict=verdict, base_id="run-1", new_id="run-2", rows=made, reasons=["another load"])


def test_a_comparison_is_a_test_for_each_endpoint(good_run: Run) -> None:
    """Only an endpoint that got worse fails, with its figures; what could not be compared is an error."""
    made = comparison(
        ("GET /a", "http_req_duration p50", Change.EQUIVALENT),
        ("GET /a", "http_req_duration p95", Change.REGRESSED),
        ("GET /b", "http_req_duration p50", Change.INCONCLUSIVE),
        verdict=Change.REGRESSED,
    )
    root = ET.fromstring(junit_text(good_run, made))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    worse, same = cases["GET /a against the baseline"], cases["GET /b against the baseline"]
    failure = worse.find("failure")
    assert failure is not None
    assert failure.get("message") == "p95 REGRESSED +20.0 % (+10.0 % to +30.0 %)"
    assert "p50 EQUIVALENT" in (failure.text or "")
    assert same.find("failure") is None
    root = ET.fromstring(junit_text(good_run, comparison(verdict=Change.INVALID)))
    [error] = root.iter("error")
    assert (error.get("type"), error.text) == ("INVALID", "another load")


def test_the_json_summary_has_the_comparison(good_run: Run) -> None:
    """As `swell compare` writes it; null where there is none."""
    made = comparison(("GET /a", "http_req_duration p50", Change.EQUIVALENT), verdict=Change.EQUIVALENT)
    assert json.loads(encode_summary(good_run))["comparison"] is None
    assert json.loads(encode_summary(good_run, made))["comparison"] == json.loads(comparison_json(made))
