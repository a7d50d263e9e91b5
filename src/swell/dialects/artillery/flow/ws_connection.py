"""The WebSocket of one VU: every message is counted when it comes, and put into the queue that steps look at.

Rules: messages are taken off the client at once, so that the server is never slowed down by a VU that thinks. A
connection that was closed fails the step that needs it, with the code of Node's client for a step that sends. Functions
of a processor hear the messages too, once they listen.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.artillery.flow.ws_ear import Ear
from swell.dialects.artillery.flow.ws_queue import Inbox
from swell.websocket import CLOSED, CLOSING, WebSocketClosed

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.runtime.hub import Hub
    from swell.websocket import WebSocket

__all__ = ["CLOSED_CODE", "WsConnection"]

CLOSED_CODE: Final = "WebSocket closed"
"""The code of the error when the server closes while an answer is waited for."""


class WsConnection:
    """One open connection. `inbox` holds the messages that came."""

    __slots__ = ("_ear", "_hub", "_metrics", "_socket", "inbox", "scripted")

    def __init__(self, vu: Vuser, socket: WebSocket, *, keep: bool) -> None:
        self._hub: Hub = vu.hub
        self._metrics = vu.metrics
        self._socket = socket
        self._ear: Ear | None = None
        self.scripted = False
        """Whether a script listens, which is told each message before the step that it answers goes on."""
        self.inbox: Inbox[str | bytes] = Inbox(vu.hub, keep=keep)
        # The channel holds this connection, and with it the socket, until it is closed for good.
        socket.channel.listener = self._look
        self._look()

    @property
    def state(self) -> int:
        """As `Channel.state`."""
        return self._socket.channel.state

    @property
    def url(self) -> str:
        """Where it was opened."""
        return self._socket.url

    @property
    def subprotocol(self) -> str:
        """What the server chose, "" for none."""
        return self._socket.subprotocol

    @property
    def closing(self) -> tuple[int, str]:
        """Code and reason of its end; 1005 while there is none."""
        channel = self._socket.channel
        return channel.code or 1005, channel.reason

    def send(self, vu: Vuser, payload: str | bytes, timeout: float) -> None:
        """Send one message. Raises VuserFailed, counted."""
        try:
            self.push(payload, timeout)
        except ConnectionError as error:
            raise vu.failure(str(error), self.story()) from None
        except TimeoutError as error:
            raise vu.failure("ETIMEDOUT", str(error)) from None

    def push(self, payload: str | bytes, timeout: float) -> None:
        """Send one message. Raises ConnectionError and TimeoutError, which nobody has counted."""
        try:
            self._socket.send(payload, timeout)
        except WebSocketClosed:
            state = "2 (CLOSING)" if self.state == CLOSING else "3 (CLOSED)"
            raise ConnectionError(f"WebSocket is not open: readyState {state}") from None
        self._metrics.counter("websocket.messages_sent")
        self._metrics.rate("websocket.send_rate")

    def listen(self) -> Ear:
        """The messages that come from the first call on."""
        if self._ear is None:
            self._ear = Ear(self._hub)
            if self.inbox.closed:
                self._ear.end()
        return self._ear

    def settle(self) -> None:
        """Stall the current fiber until a script that listens has had what came so far."""
        if self.scripted and self._ear is not None:
            self._ear.settle()

    def story(self) -> str:
        """How it was closed, for people."""
        channel = self._socket.channel
        reason = f", {channel.reason}" if channel.reason else ""
        return f"the connection was closed (code {channel.code}{reason}) before an answer came"

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin the closing handshake; what follows needs nobody."""
        with suppress(ValueError):
            self._socket.channel.start_close(code, reason)

    def abort(self) -> None:
        """End it at once."""
        self._socket.abort()

    def hear_out(self) -> None:
        """After `close`: stall the current fiber until a script that listens has had the rest, and the end."""
        if self.scripted and self._ear is not None:
            self._ear.hear_out()

    def heard_out(self) -> None:
        """The script that listens has had the end."""
        if self._ear is not None:
            self._ear.finish()

    def forget(self) -> None:
        """The VU is over: whoever listens hears no more."""
        if self._ear is not None:
            self._ear.end()

    def _look(self) -> None:
        """Something happened."""
        channel = self._socket.channel
        while channel.inbox:
            kind, payload = channel.take()
            if kind == "message":
                self._metrics.counter("websocket.messages_received")
                self._metrics.rate("websocket.receive_rate")
                message = cast("str | bytes", cast("Any", payload))
                self.inbox.put(message, len(message))
                if self._ear is not None:
                    self._ear.put(message)
        if channel.state == CLOSED and not self.inbox.closed:
            self.inbox.close(CLOSED_CODE)
            if self._ear is not None:
                self._ear.end()
