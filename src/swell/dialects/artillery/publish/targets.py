"""From `config.plugins.publish-metrics` to outputs.

Rules: a target that is written wrong is a mistake of the script, told with its line before the run. What cannot be done
here (traces, services that are spoken to in their own way) is told with what to use, and the run goes on; so is a
server that cannot be reached, and it is tried again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.shapes import list_of, mapping_of
from swell.metrics.redaction import redact_text
from swell.outputs.base import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.mistakes import Place
    from swell.dialects.artillery.publish.published import Sink
    from swell.outputs.base import Output

__all__ = ["PLUGIN", "Targets", "equivalents", "targets_of", "targets_opened"]

PLUGIN = "publish-metrics"

_NO_TRACES = "traces are not sent from here; what a request took is in the metrics"
_USE_OTEL = "is not supported; use the type open-telemetry with metrics"
_ELSEWHERE = {
    "honeycomb": "sends traces only, and they are not sent from here; use the type open-telemetry with metrics",
    "newrelic": f"{_USE_OTEL}: {{endpoint: https://otlp.nr-data.net/v1/metrics, headers: {{api-key: ...}}}}",
    "dynatrace": f"{_USE_OTEL}: {{endpoint: https://ENV.live.dynatrace.com/api/v2/otlp/v1/metrics, headers: ...}}",
    "cloudwatch": f"{_USE_OTEL} and a collector with the exporter awsemf, or the CloudWatch agent with type statsd",
    "splunk": f"{_USE_OTEL} and a collector with the exporter signalfx",
    "mixpanel": "is not supported; use --out json=FILE, or the type open-telemetry with metrics",
}
_DATADOG_API = (
    "apiKey is set, but metrics are not sent to Datadog's API from here: leave it out to use the Datadog agent "
    "(host, port), or use --out otlp=URL to a collector"
)
_OUT = {
    "prometheus": "--out pushgateway=URL",
    "statsd": "--out statsd=HOST:PORT",
    "datadog": "--out statsd=HOST:PORT?tags=1",
    "influxdb": "--out influxdb=URL",
    "influxdb-statsd": "--out statsd=HOST:PORT",
    "open-telemetry": "--out otlp=URL",
}


class Targets(NamedTuple):
    """Outputs, not yet opened, and what people must know of the others."""

    outputs: list[Output]
    notes: list[str]


def targets_of(
    config: Mapping[str, Any], *, test_id: str, env: Mapping[str, str] | None = None, place: Place | None = None
) -> Targets:
    """The targets of a filled-in config. Raises ScriptError for one that is written wrong."""
    env = os.environ if env is None else env
    found = Targets([], [])
    for spec in _specs(config, place):
        kind = str(spec.get("type") or "")
        try:
            sink = _sink(spec, kind, config, test_id, env, found.notes)
        except ValueError as error:
            raise ScriptError(f"config.plugins.{PLUGIN}, {kind}: {redact_text(str(error))}", place) from None
        if sink is not None:
            from swell.dialects.artillery.publish.published import Published  # noqa: PLC0415 - only where it is wanted

            found.outputs.append(Published(sink))
    return found


def targets_opened(targets: Targets) -> Targets:
    """The same, opened; one that cannot work now stays, and is noted."""
    notes = list(targets.notes)
    for output in targets.outputs:
        try:
            output.open()
        except (OutputError, OSError) as error:
            notes.append(f"{output.label}: {redact_text(str(error))}; the run goes on, and this is tried again")
    return Targets(targets.outputs, notes)


def equivalents(config: Mapping[str, Any]) -> list[str]:
    """For commands that do not read the plugin: which of our options do the same."""
    kinds = [str(spec.get("type") or "") for spec in _specs(config, None)]
    options = dict.fromkeys(_OUT[kind] for kind in kinds if kind in _OUT)
    if not kinds:
        return []
    advice = f"; use {', '.join(options)}" if options else ""
    return [f"config.plugins.{PLUGIN} acts in `swell artillery run` only{advice}"]


def _specs(config: Mapping[str, Any], place: Place | None) -> list[Mapping[str, Any]]:
    declared = mapping_of(config.get("plugins")).get(PLUGIN)
    if not declared:
        return []
    specs = list_of(declared) or [declared]
    if not all(mapping_of(each) for each in specs):
        raise ScriptError(f"config.plugins.{PLUGIN} is a list of targets, such as - type: statsd", place)
    return [mapping_of(each) for each in specs if mapping_of(each).get("enabled") not in (False, "false")]


def _sink(  # noqa: PLR0917 - one place where all of it comes together
    spec: Mapping[str, Any],
    kind: str,
    config: Mapping[str, Any],
    test_id: str,
    env: Mapping[str, str],
    notes: list[str],
) -> Sink | None:
    """The sink of one target; None, and a note, where it cannot be had here. ValueError for a wrong one."""
    if spec.get("traces"):
        notes.append(f"{PLUGIN}, {kind}: {_NO_TRACES}")
    if kind == "datadog" and spec.get("apiKey") and spec.get("agent") in (None, False, "false"):
        notes.append(f"{PLUGIN}, {kind}: {_DATADOG_API}")
        return None
    if kind in {"statsd", "influxdb-statsd", "datadog"}:
        if mapping_of(spec.get("traces")).get("sendOnlyTraces"):
            return None
        from swell.dialects.artillery.publish.statsd_sink import StatsdSink  # noqa: PLC0415 - one of several

        return StatsdSink(spec, str(config.get("target") or ""))
    if kind == "prometheus":
        from swell.dialects.artillery.publish.gateway_sink import GatewaySink  # noqa: PLC0415

        return GatewaySink(spec, env.get("WORKER_ID") or test_id)
    if kind == "influxdb":
        from swell.dialects.artillery.publish.influx_sink import InfluxSink  # noqa: PLC0415

        return InfluxSink(spec, env)
    if kind == "open-telemetry":
        return _open_telemetry(spec, env, notes)
    notes.append(f"{PLUGIN}, {kind}: {_ELSEWHERE[kind]}" if kind in _ELSEWHERE else _unknown(kind))
    return None


def _open_telemetry(spec: Mapping[str, Any], env: Mapping[str, str], notes: list[str]) -> Sink | None:
    metrics = spec.get("metrics")
    if not metrics:
        if not spec.get("traces"):
            notes.append(f"{PLUGIN}, open-telemetry: neither metrics nor traces are configured, nothing is sent")
        return None
    exporter = str(mapping_of(metrics).get("exporter") or "otlp-http")
    if exporter not in {"otlp-http", "otlp-proto", "otlp-grpc"}:
        raise ValueError(f"there is no exporter {exporter!r} for metrics; use otlp-http")
    if exporter == "otlp-grpc":
        notes.append(
            f"{PLUGIN}, open-telemetry: gRPC is not spoken here, no metrics are sent; set exporter: otlp-http and the "
            "collector's HTTP endpoint, such as http://localhost:4318/v1/metrics"
        )
        return None
    from swell.dialects.artillery.publish.otel_sink import OtelSink  # noqa: PLC0415 - one of several

    return OtelSink(spec, env)


def _unknown(kind: str) -> str:
    said = f"there is no type {kind!r}" if kind else "a target has no type"
    return f"{PLUGIN}: {said}; there are {', '.join(_OUT)}"
