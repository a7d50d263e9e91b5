"""`publish-metrics` to Prometheus by a Pushgateway, in Artillery's three families.

Rules: `artillery_counters`, `artillery_rates` and `artillery_summaries`, told apart by the label `metric`, a name in
small letters with underscores. Counters are totals since the start, the others those of the newest period. The group is
named after the environment variable WORKER_ID, or else the run's own id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.publish.choice import choice_of, chosen, pairs_of
from swell.outputs.prometheus_names import Sample, label_name, metric_name
from swell.outputs.pushgateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.buckets import Bucket

__all__ = ["GatewaySink"]

_BLANK = re.compile(r"[\s.]")


class GatewaySink:
    """Options `pushgateway`, `tags`, `prefix`, `ca`, `includeOnly`, `excluded`. ValueError for wrong ones."""

    lost = 0

    def __init__(self, spec: Mapping[str, Any], job: str) -> None:
        address = spec.get("pushgateway")
        if not isinstance(address, str) or not address:
            raise ValueError("pushgateway is missing: the address of a Prometheus Pushgateway, http://localhost:9091")
        ca = spec.get("ca")
        self._gateway = Gateway(address, job=job, verify=str(ca) if ca else True)
        self.label = f"prometheus {self._gateway.label}"
        self._wanted = choice_of(spec)
        prefix = metric_name(str(spec.get("prefix") or "artillery"))
        self._families = {kind: f"{prefix}_{kind}" for kind in ("counters", "rates", "summaries")}
        self._labels = {label_name(name): value for name, value in pairs_of(spec.get("tags")).items()}
        self._samples: dict[tuple[str, str], Sample] = {}
        self._unsent = False

    def open(self) -> None:
        """As `Sink.open`."""
        self._gateway.put(())

    def put(self, stats: Bucket) -> None:
        """As `Sink.put`."""
        stats = chosen(stats, self._wanted)
        for name, count in stats.counters.items():
            known = self._samples.get(("counters", _key(name)))
            self._set("counters", _key(name), count + (known.value if known is not None else 0))
        for name, value in stats.rates.items():
            self._set("rates", _key(name), value)
        for name, values in stats.summaries.items():
            for part, value in values.items():
                self._set("summaries", f"{_key(name)}_{part}", value)
        self._unsent = True

    def send(self) -> None:
        """As `Sink.send`."""
        if self._unsent:
            self._gateway.put(list(self._samples.values()))
            self._unsent = False

    def close(self) -> None:
        """As `Sink.close`."""
        self._gateway.close()

    def _set(self, kind: str, key: str, value: float) -> None:
        family = self._families[kind]
        labels = {**self._labels, "metric": key}
        self._samples[kind, key] = Sample(
            family, labels, float(value), family, "counter" if kind == "counters" else "gauge"
        )


def _key(name: str) -> str:
    return _BLANK.sub("_", name).lower()
