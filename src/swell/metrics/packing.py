"""Packing: a frame as few bytes, for the wire and for the file of older seconds.

Rules: whole numbers are differences to the one before, as variable-length integers (7 bits to a byte, low
first), then come the float columns as they are, then zstd over all. `unpack(pack(frame))` is the frame, bit
for bit. Version and framing belong to whoever stores the bytes. Input that is none of ours raises
ValueError.
"""

from __future__ import annotations

import numpy as np
import zstandard
from numpy.typing import NDArray

from swell.metrics.buckets import Counts
from swell.metrics.frame import EMPTY_FRAME, Frame

__all__ = ["decode_integers", "encode_integers", "pack", "unpack"]

# Level 1: measured 3 times as fast as the default level 3 on these bytes, for 4 % more of them.
_LEVEL = 1
_LIMIT = 1 << 31


def encode_integers(values: Counts) -> bytes:
    """Whole numbers of any sign, small ones in one byte."""
    # Zigzag: the sign becomes the lowest bit, so that -1 is as short as 1.
    rest = ((values << 1) ^ (values >> 63)).view(np.uint64)
    if not len(rest):
        return b""
    sizes = np.ones(len(rest), np.int64)
    for shift in range(7, 64, 7):
        longer = rest >= np.uint64(1 << shift)
        if not longer.any():
            break
        sizes += longer
    starts = np.cumsum(sizes) - sizes
    out = np.empty(int(sizes.sum()), np.uint8)
    for place in range(int(sizes.max())):
        if place:
            more = sizes > place
            starts, rest, sizes = starts[more], rest[more], sizes[more]
        piece = (rest >> np.uint64(7 * place)).astype(np.uint8) & np.uint8(0x7F)
        out[starts + place] = piece | ((sizes > place + 1).astype(np.uint8) << np.uint8(7))
    return out.tobytes()


def decode_integers(data: NDArray[np.uint8], count: int) -> tuple[Counts, int]:
    """The first `count` numbers in the bytes, and how many bytes they took."""
    if not count:
        return np.empty(0, np.int64), 0
    ends = np.flatnonzero(data < 0x80)[:count]
    if len(ends) < count:
        raise ValueError("the bytes end before the numbers do")
    starts = np.empty(count, np.int64)
    starts[0] = 0
    starts[1:] = ends[:-1] + 1
    sizes = ends - starts + 1
    longest = int(sizes.max())
    if longest > 10:
        raise ValueError("a number is longer than 64 bits")
    values = (data[starts] & np.uint8(0x7F)).astype(np.uint64)
    for place in range(1, longest):
        more = np.flatnonzero(sizes > place)
        piece = (data[starts[more] + place] & np.uint8(0x7F)).astype(np.uint64)
        values[more] |= piece << np.uint64(7 * place)
    signed = (values >> np.uint64(1)).view(np.int64) ^ -((values & np.uint64(1)).view(np.int64))
    return signed, int(ends[-1]) + 1


def _steps(values: Counts) -> Counts:
    return np.diff(values, prepend=np.int64(0))


def pack(frame: Frame) -> bytes:
    """The frame as bytes; few when rows are sorted by second and series."""
    rows, pairs = len(frame), len(frame.bucket)
    if not rows:
        return b""
    numbers = np.concatenate(
        (
            np.array((rows, pairs), np.int64),
            _steps(frame.second),
            _steps(frame.series),
            frame.count,
            frame.width,
            _steps(frame.bucket.astype(np.int64)),
            frame.hits,
        )
    )
    floats = np.concatenate((frame.sum, frame.min, frame.max, frame.last))
    raw = encode_integers(numbers) + floats.astype("<f8", copy=False).tobytes()
    return zstandard.ZstdCompressor(level=_LEVEL).compress(raw)


def unpack(data: bytes) -> Frame:
    """The frame that was packed."""
    if not data:
        return EMPTY_FRAME
    try:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=_LIMIT)
    except (zstandard.ZstdError, MemoryError) as error:
        raise ValueError(f"not a packed frame: {error}") from None
    whole = np.frombuffer(raw, np.uint8)
    (rows, pairs), used = _sizes(whole)
    numbers, more = decode_integers(whole[used:], 4 * rows + 2 * pairs)
    floats = np.frombuffer(raw, "<f8", offset=used + more).astype(np.float64, copy=False)
    if len(floats) != 4 * rows:
        raise ValueError("the packed frame has float columns of another length than its rows")
    second, series, count, width = numbers[: 4 * rows].reshape(4, rows)
    bucket, hits = numbers[4 * rows :].reshape(2, pairs)
    if int(width.sum()) != pairs:
        raise ValueError("the packed frame has rows and buckets that do not fit")
    total, low, high, last = floats.reshape(4, rows)
    return Frame(
        second=np.cumsum(second),
        series=np.cumsum(series),
        count=count,
        sum=total,
        min=low,
        max=high,
        last=last,
        width=width,
        bucket=np.cumsum(bucket).astype(np.int32),
        hits=hits,
    )


def _sizes(whole: NDArray[np.uint8]) -> tuple[tuple[int, int], int]:
    # Two numbers take at most 20 bytes; looking for ends in all bytes would cost as much as the decoding.
    numbers, used = decode_integers(whole[:20], 2)
    rows, pairs = int(numbers[0]), int(numbers[1])
    if not (0 < rows <= len(whole) and 0 <= pairs <= len(whole)):
        raise ValueError("the packed frame has impossible sizes")
    return (rows, pairs), used
