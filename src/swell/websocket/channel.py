"""One connection on the event loop: reads whatever comes, answers pings and the close, and wakes who waits.

Rules: it is the asyncio protocol of its transport; there is no task and no thread. Messages wait in `inbox` (pings and
pongs too, with `control`); when much is waiting, the server is slowed down. `wait` stalls the calling fiber until
something happened; what, the caller looks up. After a closing handshake the server has a moment to end the connection
first, so that the closed ports wait at its side and not at the load generator's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any, Final, cast

from greenlet import getcurrent

from swell.http.errors import classify
from swell.http.tls import ResumingContext
from swell.runtime.waiters import Waiters
from swell.websocket.errors import ABNORMAL, NO_STATUS, WebSocketError
from swell.websocket.handshake import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.runtime.hub import Hub, Timer
    from swell.websocket.frames import Event, Frames
    from swell.websocket.meter import Meter

__all__ = ["CLOSED", "CLOSING", "OPEN", "OPENING", "Channel"]

OPENING: Final = 0
OPEN: Final = 1
CLOSING: Final = 2
CLOSED: Final = 3

_CLOSE_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 2.0
# Bytes and messages that wait to be received before the server is slowed down.
_MOST_HELD: Final = 4 * 1024 * 1024
_MOST_WAITING: Final = 10_000


class Channel(asyncio.Protocol):
    """One connection. `code` and `reason`: how it was closed; `error`: what broke it, if anything did.

    `pings`: payload -> when it was sent, of pings without an answer yet. `listener` is called whenever something
    happened, in the loop's greenlet or the caller's.
    """

    __slots__ = (
        "_counted",
        "_frames",
        "_held",
        "_hub",
        "_meter",
        "_paused",
        "_pinged",
        "_reading_paused",
        "_timer",
        "_waiters",
        "answer",
        "bytes_in",
        "bytes_out",
        "code",
        "control",
        "error",
        "inbox",
        "listener",
        "lost",
        "pings",
        "reason",
        "state",
        "transport",
    )

    def __init__(self, hub: Hub, transport: asyncio.Transport, *, control: bool = False) -> None:
        self._hub = hub
        self._frames: Frames | None = None
        self._meter: Meter | None = None
        self._counted = False
        self._held = 0
        self._paused = False
        self._pinged = 0
        self._reading_paused = False
        self._timer: Timer | None = None
        self._waiters = Waiters(hub)
        self.answer = Answer()
        self.bytes_in = self.bytes_out = 0
        self.code = 0
        self.reason = ""
        self.control = control
        self.error: WebSocketError | None = None
        self.inbox: deque[Event] = deque()
        self.listener: Callable[[], object] | None = None
        self.lost = False
        self.pings: dict[bytes, float] = {}
        self.state = OPENING
        self.transport: asyncio.Transport | None = transport
        transport.set_protocol(self)

    # --- what a fiber calls ---

    def write(self, data: bytes) -> None:
        """Send bytes of the handshake."""
        if self.transport is not None:
            self.bytes_out += len(data)
            self.transport.write(data)

    def open(self, frames: Frames, meter: Meter) -> None:
        """The handshake succeeded: frames from here on."""
        self._frames = frames
        self._meter = meter
        self.state = OPEN
        meter.add("data_sent", self.bytes_out)
        meter.add("data_received", self.bytes_in)
        rest, self.answer.rest = self.answer.rest, b""
        if rest:
            self._feed(rest)
        if self.lost:
            self._drop(None)

    def send(self, data: str | bytes) -> None:
        """One message; nothing once the channel is no longer open. Does not wait: see `full`."""
        if self.state == OPEN and self._frames is not None and self._meter is not None:
            self._put(self._frames.message(data))
            self._meter.add("ws_msgs_sent", 1)

    def next_ping(self) -> bytes:
        """Send a ping, if the channel is open; returns its payload."""
        self._pinged += 1
        payload = b"%d" % self._pinged
        if self.state == OPEN and self._frames is not None:
            self.pings[payload] = self._hub.time()
            self._put(self._frames.ping(payload))
        return payload

    def start_close(self, code: int, reason: str) -> None:
        """Begin the closing handshake, once. Raises CloseCode."""
        if self.state != OPEN or self._frames is None:
            return
        data = self._frames.close(code, reason)
        self.state = CLOSING
        self._put(data)
        self._read_on()  # or the server's answer would wait behind what nobody receives
        self._timer = self._hub.call_at(self._hub.time() + _CLOSE_SECONDS, self._unanswered)

    def end_session(self) -> None:
        """The session counts as over from here on, whatever the closing handshake may take."""
        if not self._counted and self._meter is not None:
            self._counted = True
            self._meter.ended()

    def abort(self) -> None:
        """End it at once."""
        if self.state in (OPEN, CLOSING):
            self._finish(ABNORMAL, "")
        self.state = CLOSED
        self._end_transport()

    def take(self) -> Event:
        """The oldest event of the inbox."""
        event = self.inbox.popleft()
        if event[0] == "message":
            self._held -= len(event[1])
        if self._reading_paused and not self.inbox:
            self._read_on()
        return event

    @property
    def full(self) -> bool:
        """Whether the network takes data slower than it is sent."""
        return self._paused and self.state == OPEN

    @property
    def buffered(self) -> int:
        """Bytes that are sent but not on the network yet."""
        return self.transport.get_write_buffer_size() if self.transport is not None else 0

    def wait(self, deadline: float = inf) -> bool:
        """Stall the current fiber until something happens. False: the deadline (hub's clock, seconds) passed first."""
        return self._waiters.wait(deadline)

    # --- what the loop calls ---

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.state == OPENING:
            self.bytes_in += len(data)
            if self.answer.feed(data):
                self._wake()
        elif self.state != CLOSED:
            if self._meter is not None:
                self._meter.add("data_received", len(data))
            self._feed(data)

    def eof_received(self) -> None:
        """The server ended its side; the transport closes by itself."""
        self._drop(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed, by whomever."""
        transport, self.transport = self.transport, None
        self._drop(exc)
        self._stop_timer()
        if transport is not None:
            context: Any = transport.get_extra_info("sslcontext")
            if isinstance(context, ResumingContext):
                context.settle(transport.get_extra_info("ssl_object"))

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self._paused = True

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self._paused = False
        self._wake()

    # --- inside ---

    def _put(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)
        if self._meter is not None:
            self._meter.add("data_sent", len(data))

    def _feed(self, data: bytes) -> None:
        frames, meter = self._frames, self._meter
        if frames is None or meter is None:
            return
        for event in frames.feed(data):
            kind, payload = event
            if kind == "message":
                meter.add("ws_msgs_received", 1)
                self._held += len(payload)
                self.inbox.append(event)
            elif kind == "close":
                self._closed_by_server(*cast("tuple[int, str]", payload))
            else:
                self._control(event)
        if frames.failure is not None and self.state in (OPEN, CLOSING):
            code, text = frames.failure
            if self.state == OPEN:
                self._put(frames.close(code))
            kind = "ws_too_big" if code == 1009 else "ws_protocol"
            self._finish(code, text, WebSocketError(kind, f"the server sent what it must not: {text}"))
            self._linger()
        much = self._held > _MOST_HELD or len(self.inbox) > _MOST_WAITING
        if much and self.state == OPEN and not self._reading_paused and self.transport is not None:
            self._reading_paused = True
            self.transport.pause_reading()
        self._wake()

    def _read_on(self) -> None:
        if self._reading_paused and self.transport is not None:
            self._reading_paused = False
            self.transport.resume_reading()

    def _control(self, event: Event) -> None:
        kind, payload = event
        data = cast("bytes", payload)
        if kind == "ping":
            if self.state == OPEN and self._frames is not None:
                self._put(self._frames.pong(data))
        else:
            sent = self.pings.pop(data, None)
            if sent is not None and self._meter is not None:
                self._meter.add("ws_ping", (self._hub.time() - sent) * 1000.0)
        if self.control:
            self.inbox.append(event)

    def _closed_by_server(self, code: int, reason: str) -> None:
        if self.state == OPEN and self._frames is not None:
            self._put(self._frames.close(None if code == NO_STATUS else code))
        self._finish(code, reason)
        self._linger()

    def _linger(self) -> None:
        """All is said: the server has a moment to take it and to end the connection."""
        self._stop_timer()
        self._timer = self._hub.call_at(self._hub.time() + _LINGER_SECONDS, self._end_transport)

    def _unanswered(self) -> None:
        self._finish(ABNORMAL, "the server did not answer the closing handshake")
        self._end_transport()
        self._wake()

    def _drop(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.lost = True
        if self.state == OPENING:
            answer = self.answer
            if not answer.done and (exc is not None or not answer.end()):
                answer.error = classify(exc or EOFError(), "wait")
                answer.done = True
        elif self.state == CLOSING:
            self._finish(ABNORMAL, "")
        elif self.state == OPEN:
            text = classify(exc, "receive").message if exc is not None else "the server closed the connection"
            self._finish(ABNORMAL, text, WebSocketError("ws_dropped", f"{text} without a closing handshake"))
        self._wake()

    def _finish(self, code: int, reason: str, error: WebSocketError | None = None) -> None:
        """The session is over for its user."""
        if self.state == CLOSED:
            return
        self.state = CLOSED
        self.code, self.reason, self.error = code, reason, error
        self.pings.clear()
        self.end_session()
        if error is not None and self._meter is not None:
            self._meter.failed(error.kind, error.message)

    def _end_transport(self) -> None:
        self._stop_timer()
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        """Something happened: tell everybody who waits. Fibers are switched to from the loop's greenlet only."""
        self._waiters.wake(directly=getcurrent() is self._hub.greenlet)
        if self.listener is not None:
            self.listener()
