"""Row buffers: nothing lost, nothing invented, bad values counted."""

from __future__ import annotations

import gc
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics.rows import RowBuffer

VALUES = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(st.lists(st.tuples(VALUES, st.integers(0, 9), VALUES), max_size=40), st.data())
def test_rows_come_out_once_and_in_order(rows: list[tuple[float, int, float]], data: st.DataObject) -> None:
    """Rows are taken when their time is due, each once, in order, however often they are absorbed between."""
    buffer = RowBuffer(3)
    for row in rows:
        buffer.add(row)
        if data.draw(st.booleans()):
            buffer.absorb()
    seen: list[list[float]] = []
    for until in (3, 3, 7):
        taken = buffer.take(1, until).tolist()
        assert (
            taken
            == [list(row) for row in rows if (until == 7) == (row[1] >= 3) and row[1] < until][
                : None if until != 3 or not seen else 0
            ]
        )
        seen += taken
    assert sorted(seen + buffer.take(1, math.inf).tolist()) == sorted(list(map(float, row)) for row in rows)
    assert len(buffer.take(1, math.inf)) == 0


def test_many_rows_pass_through_all_chunk_sizes() -> None:
    """More rows than one chunk, in several bursts, come out complete; a burst's memory is given back."""
    buffer = RowBuffer(2)
    add = buffer.add
    for number in range(12_345):
        add((number, number * 0.5))
    taken = buffer.take(0, 10_000)
    assert taken[:, 0].tolist() == list(range(10_000))
    assert buffer.take(0, math.inf)[:, 1].tolist() == [number * 0.5 for number in range(10_000, 12_345)]
    for _ in range(3):
        add((1, 1))
        buffer.take(0, math.inf)
    assert buffer._data.nbytes <= 2 * 2 * 8 * 1000
    assert buffer.add is add


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "x", None, 10**400, [1.0]])
def test_bad_values_are_left_out_and_counted(bad: object) -> None:
    """A row with a value that is no finite number goes, its neighbours stay."""
    buffer = RowBuffer(2)
    buffer.add((0, 1.0))
    buffer.add((1, bad))  # type: ignore[arg-type]
    buffer.add((2, 1e308))
    buffer.add((3, 1.7e308))
    buffer.add((True, "4.5"))  # type: ignore[arg-type]
    assert buffer.take(0, math.inf)[:, 0].tolist()[:3] == ([0.0, 2.0, 3.0])
    assert buffer.rejected in (1, 2)


def test_a_row_of_the_wrong_length_is_a_bug_that_shows() -> None:
    """Rows of another width are refused instead of shifting all others."""
    buffer = RowBuffer(3)
    buffer.add((1.0, 2.0))
    with pytest.raises(RuntimeError, match="3 values"):
        buffer.absorb()


def test_adding_rows_leaves_nothing_for_the_cyclic_collector() -> None:
    """A thousand rows add no object that the collector tracks."""
    buffer = RowBuffer(9)
    add = buffer.add
    gc.collect()
    before = len(gc.get_objects())
    for number in range(1_000):
        add((number, 0.5, 1.5, 0.0, 0.1, 0.2, 0.3, 10, 20))
    assert len(gc.get_objects()) - before < 50
    buffer.absorb()
    assert len(gc.get_objects()) - before < 50
