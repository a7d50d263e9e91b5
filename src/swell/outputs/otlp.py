"""OpenTelemetry metrics: OTLP over HTTP with JSON.

Rules: counters are cumulative monotonic sums, a rate is a sum for each of its two outcomes (attribute `condition`, as
in k6), gauges are gauges, trends are cumulative histograms with explicit bounds; their counts, sums, minima and maxima
are exact, and a bound is off by at most 0.4 %. Times are milliseconds, and the unit says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from swell.metrics.buckets import value_of
from swell.outputs.cumulative import Cumulative
from swell.outputs.push import Endpoint, HttpPush, split_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.metrics.histogram import Histogram
    from swell.outputs.batch import Batch, Row
    from swell.outputs.cumulative import State

__all__ = ["BOUNDS", "Otlp", "metrics_document"]

BOUNDS: tuple[float, ...] = (
    *(0.5, 1, 2.5, 5, 7.5, 10, 25, 50, 75, 100, 150, 200, 300, 500, 750),
    *(1_000, 1_500, 2_500, 5_000, 10_000, 30_000, 60_000),
)
"""Upper bounds of the histogram buckets, in the unit of the metric (milliseconds for times)."""

_CUMULATIVE = 2
_UNITS = {"ms": "ms", "bytes": "By", "": "1"}


class Otlp:
    """`otlp=URL`: the address of a collector, for example http://localhost:4318. `every` seconds between exports."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        service: str = "swell",
        prefix: str = "",
        every: float = 5.0,
        label: str = "otlp",
        verify: bool = True,
    ) -> None:
        parts = split_url(url)
        path = parts.path if parts.path not in {"", "/"} else "/v1/metrics"
        headers = {**(headers or {}), "Content-Type": "application/json"}
        self._push = HttpPush(Endpoint(parts, path, headers, verify=verify))
        self.label = f"{label}={self._push.endpoint.address}{parts.path}"
        self.every = every
        self._service = service
        self._prefix = prefix
        self._state = Cumulative()
        self._sent_until = 0.0

    @property
    def lost(self) -> int:
        """Exports that were given up."""
        return self._push.backlog.lost

    def open(self) -> None:
        """An empty export tells whether there is a collector. OutputError if not."""
        self._push.endpoint.post(b'{"resourceMetrics":[]}')

    def take(self, batch: Batch) -> None:
        """Add one second."""
        self._state.take(batch)

    def flush(self) -> None:
        """Export the state as of the newest second."""
        state = self._state
        if state.until > self._sent_until:
            self._sent_until = state.until
            document = metrics_document(
                state.states(), start=state.origin, now=state.until, service=self._service, prefix=self._prefix
            )
            self._push.backlog.add(msgspec.json.encode(document))
        self._push.send()

    def close(self) -> None:
        """Close the connection."""
        self._push.endpoint.close()


def metrics_document(
    states: list[State], *, start: float, now: float, service: str = "swell", prefix: str = ""
) -> dict[str, Any]:
    """An ExportMetricsServiceRequest; `start` and `now` are Unix times."""
    times = {"startTimeUnixNano": str(round(start * 1e9)), "timeUnixNano": str(round(now * 1e9))}
    metrics: dict[str, dict[str, Any]] = {}
    for state in states:
        row = state.total
        name = prefix + row.series.metric
        metric = metrics.setdefault(name, {"name": name, "unit": _UNITS[row.series.unit], **_shape(row.series.kind)})
        body = next(metric[key] for key in ("sum", "gauge", "histogram") if key in metric)
        body["dataPoints"] += _points(row, times)
    scope = {"scope": {"name": "swell"}, "metrics": list(metrics.values())}
    resource = {"attributes": _attributes({"service.name": service})}
    return {"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}


def _shape(kind: str) -> dict[str, Any]:
    if kind == "gauge":
        return {"gauge": {"dataPoints": []}}
    if kind == "trend":
        return {"histogram": {"dataPoints": [], "aggregationTemporality": _CUMULATIVE}}
    return {"sum": {"dataPoints": [], "aggregationTemporality": _CUMULATIVE, "isMonotonic": True}}


def _points(row: Row, times: dict[str, str]) -> list[dict[str, Any]]:
    values, tags = row.values, row.series.tags
    match row.series.kind:
        case "counter":
            return [{"attributes": _attributes(tags), **times, "asDouble": values.sum}]
        case "gauge":
            return [{"attributes": _attributes(tags), **times, "asDouble": values.last}]
        case "rate":
            return [
                {"attributes": _attributes({**tags, "condition": condition}), **times, "asDouble": float(count)}
                for condition, count in (("nonzero", values.passes), ("zero", values.fails))
            ]
        case "trend":
            point = {
                "attributes": _attributes(tags),
                **times,
                "count": str(values.count),
                "sum": values.sum,
                "min": values.min,
                "max": values.max,
                "explicitBounds": list(BOUNDS),
                "bucketCounts": [str(count) for count in _bucket_counts(values.histogram)],
            }
            return [point]


def _bucket_counts(histogram: Histogram | None) -> list[int]:
    """Samples in (-inf, first bound], (first, second], ..., (last, inf)."""
    counts = np.zeros(len(BOUNDS) + 1, np.int64)
    if histogram is not None and histogram.count:
        # Within what was measured: a second of nothing but 100 ms stays at or below 100 ms.
        values = np.clip(value_of(histogram.buckets), histogram.min, histogram.max)
        places = np.searchsorted(np.array(BOUNDS, np.float64), values, side="left")
        np.add.at(counts, places, histogram.hits)
    return counts.tolist()


def _attributes(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in tags.items()]
