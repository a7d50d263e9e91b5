"""InfluxDB, by its line protocol: versions 1 (`/write`) and 2 (`/api/v2/write`).

Rules: a measurement for each metric; tags are the series' tags; fields are the numbers of a row, all floats, and
`value`, the one number that the kind is about (trend average, counter sum, rate share, gauge last), which is what
dashboards made for k6 read. The time is the beginning of the second. Late rows get a nanosecond of their own, because
an equal time would replace what was sent before.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlencode

from swell.outputs.batch import fields_of
from swell.outputs.push import Endpoint, HttpPush, split_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.outputs.batch import Batch, Row

__all__ = ["InfluxDb", "line_of", "point_line"]

_LINES = 5_000  # in one request
_BEFORE_ESCAPE = re.compile(r"\\(?=[,= ]|\Z)")


class InfluxDb:
    """`influxdb=URL`: `http://user:password@host:8086/database`, or `http://host:8086?org=O&bucket=B` (version 2).

    The token of version 2 comes from INFLUX_TOKEN; user and password may come from INFLUX_USERNAME, INFLUX_PASSWORD.
    ValueError if the URL names neither a database nor a bucket.
    """

    every = 1.0

    def __init__(self, url: str, env: Mapping[str, str], *, verify: bool = True) -> None:
        parts = split_url(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        database = unquote(parts.path.strip("/"))
        if "bucket" in query:
            path = "/api/v2/write?" + urlencode(
                {"org": query.get("org", ""), "bucket": query["bucket"], "precision": "ns"}
            )
            token = env.get("INFLUX_TOKEN") or query.get("token")
            if token:
                headers["Authorization"] = f"Token {token}"
            shown = f"?bucket={query['bucket']}"
        elif database:
            wanted = {
                "db": database,
                "precision": "ns",
                **{k: v for k, v in query.items() if k in ("rp", "consistency")},
            }
            path = "/write?" + urlencode(wanted)
            if parts.username is None and env.get("INFLUX_USERNAME"):
                headers["Authorization"] = _basic(env["INFLUX_USERNAME"], env.get("INFLUX_PASSWORD", ""))
            shown = f"/{database}"
        else:
            raise ValueError(
                "name the database (http://localhost:8086/mydb), or for InfluxDB 2 the bucket "
                "(http://localhost:8086?org=myorg&bucket=mybucket, token in INFLUX_TOKEN)"
            )
        self._push = HttpPush(Endpoint(parts, path, headers, verify=verify))
        self.label = f"influxdb={self._push.endpoint.address}{shown}"
        self._late = 0

    @property
    def lost(self) -> int:
        """Requests' worth of data that were given up."""
        return self._push.backlog.lost

    def open(self) -> None:
        """A write without a line tells whether there is a server that lets us in. OutputError if not."""
        self._push.endpoint.post(b"")

    def take(self, batch: Batch) -> None:
        """Turn the rows into lines."""
        lines: list[str] = []
        for row in batch.rows:
            self._late += row.late
            lines.append(line_of(row, batch.origin, self._late if row.late else 0))
        self.add(lines)

    def add(self, lines: list[str]) -> None:
        """Lines to be sent at the next flush."""
        for start in range(0, len(lines), _LINES):
            self._push.backlog.add("\n".join(lines[start : start + _LINES]).encode("utf-8", "replace"))

    def flush(self) -> None:
        """Send them."""
        self._push.send()

    def close(self) -> None:
        """Close the connection."""
        self._push.endpoint.close()


def line_of(row: Row, origin: float, offset: int = 0) -> str:
    """One row in line protocol; `offset` in nanoseconds."""
    fields = fields_of(row)
    fields["value"] = row.values.value
    return point_line(row.series.metric, row.series.tags, fields, round((origin + row.second) * 1e9) + offset)


def point_line(metric: str, tags: Mapping[str, str], fields: Mapping[str, float], nanoseconds: int) -> str:
    """Measurement, tags (sorted, as the server likes them), fields and time."""
    labels = "".join(f",{_key(name)}={_key(value)}" for name, value in sorted(tags.items()) if value)
    numbers = ",".join(f"{_key(name)}={float(value)!r}" for name, value in fields.items())
    return f"{_measurement(metric)}{labels} {numbers} {nanoseconds}"


def _measurement(name: str) -> str:
    return _plain(name).replace(",", "\\,").replace(" ", "\\ ")


def _key(text: str) -> str:
    return _measurement(text).replace("=", "\\=")


def _plain(text: str) -> str:
    """One line, without what cannot be written: a backslash before an escaped character, or at the end."""
    return _BEFORE_ESCAPE.sub("/", text.replace("\n", " ").replace("\r", " "))


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
