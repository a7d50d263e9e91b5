"""Frames: rows of many series and seconds as columns, and the few operations that all merging is made of.

Rules: a row is what one series measured in one second; `fold` gives rows new keys and adds those with equal
keys, so merging workers, merging series and merging seconds are the same function. Frames are values:
nothing changes one. What a row holds depends on its series' kind, what is not named is 0: trend (count,
sum, min, max, buckets), counter (count, sum), rate (count, sum = passes), gauge (count, sum, min, max,
last).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from swell.metrics.buckets import BUCKET_LIMIT, Buckets, Counts, Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EMPTY_FRAME", "Bools", "Frame", "combine", "concat", "fold", "run_starts", "select"]

Bools = NDArray[np.bool_]

_PAIR_SHIFT = (2 * BUCKET_LIMIT).bit_length() - 1


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Columns of equal length, one entry per row, then the rows' buckets one row after the other.

    `second` counts from the start of the run; `width` is how many of `bucket` and `hits` belong to the row.
    Within a row the buckets ascend.
    """

    second: Counts
    series: Counts
    count: Counts
    sum: Floats
    min: Floats
    max: Floats
    last: Floats
    width: Counts
    bucket: Buckets
    hits: Counts

    def __len__(self) -> int:
        return len(self.second)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take."""
        return 64 * len(self.second) + 12 * len(self.bucket)


def _no_floats() -> Floats:
    return np.empty(0, np.float64)


def _no_counts() -> Counts:
    return np.empty(0, np.int64)


EMPTY_FRAME = Frame(
    second=_no_counts(),
    series=_no_counts(),
    count=_no_counts(),
    sum=_no_floats(),
    min=_no_floats(),
    max=_no_floats(),
    last=_no_floats(),
    width=_no_counts(),
    bucket=np.empty(0, np.int32),
    hits=_no_counts(),
)


def concat(frames: Sequence[Frame]) -> Frame:
    """All rows of all frames, in order; equal keys may occur more than once."""
    parts = [frame for frame in frames if len(frame)]
    if not parts:
        return EMPTY_FRAME
    if len(parts) == 1:
        return parts[0]
    return Frame(
        second=np.concatenate([part.second for part in parts]),
        series=np.concatenate([part.series for part in parts]),
        count=np.concatenate([part.count for part in parts]),
        sum=np.concatenate([part.sum for part in parts]),
        min=np.concatenate([part.min for part in parts]),
        max=np.concatenate([part.max for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        width=np.concatenate([part.width for part in parts]),
        bucket=np.concatenate([part.bucket for part in parts]),
        hits=np.concatenate([part.hits for part in parts]),
    )


def select(frame: Frame, wanted: Bools) -> Frame:
    """The rows for which `wanted` is true."""
    if wanted.all():
        return frame
    pairs = np.repeat(wanted, frame.width)
    return Frame(
        second=frame.second[wanted],
        series=frame.series[wanted],
        count=frame.count[wanted],
        sum=frame.sum[wanted],
        min=frame.min[wanted],
        max=frame.max[wanted],
        last=frame.last[wanted],
        width=frame.width[wanted],
        bucket=frame.bucket[pairs],
        hits=frame.hits[pairs],
    )


def run_starts(ordered: NDArray[Any]) -> Counts:
    """Where in a sorted, not empty array each run of equal values starts."""
    fresh = np.empty(len(ordered), np.bool_)
    fresh[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)


def combine(keys: Counts, hits: Counts) -> tuple[Counts, Counts]:
    """Sorted distinct keys, and for each the sum of its hits."""
    # Stable means a merge sort here, which is fast on what nearly all callers have: a few sorted runs.
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = run_starts(ordered)
    return ordered[starts], np.add.reduceat(hits[order], starts)


def fold(
    frame: Frame,
    *,
    second: Counts | int | None = None,
    series: Counts | int | None = None,
    added: Bools | bool = False,
) -> Frame:
    """The frame with new seconds and series (None: as they are), rows with equal keys merged, sorted by key.

    `last` is that of the row that comes last. Where `added` is true (gauges of which each row is a part of
    the whole), min, max and last add up and the count is the largest.
    """
    if not len(frame):
        return frame
    new_second = frame.second if second is None else np.broadcast_to(np.asarray(second, np.int64), len(frame))
    new_series = frame.series if series is None else np.broadcast_to(np.asarray(series, np.int64), len(frame))
    keys = (new_second << 32) | new_series
    if (keys[1:] > keys[:-1]).all():
        return replace(frame, second=new_second, series=new_series)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = run_starts(ordered)
    ends = np.append(starts[1:], len(ordered))
    count = np.add.reduceat(frame.count[order], starts)
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduceat(frame.sum[order], starts)
    low = np.minimum.reduceat(frame.min[order], starts)
    high = np.maximum.reduceat(frame.max[order], starts)
    last = frame.last[order[ends - 1]]
    parts = np.broadcast_to(np.asarray(added, np.bool_), len(frame))[order[starts]]
    if parts.any():
        count = np.where(parts, np.maximum.reduceat(frame.count[order], starts), count)
        low = np.where(parts, np.add.reduceat(frame.min[order], starts), low)
        high = np.where(parts, np.add.reduceat(frame.max[order], starts), high)
        last = np.where(parts, np.add.reduceat(frame.last[order], starts), last)
    bucket, hits, width = _fold_buckets(frame, order, starts)
    return Frame(
        second=ordered[starts] >> 32,
        series=ordered[starts] & 0xFFFF_FFFF,
        count=count,
        sum=total,
        min=low,
        max=high,
        last=last,
        width=width,
        bucket=bucket,
        hits=hits,
    )


def _fold_buckets(frame: Frame, order: Counts, starts: Counts) -> tuple[Buckets, Counts, Counts]:
    """Buckets, hits and widths of the groups: rows `order[starts[g]]` up to the next start."""
    if not len(frame.bucket):
        return frame.bucket, frame.hits, np.zeros(len(starts), np.int64)
    rank = np.zeros(len(order), np.int64)
    rank[starts[1:]] = 1
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(rank)
    owner = np.repeat(group, frame.width)
    dense = _fold_dense(frame, owner, len(starts))
    if dense is not None:
        return dense
    keys = (owner << _PAIR_SHIFT) + (frame.bucket + np.int64(BUCKET_LIMIT))
    merged, hits = combine(keys, frame.hits)
    bucket = ((merged & ((1 << _PAIR_SHIFT) - 1)) - BUCKET_LIMIT).astype(np.int32)
    return bucket, hits, np.bincount(merged >> _PAIR_SHIFT, minlength=len(starts)).astype(np.int64)


def _fold_dense(frame: Frame, owner: Counts, groups: int) -> tuple[Buckets, Counts, Counts] | None:
    """As `_fold_buckets`, by one table with a cell for each possible bucket; None where that would be too large.

    Ten times as fast as sorting for times of one test, which lie within a few thousand buckets.
    """
    ends = np.cumsum(frame.width)
    filled = np.flatnonzero(frame.width)
    first = ends[filled] - frame.width[filled]
    if int(frame.bucket[first].min()) < 0:
        return None
    # Bucket 0 is far below all others and gets the cell in front of them.
    low_at = first + (frame.bucket[first] == 0)
    has_more = low_at < ends[filled]
    row_group = owner[first][has_more]
    lowest = np.full(groups, BUCKET_LIMIT, np.int64)
    np.minimum.at(lowest, row_group, frame.bucket[low_at[has_more]])
    highest = np.zeros(groups, np.int64)
    np.maximum.at(highest, row_group, frame.bucket[ends[filled][has_more] - 1])
    spans = np.maximum(highest - lowest + 1, 0) + 1
    cells = int(spans.sum())
    if cells > 4 * len(owner) + (1 << 16):
        return None
    offset = np.cumsum(spans) - spans
    # In a group's table, cell 0 is bucket 0 and cell 1 its lowest other bucket.
    shift = offset + 1 - lowest
    cell = np.where(frame.bucket == 0, offset[owner], frame.bucket + shift[owner])
    # Weights are float64: exact up to 2**53 samples in one bucket.
    table = np.bincount(cell, weights=frame.hits, minlength=cells)
    found = np.flatnonzero(table)
    of_group = np.repeat(np.arange(groups), spans)[found]
    bucket = np.where(found == offset[of_group], 0, found - shift[of_group]).astype(np.int32)
    width = np.bincount(of_group, minlength=groups)
    return bucket, table[found].astype(np.int64), width.astype(np.int64)
