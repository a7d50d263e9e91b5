"""The block file: named pieces of bytes, block by block, in one temporary file.

Rules: the file has no name (or goes when it is closed), so nothing is left behind whatever dies; it is made
when first needed. Blocks are only ever appended. A disk that is full or fails costs the block, never the
run: `write` answers None, `read` answers nothing, and `failure` says why.
"""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["BlockFile", "Place"]


class Place(NamedTuple):
    """Where a block lies: its offset in the file, the length of its table of contents, and of all of it (bytes)."""

    offset: int
    table: int
    length: int


class BlockFile:
    """One temporary file in `directory` (None: where the system keeps such files)."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._file: IO[bytes] | None = None
        self._end = 0
        self.failure = ""

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._end

    def write(self, pieces: Mapping[str, bytes]) -> Place | None:
        """Append a block; None when the disk does not take it."""
        contents: dict[str, tuple[int, int]] = {}
        offset = 0
        for name, piece in pieces.items():
            contents[name] = (offset, len(piece))
            offset += len(piece)
        table = msgspec.msgpack.encode(contents)
        data = memoryview(b"".join((table, *pieces.values())))
        try:
            file = self._open()
            file.seek(self._end)
            done = 0
            while done < len(data):
                done += file.write(data[done:])
        except OSError as error:
            self.failure = error.strerror or str(error)
            self._give_back()
            return None
        place = Place(self._end, len(table), len(data))
        self._end += len(data)
        return place

    def read(self, place: Place, name: str) -> bytes:
        """One piece of a block; no bytes when the block has none of this name, or cannot be read."""
        table = self._bytes(place.offset, place.table)
        found = msgspec.msgpack.decode(table, type=dict[str, tuple[int, int]]).get(name) if table else None
        if found is None:
            return b""
        return self._bytes(place.offset + place.table + found[0], found[1])

    def read_all(self, place: Place) -> dict[str, bytes]:
        """All pieces of a block; empty when it cannot be read."""
        data = self._bytes(place.offset, place.length)
        if not data:
            return {}
        table = msgspec.msgpack.decode(data[: place.table], type=dict[str, tuple[int, int]])
        body = data[place.table :]
        return {name: body[start : start + length] for name, (start, length) in table.items()}

    def close(self) -> None:
        """Remove the file. What it held is gone."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        if self._file is None:
            # Unbuffered: a full disk shows in the write that fills it, not at some later one.
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 - it lives as long as this object
                prefix="swell-", dir=self._directory, buffering=0
            )
        return self._file

    def _bytes(self, offset: int, length: int) -> bytes:
        if self._file is None:
            return b""
        parts: list[bytes] = []
        try:
            self._file.seek(offset)
            while length > 0:
                part = self._file.read(length)
                if not part:
                    self.failure = "the file is shorter than it was"
                    return b""
                parts.append(part)
                length -= len(part)
        except OSError as error:
            self.failure = error.strerror or str(error)
            return b""
        return b"".join(parts)

    def _give_back(self) -> None:
        # Half a block must not keep room on a full disk.
        if self._file is not None:
            try:
                self._file.truncate(self._end)
            except OSError:
                return
