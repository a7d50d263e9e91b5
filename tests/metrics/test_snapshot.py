"""Snapshots: the wire form."""

from __future__ import annotations

import msgspec
import pytest

from swell.metrics import snapshot as snapshots
from swell.metrics.packing import pack
from swell.metrics.recorder import Recorder
from swell.metrics.snapshot import SnapshotError, decode, encode
from swell.metrics.tags import EMPTY
from tests.metrics.naive import add_request, request_tags


def _recorder(series: int = 1, rows: int = 10) -> Recorder:
    recorder = Recorder()
    numbers = [recorder.request_series(request_tags(f"/{place}")) for place in range(series)]
    for place in range(rows):
        add_request(recorder, numbers[place % series], place / rows, 0.001 * (1 + place % 7))
    return recorder


def test_a_snapshot_survives_the_wire() -> None:
    """All parts come back: series, rows, errors, health, numbers."""
    recorder = _recorder()
    recorder.add_error("refused", "nobody there", request_tags(), {"url": "http://x/", "n": [1, 2.5, None]})
    recorder.add_sample((recorder.series("mine", "gauge", EMPTY), 0.5, 4.0))
    sent = recorder.flush(1.0)
    sent.health = {"cpu": 0.5, "state": "ok", "reasons": []}
    sent.users, sent.dropped, sent.rejected, sent.warnings = 7, 2, 1, ["careful"]
    found = decode(encode(sent))
    assert pack(found.frame) == pack(sent.frame)
    for name in ("second", "series", "errors", "health", "users", "dropped", "rejected", "warnings"):
        assert getattr(found, name) == getattr(sent, name)


def test_fifty_busy_series_take_few_bytes() -> None:
    """A second of 5,000 requests over 50 series (650 rows of metrics) stays below 25 KB, an idle one below 100 B."""
    recorder = _recorder(series=50, rows=5_000)
    recorder.flush(0.0)
    assert len(encode(recorder.flush(1.0))) < 25_000
    assert len(encode(recorder.flush(2.0))) < 100


@pytest.mark.parametrize("data", [b"", b"x", b"\xc1", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode({})])
def test_foreign_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no snapshot raise SnapshotError."""
    with pytest.raises(SnapshotError, match="not a snapshot"):
        decode(data)


def test_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot of another version is refused with both versions, even if its layout differs."""
    with pytest.raises(SnapshotError, match="version 99"):
        decode(msgspec.msgpack.encode([99, "another layout"]))
    monkeypatch.setattr(snapshots, "VERSION", 2)
    data = encode(_recorder().flush(1.0))
    monkeypatch.setattr(snapshots, "VERSION", 1)
    with pytest.raises(SnapshotError, match=r"version 2.*version 1"):
        decode(data)


def test_a_damaged_frame_is_refused() -> None:
    """A snapshot whose rows are damaged raises SnapshotError, not something else."""
    data = bytearray(encode(_recorder().flush(1.0)))
    for place in range(0, len(data), 3):
        broken = bytes(data[:place]) + bytes([data[place] ^ 0xFF]) + bytes(data[place + 1 :])
        try:
            decode(broken)
        except SnapshotError:
            continue
