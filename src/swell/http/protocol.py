"""One connection: an asyncio protocol that turns bytes into responses and wakes the fiber that waits for them.

Rules: one request at a time. The fiber is woken from `data_received` itself, with no task, future or queue between,
but never from inside the parser. A response that arrives in one piece with a head seen before (see `heads`) skips the
parser and wakes the fiber with the bytes received; everything else wakes it with None, and `state` tells what there
is. Whoever takes a connection gives it back by `finish()` or ends it by `abort()`.
"""

from __future__ import annotations

import asyncio
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from swell.http.errors import RequestError, classify
from swell.http.heads import KNOWN_HEADS, NO_HEAD, remember
from swell.http.reader import MessageReader, borrow_reader
from swell.http.tls import ResumingContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.http.deadlines import Deadlines
    from swell.runtime.fiber import Fiber

__all__ = ["CLOSED", "DONE", "IDLE", "READING", "WAITING", "Connection", "ConnectionLimits"]

# States. WAITING: the request is on its way and no byte has come, so the shortcut is open. READING: the parser has to
# look. DONE: the response is complete in `reader`, or `error` says why there is none.
IDLE: Final = 0
WAITING: Final = 1
READING: Final = 2
DONE: Final = 3
CLOSED: Final = 4

_STREAM_HIGH: Final = 1024 * 1024
_STREAM_LOW: Final = 256 * 1024


class ConnectionLimits(Protocol):
    """What a connection asks of the client it belongs to."""

    max_body: int | None
    discard_bodies: bool
    deadlines: Deadlines


class Connection(asyncio.Protocol):
    """One connection to one server (or proxy).

    `route` is its place in the pool. `deadline` and `armed` are for `deadlines.Deadlines`. `total` and `read_timeout`
    bound the current request, `first` is when its first byte came (hub's clock, seconds; 0.0: none yet).
    """

    __slots__ = (
        "_paused",
        "_reading_paused",
        "_stream",
        "armed",
        "deadline",
        "error",
        "fiber",
        "first",
        "head",
        "limits",
        "on_closed",
        "peer",
        "read_timeout",
        "reader",
        "route",
        "state",
        "total",
        "transport",
        "write",
    )

    transport: asyncio.Transport
    write: Callable[[bytes], None]

    def __init__(self, limits: ConnectionLimits, route: object = None) -> None:
        self.limits = limits
        self.route = route
        self.state = IDLE
        self.head = NO_HEAD
        self.fiber: Fiber | None = None
        self.reader: MessageReader | None = None
        self.error: RequestError | None = None
        self.deadline = inf
        self.armed = inf
        self.total = inf
        self.read_timeout: float | None = None
        self.first = 0.0
        self.peer: Any = None
        self.on_closed: Callable[[Connection], None] | None = None
        self._paused = False
        self._reading_paused = False
        self._stream = False

    # --- what the client calls, in a fiber ---

    def begin(
        self,
        *,
        bodyless: bool = False,
        stream: bool = False,
        read_timeout: float | None = None,
        shortcut: bool = True,
    ) -> None:
        """A request will be written now; its answer is read with these settings.

        `shortcut` must be False when the fiber may wait for anything but the response meanwhile.
        """
        self.first = 0.0
        self.error = None
        self.read_timeout = read_timeout
        self._stream = stream
        if bodyless or stream:
            reader = self._borrow()
            reader.bodyless = bodyless
            if stream:
                reader.limit = None
                reader.keep = True
            self.state = READING
        elif not shortcut or read_timeout is not None:
            self.state = READING
        else:
            self.state = WAITING

    def await_response(self, fiber: Fiber, wait: Callable[[], bytes | None]) -> bytes | None:
        """Stall the fiber until the response is complete (streamed: until its head is) or has failed.

        Returns the bytes received if the shortcut was taken (then `head` is set and the state IDLE), else None. An
        exception thrown into the fiber ends the connection and goes on.
        """
        try:
            while self.state in (WAITING, READING):
                if self._stream and self.reader is not None and self.reader.head is not None:
                    break
                self.fiber = fiber
                data = wait()
                if data is not None:
                    return data
        except BaseException:
            self.abort()
            raise
        return None

    def await_writable(self, fiber: Fiber, wait: Callable[[], object]) -> bool:
        """Stall the fiber while the transport's buffer is full. False: stop sending, the response is there or
        failed.
        """
        try:
            while self._paused and self.state in (WAITING, READING):
                self.fiber = fiber
                wait()
        except BaseException:
            self.abort()
            raise
        return self.state in (WAITING, READING)

    def more(self) -> bool:
        """Whether a streamed body has, or may still get, pieces that `take_parts` did not give."""
        if self.state in (WAITING, READING):
            return True
        return self.reader is not None and bool(self.reader.parts)

    def await_more(self, fiber: Fiber, wait: Callable[[], object]) -> None:
        """Stall the fiber until a streamed body has another piece, is complete or fails."""
        if self.read_timeout is not None:
            self.deadline = perf_counter() + self.read_timeout
            if self.deadline < self.armed:
                self.limits.deadlines.watch(self)
        try:
            while self.state == READING and not (self.reader is not None and self.reader.parts):
                self.fiber = fiber
                wait()
        except BaseException:
            self.abort()
            raise
        # The read timeout is about the server; how long the user takes is the user's.
        self.deadline = inf

    def streaming(self) -> None:
        """The head of a streamed response was taken: the time limit of the request ends here."""
        self.total = self.deadline = inf

    def spoil(self) -> None:
        """The request was not sent whole, so no other may follow on this connection."""
        if self.reader is not None:
            self.reader.keep_alive = False

    def take_parts(self) -> list[bytes]:
        """The pieces of a streamed body that came since the last call."""
        reader = self.reader
        if reader is None or not reader.parts:
            return []
        parts, reader.parts = reader.parts, []
        if self._reading_paused:
            self._reading_paused = False
            self.transport.resume_reading()
        return parts

    def finish(self) -> bool:
        """The response was taken. True: idle again and fit for another request; False: it is closed now."""
        reader = self.reader
        if self.state == IDLE:
            return True
        self.first = 0.0
        self.read_timeout = None
        self._stream = False
        if reader is not None:
            reusable = self.state == DONE and self.error is None and reader.keep_alive and not reader.extra
            reader.give_back()
            self.reader = None
            if reusable and not self._paused:
                self.state = IDLE
                return True
        self.abort()
        return False

    def abort(self) -> None:
        """End it at once; nobody is woken."""
        self.fiber = None
        if self.reader is not None:
            self.reader.give_back()
            self.reader = None
        if self.state != CLOSED:
            self.state = CLOSED
            self._closed()
            transport = cast("asyncio.Transport | None", getattr(self, "transport", None))
            if transport is not None:
                transport.abort()

    def close(self) -> None:
        """End an idle connection in good order (TLS says goodbye)."""
        if self.state == IDLE:
            self.state = CLOSED
            self._closed()
            self.transport.close()
        else:
            self.abort()

    def expire(self, now: float) -> None:
        """The deadline passed, by the wheel of `deadlines`."""
        if self.state in (WAITING, READING):
            if self.read_timeout is not None and self.total > now:
                self._fail(RequestError("read_timeout", f"no data for {self.read_timeout:g} s (read timeout)"))
            else:
                self._fail(RequestError("total_timeout", "the request took longer than its timeout"))

    # --- what the loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open. The bound method is kept: it is called for every request."""
        self.transport = cast("asyncio.Transport", transport)
        self.write = self.transport.write

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.state == WAITING:
            head = self.head
            # Most responses repeat the head of the one before, which is found out without hashing it.
            if len(data) != head.whole or not data.startswith(head.raw):
                head = KNOWN_HEADS.get(data[: data.find(b"\r\n\r\n") + 4], NO_HEAD)
            fiber = self.fiber
            if len(data) == head.whole and fiber is not None:
                self.head = head
                self.state = IDLE
                self.fiber = None
                fiber.wake(data)
                return
        self._read(data)

    def eof_received(self) -> None:
        """The server ended its side; a response without a length ends here too. The transport closes by itself."""
        self._ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed, by whomever."""
        self._ended(exc)
        context = self.transport.get_extra_info("sslcontext")
        if isinstance(context, ResumingContext):
            context.settle(self.transport.get_extra_info("ssl_object"))
        # Breaks the cycles through the transport and its bound method.
        del self.transport, self.write

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._paused = True

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._paused = False
        if self.state in (WAITING, READING):
            self._wake()

    # --- inside ---

    def _borrow(self) -> MessageReader:
        reader = self.reader = borrow_reader()
        reader.limit = self.limits.max_body
        reader.keep = not self.limits.discard_bodies
        return reader

    def _read(self, data: bytes) -> None:
        if self.state not in (WAITING, READING):
            # Bytes nobody asked for: a late answer, or 408 before an idle connection is closed.
            if self.state == IDLE:
                self.abort()
            elif self.state == DONE and self.reader is not None:
                self.reader.extra = True
            return
        now = perf_counter()
        if self.first == 0.0:
            self.first = now
        if self.read_timeout is not None and not (self._stream and self.reader and self.reader.head):
            self.deadline = min(self.total, now + self.read_timeout)
        reader = self.reader or self._borrow()
        self.state = READING
        reader.feed(data)
        if reader.error is not None:
            self._fail(reader.error)
        elif reader.complete:
            self._complete(reader)
        elif self._stream and reader.head is not None:
            if not self._reading_paused and sum(map(len, reader.parts)) > _STREAM_HIGH:
                self._reading_paused = True
                self.transport.pause_reading()
            self._wake()

    def _complete(self, reader: MessageReader) -> None:
        head = reader.head
        assert head is not None, "the parser completes a message after its head"
        if not (reader.extra or reader.bodyless) and reader.received == head.size + reader.size:
            remember(head, reader.size)
        self.state = DONE
        self._wake()

    def _ended(self, exc: Exception | None) -> None:
        if self.state in (WAITING, READING):
            reader = self.reader
            if exc is None and reader is not None and reader.end():
                self.state = DONE
                self._wake()
            elif exc is not None:
                self._fail(classify(exc, "receive" if self.first else "wait"))
            elif self.first:
                self._fail(RequestError("closed_early", "the server closed the connection in the middle of a response"))
            else:
                self._fail(RequestError("closed_early", "the server closed the connection without a response"))
        elif self.state == IDLE:
            self.state = CLOSED
            self._closed()
        elif self.state == DONE and self.reader is not None:
            self.reader.keep_alive = False

    def _fail(self, error: RequestError) -> None:
        self.error = error
        self.state = DONE
        transport = cast("asyncio.Transport | None", getattr(self, "transport", None))
        if transport is not None:
            transport.abort()
        self._wake()

    def _wake(self) -> None:
        fiber = self.fiber
        if fiber is not None:
            self.fiber = None
            fiber.wake(None)

    def _closed(self) -> None:
        callback = self.on_closed
        if callback is not None:
            callback(self)
