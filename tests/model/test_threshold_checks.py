"""What is said about criteria before the run: unknown metrics and meaningless limits."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from swell.model.threshold import hopeless_windows, misused_metrics, parse_threshold, unknown_metrics


@dataclass(frozen=True)
class Facts:
    kind: str
    unit: str = ""


FACTS = {
    "http_reqs": Facts("counter"),
    "data_sent": Facts("counter", "bytes"),
    "http_req_failed": Facts("rate"),
    "http_req_duration": Facts("trend", "ms"),
    "queue": Facts("trend"),
    "vus": Facts("gauge"),
}


def test_unknown_metrics_come_with_the_nearest_name() -> None:
    """A misspelt metric is found with the name that was meant; known ones are not mentioned."""
    criteria = [
        parse_threshold(text)
        for text in ("http_req_duratoin: p(95)<500", "http_reqs: count>1", "zzz: rate<1", "HTTP_REQS: count>1")
    ]
    found = unknown_metrics(criteria, FACTS)
    assert [(finding.criterion.metric, finding.hint) for finding in found] == [
        ("http_req_duratoin", "http_req_duration"),
        ("zzz", ""),
        ("HTTP_REQS", "http_reqs"),
    ]
    assert "did you mean http_req_duration?" in found[0].message
    assert "neither built in nor declared" in found[1].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http_req_duration: rate < 1%", "is a trend: it has avg, min, med, max, p(N), count, but no rate"),
        ("http_req_failed: count < 10", "http_reqs{expected_response:false}"),
        ("http_reqs: p(95) < 5", "is a counter: it has count, rate"),
        ("vus: avg > 5", "is a gauge: it has value, min, max"),
        ("http_req_failed: rate < 5/s", "write a percentage"),
        ("http_reqs: rate < 5%", "is per second, not a share"),
        ("queue: p(95) < 5ms", "does not measure time"),
        ("http_req_duration: p(95) < 5MB", "does not measure bytes"),
        ("http_reqs: rate < 5MB/s", "does not measure bytes"),
        ("http_req_duration: p(95) < 5%", "a percentage says nothing"),
        ("http_req_failed: rate < 5", "did you mean 5%?"),
        ("http_req_failed: rate < 1%, acceptable < 5", "did you mean 5%?"),
        ("http_req_failed: rate > 1", "never above 1"),
        ("http_req_failed: rate < 0", "never below 0"),
        ("http_req_duration: p(95) < 0", "never below 0"),
        ("http_reqs: count <= -1", "never below 0"),
    ],
)
def test_meaningless_criteria(text: str, said: str) -> None:
    """Kinds, units and limits that cannot work are each told with what to write instead."""
    (finding,) = misused_metrics([parse_threshold(text)], FACTS)
    assert said in finding.message
    assert finding.message.startswith(text)


@pytest.mark.parametrize(
    "text",
    [
        "http_req_duration: p(95) < 500ms, acceptable < 1s",
        "http_req_duration: max >= 0",
        "http_req_duration: count > 10",
        "http_req_failed: rate == 0",
        "http_req_failed: rate < 1%",
        "http_reqs: rate > 100/s",
        "data_sent: count < 5MB",
        "data_sent: rate < 5MB/s",
        "queue: avg < 80%",
        "queue: avg > -5",
        "vus: value > 10",
        "not_declared: rate < 5",
    ],
)
def test_sound_criteria_pass(text: str) -> None:
    """What makes sense is left alone, and metrics without facts are no business of this check."""
    assert misused_metrics([parse_threshold(text)], FACTS) == []


def test_windows_that_the_load_does_not_have() -> None:
    """A window longer than the load, or stages of a load without any, can only end without data."""
    texts = ("http_reqs: rate > 1 over any 10m", "http_reqs: rate > 1 over any 10s", "http_reqs: rate > 1 per stage")
    criteria = [parse_threshold(text) for text in texts]
    stages = [("", 0.0, 10.0)]
    [long] = hopeless_windows(criteria, 10.0, stages)
    assert long.criterion is criteria[0]
    assert "10s" in long.message
    assert "10m" in long.message
    assert [found.criterion for found in hopeless_windows(criteria, None, [])] == [criteria[2]]
    # A load of ten seconds, but for a rounding, has a window of ten.
    assert [found.criterion for found in hopeless_windows(criteria, 9.9999999, stages)] == [criteria[0]]
