"""Points: every single sample with its time, for outputs whose readers expect one row per sample.

Rules: only made when the plan asks for them (`Plan.raw_samples`): they cost twenty bytes a sample on the way to the
coordinator, about a dozen samples a request. Values are exactly those that the second's rows are made of. Times are
seconds from the start of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from swell.metrics.buckets import Counts, Floats
from swell.metrics.builtin import CONNECT_METRICS, REQUEST_METRICS

if TYPE_CHECKING:
    from swell.metrics.binning import RequestSeries

__all__ = ["NO_POINTS", "Points", "pack_points", "points_of", "unpack_points"]

_REQS, _FAILED, _SENT, _RECEIVED, _DURATION, _SENDING, _WAITING, _RECEIVING, _LATENCY = range(9)
_FIRST_CONNECT = len(REQUEST_METRICS) - len(CONNECT_METRICS)
_WIDTH = 20


class Points(NamedTuple):
    """Columns of equal length, in the order of time: series number, seconds, value (times in milliseconds)."""

    series: Counts
    time: Floats
    value: Floats


NO_POINTS = Points(np.empty(0, np.int64), np.empty(0), np.empty(0))


def points_of(requests: Floats, connects: Floats, samples: Floats, known: RequestSeries, origin: float) -> Points:
    """All points of the rows that a recorder took (see `recorder.Recorder` for their columns)."""
    parts = [Points(samples[:, 0].astype(np.int64), samples[:, 1] - origin, samples[:, 2])]
    if len(requests):
        parts += _of_requests(requests, connects, known, origin)
    series = np.concatenate([part.series for part in parts])
    time = np.concatenate([part.time for part in parts])
    value = np.concatenate([part.value for part in parts])
    order = np.argsort(time, kind="stable")
    return Points(series[order], np.maximum(time[order], 0.0), value[order])


def pack_points(points: Points) -> bytes:
    """As bytes; series numbers below 2**32."""
    return (
        points.series.astype("<u4").tobytes()
        + points.time.astype("<f8").tobytes()
        + points.value.astype("<f8").tobytes()
    )


def unpack_points(data: bytes) -> Points:
    """What `pack_points` packed; ValueError for bytes that are none."""
    count, rest = divmod(len(data), _WIDTH)
    if rest:
        raise ValueError("these bytes hold no whole number of points")
    series = np.frombuffer(data, "<u4", count).astype(np.int64)
    time = np.frombuffer(data, "<f8", count, 4 * count).astype(np.float64)
    return Points(series, time, np.frombuffer(data, "<f8", count, 12 * count).astype(np.float64))


def _of_requests(rows: Floats, connects: Floats, known: RequestSeries, origin: float) -> list[Points]:
    number = rows[:, 0].astype(np.int64)
    base, failed, sent = known.base[number], known.failed[number], known.sent[number] == 1
    time = rows[:, 2] - origin
    ones = np.ones(len(rows))
    phases = rows[:, 4:7] * 1000.0
    latency = (rows[:, 2] - rows[:, 1] + rows[:, 3]) * 1000.0
    parts = [Points(base + _REQS, time, ones)]
    judged = failed >= 0
    parts.append(Points((base + _FAILED)[judged], time[judged], failed[judged].astype(np.float64)))
    parts += [Points(base + _SENT, time, rows[:, 7]), Points(base + _RECEIVED, time, rows[:, 8])]
    of_sent = ((_DURATION, phases.sum(axis=1)), *zip((_SENDING, _WAITING, _RECEIVING), phases.T, strict=True))
    parts += [Points((base + metric)[sent], time[sent], value[sent]) for metric, value in of_sent]
    parts.append(Points(base + _LATENCY, time, latency))
    # A connect row has the series and the end of its request; requests without one opened no connection.
    opened = np.isin(rows[:, 2] + 1j * rows[:, 0], connects[:, 1] + 1j * connects[:, 0])
    zeros = np.zeros(int((~opened).sum()))
    for place in range(len(CONNECT_METRICS)):
        metric = _FIRST_CONNECT + place
        parts.append(Points((base + metric)[~opened], time[~opened], zeros))
        if len(connects):
            own = known.base[connects[:, 0].astype(np.int64)] + metric
            parts.append(Points(own, connects[:, 1] - origin, connects[:, 2 + place] * 1000.0))
    return parts
