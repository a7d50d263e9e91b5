"""Responses whose body is read while it comes (`stream=True`).

Rules: the response holds its connection until the body is read or `close()` is called; then it is recorded, with the
time until then as receiving. Reading stalls the fiber; the server is slowed down when nobody reads. One that is
dropped unread closes its connection and is recorded as far as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from swell.http.decoding import Decoder, make_decoder
from swell.http.errors import RequestError
from swell.http.response import Extra, Response
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from swell.http.pool import Pool
    from swell.http.protocol import Connection

__all__ = ["StreamedResponse"]


class StreamedResponse(Response, gc=False, eq=False):
    """A response to `stream=True`. `iter_content` and `iter_lines` read it piece by piece, `content` reads it all."""

    _connection: Any = None
    _pool: Any = None
    _record: Any = None
    _consumed: bool = False

    def attach(self, connection: Connection, pool: Pool) -> None:
        """The body comes from this connection, which goes to the pool afterwards."""
        self._connection = connection
        self._pool = pool

    def move_to(self, other: StreamedResponse) -> None:
        """The body is the other's from here on."""
        other._connection, self._connection = self._connection, None
        other._pool = self._pool

    def when_read(self, callback: Callable[[Response], None]) -> None:
        """Call this once, when the body is at its end or given up."""
        if self._connection is None:
            callback(self)
        else:
            self._record = callback

    def _pieces(self) -> Iterator[bytes]:
        """The body as it comes, still encoded. Raises RequestError when the connection fails."""
        fiber = current_fiber()
        client = self.endpoint.series.client
        connection: Connection | None = self._connection
        while connection is not None:
            parts = connection.take_parts()
            if parts:
                yield from parts
                connection = self._connection
            elif not connection.more():
                error = connection.error
                self._end(error)
                if error is not None:
                    raise error
                return
            else:
                connection.await_more(fiber, client.hub.wait)

    @property
    def content(self) -> bytes:
        """The whole body, decompressed; what `iter_content` gave out already is gone."""
        if self._connection is None:
            return Response.content.fget(self)  # type: ignore[attr-defined, no-any-return]
        if not self._consumed:
            limit = self.endpoint.series.client.max_body
            pieces: list[bytes] = []
            size = 0
            for piece in self.iter_content(None):
                size += len(piece)
                if limit is not None and size > limit:
                    self.close()
                    raise RequestError("body_too_large", f"the body is larger than the limit of {limit} bytes")
                pieces.append(piece)
            self._data = b"".join(pieces)
        return self._data

    def iter_content(self, chunk_size: int | None = 65536) -> Iterator[bytes]:
        """As `Response.iter_content`, while the body comes."""
        if self._connection is None:
            yield from Response.iter_content(self, chunk_size)
            return
        self._consumed = True
        self._offset = -1
        encoding = self._head.content_encoding if self._head is not None else ""
        decoder: Decoder | None = make_decoder(encoding) if encoding else None
        rest = b""
        for piece in self._pieces():
            data = decoder.feed(piece) if decoder is not None else piece
            if chunk_size is None:
                if data:
                    yield data
                continue
            rest += data
            while len(rest) >= chunk_size:
                yield rest[:chunk_size]
                rest = rest[chunk_size:]
        if decoder is not None:
            rest += decoder.finish()
        if rest:
            yield rest

    def close(self) -> None:
        """Give up the rest of the body."""
        self._end(None)

    def _end(self, error: RequestError | None) -> None:
        connection: Connection | None = self._connection
        if connection is None:
            return
        self._connection = None
        client = self.endpoint.series.client
        reader = connection.reader
        row = self.row
        end = client.hub.time()
        received = reader.received if reader is not None else 0
        self.row = (*row[:2], end, *row[3:6], row[6] + end - row[2], row[7], max(row[8], received))
        if connection.finish():
            self._pool.give(connection)
        if error is not None:
            extra = self.extra
            if extra is None:
                extra = self.extra = Extra()
            extra.error = error
        callback, self._record = self._record, None
        if callback is not None:
            callback(self)

    def __del__(self) -> None:
        if self._connection is not None:
            self._end(None)
