"""Snapshots: what one worker measured since its last one, and its form on the wire.

Rules: snapshots merge by addition (store.MetricStore). A series is described once, in the first snapshot
that has it, and goes by the worker's own number from then on; so the snapshots of a worker are read in
order. The wire form is msgpack with the frame packed inside, the first item is the version. Bytes that are
none of ours raise SnapshotError.
"""

from __future__ import annotations

from typing import Any

import msgspec

from swell.metrics.builtin import Kind
from swell.metrics.failures import ErrorGroup
from swell.metrics.frame import EMPTY_FRAME, Frame
from swell.metrics.packing import pack, unpack

__all__ = ["VERSION", "SeriesDefinition", "Snapshot", "SnapshotError", "decode", "encode"]

VERSION = 1


class SnapshotError(ValueError):
    """Bytes that cannot be read as a snapshot."""


class SeriesDefinition(msgspec.Struct, array_like=True, frozen=True):
    """A new series of the worker, or, with `metric` empty, all those derived from one request series.

    `number` is the first series number; derived series follow it in the order of `builtin.REQUEST_METRICS`.
    """

    number: int
    metric: str
    kind: Kind
    is_time: bool
    tags: tuple[tuple[str, str], ...]


class Snapshot(msgspec.Struct):
    """One worker, mostly one second.

    `second` is the newest whole second it covers, counted from the start of the run; the frame may hold
    rows of older seconds too. The worker itself sets `health`, `users` (running at the end of the second)
    and `dropped` (arrivals given up in the second). `rejected` counts samples that were no finite numbers.
    `points` are all single samples (`points.pack_points`), only when they were asked for.
    """

    second: int
    series: list[SeriesDefinition] = []
    frame: Frame = EMPTY_FRAME
    errors: list[ErrorGroup] = []
    health: dict[str, Any] = {}
    users: int = 0
    dropped: int = 0
    rejected: int = 0
    warnings: list[str] = []
    points: bytes = b""


class _Wire(msgspec.Struct, array_like=True):
    version: int
    second: int
    series: list[SeriesDefinition]
    frame: bytes
    errors: list[ErrorGroup]
    health: dict[str, Any]
    users: int
    dropped: int
    rejected: int
    warnings: list[str]
    points: bytes = b""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Wire)
_VERSION_DECODER = msgspec.msgpack.Decoder(list[msgspec.Raw])


def encode(snapshot: Snapshot) -> bytes:
    """The snapshot as bytes."""
    return _ENCODER.encode(
        _Wire(
            VERSION,
            snapshot.second,
            snapshot.series,
            pack(snapshot.frame),
            snapshot.errors,
            snapshot.health,
            snapshot.users,
            snapshot.dropped,
            snapshot.rejected,
            snapshot.warnings,
            snapshot.points,
        )
    )


def decode(data: bytes) -> Snapshot:
    """The snapshot that was encoded; SnapshotError for other bytes and for other versions."""
    try:
        wire = _DECODER.decode(data)
        frame = unpack(wire.frame)
    except (msgspec.DecodeError, ValueError) as error:
        _check_version(data)
        raise SnapshotError(f"not a snapshot of a worker: {error}") from None
    if wire.version != VERSION:
        _check_version(data)
    return Snapshot(
        wire.second,
        wire.series,
        frame,
        wire.errors,
        wire.health,
        wire.users,
        wire.dropped,
        wire.rejected,
        wire.warnings,
        wire.points,
    )


def _check_version(data: bytes) -> None:
    # The layout may change between versions, only the first item may not.
    try:
        version = msgspec.msgpack.decode(_VERSION_DECODER.decode(data)[0], type=int)
    except (msgspec.DecodeError, IndexError):
        return
    if version != VERSION:
        raise SnapshotError(
            f"a worker sent a snapshot of version {version}, this process reads version {VERSION}: "
            "run the same version of Swell everywhere"
        )
