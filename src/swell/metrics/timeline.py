"""The timeline: the rows of every second of a run, however long, in flat memory.

Rules: time is cut into blocks of `BLOCK` seconds. A block is open (frames as they came), then packed in
memory metric by metric, then, when it is older than `recent` seconds, in the block file. Rows that come
late reach their second in any state. Which state a block is in shows nowhere but in the time that reading
takes. If the disk fails, the block is lost and `warnings` says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from swell.metrics.frame import EMPTY_FRAME, Frame, concat, fold, select
from swell.metrics.packing import pack, unpack
from swell.metrics.spill import BlockFile, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from swell.metrics.series import SeriesTable

__all__ = ["BLOCK", "GRACE", "HealthRow", "Timeline"]

BLOCK = 10
"""Seconds in a block."""

GRACE = 5
"""Seconds that a block stays open after its end: workers that are late within this cost nothing extra."""

# The piece of a block that is no metric.
_HEALTH = ""


class HealthRow(msgspec.Struct, frozen=True, array_like=True):
    """What one worker said of itself in one second."""

    second: int
    worker: int
    health: dict[str, Any]


class _Block:
    __slots__ = ("frames", "health", "pieces", "place", "stamp")

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.health: list[HealthRow] = []
        self.pieces: dict[str, bytes] | None = None
        self.place: Place | None = None
        self.stamp = 0

    @property
    def is_open(self) -> bool:
        return self.pieces is None and self.place is None


class Timeline:
    """Rows by second and series. `recent` seconds stay in memory."""

    def __init__(self, table: SeriesTable, recent: int, directory: Path | None = None) -> None:
        self._table = table
        self._recent = recent
        self._blocks: dict[int, _Block] = {}
        self._file = BlockFile(directory)
        self._changed: set[int] = set()
        self._lost: set[int] = set()
        # Blocks below this number are on disk or lost.
        self._spilled = 0

    @property
    def warnings(self) -> list[str]:
        """What is lost, for people; empty when all is well."""
        if self._lost:
            first, last = min(self._lost) * BLOCK, (max(self._lost) + 1) * BLOCK
            text = (
                f"the rows of {len(self._lost) * BLOCK} seconds between second {first} and {last} could not be "
                f"kept ({self._file.failure}): totals are right, windows and plots have a gap there"
            )
            return [text]
        if self._file.failure:
            return [f"some rows of older seconds are missing ({self._file.failure}): totals are right"]
        return []

    @property
    def disk_bytes(self) -> int:
        """Bytes in the temporary file."""
        return self._file.size

    @property
    def memory_bytes(self) -> int:
        """Bytes that rows take in memory."""
        total = 0
        for block in self._blocks.values():
            total += sum(frame.nbytes for frame in block.frames)
            total += sum(map(len, (block.pieces or {}).values()))
        return total

    def add(self, frame: Frame) -> None:
        """Take rows of any seconds."""
        if not len(frame):
            return
        number = frame.second // BLOCK
        first = int(number[0])
        if (number == first).all():
            self._add_to(first, frame)
            return
        for each in np.unique(number):
            self._add_to(int(each), select(frame, number == each))

    def add_health(self, row: HealthRow) -> None:
        """Take what a worker says of itself."""
        number = row.second // BLOCK
        block = self._blocks.setdefault(number, _Block())
        block.health.append(row)
        self._changed.add(number)

    def advance(self, seconds: int) -> list[Frame]:
        """The run is `seconds` seconds long now: pack and spill what is old enough.

        Returns the rows that `open_gauges` knew until now, each (second, series) once, and rows that came late.
        """
        packed: list[Frame] = []
        for number in sorted(self._changed):
            if (number + 1) * BLOCK + GRACE > seconds:
                break
            self._changed.discard(number)
            packed.append(self._pack(self._blocks[number]))
            if number < self._spilled:
                self._spill(number)
        while (self._spilled + 1) * BLOCK <= seconds - max(self._recent, BLOCK + GRACE):
            self._spill(self._spilled)
            self._spilled += 1
        return packed

    def blocks(self, first: int, last: int) -> list[int]:
        """Numbers of the blocks that have something of the seconds `first` to `last` - 1, ascending."""
        return sorted(number for number in self._blocks if first < (number + 1) * BLOCK and number * BLOCK < last)

    def stamp(self, number: int) -> int:
        """Changes when the rows of the block change; -1 without a block."""
        block = self._blocks.get(number)
        return -1 if block is None else block.stamp

    def read(self, number: int, metric: str) -> Frame:
        """All rows of a metric in the block; keys may repeat."""
        block = self._blocks.get(number)
        if block is None:
            return EMPTY_FRAME
        packed = unpack(self._piece(block, metric))
        mine = self._table.is_of(metric)
        return concat([packed, *(select(frame, mine[frame.series]) for frame in block.frames)])

    def open_gauges(self) -> Frame:
        """The gauges among the rows that `advance` has not returned yet, each (second, series) once."""
        gauges = self._table.gauges()
        frames = [frame for block in self._blocks.values() if block.is_open for frame in block.frames]
        return self._fold(concat([select(frame, gauges[frame.series]) for frame in frames]))

    def health(self) -> Iterator[HealthRow]:
        """What all workers said of themselves, by second."""
        for number in sorted(self._blocks):
            block = self._blocks.get(number)
            if block is None:
                continue
            rows = [*_health_rows(self._piece(block, _HEALTH)), *block.health]
            yield from sorted(rows, key=lambda row: (row.second, row.worker))

    def close(self) -> None:
        """Remove the temporary file; rows in it are gone."""
        self._file.close()

    def _add_to(self, number: int, frame: Frame) -> None:
        block = self._blocks.setdefault(number, _Block())
        block.frames.append(frame)
        block.stamp += 1
        self._changed.add(number)

    def _fold(self, frame: Frame) -> Frame:
        return fold(frame, added=self._table.summed()[frame.series]) if len(frame) else frame

    def _piece(self, block: _Block, name: str) -> bytes:
        if block.pieces is not None:
            return block.pieces.get(name, b"")
        return b"" if block.place is None else self._file.read(block.place, name)

    def _pack(self, block: _Block) -> Frame:
        late = EMPTY_FRAME if block.is_open else self._fold(concat(block.frames))
        first_time = block.is_open
        old = block.pieces or {}
        if block.place is not None:
            old = self._file.read_all(block.place)
        whole = self._fold(concat([*(unpack(piece) for name, piece in old.items() if name != _HEALTH), *block.frames]))
        pieces: dict[str, bytes] = {}
        if len(whole):
            place = self._table.metric_places()[whole.series]
            names = self._table.names
            for each in np.unique(place):
                pieces[names[int(each)]] = pack(select(whole, place == each))
        health = [*_health_rows(old.get(_HEALTH, b"")), *block.health]
        if health:
            pieces[_HEALTH] = msgspec.msgpack.encode(health)
        if block.place is not None:
            # The old place in the file stays unused: late rows for a block on disk are rare.
            block.place = self._file.write(pieces) or block.place
        else:
            block.pieces = pieces
        block.frames = []
        block.health = []
        return whole if first_time else late

    def _spill(self, number: int) -> None:
        block = self._blocks.get(number)
        if block is None or block.pieces is None:
            return
        # After a first failure no further attempt: a disk that fills again and again would leave a comb of
        # gaps.
        block.place = None if self._lost else self._file.write(block.pieces)
        block.pieces = None
        block.stamp += 1
        if block.place is None:
            self._lost.add(number)
            del self._blocks[number]


def _health_rows(data: bytes) -> list[HealthRow]:
    return msgspec.msgpack.decode(data, type=list[HealthRow]) if data else []
