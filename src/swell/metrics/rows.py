"""Row buffers: where the hot path leaves its rows, and how they become a numpy array.

Rules: `add` is one bound C function that takes one tuple; it stays the same object for the buffer's life.
Rows lie flat in one list of numbers, not as tuples in a list. Measured (CPython 3.11, 70,000 rows of 9):
appending tuples 5 ms without and 11 ms with the cyclic GC, then 19 ms to an array; extending a flat list 3
ms either way, then 12 ms to an array. No tuple outlives the call, so the GC never has a reason to run.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, cast

import numpy as np

from swell.metrics.buckets import Floats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["RowBuffer"]

# Rows that are converted in one go: their bytes stay in the processor's second-level cache.
_CHUNK = 1_000


class RowBuffer:
    """Rows of `width` numbers each, added one by one, taken as an array.

    `rejected` counts rows with something that is not a finite number.
    """

    __slots__ = ("_data", "_flat", "_size", "_struct", "_width", "add", "rejected")

    add: Callable[[tuple[float, ...]], None]

    def __init__(self, width: int) -> None:
        self._width = width
        self._flat: list[float] = []
        self._data = np.empty((_CHUNK, width), np.float64)
        self._size = 0
        self._struct = struct.Struct(f"{width * _CHUNK}d")
        self.add = self._flat.extend
        self.rejected = 0

    def absorb(self) -> None:
        """Convert what was added so far. May be called at any time to spread the work over the second."""
        flat, width = self._flat, self._width
        if not flat:
            return
        rows, rest = divmod(len(flat), width)
        if rest:
            raise RuntimeError(f"a row added to this buffer did not have {width} values")
        self._reserve(self._size + rows)
        for start in range(0, rows, _CHUNK):
            count = min(_CHUNK, rows - start)
            form = self._struct if count == _CHUNK else struct.Struct(f"{width * count}d")
            self._convert(flat[start * width : (start + count) * width], count, form)
        flat.clear()

    def take(self, column: int, until: float) -> Floats:
        """Remove the rows whose `column` is below `until`: an array of rows, good until something is added."""
        self.absorb()
        held = self._data[: self._size]
        due = held[:, column] < until
        if due.all():
            taken, kept = held, held[:0]
        else:
            taken, kept = held[due], held[~due]
        self._size = len(kept)
        # One burst must not hold its memory for the rest of the run.
        if len(self._data) > 8 * max(_CHUNK, len(held)):
            self._data = np.empty((2 * max(_CHUNK, len(held)), self._width), np.float64)
        self._data[: self._size] = kept
        return taken

    def held(self) -> Floats:
        """All rows that were not taken yet, which stay: an array of rows, good until something is added."""
        self.absorb()
        return self._data[: self._size]

    def _reserve(self, rows: int) -> None:
        if rows > len(self._data):
            grown = np.empty((max(rows, 2 * len(self._data)), self._width), np.float64)
            grown[: self._size] = self._data[: self._size]
            self._data = grown

    def _convert(self, part: list[float], count: int, form: struct.Struct) -> None:
        block = self._data[self._size : self._size + count]
        try:
            form.pack_into(self._data.data, self._size * self._width * 8, *part)
        except (struct.error, TypeError, OverflowError):
            block[:] = self._convert_one_by_one(part, count)
        # The sum of all is finite only if each value is; an overflow is looked at again below.
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(block.sum())
        if not math.isfinite(total):
            good = np.isfinite(block).all(axis=1)
            kept = block[good]
            self.rejected += count - len(kept)
            count = len(kept)
            self._data[self._size : self._size + count] = kept
        self._size += count

    def _convert_one_by_one(self, part: Sequence[object], count: int) -> Floats:
        out = np.full((count, self._width), np.nan)
        for row, values in enumerate(out):
            for place in range(self._width):
                try:
                    values[place] = float(cast("float", part[row * self._width + place]))
                except (TypeError, ValueError, OverflowError):
                    values[place] = np.nan
        return out
