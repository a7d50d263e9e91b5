"""Whole runs whose plugins talk to small servers, and the periods that are sent."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from swell.dialects.artillery.metrics import COUNTER, HISTOGRAM, RATE
from swell.dialects.artillery.publish.published import Published
from swell.metrics.recorder import Recorder
from swell.metrics.store import MetricStore
from swell.metrics.tags import TagSet
from swell.outputs.batch import Batch, facts_of

if TYPE_CHECKING:
    from swell.dialects.artillery.buckets import Bucket
    from tests.artillery.conftest import Runner, Server
    from tests.artillery_plugins.conftest import Datagrams, Sink

_SECRET = "T0123/B0456/hunter2"


class _Kept:
    """A sink that keeps what it is given."""

    label = "kept"
    lost = 0

    def __init__(self) -> None:
        self.stats: list[Bucket] = []
        self.sent = 0

    def open(self) -> None:
        """Nothing to do."""

    def put(self, stats: Bucket) -> None:
        """Keep it."""
        self.stats.append(stats)

    def send(self) -> None:
        """Count it."""
        self.sent += 1

    def close(self) -> None:
        """Nothing to do."""


def test_periods() -> None:
    """What came between two flushes is one period, nothing twice, nothing left out."""
    store, recorder, sink = MetricStore(), Recorder(), _Kept()
    frames: list[object] = []
    store.taps.append(frames.append)
    counter = recorder.series(COUNTER, "counter", TagSet.of({"counter": "http.requests"}))
    rate = recorder.series(RATE, "counter", TagSet.of({"rate": "http.request_rate"}))
    times = recorder.series(HISTOGRAM, "trend", TagSet.of({"histogram": "http.response_time"}), is_time=True)
    output = Published(sink)
    for second in range(5):
        for place in range(4):
            recorder.add_sample((counter, second + place / 5, 1))
            recorder.add_sample((rate, second + place / 5, 1))
            recorder.add_sample((times, second + place / 5, 10.0 * (second + 1)))
        store.add(0, recorder.flush(second + 1.0))
        facts = [facts_of(each) for each in store.series_list()]
        output.take(Batch(1_800_000_000.0, second, frames.pop(), facts))  # type: ignore[arg-type]
        if second == 1:
            output.flush()
    output.flush()
    output.flush()
    output.close()
    first, last = sink.stats
    assert (first.counters, last.counters) == ({"http.requests": 8}, {"http.requests": 12})
    assert (first.rates, last.rates) == ({"http.request_rate": 4}, {"http.request_rate": 4})
    summary = last.summaries["http.response_time"]
    assert (summary["count"], summary["min"], summary["max"]) == (12, 30, 50)
    assert (first.first_at, first.last_at, last.last_at) == (1_800_000_000_000, 1_800_000_002_000, 1_800_000_005_000)
    assert sink.sent == 3


def test_a_run_publishes_what_its_report_says(runner: Runner, server: Server, sink: Sink, datagrams: Datagrams) -> None:
    """Counters that were sent add up to those of the report; Slack gets one message; the secret is nowhere."""
    script = f"""
config:
  target: {server.url}
  phases: [{{duration: 200ms, arrivalCount: 4}}]
  plugins:
    publish-metrics:
      - {{type: statsd, host: 127.0.0.1, port: {datagrams.port}, prefix: "t."}}
      - {{type: prometheus, pushgateway: "{sink.url}"}}
      - {{type: splunk, token: hunter2}}
    slack: {{webhookUrl: "{sink.url}/services/{_SECRET}"}}
    ensure: {{conditions: [{{expression: vusers.failed == 0}}]}}
scenarios: [{{name: one, flow: [{{get: {{url: /}}}}, {{get: {{url: /status/404}}}}]}}]
"""
    overrides = f'{{"config": {{"plugins": {{"slack": {{"webhookUrl": "{sink.url}/services/{_SECRET}"}}}}}}}}'
    files = ("--html", "run.html", "--summary-json", "run.json", "--store", "runs.db", "--name", "nightly")
    runner.write("test.yml", script)
    ran = runner.command("run", "test.yml", "-o", "report.json", "--overrides", overrides, *files)
    assert ran.code == 0, ran.err
    counted = Counter[str]()
    for line in datagrams.lines():
        found = re.fullmatch(r"t\.(.+):(\d+)\|c", line)
        if found is not None:
            counted[found[1]] += int(found[2])
    wanted = {name: value for name, value in ran.counters.items() if "metrics-by-endpoint" not in name}
    assert {name: counted[name] for name in wanted} == wanted
    last = next(each for each in reversed(sink.received) if each.method == "PUT")
    assert 'artillery_counters{metric="http_codes_404"} 4.0\n' in last.body
    (message,) = (each for each in sink.received if each.method == "POST")
    assert message.path == f"/services/{_SECRET}"
    assert "Artillery test run finished (nightly)" in message.body
    assert "splunk: is not supported" in ran.err
    kept = [path for path in runner.folder.iterdir() if path.name != "test.yml"]
    assert len(kept) >= 4
    shown = [ran.out.encode(), ran.err.encode(), *(path.read_bytes() for path in kept if path.is_file())]
    assert not any(b"hunter2" in data for data in shown)


def test_what_fails_harms_nothing(runner: Runner, server: Server, sink: Sink) -> None:
    """Servers that are not there, or refuse, are told; the run and its exit code are as without them."""
    script = f"""
config:
  target: {server.url}
  phases: [{{duration: 200ms, arrivalCount: 2}}]
  plugins:
    publish-metrics:
      - {{type: prometheus, pushgateway: "http://127.0.0.1:1"}}
      - {{type: open-telemetry, metrics: {{endpoint: "{sink.url}/v1/metrics"}}}}
    slack: {{webhookUrl: "http://127.0.0.1:1/services/{_SECRET}"}}
scenarios: [{{flow: [{{get: {{url: /}}}}]}}]
"""
    sink.answers = [200, 401]
    ran = runner.run(script)
    assert ran.code == 0, ran.err
    assert ran.counters["http.codes.200"] == 2
    assert "http://127.0.0.1:1 cannot be reached" in ran.err
    assert f"open-telemetry {sink.url}/v1/metrics failed once: {sink.url} answered 401" in ran.err
    assert "slack: the message could not be sent: http://127.0.0.1:1 cannot be reached" in ran.err
    assert "hunter2" not in ran.err
    assert "Traceback" not in ran.err


def test_a_target_that_is_wrong_ends_it_first(runner: Runner, server: Server) -> None:
    """With its line, before anything is sent."""
    script = f"config:\n  target: {server.url}\n  plugins:\n    publish-metrics: [{{type: prometheus}}]\n"
    ran = runner.run(script + "scenarios: [{flow: [{get: {url: /}}]}]\n")
    assert ran.code == 1
    assert "test.yml:4: config.plugins.publish-metrics, prometheus: pushgateway is missing" in ran.err
    assert server.seen == []
