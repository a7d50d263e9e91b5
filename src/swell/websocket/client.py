"""A WebSocket in the hands of a user: send, receive, ping, close, each blocking for its fiber only.

Rules: one fiber may receive while others send. What the server did is told by exceptions with a message for people:
`WebSocketClosed` when there is nothing more to come, `TimeoutError` when it took too long; both leave the object usable
as far as it can be. Pings of the server are answered whatever the user does.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, cast

from swell.websocket.channel import CLOSED, OPEN, Channel
from swell.websocket.errors import GOOD_CODES, WebSocketClosed

if TYPE_CHECKING:
    from types import TracebackType

    from swell.http.response import Response
    from swell.runtime.hub import Hub

__all__ = ["WebSocket"]


class WebSocket:
    """An open connection. Use it in a `with` statement, which closes it.

    `url`: of the handshake, with ws or wss. `subprotocol`: what the server chose, "" for none. `response`: its answer
    to the handshake (`headers`, `status_code`). `channel`: for dialects.
    """

    __slots__ = ("__weakref__", "_hub", "channel", "response", "subprotocol", "url")

    def __init__(self, hub: Hub, channel: Channel, url: str, subprotocol: str, response: Response) -> None:
        self._hub = hub
        self.channel = channel
        self.url = url
        self.subprotocol = subprotocol
        self.response = response

    def send(self, data: str | bytes | bytearray | memoryview, timeout: float | None = None) -> None:
        """Send one message: text for str, else binary. Waits while the network takes no more, at most `timeout` s.

        Raises WebSocketClosed, or TimeoutError (the message goes out later all the same).
        """
        if not isinstance(data, str | bytes):
            data = bytes(data)
        channel = self.channel
        if channel.state != OPEN:
            raise self._closed()
        channel.send(data)
        if channel.full:
            deadline = self._deadline(timeout)
            while channel.full:
                if not channel.wait(deadline):
                    raise TimeoutError(f"the server took no data for {timeout:g} s")
            if self.closed:
                raise self._closed()

    def send_json(self, value: object, timeout: float | None = None) -> None:
        """Send a value as JSON text."""
        self.send(jsonlib.dumps(value), timeout)

    def receive(self, timeout: float | None = None) -> str | bytes:
        """The next message: str for text, bytes for binary. Waits at most `timeout` seconds (None: for ever).

        Raises WebSocketClosed when there is none left and none will come, or TimeoutError.
        """
        channel = self.channel
        deadline: float | None = None
        while True:
            while channel.inbox:
                kind, payload = channel.take()
                if kind == "message":
                    return cast("str | bytes", payload)
            if channel.state == CLOSED:
                raise self._closed()
            if deadline is None:
                deadline = self._deadline(timeout)
            if not channel.wait(deadline) and not channel.inbox:
                raise TimeoutError(f"no message came for {timeout:g} s")

    def receive_json(self, timeout: float | None = None) -> Any:
        """The next message, read as JSON. Raises ValueError for one that is none, and what `receive` raises."""
        return jsonlib.loads(self.receive(timeout))

    def ping(self, timeout: float | None = 10.0) -> float:
        """Send a ping and wait for its answer; returns the seconds it took (recorded as `ws_ping`).

        Messages that come meanwhile wait to be received. Raises WebSocketClosed or TimeoutError.
        """
        channel = self.channel
        if channel.state != OPEN:
            raise self._closed()
        begin = self._hub.time()
        payload = channel.next_ping()
        deadline = self._deadline(timeout)
        while payload in channel.pings:
            if not channel.wait(deadline) and payload in channel.pings:
                raise TimeoutError(f"no answer to a ping came for {timeout:g} s")
        if self.closed:
            raise self._closed()
        return self._hub.time() - begin

    def close(self, code: int = 1000, reason: str = "", timeout: float = 5.0) -> None:
        """Close in good order: wait for the server's answer, at most `timeout` seconds (and never longer than 5).

        Harmless when it is closed already. Messages that had come can still be received. Raises ValueError for a code
        that may not be sent or a reason above 123 bytes.
        """
        channel = self.channel
        channel.start_close(code, reason)
        deadline = self._deadline(timeout)
        try:
            while channel.state != CLOSED:
                if not channel.wait(deadline):
                    channel.abort()
        except BaseException:
            channel.abort()
            raise

    def abort(self) -> None:
        """End the connection at once, without a closing handshake."""
        self.channel.abort()

    @property
    def closed(self) -> bool:
        """Whether the connection is closed. Messages that came before may still be there."""
        return self.channel.state == CLOSED

    @property
    def close_code(self) -> int | None:
        """The code it was closed with: 1006 without a closing handshake, 1005 if that named none; None while open."""
        return self.channel.code if self.channel.state == CLOSED else None

    @property
    def close_reason(self) -> str:
        """The reason it was closed for, "" if none was given."""
        return self.channel.reason

    def _deadline(self, timeout: float | None) -> float:
        return inf if timeout is None else self._hub.time() + timeout

    def _closed(self) -> WebSocketClosed:
        channel = self.channel
        if channel.state != CLOSED:
            return WebSocketClosed(1000, "it is being closed")
        error = channel.error
        return WebSocketClosed(channel.code, channel.reason, error.kind if error is not None else "ws_closed")

    def __iter__(self) -> Iterator[str | bytes]:
        """Messages until it is closed. Raises WebSocketClosed at the end unless the code means no harm (1000, 1001)."""
        while True:
            try:
                message = self.receive()
            except WebSocketClosed as closed:
                if closed.code in GOOD_CODES:
                    return
                raise
            yield message

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A user that is being stopped has no time for a closing handshake.
        if kind is not None and not issubclass(kind, Exception):
            self.abort()
        else:
            self.close()

    def __del__(self) -> None:
        channel: Channel | None = getattr(self, "channel", None)
        if channel is not None and channel.state != CLOSED:
            with suppress(RuntimeError):  # the loop has ended, and the connection with it
                channel.abort()

    def __repr__(self) -> str:
        return f"<WebSocket {self.url} {('opening', 'open', 'closing', 'closed')[self.channel.state]}>"
