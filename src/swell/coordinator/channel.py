"""Messages between a worker and its coordinator, over one connected stream socket.

Rules: both ends are alike and live on an asyncio loop; a message is a pickle after its length in 8 bytes.
`send` never blocks. The end of the stream is reported once, and it is the only sign of the other side's death
that is needed: the kernel closes the sockets of a process however it dies. Only sockets that this program
made and inherited are ever read, never a network port, since unpickling trusts its input.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Channel", "FrameReader", "encode_message", "receive_blocking", "send_blocking"]

_LENGTH = struct.Struct(">Q")


def encode_message(message: object) -> bytes:
    """The bytes of one message."""
    body = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a byte stream into messages; pure."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """Add what arrived; the messages that are now complete, in order."""
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(buffer, at)
                end = at + _LENGTH.size + length
                if len(buffer) < end:
                    break
                body = bytes(memoryview(buffer)[at + _LENGTH.size : end])
                at = end
                yield pickle.loads(body)  # noqa: S301 - see the rules above
        finally:
            del buffer[:at]


class Channel(asyncio.Protocol):
    """One end. Make it from a socket, `open` it on the running loop, then `send`; `close` flushes first."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._on_message: Callable[[Any], object] | None = None
        self._on_close: Callable[[], object] | None = None
        self._closed: asyncio.Future[None] | None = None

    async def open(self, on_message: Callable[[Any], object], on_close: Callable[[], object]) -> None:
        """Attach to the running loop. Both callbacks run in the loop.

        `on_close` is called once, after the last message, however the stream ends (`close` included).
        """
        loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._on_close = on_close
        self._closed = loop.create_future()
        if self._socket.family == getattr(socket, "AF_UNIX", None):
            await loop.create_unix_connection(lambda: self, sock=self._socket)
        else:
            await loop.create_connection(lambda: self, sock=self._socket)

    def send(self, message: object) -> None:
        """Queue one message; silently dropped when the other side is gone (`on_close` tells)."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.write(encode_message(message))

    async def close(self) -> None:
        """Send what is queued, then close. Safe to call twice and before `open`."""
        if self._closed is None:
            self._socket.close()
            return
        if self._transport is not None:
            self._transport.close()
        await asyncio.shield(self._closed)

    def abort(self) -> None:
        """Close at once, losing what is queued."""
        if self._transport is not None:
            self._transport.abort()
        else:
            self._socket.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        assert self._on_message is not None
        for message in self._reader.feed(data):
            self._on_message(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the loop."""
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        if self._on_close is not None:
            self._on_close()


def send_blocking(sock: socket.socket, message: object) -> None:
    """Send one message on a blocking socket (before any loop runs)."""
    sock.sendall(encode_message(message))


def receive_blocking(sock: socket.socket) -> Any:
    """The next message from a blocking socket. EOFError when the other side is gone.

    Reads not one byte beyond the message, so that a `Channel` can take the socket over.
    """
    (length,) = _LENGTH.unpack(_read_exactly(sock, _LENGTH.size))
    return pickle.loads(_read_exactly(sock, length))  # noqa: S301 - see the rules above


def _read_exactly(sock: socket.socket, count: int) -> bytes:
    parts: list[bytes] = []
    while count:
        part = sock.recv(min(count, 1 << 20))
        if not part:
            raise EOFError("the other side closed the channel")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
