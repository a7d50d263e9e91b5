"""`publish-metrics` to StatsD, to the Datadog agent, and to Telegraf (`influxdb-statsd`).

Rules: as Artillery sends them: counters are increments, rates and every number of a summary gauges, all behind the
prefix `artillery.`. Tags are written as each receiver reads them. Only the Datadog agent gets events of the start and
the end, unless `event` is there for others too.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.publish.choice import choice_of, chosen, pairs_of
from swell.dialects.artillery.shapes import list_of, mapping_of
from swell.metrics.redaction import redact_url
from swell.outputs.statsd import StatsD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.buckets import Bucket

__all__ = ["StatsdSink", "stats_lines"]

_PORT = 8125
_FORBIDDEN = re.compile(r"[\s:|@#]+")
_FORBIDDEN_IN_TAGS = re.compile(r"[\s|@#,]+")


class StatsdSink:
    """Options `host`, `port`, `prefix`, `tags`, `includeOnly`, `excluded`, `event`. ValueError for wrong ones."""

    def __init__(self, spec: Mapping[str, Any], target: str) -> None:
        kind = str(spec.get("type"))
        host, port = str(spec.get("host") or "127.0.0.1"), spec.get("port", _PORT)
        if not str(port).isdecimal() or not 0 < int(port) < 65_536:
            raise ValueError(f"port is a number, not {port!r}")
        self.label = f"{kind} {host}:{int(port)}"
        self._sender = StatsD((host, int(port)))
        self._wanted = choice_of(spec)
        prefix = spec.get("prefix")
        self._prefix = "artillery." if prefix is None else str(prefix)
        self._tags = pairs_of(spec.get("tags"))
        self._telegraf = kind == "influxdb-statsd"
        self._ready = False
        event = spec.get("event")
        wanted = kind == "datadog" if event is None else str(mapping_of(event).get("send", True)).lower() != "false"
        self._event = _Event(mapping_of(event), target) if wanted and not self._telegraf else None

    @property
    def lost(self) -> int:
        """As `Sink.lost`."""
        return self._sender.lost

    def open(self) -> None:
        """As `Sink.open`."""
        self._sender.open()
        self._ready = True

    def put(self, stats: Bucket) -> None:
        """As `Sink.put`."""
        if self._event is not None and not self._event.started:
            self._event.started = True
            self._sender.add([self._event.line("Started")])
        stats = chosen(stats, self._wanted)
        self._sender.add(stats_lines(stats, self._prefix, self._tags, telegraf=self._telegraf))

    def send(self) -> None:
        """As `Sink.send`."""
        if not self._ready:
            self.open()
        self._sender.flush()

    def close(self) -> None:
        """As `Sink.close`."""
        try:
            if self._ready and self._event is not None and self._event.started:
                self._sender.add([self._event.line("Finished")])
                self._sender.flush()
        finally:
            self._sender.close()


def stats_lines(stats: Bucket, prefix: str, tags: Mapping[str, str], *, telegraf: bool = False) -> list[str]:
    """One line for each number of a period."""
    parts = [(_FORBIDDEN_IN_TAGS.sub("_", name), _FORBIDDEN_IN_TAGS.sub("_", value)) for name, value in tags.items()]
    middle = "".join(f",{name}={value}" for name, value in parts) if telegraf else ""
    end = "|#" + ",".join(f"{name}:{value}" for name, value in parts) if parts and not telegraf else ""

    def line(name: str, value: float, kind: str) -> list[str]:
        name = _FORBIDDEN.sub("_", prefix + name)
        if telegraf:
            name = name.replace(",", "_").replace("=", "_")
        start = f"{name}{middle}"
        # A number with a sign is a change of the gauge: a negative one is a change from 0.
        zero = [f"{start}:0|g{end}"] if kind == "g" and value < 0 else []
        return [*zero, f"{start}:{value:.10g}|{kind}{end}"]

    found: list[str] = []
    for name, count in stats.counters.items():
        found += line(name, count, "c")
    for name, values in stats.summaries.items():
        for part, value in values.items():
            found += line(f"{name}.{part}", value, "g")
    for name, value in stats.rates.items():
        found += line(name, value, "g")
    return found


class _Event:
    """The events at the start and the end of a run, as the Datadog agent reads them."""

    def __init__(self, spec: Mapping[str, Any], target: str) -> None:
        self.started = False
        self._title = str(spec.get("title") or f"Artillery.io Test {round(time.time() * 1000)}")
        self._text = str(spec.get("text") or f"Target: {redact_url(target)}")
        parts = {"k": "aggregationKey", "p": "priority", "s": "sourceTypeName", "t": "alertType"}
        given = {"priority": "low", "alertType": "info", **spec}
        self._rest = "".join(f"|{letter}:{given[key]}" for letter, key in parts.items() if given.get(key))
        tags = [_FORBIDDEN_IN_TAGS.sub("_", str(each)) for each in list_of(spec.get("tags"))]
        self._rest += "|#" + ",".join(tags) if tags else ""

    def line(self, what: str) -> str:
        """One event."""
        title = f"{what}: {self._title}".replace("\n", "\\n")
        text = self._text.replace("\n", "\\n")
        return f"_e{{{len(title.encode())},{len(text.encode())}}}:{title}|{text}{self._rest}"
