"""The WebSocket of one VU: every message is counted when it comes, and put into the queue that steps look at.

Rules: messages are taken off the client at once, so that the server is never slowed down by a VU that thinks. A
connection that was closed fails the step that needs it, with the code of Node's client for a step that sends.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.artillery.flow.ws_queue import Inbox
from swell.websocket import CLOSED, CLOSING, WebSocketClosed

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.websocket import WebSocket

__all__ = ["CLOSED_CODE", "WsConnection"]

CLOSED_CODE: Final = "WebSocket closed"
"""The code of the error when the server closes while an answer is waited for."""


class WsConnection:
    """One open connection. `inbox` holds the messages that came."""

    __slots__ = ("_metrics", "_socket", "inbox")

    def __init__(self, vu: Vuser, socket: WebSocket, *, keep: bool) -> None:
        self._metrics = vu.metrics
        self._socket = socket
        self.inbox: Inbox[str | bytes] = Inbox(vu.hub, keep=keep)
        # The channel holds this connection, and with it the socket, until it is closed for good.
        socket.channel.listener = self._look
        self._look()

    def send(self, vu: Vuser, payload: str | bytes, timeout: float) -> None:
        """Send one message. Raises VuserFailed, counted."""
        try:
            self._socket.send(payload, timeout)
        except WebSocketClosed as closed:
            state = "2 (CLOSING)" if self._socket.channel.state == CLOSING else "3 (CLOSED)"
            raise vu.failure(f"WebSocket is not open: readyState {state}", str(closed)) from None
        except TimeoutError as error:
            raise vu.failure("ETIMEDOUT", str(error)) from None
        self._metrics.counter("websocket.messages_sent")
        self._metrics.rate("websocket.send_rate")

    def story(self) -> str:
        """How it was closed, for people."""
        channel = self._socket.channel
        reason = f", {channel.reason}" if channel.reason else ""
        return f"the connection was closed (code {channel.code}{reason}) before an answer came"

    def close(self) -> None:
        """Begin the closing handshake; what follows needs nobody."""
        with suppress(ValueError):
            self._socket.channel.start_close(1000, "")

    def abort(self) -> None:
        """End it at once."""
        self._socket.abort()

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
        if channel.state == CLOSED and not self.inbox.closed:
            self.inbox.close(CLOSED_CODE)
