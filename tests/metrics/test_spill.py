"""The block file: what goes in comes out, and a failing disk is survived."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.metrics import spill
from swell.metrics.spill import BlockFile

if TYPE_CHECKING:
    from pathlib import Path

PIECES = st.dictionaries(st.text(max_size=8), st.binary(max_size=50), max_size=4)


class FullDisk(io.BytesIO):
    """A file on a disk with room for `room` bytes, which takes at most 7 bytes at a time."""

    room = 0

    def write(self, data: Any) -> int:
        if self.tell() >= self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(bytes(data)[: min(7, self.room - self.tell())])


@given(st.lists(PIECES, max_size=6))
def test_pieces_come_back(blocks: list[dict[str, bytes]]) -> None:
    """Each piece of each block can be read in any order, missing ones are empty."""
    file = BlockFile()
    places = [file.write(pieces) for pieces in blocks]
    for place, pieces in reversed(list(zip(places, blocks, strict=True))):
        assert place is not None
        assert file.read_all(place) == pieces
        for name, piece in pieces.items():
            assert file.read(place, name) == piece
        assert file.read(place, "no such name") == b""
    file.close()


def test_nothing_is_left_in_the_directory(tmp_path: Path) -> None:
    """The file is made when needed, and gone after closing; what it held is gone too."""
    file = BlockFile(tmp_path)
    assert list(tmp_path.iterdir()) == []
    place = file.write({"a": b"x"})
    assert place is not None
    file.close()
    file.close()
    assert list(tmp_path.iterdir()) == []
    assert file.read(place, "a") == b""
    assert file.read_all(place) == {}


def test_a_directory_that_is_not_there_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    """The temporary file cannot be made: write says no and failure why."""
    file = BlockFile(tmp_path / "gone")
    assert file.write({"a": b"x"}) is None
    assert "No such file" in file.failure


def test_a_full_disk_costs_the_block_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block that does not fit is refused, its half is given back, older blocks stay readable."""
    disk = FullDisk()
    disk.room = 100
    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: disk)
    file = BlockFile()
    first = file.write({"a": b"x" * 50})
    assert first is not None
    assert file.write({"a": b"y" * 500}) is None
    assert "No space left" in file.failure
    assert len(disk.getvalue()) == file.size
    assert file.read(first, "a") == b"x" * 50
    assert file.write({"b": b"z"}) is not None


def test_a_file_that_cannot_be_read_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A truncated file and an input error give no bytes and a reason."""
    disk = FullDisk()
    disk.room = 1000
    monkeypatch.setattr(spill.tempfile, "TemporaryFile", lambda **_: disk)
    file = BlockFile()
    place = file.write({"a": b"x" * 50})
    assert place is not None
    disk.truncate(20)
    assert file.read(place, "a") == b""
    assert "shorter" in file.failure

    def fail(_: int = -1) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(disk, "read", fail)
    assert file.read_all(place) == {}
    assert "Input/output" in file.failure
