"""`publish-metrics` to InfluxDB by HTTP, versions 1 and 2.

Rules: a measurement for each metric, `artillery.NAME`; the numbers of a summary are its fields, counters and rates have
the field `value`. The time is that of the end of a period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from swell.dialects.artillery.publish.choice import choice_of, chosen, pairs_of
from swell.outputs.influxdb import InfluxDb, point_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.artillery.buckets import Bucket

__all__ = ["InfluxSink"]


class InfluxSink:
    """Options `url`, or `host`, `port`, `database`, `username`, `password`, `org`, `bucket`, `token`; `tags`, `prefix`.

    ValueError for wrong ones.
    """

    def __init__(self, spec: Mapping[str, Any], env: Mapping[str, str]) -> None:
        token, user = spec.get("token"), spec.get("username")
        secrets = {"INFLUX_TOKEN": token, "INFLUX_USERNAME": user, "INFLUX_PASSWORD": spec.get("password")}
        self._sender = InfluxDb(_address(spec), {**env, **{name: str(each) for name, each in secrets.items() if each}})
        self.label = self._sender.label.replace("=", " ", 1)
        self._wanted = choice_of(spec)
        prefix = spec.get("prefix")
        self._prefix = "artillery." if prefix is None else str(prefix)
        self._tags = pairs_of(spec.get("tags"))

    @property
    def lost(self) -> int:
        """As `Sink.lost`."""
        return self._sender.lost

    def open(self) -> None:
        """As `Sink.open`."""
        self._sender.open()

    def put(self, stats: Bucket) -> None:
        """As `Sink.put`."""
        stats = chosen(stats, self._wanted)
        at = (stats.last_at or stats.period) * 1_000_000
        numbers = {name: {"value": float(value)} for name, value in {**stats.counters, **stats.rates}.items()}
        self._sender.add(
            [
                point_line(self._prefix + name, self._tags, fields, at)
                for name, fields in {**numbers, **stats.summaries}.items()
            ]
        )

    def send(self) -> None:
        """As `Sink.send`."""
        self._sender.flush()

    def close(self) -> None:
        """As `Sink.close`."""
        self._sender.close()


def _address(spec: Mapping[str, Any]) -> str:
    """The URL as `--out influxdb` takes it."""
    if spec.get("url"):
        url = str(spec["url"])
        if spec.get("bucket") and "bucket=" not in url:
            return f"{url.rstrip('/')}?" + urlencode({"org": spec.get("org") or "", "bucket": spec["bucket"]})
        database = spec.get("database") or spec.get("db")
        return f"{url.rstrip('/')}/{quote(str(database), safe='')}" if database else url
    scheme = "https" if spec.get("ssl") or spec.get("protocol") == "https" else "http"
    place = f"{scheme}://{spec.get('host') or 'localhost'}:{spec.get('port') or 8086}"
    return _address({**spec, "url": place})
