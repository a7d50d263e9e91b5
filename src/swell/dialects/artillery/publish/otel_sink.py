"""`publish-metrics` to OpenTelemetry: metrics over OTLP/HTTP with JSON.

Rules: as Artillery sends them: counters are sums of a period (delta), rates and every number of a summary gauges.
Traces and gRPC are not there, and the messages say what to use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.artillery.publish.choice import choice_of, chosen, pairs_of
from swell.dialects.artillery.shapes import mapping_of
from swell.outputs.push import Endpoint, HttpPush, split_url
from swell.outputs.registry import otlp_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.buckets import Bucket

__all__ = ["OtelSink", "otel_document"]

_DELTA = 1


class OtelSink:
    """Options `metrics` (`endpoint`, `headers`, `attributes`, `meterName`, `includeOnly`, `exclude`), `serviceName`,
    `resourceAttributes`. ValueError for wrong ones.
    """

    def __init__(self, spec: Mapping[str, Any], env: Mapping[str, str]) -> None:
        metrics = mapping_of(spec.get("metrics"))
        url = str(metrics.get("endpoint") or env.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") or "")
        if not url:
            url = (env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318").rstrip("/") + "/v1/metrics"
        parts = split_url(url)
        path = (parts.path or "/v1/metrics") + (f"?{parts.query}" if parts.query else "")
        headers = {**otlp_headers(env), **pairs_of(metrics.get("headers")), "Content-Type": "application/json"}
        self._push = HttpPush(Endpoint(parts, path, headers))
        self.label = f"open-telemetry {self._push.endpoint.address}{parts.path}"
        self._wanted = choice_of(metrics, exact=True)
        self._attributes = pairs_of(metrics.get("attributes"))
        self._meter = str(metrics.get("meterName") or "Artillery.io_metrics")
        service = str(spec.get("serviceName") or env.get("OTEL_SERVICE_NAME") or "Artillery-test")
        self._resource = {"service.name": service, **pairs_of(spec.get("resourceAttributes"))}

    @property
    def lost(self) -> int:
        """As `Sink.lost`."""
        return self._push.backlog.lost

    def open(self) -> None:
        """As `Sink.open`."""
        self._push.endpoint.post(b'{"resourceMetrics":[]}')

    def put(self, stats: Bucket) -> None:
        """As `Sink.put`."""
        document = otel_document(
            chosen(stats, self._wanted), meter=self._meter, resource=self._resource, attributes=self._attributes
        )
        self._push.backlog.add(msgspec.json.encode(document))

    def send(self) -> None:
        """As `Sink.send`."""
        self._push.send()

    def close(self) -> None:
        """As `Sink.close`."""
        self._push.endpoint.close()


def otel_document(
    stats: Bucket, *, meter: str, resource: Mapping[str, str], attributes: Mapping[str, str]
) -> dict[str, Any]:
    """An ExportMetricsServiceRequest of one period."""
    start, end = (str((at or stats.period) * 1_000_000) for at in (stats.first_at, stats.last_at))
    own = _attributes(attributes)

    def point(value: float, **more: Any) -> list[dict[str, Any]]:
        return [{"attributes": own, "timeUnixNano": end, **more, "asDouble": float(value)}]

    metrics: list[dict[str, Any]] = [
        {
            "name": name,
            "sum": {
                "dataPoints": point(count, startTimeUnixNano=start),
                "aggregationTemporality": _DELTA,
                "isMonotonic": True,
            },
        }
        for name, count in stats.counters.items()
    ]
    gauges = dict(stats.rates)
    gauges |= {f"{name}.{part}": value for name, each in stats.summaries.items() for part, value in each.items()}
    metrics += [{"name": name, "gauge": {"dataPoints": point(value)}} for name, value in gauges.items()]
    scope = {"scope": {"name": meter}, "metrics": metrics}
    return {"resourceMetrics": [{"resource": {"attributes": _attributes(resource)}, "scopeMetrics": [scope]}]}


def _attributes(pairs: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in pairs.items()]
