"""What each target of publish-metrics gets of a period, by real small servers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.buckets import Bucket
from swell.dialects.artillery.publish.choice import choice_of, pairs_of
from swell.dialects.artillery.publish.gateway_sink import GatewaySink
from swell.dialects.artillery.publish.influx_sink import InfluxSink
from swell.dialects.artillery.publish.otel_sink import OtelSink
from swell.dialects.artillery.publish.statsd_sink import StatsdSink, stats_lines
from swell.outputs.base import OutputError
from tests.artillery_plugins.conftest import period

if TYPE_CHECKING:
    from tests.artillery_plugins.conftest import Datagrams, Sink


def test_statsd(datagrams: Datagrams) -> None:
    """Counters are increments, the rest gauges, behind the prefix; names that would break a line are mended."""
    target = StatsdSink({"type": "statsd", "port": datagrams.port, "tags": ["stage:load", "no tag"]}, "")
    target.open()
    target.put(period())
    target.send()
    target.close()
    assert datagrams.lines() == [
        "artillery.http.codes.200:7|c|#stage:load",
        "artillery.vusers.created:3|c|#stage:load",
        "artillery.errors.connect_ECONNREFUSED_127.0.0.1_1:1|c|#stage:load",
        "artillery.http.response_time.min:1|g|#stage:load",
        "artillery.http.response_time.max:30.5|g|#stage:load",
        "artillery.http.response_time.count:7|g|#stage:load",
        "artillery.http.response_time.p95:20|g|#stage:load",
        "artillery.http.response_time.median:4|g|#stage:load",
        "artillery.http.request_rate:0.7|g|#stage:load",
    ]


def test_telegraf(datagrams: Datagrams) -> None:
    """Telegraf has its tags within the name."""
    spec = {"type": "influxdb-statsd", "port": str(datagrams.port), "prefix": "", "tags": {"stage": "load"}}
    target = StatsdSink({**spec, "includeOnly": ["http.codes"]}, "")
    target.open()
    target.put(period())
    target.send()
    assert datagrams.lines() == ["http.codes.200,stage=load:7|c"]
    target.close()


def test_datadog_events(datagrams: Datagrams) -> None:
    """The agent gets an event at the start and one at the end, with lengths in bytes and without passwords."""
    spec = {"type": "datadog", "port": datagrams.port, "excluded": ["http", "vusers", "errors"]}
    event = {"title": "nächtlich", "priority": "normal", "tags": ["a:b"]}
    target = StatsdSink({**spec, "event": event}, "http://user:hunter2@h/")
    target.open()
    target.put(period())
    target.send()
    target.put(period(1))
    target.send()
    target.close()
    started, finished = datagrams.lines()
    assert started == "_e{19,28}:Started: nächtlich|Target: http://[redacted]@h/|p:normal|t:info|#a:b"
    assert finished.startswith("_e{20,28}:Finished: nächtlich|")


@given(st.text(max_size=40), st.floats(-1e9, 1e9), st.dictionaries(st.text(max_size=8), st.text(max_size=8)))
def test_a_line_of_statsd_stays_one(name: str, value: float, tags: dict[str, str]) -> None:
    """Whatever names and tags are, a number is one line with one type."""
    for telegraf in (False, True):
        for line in stats_lines(Bucket(0, {name: value}), "a.", tags, telegraf=telegraf):
            assert len(line.split("\n")) == 1
            body = line.partition("|#")[0]
            assert body.endswith("|c")
            assert body.count("|") == 1


def test_pushgateway(sink: Sink) -> None:
    """Artillery's three families with the label `metric`; counters are totals, the others those of the last period."""
    spec = {"type": "prometheus", "pushgateway": sink.url, "tags": ["stage:load"]}
    target = GatewaySink(spec, "run-1")
    target.open()
    target.put(period())
    sink.answers = [503]
    with pytest.raises(OutputError, match="answered 503"):
        target.send()
    target.put(period(1))
    target.send()
    target.send()
    target.close()
    opened, _, last = sink.received
    assert (opened.method, opened.path, opened.body) == ("PUT", "/metrics/job/run-1", "")
    lines = last.body.splitlines()
    assert "# TYPE artillery_counters counter" in lines
    assert 'artillery_counters{stage="load",metric="http_codes_200"} 14.0' in lines
    assert 'artillery_rates{stage="load",metric="http_request_rate"} 0.7' in lines
    assert 'artillery_summaries{stage="load",metric="http_response_time_p95"} 20.0' in lines


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"database": "load", "username": "u", "password": "p"}, "/write?db=load&precision=ns"),
        ({"org": "o", "bucket": "b", "token": "t"}, "/api/v2/write?org=o&bucket=b&precision=ns"),
    ],
)
def test_influxdb(sink: Sink, more: dict[str, str], path: str) -> None:
    """A measurement for each metric, in both versions; a period that failed is sent with the next."""
    target = InfluxSink({"host": "127.0.0.1", "port": sink.port, "tags": ["stage:load"], **more}, {})
    target.open()
    sink.answers = [500]
    target.put(period())
    with pytest.raises(OutputError):
        target.send()
    target.put(period(1))
    target.send()
    target.close()
    assert {each.path for each in sink.received} == {path}
    assert sink.received[0].headers["authorization"] in {"Basic dTpw", "Token t"}
    lines = [line for each in sink.received[2:] for line in each.body.splitlines()]
    assert "artillery.http.codes.200,stage=load value=7.0 1800000010000000000" in lines
    summary = "min=1.0,max=30.5,count=7.0,p95=20.0,median=4.0"
    assert f"artillery.http.response_time,stage=load {summary} 1800000020000000000" in lines


def test_open_telemetry(sink: Sink) -> None:
    """Counters are sums of a period, the rest gauges, with the resource and attributes of the config."""
    metrics = {
        "endpoint": f"{sink.url}/v1/metrics",
        "headers": {"api-key": "k"},
        "attributes": {"stage": "load"},
        "exclude": ["vusers.created"],
    }
    spec = {"metrics": metrics, "serviceName": "shop", "resourceAttributes": {"team": "a"}}
    target = OtelSink(spec, {"OTEL_EXPORTER_OTLP_HEADERS": "x=y"})
    target.open()
    target.put(period())
    target.send()
    target.close()
    sent = sink.received[-1]
    assert (sent.path, sent.headers["api-key"], sent.headers["x"]) == ("/v1/metrics", "k", "y")
    (resource,) = json.loads(sent.body)["resourceMetrics"]
    names = {each["key"]: each["value"]["stringValue"] for each in resource["resource"]["attributes"]}
    assert names == {"service.name": "shop", "team": "a"}
    (scope,) = resource["scopeMetrics"]
    assert scope["scope"] == {"name": "Artillery.io_metrics"}
    found: dict[str, dict[str, Any]] = {each["name"]: each for each in scope["metrics"]}
    assert "vusers.created" not in found
    total = found["http.codes.200"]["sum"]
    assert (total["aggregationTemporality"], total["isMonotonic"]) == (1, True)
    (point,) = total["dataPoints"]
    assert (point["asDouble"], point["startTimeUnixNano"]) == (7.0, "1800000000000000000")
    assert point["attributes"] == [{"key": "stage", "value": {"stringValue": "load"}}]
    assert found["http.response_time.p95"]["gauge"]["dataPoints"][0]["asDouble"] == 20.0


def test_an_endpoint_from_the_environment() -> None:
    """As OpenTelemetry's own exporters find it."""
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}
    assert OtelSink({"metrics": {}}, env).label == "open-telemetry http://collector:4318/v1/metrics"
    assert OtelSink({"metrics": {}}, {}).label == "open-telemetry http://localhost:4318/v1/metrics"


def test_tags_and_choice() -> None:
    """Tags are texts, mappings, or what YAML makes of them; includeOnly comes before excluded."""
    assert pairs_of(["a:b:c", {"d": 1}, "none", ":x"]) == {"a": "b:c", "d": "1"}
    assert pairs_of({"a": True}) == {"a": "true"}
    assert pairs_of(None) == {}
    wanted = choice_of({"includeOnly": ["http.c"], "excluded": ["http"]})
    assert [wanted(name) for name in ("http.codes.200", "http.requests")] == [True, False]
    exact = choice_of({"exclude": ["http"]}, exact=True)
    assert [exact(name) for name in ("http", "http.requests")] == [False, True]
