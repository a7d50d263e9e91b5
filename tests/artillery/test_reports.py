"""Reports: buckets from a store, the JSON file and its older form, the HTML page, the two consoles."""

from __future__ import annotations

import json
import random
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.buckets import Bucket, bucket_of, period_starts, periods_of
from swell.dialects.artillery.console_text import classic_rows, duration_words, metric_rows
from swell.dialects.artillery.json_report import Report, output_path, read_report, report_data, write_report
from swell.dialects.artillery.metrics import ArtilleryMetrics
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.report_html import page
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore

if TYPE_CHECKING:
    from pathlib import Path

_ORIGIN = 1_700_000_003.25


class _Hub:
    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        return self.now


def _store(seconds: int = 25) -> MetricStore:
    """A request each tenth of a second, of 1 to 100 ms; each fifth is a 500."""
    recorder, hub, store = Recorder(), _Hub(), MetricStore()
    metrics = ArtilleryMetrics(recorder, hub)  # type: ignore[arg-type]
    chance = random.Random(1)
    for second in range(seconds):
        for tenth in range(10):
            hub.now = second + tenth / 10
            metrics.counter("http.requests")
            metrics.rate("http.request_rate")
            metrics.counter("http.codes.500" if tenth % 5 == 0 else "http.codes.200")
            metrics.histogram("http.response_time", chance.randint(1, 100))
        store.add(0, recorder.flush(second + 1.0))
    store.finish(float(seconds))
    return store


def test_periods_are_those_of_the_wall_clock() -> None:
    """Periods begin at whole ten seconds, each second belongs to one of them."""
    assert period_starts(_ORIGIN, 25) == [(1_700_000_000, 0, 7), (1_700_000_010, 7, 17), (1_700_000_020, 17, 25)]
    assert period_starts(1_700_000_000.0, 20) == [(1_700_000_000, 0, 10), (1_700_000_010, 10, 20)]


def test_buckets_add_up() -> None:
    """Counts of the periods add up to those of the run; the rate is requests per second."""
    store = _store()
    total = bucket_of(store, _ORIGIN, 1_700_000_000)
    periods = periods_of(store, _ORIGIN)
    assert total.counters == {"http.requests": 250, "http.codes.200": 200, "http.codes.500": 50}
    assert [each.counters["http.requests"] for each in periods] == [70, 100, 80]
    assert total.rates == {"http.request_rate": 10}
    assert [each.rates["http.request_rate"] for each in periods] == [10, 10, 10]
    summary = total.summaries["http.response_time"]
    assert summary["count"] == 250
    assert 1 <= summary["min"] <= summary["median"] <= summary["p95"] <= summary["p999"] <= summary["max"] <= 100


def test_json_report_has_artillerys_keys() -> None:
    """The file has what readers of Artillery's look for."""
    store = _store()
    data = report_data(Report(bucket_of(store, _ORIGIN, 1_700_000_000), periods_of(store, _ORIGIN)))
    wanted = {
        "counters", "rates", "summaries", "histograms", "period",
        *(f"{which}{what}At" for which in ("first", "last") for what in ("Counter", "Histogram", "Metric")),
    }  # fmt: skip
    assert set(data["aggregate"]) == wanted
    assert data["aggregate"]["period"] == 1_700_000_000_000
    assert [each["period"] for each in data["intermediate"]][1] == "1700000010000"
    assert data["aggregate"]["lastMetricAt"] - data["aggregate"]["firstMetricAt"] == 25_000
    assert set(data["aggregate"]["summaries"]["http.response_time"]) == {
        "min", "max", "count", "mean", "p50", "median", "p75", "p90", "p95", "p99", "p999",
    }  # fmt: skip


def test_reports_are_read_back(tmp_path: Path) -> None:
    """What is written can be read, and says the same."""
    store = _store()
    written = Report(bucket_of(store, _ORIGIN, 1_700_000_000), periods_of(store, _ORIGIN))
    write_report(str(tmp_path / "r.json"), written)
    read = read_report(str(tmp_path / "r.json"))
    assert read.aggregate == written.aggregate
    assert read.periods == written.periods


def test_the_older_form_is_written_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ARTILLERY_USE_LEGACY_REPORT_FORMAT writes what version 1 wrote, and that can be read back."""
    monkeypatch.setenv("ARTILLERY_USE_LEGACY_REPORT_FORMAT", "1")
    store = _store()
    write_report(str(tmp_path / "r.json"), Report(bucket_of(store, _ORIGIN, 1_700_000_000), periods_of(store, _ORIGIN)))
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["aggregate"]["codes"] == {"200": 200, "500": 50}
    assert set(data["aggregate"]["latency"]) == {"min", "max", "median", "p95", "p99"}
    assert data["intermediate"][1]["timestamp"] == "2023-11-14T22:13:40.250Z"
    assert read_report(str(tmp_path / "r.json")).aggregate.counters["http.codes.500"] == 50


_OLD = {
    "aggregate": {
        "timestamp": "2020-01-01T00:00:10.000Z",
        "scenariosCreated": 10,
        "scenariosCompleted": 9,
        "requestsCompleted": 20,
        "latency": {"min": 1.5, "max": 9, "median": 3, "p95": 8, "p99": 9},
        "rps": {"count": 20, "mean": 2.5},
        "scenarioDuration": {"min": 5, "max": 9, "median": 6, "p95": 8, "p99": 9},
        "scenarioCounts": {"A <b>": 10},
        "errors": {"ECONNREFUSED": 1},
        "codes": {"200": 19, "500": 1},
        "customStats": {"mine": {"min": 1, "max": 2, "median": 1, "p95": 2, "p99": 2}},
    },
    "intermediate": [{"timestamp": "2020-01-01T00:00:10.000Z", "scenariosCreated": 10, "codes": {"200": 19}}],
}


def test_reports_of_version_1(tmp_path: Path) -> None:
    """The flat form of Artillery 1 is read as if it were a new one."""
    (tmp_path / "old.json").write_text(json.dumps(_OLD))
    aggregate = read_report(str(tmp_path / "old.json")).aggregate
    assert aggregate.counters["vusers.created"] == 10
    assert aggregate.counters["http.codes.500"] == 1
    assert aggregate.counters["errors.ECONNREFUSED"] == 1
    assert aggregate.counters["vusers.created_by_name.A <b>"] == 10
    assert aggregate.rates == {"http.request_rate": 2.5}
    assert set(aggregate.summaries) == {"http.response_time", "vusers.session_length", "mine"}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href"}]


def test_page_stands_alone(tmp_path: Path) -> None:
    """The page has no scripts and nothing from elsewhere, what a report holds is escaped, its figures are there."""
    (tmp_path / "old.json").write_text(json.dumps(_OLD))
    text = page(read_report(str(tmp_path / "old.json")), "old.json")
    parser = _Parser()
    parser.feed(text)
    assert "script" not in parser.tags
    assert parser.addresses == []
    assert "A &lt;b&gt;" in text
    assert "A <b>" not in text
    for figure in ("ECONNREFUSED", "mine", "500", "95.0%" if False else "100.0%"):
        assert figure in text
    store = _store()
    new = page(Report(bucket_of(store, _ORIGIN, 1_700_000_000), periods_of(store, _ORIGIN)), "new.json")
    assert new.count("<svg") >= 4


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"aggregate": 1}'])
def test_what_is_no_report(tmp_path: Path, text: str) -> None:
    """Files that are no reports are told."""
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ScriptError):
        read_report(str(tmp_path / "x.json"))


def test_output_path(tmp_path: Path) -> None:
    """A folder gets a file named after the time; a folder that is not there is a mistake."""
    assert output_path(str(tmp_path / "a.json")) == str(tmp_path / "a.json")
    assert output_path(str(tmp_path)).startswith(f"{tmp_path}/artillery_report_")
    with pytest.raises(ScriptError, match="Path does not exist"):
        output_path(str(tmp_path / "no" / "a.json"))


def test_rows_of_the_current_style() -> None:
    """Names in order, dots to column 80, rates per second, summaries as a group."""
    bucket = Bucket(0, {"http.requests": 10, "hidden.x": 1}, {"http.request_rate": 5}, {"a": {"min": 1, "p95": 2.5}})
    rows = metric_rows(bucket, ["hidden"])
    assert rows[0] == "a:"
    assert rows[1] == "  min: " + "." * 73 + " 1"
    assert rows[-2] == "http.request_rate: " + "." * 61 + " 5/sec"
    assert rows[-1] == "http.requests: " + "." * 65 + " 10"
    assert metric_rows(Bucket(0)) == ["No measurements recorded during this period"]


def test_rows_of_the_classic_style() -> None:
    """The rows of Artillery 1: scenarios with their share, statuses from 400 on among the errors."""
    counters = {
        "vusers.created": 1200,
        "vusers.completed": 1195,
        "http.responses": 4780,
        "http.codes.409": 23,
        "http.codes.200": 4757,
        "errors.ECONNREFUSED": 2,
        "vusers.created_by_name.User Authentication Flow": 240,
        "vusers.created_by_name.Dashboard Load": 960,
    }
    latency = {"min": 12, "max": 1823, "median": 145, "p95": 687, "p99": 1234}
    bucket = Bucket(0, dict(counters), {}, {"http.response_time": latency}, 0, 60_000)
    assert classic_rows(bucket, with_scenarios=True) == [
        "Scenarios launched:  1200",
        "Scenarios completed: 1195",
        "Requests completed:  4780",
        "Mean response/sec:   79.67",
        "Response time (msec):",
        "  min: 12",
        "  max: 1823",
        "  median: 145",
        "  p95: 687",
        "  p99: 1234",
        "Scenario counts:",
        "  User Authentication Flow: 240 (20%)",
        "  Dashboard Load: 960 (80%)",
        "Errors:",
        "  ECONNREFUSED: 2",
        "  HTTP 409: 23",
    ]


def test_durations_in_words() -> None:
    """Days to seconds; what stands before the first unit is left out."""
    assert duration_words(0.4) == "0 seconds"
    assert duration_words(61) == "1 minute, 1 second"
    assert duration_words(3600) == "1 hour, 0 minutes, 0 seconds"
