"""The outputs of k6: names, environment, and files that programs made for k6 read."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from swell.dialects.k6.options import SYSTEM_TAGS
from swell.dialects.k6.output_files import CsvPoints, InfluxPoints, JsonPoints, time_text
from swell.dialects.k6.outputs import Dashboard, dashboard_of, make_outputs, open_outputs, split_specs
from swell.outputs.base import wants_points
from swell.outputs.otlp import Otlp
from swell.outputs.prometheus import RemoteWrite
from swell.outputs.statsd import StatsD
from tests.outputs.conftest import run_through, sink
from tests.outputs.test_push import series_of


def test_json_has_a_head_for_each_metric_and_a_point_for_each_sample(tmp_path: Path) -> None:
    """Ten requests a second are ten points of each of their metrics, with exact times."""
    path = tmp_path / "points.json.gz"
    output = JsonPoints(str(path), {"http_req_duration": ["p(95)<500"], "http_req_duration{a:b}": ["avg<1"]})
    assert wants_points([output])
    assert run_through(output, 2) == []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines: list[dict[str, Any]] = [json.loads(line) for line in file]
    heads = {line["metric"]: place for place, line in enumerate(lines) if line["type"] == "Metric"}
    firsts: dict[str, int] = {}
    for place, line in enumerate(lines):
        if line["type"] == "Point":
            firsts.setdefault(line["metric"], place)
    assert heads.keys() == firsts.keys()
    assert all(heads[metric] < place for metric, place in firsts.items())
    assert lines[heads["http_req_duration"]]["data"] == {
        "name": "http_req_duration",
        "type": "trend",
        "contains": "time",
        "thresholds": ["p(95)<500"],
        "submetrics": [{"name": "http_req_duration{a:b}", "suffix": "a:b", "tags": None}],
    }
    counts = Counter(line["metric"] for line in lines if line["type"] == "Point")
    assert counts["http_reqs"] == counts["http_req_duration"] == counts["http_req_tls_handshaking"] == 20
    assert (counts["checks"], counts["vus"]) == (20, 2)
    assert "http_req_latency" not in counts
    point = lines[firsts["http_req_duration"]]["data"]
    assert point["time"] == "2027-01-15T08:00:00.1Z"
    assert point["value"] == pytest.approx(100)
    assert point["tags"]["method"] == "GET"
    assert "hunter2" not in json.dumps(lines)


def test_csv_has_a_column_for_each_system_tag(tmp_path: Path) -> None:
    """The header and the columns that readers of k6's files expect."""
    path = tmp_path / "points.csv"
    assert run_through(CsvPoints.of(f"fileName={path},timeFormat=unix_milli", {}, None), 1) == []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["metric_name", "timestamp", "metric_value", *SYSTEM_TAGS, "extra_tags", "metadata"]
    requests = [row for row in rows if row["metric_name"] == "http_reqs"]
    assert len(requests) == 10
    first = requests[0]
    assert (first["timestamp"], first["metric_value"], first["status"]) == ("1800000000100", "1.000000", "200")
    assert first["name"] == 'http://h/a b,c="d"?token=[redacted]'


def test_system_tags_that_are_not_enabled_are_left_out(tmp_path: Path) -> None:
    """With other system tags, the columns are those; a check's name was one of them."""
    path = tmp_path / "points.csv"
    assert run_through(CsvPoints.of(str(path), {}, ["status", "vu"]), 1) == []
    with path.open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["metric_name"] == "checks")
    assert (list(row)[3:], row["extra_tags"]) == (["status", "extra_tags", "metadata"], "")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("unix", "1800000000"),
        ("unix_micro", "1800000000123456"),
        ("unix_nano", "1800000000123456000"),
        ("rfc3339", "2027-01-15T08:00:00Z"),
        ("rfc3339_nano", "2027-01-15T08:00:00.123456Z"),
    ],
)
def test_times_of_csv_files(form: str, text: str) -> None:
    """K6_CSV_TIME_FORMAT."""
    assert time_text(1_800_000_000.123456, form)[: len(text) - 4] == text[: len(text) - 4]


def test_influxdb_gets_a_point_for_each_sample() -> None:
    """One field `value`; equal times do not replace each other; url is a field."""
    with sink() as server:
        (output,) = make_outputs([f"influxdb={server.url}/k6"], {})
        assert isinstance(output, InfluxPoints)
        assert run_through(output, 2) == []
        lines = [line for each in server.received for line in each.body.decode().splitlines()]
    mine = [line for line in lines if line.startswith("http_reqs,")]
    assert len(mine) == len({line.rsplit(" ", 1)[1] for line in mine}) == 20
    assert all(" value=1.0" in line for line in mine)


def test_remote_write_in_k6s_names() -> None:
    """Names, statistics and headers by K6_PROMETHEUS_RW_*."""
    with sink() as server:
        env = {
            "K6_PROMETHEUS_RW_SERVER_URL": f"{server.url}/api/v1/write",
            "K6_PROMETHEUS_RW_TREND_STATS": "p(95),max,count",
            "K6_PROMETHEUS_RW_HEADERS_X_SCOPE": "team",
            "K6_PROMETHEUS_RW_BEARER_TOKEN": "abc",
            "K6_PROMETHEUS_RW_PUSH_INTERVAL": "1ms",
        }
        (output,) = make_outputs(["experimental-prometheus-rw"], env)
        assert isinstance(output, RemoteWrite)
        assert run_through(output, 2) == []
        last = server.received[-1]
    assert (last.headers["x-scope"], last.headers["authorization"]) == ("team", "Bearer abc")
    names = {labels.partition(",")[0].partition("=")[2]: value for labels, (value, _) in series_of(last.body).items()}
    assert names["k6_http_reqs_total"] == 20
    assert names["k6_checks_rate"] == pytest.approx(0.9)
    assert names["k6_http_req_duration_max"] == pytest.approx(0.1)
    assert names["k6_http_req_duration_count"] == 20
    assert "k6_http_req_duration_p95" in names


def test_opentelemetry_over_http_and_not_over_grpc() -> None:
    """K6_OTEL_*; gRPC is refused with what to set instead."""
    env = {"K6_OTEL_EXPORTER_PROTOCOL": "http/protobuf", "K6_OTEL_HTTP_EXPORTER_ENDPOINT": "collector:4318"}
    (output,) = make_outputs(["experimental-opentelemetry"], env)
    assert isinstance(output, Otlp)
    assert output.label == "opentelemetry=http://collector:4318/v1/metrics"
    with pytest.raises(ValueError, match="K6_OTEL_HTTP_EXPORTER_ENDPOINT"):
        make_outputs(["opentelemetry"], {"K6_OTEL_EXPORTER_PROTOCOL": "grpc"})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("kafka=x", "extension"),
        ("cloud", "json=FILE"),
        ("nonsense", "there is no output"),
        ("csv=a=b", "a is unknown"),
        ("csv=timeFormat=never", "no format of times"),
        ("json=/nowhere/x.json", "cannot be written"),
    ],
)
def test_what_cannot_be_is_refused_before_the_load(spec: str, said: str) -> None:
    """With the name of the output and a way out."""
    with pytest.raises(ValueError, match=said):
        open_outputs([spec], {})


def test_outputs_of_swell_and_old_ones_of_k6_work_too() -> None:
    """Statsd left k6 in 0.55; prometheus is ours."""
    statsd, page = make_outputs(["statsd", "prometheus=0"], {"K6_STATSD_ENABLE_TAGS": "true"})
    assert isinstance(statsd, StatsD)
    assert (statsd.label, statsd._prefix, statsd._tagged) == ("statsd=localhost:8125", "k6", True)
    assert page.label == "prometheus=127.0.0.1:0"


def test_flags_win_over_the_environment() -> None:
    """K6_OUT counts only without --out."""
    assert split_specs([], {"K6_OUT": "json=a, csv=b"}) == ["json=a", "csv=b"]
    assert split_specs(["json=c"], {"K6_OUT": "json=a"}) == ["json=c"]


def test_the_dashboard() -> None:
    """By --out or by the environment; it is no output of its own here."""
    assert dashboard_of(["json=x"], {}) is None
    assert dashboard_of([], {"K6_WEB_DASHBOARD": "true"}) == Dashboard("localhost", 5665)
    asked = dashboard_of(["web-dashboard=port=0&export=r.html"], {"K6_WEB_DASHBOARD_HOST": "127.0.0.1"})
    assert asked == Dashboard("127.0.0.1", 0, "r.html")
    assert make_outputs(["web-dashboard"], {}) == []
    with pytest.raises(ValueError, match="a number"):
        dashboard_of(["dashboard=port=x"], {})
