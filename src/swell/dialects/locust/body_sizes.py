"""Bytes of response bodies, as Locust counts them: decompressed, without heads.

Rules: recorded as one sample beside each request (`BODY_METRIC`), since what Swell itself counts are the bytes on the
connection. Nothing is decompressed for it where the body itself says how long it will be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.http.errors import RequestError
from swell.http.streams import StreamedResponse

if TYPE_CHECKING:
    from swell.metrics.recorder import Recorder

__all__ = ["BODY_METRIC", "body_size", "count_body"]

BODY_METRIC = "body_received"

# Of a response: the body is `_data` from `_offset` on, as received; -1 says that it is decoded.
_DATA, _OFFSET = "_data", "_offset"
_GZIP = frozenset({"gzip", "x-gzip"})
_MAGIC = b"\x1f\x8b"
_LEAST_GZIP = 18


def count_body(recorder: Recorder, request_series: float, end: float, size: int) -> None:
    """Record the body of a request that ended at hub time `end`; `request_series` as in its row."""
    if size:
        recorder.add_sample((recorder.beside(int(request_series), BODY_METRIC), end, size))


def body_size(response: Any) -> int:
    """Bytes of the body, decompressed; 0 for one that cannot be. Of a streamed one what the server has announced."""
    if isinstance(response, StreamedResponse):
        headers: Any = response.headers
        announced: str = (headers.get("content-length") if headers else None) or "0"
        return int(announced) if announced.isdigit() else 0
    data, offset = getattr(response, _DATA), getattr(response, _OFFSET)
    if offset < 0 or not data or response.plain_body:
        return len(data) - max(offset, 0)
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in _GZIP and len(data) >= offset + _LEAST_GZIP and data.startswith(_MAGIC, offset):
        # Its last four bytes are the length of what was compressed.
        return int.from_bytes(data[-4:], "little")
    try:
        return len(response.content or b"")
    except RequestError:
        return 0
