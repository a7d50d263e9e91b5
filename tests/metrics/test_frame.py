"""Frames: folding is addition of rows with equal keys, packing loses nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics import frame as frames
from swell.metrics.frame import EMPTY_FRAME, Frame, concat, fold, select
from swell.metrics.packing import decode_integers, encode_integers, pack, unpack

NUMBERS = st.floats(allow_nan=False, min_value=-1e9, max_value=1e9)
BUCKETS = st.dictionaries(st.integers(-262_015, 262_015), st.integers(1, 1 << 40), max_size=6)
NEAR_BUCKETS = st.dictionaries(
    st.one_of(st.just(0), st.integers(130_000, 130_040)), st.integers(1, 1 << 40), max_size=6
)
Row = tuple[int, int, int, float, float, float, float, dict[int, int]]


def _rows(buckets: st.SearchStrategy[dict[int, int]]) -> st.SearchStrategy[list[Row]]:
    row = st.tuples(
        st.integers(0, 3), st.integers(0, 3), st.integers(0, 1000), NUMBERS, NUMBERS, NUMBERS, NUMBERS, buckets
    )
    return st.lists(row, max_size=12)


ROWS = st.one_of(_rows(BUCKETS), _rows(NEAR_BUCKETS))


def make(rows: list[Row]) -> Frame:
    """A frame of these rows."""
    columns = list(zip(*rows, strict=True)) or [[] for _ in range(8)]
    pairs = [pair for row in rows for pair in sorted(row[7].items())]
    return Frame(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int64),
        np.array(columns[3], np.float64),
        np.array(columns[4], np.float64),
        np.array(columns[5], np.float64),
        np.array(columns[6], np.float64),
        np.array([len(row[7]) for row in rows], np.int64),
        np.array([bucket for bucket, _ in pairs], np.int32),
        np.array([hits for _, hits in pairs], np.int64),
    )


def unmake(frame: Frame) -> list[Row]:
    """The rows of a frame."""
    out: list[Row] = []
    start = 0
    for row in range(len(frame)):
        end = start + int(frame.width[row])
        buckets = dict(zip(frame.bucket[start:end].tolist(), frame.hits[start:end].tolist(), strict=True))
        assert sorted(buckets) == frame.bucket[start:end].tolist()
        floats = [float(column[row]) for column in (frame.sum, frame.min, frame.max, frame.last)]
        out.append(
            (int(frame.second[row]), int(frame.series[row]), int(frame.count[row]), *floats, buckets)  # type: ignore[arg-type]
        )
        start = end
    assert start == len(frame.bucket)
    return out


def _expected(rows: list[Row]) -> dict[tuple[int, int], Row]:
    out: dict[tuple[int, int], Row] = {}
    for row in rows:
        known = out.get(row[:2])
        if known is None:
            out[row[:2]] = row
            continue
        buckets = dict(known[7])
        for bucket, hits in row[7].items():
            buckets[bucket] = buckets.get(bucket, 0) + hits
        out[row[:2]] = (
            *row[:2],
            known[2] + row[2],
            known[3] + row[3],
            min(known[4], row[4]),
            max(known[5], row[5]),
            row[6],
            buckets,
        )
    return out


def _check(found: list[Row], expected: dict[tuple[int, int], Row]) -> None:
    assert [row[:2] for row in found] == sorted(expected)
    for row in found:
        exact = expected[row[:2]]
        assert row[2] == exact[2]
        assert row[3] == pytest.approx(exact[3], rel=1e-9, abs=1e-3)
        assert row[4:] == exact[4:]


@given(ROWS)
def test_fold_adds_rows_with_equal_keys(rows: list[Row]) -> None:
    """Counts, sums and hits add, min and max are the extremes, last is the last row's; sorted by key."""
    _check(unmake(fold(make(rows))), _expected(rows))


@given(ROWS)
def test_both_ways_of_folding_buckets_agree(rows: list[Row]) -> None:
    """The table and the sort give the same buckets."""
    frame = make(rows)
    if not len(frame.bucket):
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_fold_dense", lambda *_: None)
        by_sort = fold(frame)
    assert unmake(fold(frame)) == unmake(by_sort)


@given(ROWS)
def test_folding_to_one_key_makes_one_row(rows: list[Row]) -> None:
    """New keys replace old ones before rows are merged."""
    found = unmake(fold(make(rows), second=7, series=9))
    renamed = [(7, 9, *row[2:]) for row in rows]
    _check(found, _expected(renamed))


@given(ROWS, ROWS)
def test_concat_and_select_keep_rows_whole(one: list[Row], other: list[Row]) -> None:
    """Rows keep their buckets when frames are joined and taken apart."""
    both = concat([make(one), EMPTY_FRAME, make(other)])
    assert unmake(both) == [*one, *other]
    wanted = both.series % 2 == 0
    assert unmake(select(both, wanted)) == [row for row in [*one, *other] if row[1] % 2 == 0]


def test_parts_of_a_gauge_add_up() -> None:
    """Where rows are parts of a whole, last, min and max add up; the count is not doubled."""
    rows: list[Row] = [(0, 0, 3, 9.0, 2.0, 4.0, 3.0, {}), (0, 0, 2, 20.0, 10.0, 10.0, 10.0, {})]
    rows += [(0, 1, 1, 5.0, 5.0, 5.0, 5.0, {}), (0, 1, 1, 1.0, 1.0, 1.0, 1.0, {})]
    found = unmake(fold(make(rows), added=np.array([True, True, False, False])))
    assert found == [(0, 0, 3, 29.0, 12.0, 14.0, 13.0, {}), (0, 1, 2, 6.0, 1.0, 5.0, 1.0, {})]


@given(ROWS)
def test_packing_is_lossless(rows: list[Row]) -> None:
    """A frame unpacks to the same rows, bit for bit, sorted or not."""
    assert unmake(unpack(pack(make(rows)))) == rows


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1)))
def test_integers_of_any_size_survive(values: list[int]) -> None:
    """Any 64-bit number comes back, and the length in bytes is known."""
    data = encode_integers(np.array(values, np.int64))
    found, used = decode_integers(np.frombuffer(data + b"\x01\x02", np.uint8), len(values))
    assert found.tolist() == values
    assert used == len(data)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no packed frame raise ValueError and nothing else."""
    try:
        unpack(data)
    except ValueError:
        return
    assert data == b""


@given(ROWS.filter(bool), st.data())
def test_damaged_frames_are_refused_or_read(rows: list[Row], data: st.DataObject) -> None:
    """A cut frame raises ValueError."""
    packed = pack(make(rows))
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(ValueError):
        unpack(packed[:cut])
