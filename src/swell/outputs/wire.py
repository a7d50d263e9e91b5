"""The bytes of Prometheus remote write: a little protobuf, and snappy without compression.

Rules: pure. Only what one message needs: WriteRequest(timeseries = 1), TimeSeries(labels = 1, samples = 2), Label(name
= 1, value = 2), Sample(value = 1 double, timestamp = 2 int64 milliseconds). A snappy block may consist of literals
alone, so that no library is needed for a few kilobytes on a local network.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.outputs.prometheus_names import Sample

__all__ = ["snappy", "varint", "write_request"]

_LITERAL = 65_536  # what a length of two bytes can say


def varint(number: int) -> bytes:
    """A whole number from 0 to 2**64 - 1 in base 128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def snappy(data: bytes) -> bytes:
    """A snappy block that decompresses to `data`."""
    parts = [varint(len(data))]
    for start in range(0, len(data), _LITERAL):
        piece = data[start : start + _LITERAL]
        # Tag 61 << 2: a literal, its length less one in the next two bytes.
        parts += (bytes((61 << 2,)), struct.pack("<H", len(piece) - 1), piece)
    return b"".join(parts)


def write_request(samples: Sequence[Sample], milliseconds: int) -> bytes:
    """A WriteRequest with each sample as a series of its own, all at one time."""
    return b"".join(_field(1, _series(sample, milliseconds)) for sample in samples)


def _series(sample: Sample, milliseconds: int) -> bytes:
    # The receiver wants labels sorted by name; an empty value means no label.
    labels = sorted({"__name__": sample.name, **sample.labels}.items())
    packed = b"".join(_field(1, _label(name, value)) for name, value in labels if value)
    # 0x09: field 1 as eight bytes; 0x10: field 2 as varint.
    return packed + _field(2, b"\x09" + struct.pack("<d", sample.value) + b"\x10" + varint(milliseconds))


def _label(name: str, value: str) -> bytes:
    return _field(1, name.encode()) + _field(2, value.encode("utf-8", "replace"))


def _field(number: int, content: bytes) -> bytes:
    return bytes((number << 3 | 2,)) + varint(len(content)) + content
