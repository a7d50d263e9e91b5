"""What InfluxDB, OpenTelemetry, Prometheus and StatsD get, read back by other code than ours."""

from __future__ import annotations

import json
import re
import socket
import struct
import urllib.error
import urllib.request
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from swell.outputs.influxdb import InfluxDb, point_line
from swell.outputs.otlp import BOUNDS, Otlp
from swell.outputs.prometheus import PrometheusPage, RemoteWrite
from swell.outputs.prometheus_names import Sample, exposition, label_name
from swell.outputs.registry import make_output
from swell.outputs.statsd import StatsD
from swell.outputs.wire import snappy, varint, write_request
from tests.outputs.conftest import NAME, ORIGIN, run_through, sink


def unpack_snappy(data: bytes) -> bytes:
    """A reader of snappy blocks that hold literals, written from the format's description."""
    size, at = _varint(data, 0)
    out = b""
    while at < len(data):
        tag = data[at]
        assert tag & 3 == 0, "not a literal"
        length, at = tag >> 2, at + 1
        if length >= 60:
            extra = length - 59
            length, at = int.from_bytes(data[at : at + extra], "little"), at + extra
        out += data[at : at + length + 1]
        at += length + 1
    assert len(out) == size
    return out


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at


def messages(data: bytes) -> list[tuple[int, Any]]:
    """The fields of a protobuf message: number and value."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 2:
            length, at = _varint(data, at)
            found.append((key >> 3, data[at : at + length]))
            at += length
        elif key & 7 == 1:
            found.append((key >> 3, struct.unpack("<d", data[at : at + 8])[0]))
            at += 8
        else:
            value, at = _varint(data, at)
            found.append((key >> 3, value))
    return found


def series_of(body: bytes) -> dict[str, tuple[float, int]]:
    """Series of a remote write request by their labels: value and time."""
    found: dict[str, tuple[float, int]] = {}
    for _, content in messages(unpack_snappy(body)):
        fields = messages(content)
        labels = [tuple(part.decode() for _, part in messages(label)) for number, label in fields if number == 1]
        assert labels == sorted(labels)
        (sample,) = (dict(messages(part)) for number, part in fields if number == 2)
        found[",".join(f"{name}={value}" for name, value in labels)] = (sample[1], sample[2])
    return found


def test_remote_write_sends_totals() -> None:
    """Names with units, labels in order, counters since the start, at the end of the newest second."""
    with sink() as server:
        assert run_through(RemoteWrite(f"{server.url}/api/v1/write", headers={"X-Scope": "team"}, every=0.0)) == []
        last = server.received[-1]
    assert (last.headers["content-encoding"], last.headers["x-scope"]) == ("snappy", "team")
    found = series_of(last.body)
    name = NAME.replace("hunter2secret", "[redacted]")
    tags = f"expected_response=true,method=GET,name={name},status=200"
    assert found[f"__name__=swell_http_reqs_total,{tags}"] == (30.0, int((ORIGIN + 3) * 1000))
    assert found["__name__=swell_checks_total,check=is ok,outcome=false"][0] == 3
    assert found["__name__=swell_vus,scenario=s"][0] == 3
    count = found[f"__name__=swell_http_req_duration_seconds_count,{tags}"][0]
    largest = found[f"__name__=swell_http_req_duration_seconds,{tags.replace('status', 'quantile=1,status')}"][0]
    assert (count, largest) == (30, pytest.approx(0.1))


def test_the_page_for_prometheus() -> None:
    """The text format while the run goes on; other paths are none."""
    page = PrometheusPage(("127.0.0.1", 0))
    texts: list[str] = []
    close = page.close

    def read_and_close() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{page.port}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            texts.append(answer.read().decode())
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{page.port}/other")
        close()

    page.close = read_and_close  # type: ignore[method-assign]
    assert run_through(page) == []
    text = texts[0]
    assert "# TYPE swell_http_reqs_total counter\n" in text
    assert 'swell_checks_total{check="is ok",outcome="true"} 27.0\n' in text
    assert re.search(
        r'swell_http_req_duration_seconds\{.*name="http://h/a b,c=\\"d\\"\?.*quantile="0.95".*\} 0\.1', text
    )
    assert len(re.findall(r"# TYPE swell_http_req_duration_seconds ", text)) == 1


def test_influxdb_gets_lines() -> None:
    """Version 1: database and user in the URL; one line for each series and second."""
    with sink() as server:
        url = server.url.replace("http://", "http://me:hunter2@")
        output = InfluxDb(f"{url}/k6?rp=week", {})
        assert "hunter2" not in output.label
        assert run_through(output) == []
        received = [each for each in server.received if each.body]
    assert received[0].path == "/write?db=k6&precision=ns&rp=week"
    assert received[0].headers["authorization"] == "Basic bWU6aHVudGVyMg=="
    lines = [line for each in received for line in each.body.decode().splitlines()]
    wanted = r"http_reqs,expected_response=true,method=GET,name=http://h/a\ b\,c\="
    mine = [line for line in lines if line.startswith(wanted)]
    assert [line.rsplit(" ", 1)[1] for line in mine] == [str(int(ORIGIN + n) * 10**9) for n in range(3)]
    assert "count=10.0" in mine[0]
    assert "value=10.0" in mine[0]


def test_influxdb_2_has_buckets_and_a_token() -> None:
    """The token comes from the environment."""
    with sink() as server:
        output = InfluxDb(f"{server.url}?org=o&bucket=b", {"INFLUX_TOKEN": "abc"})
        assert run_through(output, 1) == []
        received = server.received[-1]
    assert received.path == "/api/v2/write?org=o&bucket=b&precision=ns"
    assert received.headers["authorization"] == "Token abc"


def test_a_server_that_was_away_gets_everything_later() -> None:
    """Failures are told, nothing is lost and nothing comes twice."""
    with sink() as server:
        output = InfluxDb(f"{server.url}/db", {})
        output.every = 0.0
        server.answers = [204, 503, 503]
        notes = run_through(output, 4)
        lines = [line for each in server.received for line in each.body.decode().splitlines()]
    assert sum(line.startswith("http_reqs,") for line in lines) == 4
    assert len(lines) == len(set(lines))
    assert all("answered 503" in note for note in notes)


def test_what_a_server_never_takes_is_given_up() -> None:
    """A request that is refused for good does not block the next ones."""
    with sink() as server:
        output = InfluxDb(f"{server.url}/db", {})
        output.every = 0.0
        server.answers = [204, 400]
        notes = run_through(output, 3)
    assert len(notes) == 2
    assert "answered 400" in notes[0]
    assert "gave up 1 parcel of data" in notes[1]


def test_opentelemetry_gets_cumulative_metrics() -> None:
    """Sums, gauges and histograms in OTLP's JSON."""
    with sink() as server:
        assert run_through(Otlp(server.url, headers={"api-key": "k"}, service="shop", every=0.0)) == []
        last = server.received[-1]
    assert (last.path, last.headers["api-key"]) == ("/v1/metrics", "k")
    (resource,) = json.loads(last.body)["resourceMetrics"]
    assert resource["resource"]["attributes"] == [{"key": "service.name", "value": {"stringValue": "shop"}}]
    metrics = {metric["name"]: metric for metric in resource["scopeMetrics"][0]["metrics"]}
    requests = metrics["http_reqs"]["sum"]
    assert (requests["isMonotonic"], requests["aggregationTemporality"]) == (True, 2)
    point = requests["dataPoints"][0]
    assert (point["asDouble"], point["startTimeUnixNano"]) == (30.0, str(int(ORIGIN) * 10**9))
    assert point["timeUnixNano"] == str(int(ORIGIN + 3) * 10**9)
    checks = metrics["checks"]["sum"]["dataPoints"]
    assert [each["asDouble"] for each in checks] == [27.0, 3.0]
    duration = metrics["http_req_duration"]
    (point,) = duration["histogram"]["dataPoints"]
    assert (duration["unit"], point["count"], point["max"]) == ("ms", "30", pytest.approx(100))
    counts = [int(count) for count in point["bucketCounts"]]
    assert (len(counts), sum(counts), point["explicitBounds"]) == (len(BOUNDS) + 1, 30, list(BOUNDS))
    assert metrics["vus"]["gauge"]["dataPoints"][0]["asDouble"] == 3.0


def test_opentelemetrys_own_reader_takes_it() -> None:
    """The official messages know every field (where their package is installed)."""
    service = pytest.importorskip("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
    json_format = pytest.importorskip("google.protobuf.json_format")
    with sink() as server:
        assert run_through(Otlp(server.url, every=0.0)) == []
        message = json_format.Parse(server.received[-1].body, service.ExportMetricsServiceRequest())
    names = [metric.name for metric in message.resource_metrics[0].scope_metrics[0].metrics]
    assert {"http_reqs", "http_req_duration", "checks", "vus"} <= set(names)


@pytest.mark.parametrize("tagged", [False, True])
def test_statsd_gets_datagrams(tagged: bool) -> None:
    """Counters as increments, statistics as gauges; with DogStatsD tags when asked for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        assert run_through(StatsD(receiver.getsockname(), tagged=tagged), 2) == []
        lines: list[str] = []
        while sum(line.startswith("swell.vus:") for line in lines) < 2:
            data = receiver.recv(65_535)
            assert len(data) <= 1_400
            lines += data.decode().splitlines()
    requests = [line for line in lines if line.startswith("swell.http_reqs:")]
    tags = '|#expected_response:true,method:GET,name:http_//h/a_b_c="d"?token=[redacted],status:200'
    assert requests[0] == "swell.http_reqs:10|c" + (tags if tagged else "")
    assert any(re.fullmatch(r"swell\.http_req_duration\.p95:100(\.\d+)?\|g.*", line) for line in lines)
    assert any(line.startswith("swell.checks.fails:1|c") for line in lines)


def test_a_negative_gauge_is_set_from_zero() -> None:
    """A sign would be a change of the gauge."""
    from swell.outputs.statsd import _gauge

    assert _gauge("a", -5.0, "") == ["a:0|g", "a:-5|g"]


def test_options_of_statsd() -> None:
    """Prefix and tags come after a question mark."""
    output = make_output("statsd=h:1?tags=1&prefix=shop", {})
    assert isinstance(output, StatsD)
    assert (output._prefix, output._tagged) == ("shop", True)


@given(st.binary(max_size=200_000))
def test_snappy_literals_come_back(data: bytes) -> None:
    """Any bytes, also more than one literal holds."""
    assert unpack_snappy(snappy(data)) == data


@given(st.integers(0, 2**64 - 1))
def test_varints_come_back(number: int) -> None:
    """All sizes."""
    assert _varint(varint(number), 0) == (number, len(varint(number)))


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=9), max_size=3), st.floats(allow_nan=False))
def test_any_tags_make_a_readable_request(tags: dict[str, str], value: float) -> None:
    """Odd names become allowed ones, odd values come back."""
    labels = {label_name(name): value for name, value in tags.items()}
    sample = Sample("m", labels, value)
    for name in labels:
        assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name)
        assert not name.startswith("__")
    ((_, series),) = messages(write_request([sample], 5))
    assert (2, b"\x09" + struct.pack("<d", value) + b"\x10\x05") in messages(series)
    assert exposition([sample]).count("\n") == 2


@example({"0": "\\\n"})
@example({"a\\\\": "\\\\ ,\\="})
@given(st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=9), max_size=3))
def test_lines_stay_lines(tags: dict[str, str]) -> None:
    """No value breaks out of its line, and the fields stand where a reader looks for them."""
    line = point_line("m", tags, {"v": 1.0}, 5)
    assert "\n" not in line
    assert line.endswith(" v=1.0 5")
    head = line.removesuffix(" v=1.0 5")
    assert not re.search(r"(?<!\\)(?:\\\\)* ", head.replace("\\\\", ""))
