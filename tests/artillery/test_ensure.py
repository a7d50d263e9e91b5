"""ensure and Apdex: both forms, names that are no identifiers, what is not measured."""

from __future__ import annotations

from typing import Any

import pytest

from swell.dialects.artillery.buckets import Bucket
from swell.dialects.artillery.ending import verdict_of
from swell.dialects.artillery.ensure import apdex_of, checks_of, judge, thresholds_of, variables_of
from swell.model.threshold import parse_threshold

_BUCKET = Bucket(
    0,
    {
        "vusers.created": 100,
        "vusers.completed": 98,
        "vusers.failed": 2,
        "http.codes.200": 90,
        "plugins.metrics-by-endpoint./api/x.codes.200": 7,
    },
    {"http.request_rate": 12.5},
    {
        "http.response_time": {"min": 1, "p95": 250, "p99": 900.5, "median": 20},
        "http.response_time.2xx": {"p95": 240},
        "plugins.metrics-by-endpoint.response_time./api/x": {"p95": 100},
    },
)


def _ok(spec: dict[str, Any]) -> list[tuple[str, bool]]:
    checks = checks_of({"plugins": {"ensure": spec}})
    return [(each.check.text, each.ok) for each in judge(checks, variables_of(_BUCKET))]


def test_thresholds() -> None:
    """Each entry is an upper limit; more than one metric in an entry are more checks."""
    spec = {"thresholds": [{"http.response_time.p95": 300}, {"http.response_time.p99": 900, "http.request_rate": 20}]}
    assert _ok(spec) == [
        ("http.response_time.p95 < 300", True),
        ("http.response_time.p99 < 900", False),
        ("http.request_rate < 20", True),
    ]


def test_names_that_are_prefixes_or_no_identifiers() -> None:
    """A name that is the beginning of another does not disturb it, and names may hold slashes and dashes."""
    spec = {
        "thresholds": [{"http.response_time.2xx.p95": 241}],
        "conditions": [
            {"expression": "plugins.metrics-by-endpoint.response_time./api/x.p95 < 101 and http.codes.200 >= 90"},
            {"expression": "plugins.metrics-by-endpoint./api/x.codes.200 == 8", "strict": False},
        ],
    }
    assert [ok for _, ok in _ok(spec)] == [True, True, False]


def test_older_form() -> None:
    """min, max, median, p95, p99 and maxErrorRate; the error rate may be exactly on its limit."""
    assert _ok({"p95": 300, "median": "15ms", "maxErrorRate": 2}) == [
        ("median < 15", False),
        ("p95 < 300", True),
        ("maxErrorRate < 2", True),
    ]
    assert _ok({"maxErrorRate": 1.9}) == [("maxErrorRate < 1.9", False)]


def test_what_was_not_measured() -> None:
    """No data is no pass; but a status and an error that never came are 0."""
    assert _ok({"thresholds": [{"http.respons_time.p95": 10}]}) == [("http.respons_time.p95 < 10", False)]
    assert _ok({"thresholds": [{"http.codes.500": 1}, {"errors.ECONNREFUSED": 1}]}) == [
        ("http.codes.500 < 1", True),
        ("errors.ECONNREFUSED < 1", True),
    ]
    assert _ok({"conditions": [{"expression": "this is ( no"}]}) == [("this is ( no", False)]


def test_exit_codes() -> None:
    """A failed strict check is 1, expectations are 21, checks count where the plugin is not on too."""
    assert verdict_of({"ensure": {"p95": 1}}, _BUCKET).exit_code == 1
    assert verdict_of({"ensure": {"p95": 1}}, _BUCKET, strict_compat=True) == (0, [], None)
    loose = {"plugins": {"ensure": {"conditions": [{"expression": "http.codes.200 > 99", "strict": False}]}}}
    assert verdict_of(loose, _BUCKET).exit_code == 0
    failed = Bucket(0, {"plugins.expect.failed": 1, "http.codes.200": 1})
    assert verdict_of({"plugins": {"expect": {}}}, failed, strict_compat=True).exit_code == 21
    assert verdict_of({}, failed, strict_compat=True).exit_code == 0
    assert verdict_of({}, failed).exit_code == 21


def test_ensure_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """ARTILLERY_DISABLE_ENSURE does what it does there."""
    monkeypatch.setenv("ARTILLERY_DISABLE_ENSURE", "1")
    assert verdict_of({"plugins": {"ensure": {"p95": 1}}}, _BUCKET).checks == []


def test_apdex() -> None:
    """Satisfied counts whole, tolerated half; nothing is no score."""
    counters = {"apdex.satisfied": 80, "apdex.tolerated": 10, "apdex.frustrated": 10}
    found = apdex_of(Bucket(0, dict(counters)))
    assert found is not None
    assert (found.score, found.ranking) == (0.85, "good")
    assert apdex_of(Bucket(0)) is None


def test_as_thresholds() -> None:
    """What can be said in our own grammar is said so; the rest is named."""
    spec = {"thresholds": [{"http.response_time.p999": 300}], "maxErrorRate": 1}
    lines, left = thresholds_of(checks_of({"ensure": spec}))
    assert lines == ['artillery_histogram{histogram:"http.response_time"}: p(99.9) < 300']
    assert parse_threshold(lines[0]).metric == "artillery_histogram"
    assert [check.text for check in left] == ["maxErrorRate < 1"]
