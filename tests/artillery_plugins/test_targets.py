"""From config.plugins.publish-metrics to targets: mistakes, refusals, and what other commands say."""

from __future__ import annotations

from typing import Any

import pytest

from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.dialects.artillery.publish.targets import equivalents, targets_of, targets_opened


def _config(*specs: Any) -> dict[str, Any]:
    return {"target": "http://h", "plugins": {"publish-metrics": list(specs)}}


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ({"type": "statsd"}, "statsd 127.0.0.1:8125"),
        ({"type": "datadog"}, "datadog 127.0.0.1:8125"),
        ({"type": "datadog", "apiKey": "k", "agent": True, "host": "dd"}, "datadog dd:8125"),
        ({"type": "influxdb-statsd", "port": 1}, "influxdb-statsd 127.0.0.1:1"),
        ({"type": "influxdb", "url": "http://u:hunter2@h:8086/db"}, "influxdb http://h:8086/db"),
        ({"type": "influxdb", "host": "h", "database": "db", "ssl": True}, "influxdb https://h:8086/db"),
        ({"type": "prometheus", "pushgateway": "http://h:9091"}, "prometheus http://h:9091/metrics/job/t1"),
        ({"type": "open-telemetry", "metrics": True}, "open-telemetry http://localhost:4318/v1/metrics"),
    ],
)
def test_targets(spec: dict[str, Any], label: str) -> None:
    """Each type by its own options, alone or in a list; the label holds no secret."""
    for config in (_config(spec), {"plugins": {"publish-metrics": spec}}):
        (output,) = targets_of(config, test_id="t1", env={}).outputs
        assert output.label == f"publish-metrics: {label}"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"type": "prometheus"}, "prometheus: pushgateway is missing"),
        ({"type": "prometheus", "pushgateway": "ftp://u:hunter2@x"}, "is no http:// or https:// address"),
        ({"type": "influxdb"}, "name the database"),
        ({"type": "statsd", "port": "x"}, "port is a number"),
        ({"type": "open-telemetry", "metrics": {"exporter": "zipkin"}}, "use otlp-http"),
        ("statsd", "is a list of targets"),
    ],
)
def test_mistakes_have_their_place(spec: Any, said: str) -> None:
    """What is written wrong is told before the run, with file and line, without secrets."""
    with pytest.raises(ScriptError) as caught:
        targets_of(_config(spec), test_id="t", env={}, place=Place("a.yml", 7))
    assert str(caught.value).startswith("a.yml:7: config.plugins.publish-metrics")
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"type": "datadog", "apiKey": "hunter2"}, "use the Datadog agent"),
        ({"type": "honeycomb", "apiKey": "hunter2"}, "sends traces only"),
        ({"type": "newrelic", "licenseKey": "hunter2"}, "https://otlp.nr-data.net/v1/metrics"),
        ({"type": "dynatrace"}, "/api/v2/otlp/v1/metrics"),
        ({"type": "cloudwatch"}, "CloudWatch agent"),
        ({"type": "splunk"}, "signalfx"),
        ({"type": "mixpanel"}, "--out json=FILE"),
        ({"type": "open-telemetry", "traces": {"endpoint": "x"}}, "traces are not sent from here"),
        ({"type": "open-telemetry", "metrics": {"exporter": "otlp-grpc"}}, "gRPC is not spoken here"),
        ({"type": "open-telemetry"}, "neither metrics nor traces"),
        ({"type": "nonsense"}, "there is no type 'nonsense'"),
        ({}, "is a list of targets"),
        ({"port": 1}, "a target has no type"),
    ],
)
def test_what_cannot_be_sent_is_told(spec: dict[str, Any], said: str) -> None:
    """The run goes on without it, and a note says what to use."""
    if not spec:
        with pytest.raises(ScriptError, match=said):
            targets_of(_config(spec), test_id="t", env={})
        return
    found = targets_of(_config(spec), test_id="t", env={})
    assert found.outputs == []
    (note,) = found.notes
    assert said in note
    assert "hunter2" not in note


def test_a_server_that_is_not_there_is_tried_again() -> None:
    """It stays an output; a target that is switched off is none."""
    config = _config({"type": "prometheus", "pushgateway": "http://127.0.0.1:1"}, {"type": "x", "enabled": False})
    found = targets_opened(targets_of(config, test_id="t", env={}))
    assert len(found.outputs) == 1
    assert "http://127.0.0.1:1 cannot be reached" in found.notes[0]
    assert "tried again" in found.notes[0]


def test_what_other_commands_say() -> None:
    """`swell run` and `swell check` name the options that do the same."""
    assert equivalents({}) == []
    (note,) = equivalents(_config({"type": "prometheus"}, {"type": "statsd"}, {"type": "splunk"}))
    assert note.endswith("use --out pushgateway=URL, --out statsd=HOST:PORT")
