"""The object that handleSummary gets, and the files made of it."""

from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from swell.dialects.k6.summary_data import summary_data, threshold_holds, written_threshold
from swell.dialects.k6.summary_export import export, export_text, machine_readable
from swell.dialects.k6.summary_judge import K6Judge
from swell.metrics.exact import ExactTrends
from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import encode
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.model.threshold import parse_expression, parse_threshold
from tests.k6_outputs.conftest import Measured, measure


def test_trends_hold_exactly_the_configured_statistics(measured: Measured) -> None:
    """values['p(99)'] is there only when asked for: scripts of k6 know it so."""
    values = summary_data(*measured)["metrics"]["waited"]["values"]
    assert list(values) == ["avg", "min", "med", "max", "p(90)", "p(95)"]
    assert (values["avg"], values["min"], values["max"]) == (55, 10, 100)
    asked = summary_data(*measured, trend_stats=["count", "p(99.9)", "nonsense"])["metrics"]["waited"]["values"]
    assert asked == {"count": 100, "p(99.9)": 100, "nonsense": 0}


def test_each_type_has_the_keys_of_k6(measured: Measured) -> None:
    """Counters, gauges and rates."""
    metrics = summary_data(*measured)["metrics"]
    assert metrics["http_reqs"] == {"type": "counter", "contains": "default", "values": {"count": 100, "rate": 10}}
    assert metrics["vus"] == {"type": "gauge", "contains": "default", "values": {"value": 3, "min": 1, "max": 3}}
    assert metrics["http_req_failed"]["values"] == {"rate": 0.1, "passes": 10, "fails": 90}
    assert metrics["data_sent"]["contains"] == "data"
    assert metrics["http_req_duration"]["contains"] == "time"


def test_thresholds_stand_beside_their_metric_or_part(measured: Measured) -> None:
    """Sources are as written, without what Swell adds to abort; the failed one is not ok."""
    metrics = summary_data(*measured)["metrics"]
    assert metrics["http_req_duration"]["thresholds"] == {"p(95)<500": {"ok": True}}
    assert metrics["http_req_duration{name:booking}"]["thresholds"] == {"p(95)<50": {"ok": False}}
    assert metrics["sales"]["thresholds"] == {"count>5": {"ok": True}}
    assert "thresholds" not in metrics["http_reqs"]
    assert metrics["http_req_duration{expected_response:true}"]["values"]["avg"] == 100


def test_thresholds_can_be_named_as_the_script_has_them() -> None:
    """A script's own spelling wins over that of the plan."""
    run, store = measure(("http_req_duration{name:booking}: p(95) < 500",))
    declared = [("http_req_duration{ name: booking }", "p( 95 )<500")]
    metrics = summary_data(run, store, declared=declared)["metrics"]
    assert metrics["http_req_duration{ name: booking }"]["thresholds"] == {"p( 95 )<500": {"ok": True}}


def test_only_metrics_of_k6_appear(measured: Measured) -> None:
    """What Swell measures besides, and counters that never counted, are left out."""
    assert not {"schedule_lag", "http_req_latency", "dropped_iterations"} & set(summary_data(*measured)["metrics"])


def test_a_threshold_brings_its_metric_into_view_without_samples() -> None:
    """An empty trend passes with zeros, an empty counter is 0."""
    run, store = measure(("http_req_duration{name:none}: p(95)<5", "dropped_iterations: count<1", "nothing: count>1"))
    metrics = summary_data(run, store)["metrics"]
    assert metrics["http_req_duration{name:none}"]["values"]["p(95)"] == 0
    assert metrics["http_req_duration{name:none}"]["thresholds"] == {"p(95)<5": {"ok": True}}
    assert metrics["dropped_iterations"]["values"] == {"count": 0, "rate": 0}
    assert metrics["nothing"]["thresholds"] == {"count>1": {"ok": False}}
    assert [threshold_holds(result) for result in run.thresholds] == [True, True, False]


def test_groups_and_checks_nest_in_the_order_of_their_appearance(measured: Measured) -> None:
    """Paths have "::" before each name, ids are MD5 sums of the paths."""
    root = summary_data(*measured)["root_group"]
    shop = root["groups"][0]
    assert (root["name"], root["path"], root["checks"]) == ("", "", [])
    assert (shop["name"], shop["path"], [each["name"] for each in shop["checks"]]) == ("shop", "::shop", ["zebra"])
    assert shop["groups"][0]["path"] == "::shop::cart"
    check = shop["checks"][0]
    assert (check["path"], check["passes"], check["fails"]) == ("::shop::zebra", 90, 10)
    assert check["id"] == hashlib.md5(b"::shop::zebra", usedforsecurity=False).hexdigest()


def test_state_options_and_setup_data_are_there(measured: Measured) -> None:
    """The rest of the object; setup_data only if there was a setup."""
    data = summary_data(*measured, time_unit="ms", no_color=True, stdout_tty=True, setup_data={"token": 1})
    assert data["state"] == {"isStdOutTTY": True, "isStdErrTTY": False, "testRunDurationMs": 10_000}
    assert (data["options"]["summaryTimeUnit"], data["options"]["noColor"]) == ("ms", True)
    assert data["setup_data"] == {"token": 1}
    assert "setup_data" not in summary_data(*measured)


def test_a_threshold_is_read_back_as_it_was_written() -> None:
    """With and without the clause that ends the run."""
    assert written_threshold(parse_threshold("a{b:c}: p(95) < 5 abort after 3s")) == ("a{b:c}", "p(95) < 5")
    assert written_threshold(parse_expression("a{b:x:y}", "rate===1", abort=True)) == ("a{b:x:y}", "rate===1")


def test_the_export_is_flat_and_says_true_for_failed(measured: Measured) -> None:
    """The old file: values beside thresholds, `rate` renamed, groups and checks by name."""
    document = export(summary_data(*measured))
    assert "state" not in document
    metrics = document["metrics"]
    assert metrics["http_req_duration{name:booking}"]["thresholds"] == {"p(95)<50": True}
    assert metrics["http_req_failed"] == {"value": 0.1, "passes": 10, "fails": 90, "thresholds": {"rate<0.01": True}}
    assert document["root_group"]["groups"]["shop"]["checks"]["zebra"]["fails"] == 10
    text = export_text(document)
    assert text.startswith('{\n    "metrics"')
    assert json.loads(text) == document


def test_the_new_file_has_checks_apart(measured: Measured) -> None:
    """`--new-machine-readable-summary`."""
    document = machine_readable(
        summary_data(*measured), script="s.js", version="2.2.0", generated_at="2027-01-15T08:00:10Z"
    )
    assert document["config"] == {"script": "s.js", "duration": 10, "execution": "local"}
    checks = document["results"]["checks"]
    assert checks["results"] == [
        {"name": "zebra", "passes": 90, "fails": 10},
        {"name": "apple", "passes": 100, "fails": 0},
    ]
    assert checks["metrics"][1]["values"] == {"matches": 190, "total": 200, "rate": 0.95}
    rates = {row["name"]: row["values"] for row in document["results"]["metrics"]}
    assert rates["http_req_failed"] == {"matches": 10, "total": 100, "rate": 0.1}


def test_short_runs_have_the_percentiles_of_k6() -> None:
    """With single samples the median of 1, 2, 3, 4 is 2.5, on the line between samples, and not a bucket's middle."""
    run = measure(()).run
    recorder, fresh = Recorder(first_points=10), MetricStore()
    exact = ExactTrends(fresh)
    series = recorder.series("size", "trend", TagSet.of({}))
    for value in (4.0, 1.0, 3.0, 2.0):
        recorder.add_sample((series, 0.5, value))
    fresh.add(0, encode(recorder.flush()))
    stats = ["med", "p(90)", "p(100)", "avg"]
    values = summary_data(run, fresh, trend_stats=stats, exact=exact)["metrics"]["size"]["values"]
    assert values == {"med": 2.5, "p(90)": pytest.approx(3.7), "p(100)": 4, "avg": 2.5}
    assert summary_data(run, fresh, trend_stats=stats)["metrics"]["size"]["values"]["med"] == pytest.approx(
        2, rel=0.005
    )


def test_thresholds_of_short_runs_are_judged_as_k6_does() -> None:
    """On the line between two samples, like the value that the summary shows."""
    recorder, store = Recorder(first_points=10), MetricStore()
    plan = msgspec.structs.replace(measure(()).run.plan, thresholds=("size: p(95)<9.6", "size: med==5.5"))
    judge = K6Judge(plan, store)
    series = recorder.series("size", "trend", TagSet.of({}))
    for value in range(1, 11):
        recorder.add_sample((series, 0.5, float(value)))
    store.add(0, encode(recorder.flush()))
    assert [result.grade for result in judge.finish(store)] == ["met", "met"]
    assert [result.grade for result in judge.update(store, 1) or ()] == ["met", "met"]


@pytest.mark.parametrize(
    ("first", "second", "whole", "part"),
    [
        ([2, 2, 0], [1, 1, 1, 0], (1, 1, 3), (2, 2, 2)),
        ([0, 2, 4, 0, 0], [], (4, 0, 4), (4, 0, 4)),
        ([1, 0, 2, 0], [], (2, 0, 2), (2, 0, 2)),
        ([0, 0], [], (0, 0, 0), (0, 0, 0)),
        ([3, 3], [], (3, 3, 3), (3, 3, 3)),
    ],
)
def test_vus_are_those_of_the_load(
    first: list[int], second: list[int], whole: tuple[int, int, int], part: tuple[int, int, int]
) -> None:
    """Value, min and max of `vus` say nothing of the seconds after the last VU; thresholds and summary agree."""
    recorder, store = Recorder(), MetricStore()
    rows = {name: recorder.series("vus", "gauge", TagSet.of({"scenario": name})) for name in ("a", "b")}
    for at in range(max(len(first), len(second))):
        for name, counts in (("a", first), ("b", second)):
            if counts:
                recorder.add_sample((rows[name], at + 0.9, float(counts[at]) if at < len(counts) else 0.0))
        store.add(0, encode(recorder.flush(at + 1.0)))
    criteria = (f"vus: value == {whole[0]}", f"vus{{scenario:a}}: value == {part[0]}")
    plan = msgspec.structs.replace(measure(()).run.plan, thresholds=criteria)
    results = K6Judge(plan, store).finish(store)
    assert [result.grade for result in results] == ["met", "met"]
    run = msgspec.structs.replace(measure(()).run, thresholds=results)
    shown = summary_data(run, store)["metrics"]
    for name, wanted in (("vus", whole), ("vus{scenario:a}", part)):
        assert tuple(shown[name]["values"][key] for key in ("value", "min", "max")) == wanted
