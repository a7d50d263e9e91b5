"""StatsD over UDP: counters, and gauges for everything else.

Rules: a second of a counter is sent as an increment, trends as gauges of their statistics and an increment of
`.count`; single samples do not exist here any more. Without tags (plain StatsD knows none) all series of a metric are
added up; with `?tags=1` each series has its own line with DogStatsD tags. Nobody answers over UDP, so that a missing
server is no failure.
"""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from swell.outputs.base import OutputError
from swell.outputs.batch import PERCENTILES, fields_of, fold_rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from swell.outputs.batch import Batch, Row

__all__ = ["StatsD", "statsd_lines"]

_DATAGRAM = 1_400
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")
_FORBIDDEN_IN_TAGS = re.compile(r"[|,#\s:@]+")


class StatsD:
    """`statsd=HOST:PORT`, with `?tags=1` for DogStatsD tags and `?prefix=NAME` for another prefix than "swell"."""

    every = 1.0

    def __init__(self, address: tuple[str, int], *, prefix: str = "swell", tagged: bool = False) -> None:
        self.label = f"statsd={address[0]}:{address[1]}"
        self.lost = 0
        self._address = address
        self._prefix = prefix
        self._tagged = tagged
        self._socket: socket.socket | None = None
        self._waiting: list[bytes] = []

    def open(self) -> None:
        """Resolve the host; OutputError if it has no address."""
        host, port = self._address
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise OutputError(f"{host} has no address: {error.strerror or error}") from None
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)
        self._socket.connect(where)

    def take(self, batch: Batch) -> None:
        """Pack the lines into datagrams."""
        rows = batch.rows if self._tagged else _without_tags(batch)
        self.add([line for row in rows for line in statsd_lines(row, self._prefix, tagged=self._tagged)])

    def add(self, lines: Iterable[str]) -> None:
        """Lines to be sent at the next flush."""
        packed = b""
        for line in lines:
            data = line.encode("utf-8", "replace")
            if packed and len(packed) + len(data) + 1 > _DATAGRAM:
                self._waiting.append(packed)
                packed = b""
            packed += (b"\n" if packed else b"") + data
        self._waiting += [packed] if packed else []

    def flush(self) -> None:
        """Send what there is."""
        waiting, self._waiting = self._waiting, []
        if self._socket is None:
            return
        reason = ""
        for data in waiting:
            try:
                self._socket.send(data)
            except OSError as error:
                self.lost += 1
                reason = error.strerror or str(error)
        if reason:
            raise OutputError(f"datagrams could not be sent: {reason}")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def statsd_lines(row: Row, prefix: str, *, tagged: bool) -> list[str]:
    """The lines of one row; times in milliseconds."""
    name = _FORBIDDEN.sub("_", f"{prefix}.{row.series.metric}" if prefix else row.series.metric)
    end = ""
    if tagged and row.series.tags:
        tags = (f"{_tag(key)}:{_tag(value)}" for key, value in sorted(row.series.tags.items()))
        end = "|#" + ",".join(tags)
    fields = fields_of(row)
    match row.series.kind:
        case "counter":
            return [f"{name}:{_number(fields['count'])}|c{end}"]
        case "gauge":
            return _gauge(name, fields["value"], end) if "value" in fields else []
        case "rate":
            return [f"{name}.{part}:{_number(fields[part])}|c{end}" for part in ("passes", "fails")]
        case "trend":
            parts = ("min", "avg", "max", *(each for each, _ in PERCENTILES))
            lines = [line for part in parts if part in fields for line in _gauge(f"{name}.{part}", fields[part], end)]
            return [f"{name}.count:{_number(fields['count'])}|c{end}", *lines]


def _without_tags(batch: Batch) -> list[Row]:
    """One row for each metric: all its series together."""
    if not len(batch.frame):
        return []
    places: dict[str, int] = {}
    of_series = np.array([places.setdefault(each.metric, number) for number, each in enumerate(batch.series)], np.int64)
    merged = replace(batch.frame, series=of_series[batch.frame.series])
    return rows_of(fold_rows(merged, batch.series), batch.series)


def _tag(text: str) -> str:
    return _FORBIDDEN_IN_TAGS.sub("_", text)


def _gauge(name: str, value: float, end: str) -> list[str]:
    # A number with a sign is a change of the gauge: a negative one is a change from 0.
    return [*([f"{name}:0|g{end}"] if value < 0 else []), f"{name}:{_number(value)}|g{end}"]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}".rstrip("0").rstrip(".")
