"""Binning: the rows of requests and samples of a second become one frame.

Rules: pure functions on columns, no loop over rows. Counts, sums, minima and maxima are exact. A row
belongs to the second in which it ended; before the start of the run counts as second 0. Rows with a
duration that is no finite number (an overflow on the way to milliseconds) are left out and counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from swell.metrics.buckets import Buckets, Counts, Floats, bucket_of, bucket_of_positive
from swell.metrics.builtin import CONNECT_METRICS, REQUEST_METRICS
from swell.metrics.frame import EMPTY_FRAME, Bools, Frame, concat, fold, run_starts, select

__all__ = ["KINDS", "RequestSeries", "bin_requests", "bin_samples"]

KINDS = ("counter", "gauge", "rate", "trend")
"""Kinds as numbers: the place in this tuple."""
_COUNTER, _GAUGE, _RATE, _TREND = range(4)

_REQS, _FAILED, _SENT, _RECEIVED, _FIRST_TREND = range(5)
_LATENCY = REQUEST_METRICS.index("http_req_latency")
_FIRST_CONNECT = len(REQUEST_METRICS) - len(CONNECT_METRICS)


class RequestSeries(NamedTuple):
    """What is known of each request series, by its number.

    `base` is the number of its first derived series (the others follow in the order of `REQUEST_METRICS`),
    `failed` 1 or 0 by its tag expected_response, -1 without that tag (then http_req_failed has no row), `sent` 0 if its
    requests failed before anything was sent (then they have no duration).
    """

    base: Counts
    failed: Counts
    sent: Counts


def bin_requests(
    rows: Floats, connects: Floats, series: RequestSeries, origin: float, newest: int
) -> tuple[Frame, int]:
    """All derived series of the request rows (9 values) and connect rows (6 values), and how many were rejected.

    No row is put into a second after `newest`.
    """
    rows, values, rejected = _durations(rows)
    if not len(rows):
        return EMPTY_FRAME, rejected
    number = rows[:, 0].astype(np.int64)
    second = _seconds(rows[:, 2], origin, newest)
    order, starts = _grouping(second, number)
    counts = np.diff(starts, append=len(order))
    first = order[starts]
    group_second, group_number = second[first], number[first]
    base = series.base[group_number]
    nothing = np.zeros(len(starts))

    def plain(metric: int, count: Counts, total: Floats) -> Frame:
        return _plain_frame(group_second, base + metric, count, total)

    failed = series.failed[group_number]
    sent = series.sent[group_number] == 1
    frames = [
        plain(_REQS, counts, counts.astype(np.float64)),
        select(plain(_FAILED, counts, (counts * failed).astype(np.float64)), failed >= 0),
        plain(_SENT, counts, _sums(rows[:, 7].take(order), starts)),
        plain(_RECEIVED, counts, _sums(rows[:, 8].take(order), starts)),
    ]
    group = np.repeat(np.arange(len(starts)), counts)
    for metric, unsorted in enumerate(values, _FIRST_TREND):
        column = unsorted.take(order)
        width, bucket, hits = _histograms(group, column, len(starts))
        frame = Frame(
            group_second,
            base + metric,
            counts,
            _sums(column, starts),
            np.minimum.reduceat(column, starts),
            np.maximum.reduceat(column, starts),
            nothing,
            width,
            bucket,
            hits,
        )
        # A request that was never sent has no duration; how long the attempt took is in the latency.
        frames.append(frame if metric == _LATENCY else select(frame, sent))
    return concat([*frames, *_connect_frames(connects, series, origin, newest, frames[0])]), rejected


def bin_samples(number: Counts, second: Counts, values: Floats, kinds: Counts) -> Frame:
    """The frame of samples given in the order in which they were made; `kinds` (see `KINDS`) by series number."""
    if not len(number):
        return EMPTY_FRAME
    kind = kinds[number]
    values = np.where(kind == _RATE, values != 0, values)
    order, starts = _grouping(second, number)
    counts = np.diff(starts, append=len(order))
    first = order[starts]
    values = values[order]
    kind = kind[first]
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    ranged = (kind == _TREND) | (kind == _GAUGE)
    width = np.zeros(len(starts), np.int64)
    trends = kind == _TREND
    bucket, hits = EMPTY_FRAME.bucket, EMPTY_FRAME.hits
    if trends.any():
        among = np.repeat(trends, counts)
        group = np.repeat(np.arange(int(trends.sum())), counts[trends])
        width[trends], bucket, hits = _histograms(group, values[among], int(trends.sum()))
    return Frame(
        second=second[first],
        series=number[first],
        count=counts,
        sum=_sums(values, starts),
        min=np.where(ranged, low, 0.0),
        max=np.where(ranged, high, 0.0),
        last=np.where(kind == _GAUGE, values[starts + counts - 1], 0.0),
        width=width,
        bucket=bucket,
        hits=hits,
    )


def _durations(rows: Floats) -> tuple[Floats, Floats, int]:
    """The good rows, their five trends in milliseconds in the order of `REQUEST_METRICS`, and how many were bad."""
    values = np.empty((5, len(rows)))
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(rows.T[4:7], 1000.0, out=values[1:4])
        np.add(values[1], values[2], out=values[0])
        values[0] += values[3]
        np.subtract(rows[:, 2], rows[:, 1], out=values[4])
        values[4] += rows[:, 3]
        values[4] *= 1000.0
        good = np.isfinite(values[0] + values[4])
    if good.all():
        return rows, values, 0
    good = np.isfinite(values).all(axis=0)
    return rows[good], values[:, good], int((~good).sum())


def _seconds(times: Floats, origin: float, newest: int) -> Counts:
    return np.clip(np.floor(times - origin), 0, newest).astype(np.int64)


def _grouping(second: Counts, number: Counts) -> tuple[Counts, Counts]:
    """An order that brings equal (second, number) together, first rows first, and where each group starts in it."""
    width = int(number.max()) + 1
    oldest = int(second.min())
    key = (second - oldest) * width + number
    if (int(second.max()) - oldest + 1) * width <= 1 << 16:
        # numpy sorts 16-bit keys by radix: ten times as fast as 64-bit ones in random order.
        key = key.astype(np.uint16)
    order = np.argsort(key, kind="stable")
    return order, run_starts(key[order])


def _sums(values: Floats, starts: Counts) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.add.reduceat(values, starts, axis=-1)


def _histograms(group: Counts, values: Floats, groups: int) -> tuple[Counts, Buckets, Counts]:
    """Width of each group's histogram, then all buckets and hits, group after group; `group` ascends."""
    # Buckets are in the order of the numbers, so two of them give the range of all.
    lowest, highest = bucket_of(np.array((values.min(), values.max()))).tolist()
    zero_apart = lowest == 0
    if lowest > 0:
        slot = bucket_of_positive(values)
    else:
        slot = bucket_of(values).astype(np.int64)
        if zero_apart:
            # Bucket 0 is far from all others: it takes the slot just below the smallest of them.
            zeros = slot == 0
            lowest = int(slot.min(where=~zeros, initial=highest + 1)) - 1
            slot[zeros] = lowest
    span = highest - lowest + 1
    slot += group * span - lowest
    if groups * span <= 4 * len(values) + (1 << 16):
        table = np.bincount(slot)
        filled = np.flatnonzero(table)
        hits = table[filled]
    else:
        slot.sort()
        starts = run_starts(slot)
        filled = slot[starts]
        hits = np.diff(starts, append=len(slot))
    owner, place = np.divmod(filled, span)
    found = place + lowest
    if zero_apart:
        found[place == 0] = 0
    width = np.bincount(owner, minlength=groups)
    return width.astype(np.int64), found.astype(np.int32), hits.astype(np.int64)


def _plain_frame(second: Counts, series: Counts, count: Counts, total: Floats) -> Frame:
    nothing = np.zeros(len(second))
    return Frame(
        second,
        series,
        count,
        total,
        nothing,
        nothing,
        nothing,
        np.zeros(len(second), np.int64),
        EMPTY_FRAME.bucket,
        EMPTY_FRAME.hits,
    )


def _connect_frames(
    connects: Floats, series: RequestSeries, origin: float, newest: int, requests: Frame
) -> list[Frame]:
    """The four phases of making a connection; each request without a connect row counts as 0 ms."""
    with np.errstate(over="ignore"):
        values = connects[:, 2:6] * 1000.0
    good = np.isfinite(values).all(axis=1)
    connects, values = connects[good], values[good]
    known = fold(requests)
    missing = known.count.copy()
    metrics = range(_FIRST_CONNECT, len(REQUEST_METRICS))
    frames: list[Frame] = []
    if len(connects):
        number = connects[:, 0].astype(np.int64)
        second = _seconds(connects[:, 1], origin, newest)
        base = series.base[number]
        kinds = np.full(int(series.base.max()) + len(REQUEST_METRICS), _TREND)
        frames = [
            bin_samples(base + metric, second, column, kinds) for metric, column in zip(metrics, values.T, strict=True)
        ]
        # Rows of both kinds end at the same time, so each connect row has its request in the same group.
        keys = (known.second << 32) | known.series
        counted = frames[0]
        wanted = (counted.second << 32) | (counted.series - _FIRST_CONNECT)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        present = keys[place] == wanted
        missing[place[present]] -= counted.count[present]
    some: Bools = missing > 0
    zeros = select(known, some)
    nothing = np.zeros(len(zeros))
    for metric in metrics:
        frames.append(
            Frame(
                zeros.second,
                zeros.series + metric,
                missing[some],
                nothing,
                nothing,
                nothing,
                nothing,
                np.ones(len(zeros), np.int64),
                np.zeros(len(zeros), np.int32),
                missing[some],
            )
        )
    return frames
