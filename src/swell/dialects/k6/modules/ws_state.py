"""What k6/ws and k6/websockets keep for one VU: its open WebSockets, and those that are being closed.

Rules: one object per context, made at its first use. Whoever ends an iteration, in whatever way, calls
`end_iteration`: what the script left open is closed then. Connections are made by the VU's HTTP session, with its
cookies, TLS settings and tags.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.http_state import state_of as http_state_of
from swell.dialects.k6.modules.http_wishes import wishes_of
from swell.http.errors import InvalidUrl
from swell.websocket import CLOSED, WebSocket, WebSocketError, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.http.response import Response
    from swell.websocket import Channel

__all__ = ["WsState", "describe", "end_iteration", "event_of", "open_socket", "state_of"]

_HANDSHAKE_SECONDS: Final = 60.0
_MAX_MESSAGE: Final = 128 * 1024 * 1024  # bytes; k6 has no limit


class WsState:
    """WebSockets of one VU by the script's numbers. `round` tells iterations apart."""

    __slots__ = ("leaving", "open", "round", "told")

    def __init__(self) -> None:
        self.open: dict[int, WebSocket] = {}
        self.leaving: dict[int, WebSocket] = {}
        self.told: set[int] = set()
        self.round = 0

    def channel(self, number: int) -> Channel | None:
        """The connection of a WebSocket that the script may still use."""
        socket = self.open.get(number)
        return None if socket is None else socket.channel

    def leave(self, number: int) -> None:
        """The script is done with it; a closing handshake goes on by itself."""
        socket = self.open.pop(number, None)
        self.told.discard(number)
        if socket is None:
            return
        channel = socket.channel
        if channel.state == CLOSED:
            channel.listener = None
            return
        channel.end_session()
        self.leaving[number] = socket

        def gone() -> None:
            if channel.state == CLOSED:
                channel.listener = None
                self.leaving.pop(number, None)

        channel.listener = gone


def state_of(context: Any) -> WsState:
    """The state of this context's VU."""
    try:
        return context.k6_ws
    except AttributeError:
        state = context.k6_ws = WsState()
        return state


def end_iteration(context: Any) -> None:
    """An iteration is over: close what it left open (code 1001). Waits for nothing; harmless without WebSockets."""
    state: WsState | None = getattr(context, "k6_ws", None)
    if state is None:
        return
    state.round += 1
    for number, socket in list(state.open.items()):
        socket.channel.start_close(1001, "")
        state.leave(number)


def open_socket(context: Any, number: int, url: str, params: str | None, protocols: Sequence[str] = ()) -> WebSocket:
    """Connect, and keep the WebSocket as `number`. Raises WebSocketError, or JsThrow for params that cannot be meant.

    A URL that is none is an error like a server that is not there, as in k6.
    """
    http = http_state_of(context)
    session = http.begin()
    wishes = wishes_of(params)
    if wishes.compression not in ((), ("deflate",)):
        raise JsThrow("Error", f'params.compression must be "deflate", not {", ".join(wishes.compression)!r}')
    state = state_of(context)
    began_in = state.round
    try:
        socket = connect(
            session,
            url,
            name=wishes.name,
            headers=wishes.headers,
            subprotocols=protocols,
            timeout=_HANDSHAKE_SECONDS if wishes.timeout is None else wishes.timeout,
            compression=bool(wishes.compression),
            max_message=_MAX_MESSAGE,
            tags=wishes.tags,
            cookies=http.jar(wishes.jar) if wishes.jar else None,
            control=True,
        )
    except InvalidUrl as error:
        raise WebSocketError("invalid_url", error.message) from None
    if state.round != began_in:
        socket.abort()
        raise WebSocketError("cancelled", "the iteration ended before the WebSocket was open")
    state.open[number] = socket
    return socket


def event_of(state: WsState, number: int) -> str | bytes | None:
    """The next event of a WebSocket; None if there is none yet.

    Bytes are a binary message. Texts are told by their first letter: m a message, i a ping, o a pong, e an error with
    its text, c the close as JSON of [code, reason], after which nothing follows.
    """
    channel = state.channel(number)
    if channel is None:
        return 'c[1006,""]'
    if channel.inbox:
        kind, payload = channel.take()
        if kind == "message":
            return f"m{payload}" if isinstance(payload, str) else cast("bytes", payload)
        return "i" if kind == "ping" else "o"
    if channel.state != CLOSED:
        return None
    if channel.error is not None and number not in state.told:
        state.told.add(number)
        return f"e{channel.error.message}"
    state.leave(number)
    return f"c{json.dumps([channel.code, channel.reason])}"


def describe(response: Response | None, url: str, error: str) -> str:
    """The result of a handshake as JSON of {url, status, headers, body, error}."""
    if response is None:
        return json.dumps({"url": url, "status": 0, "headers": {}, "body": "", "error": error})
    headers: dict[str, str] = {}
    for name, value in response.headers.pairs():
        shown = "-".join(part.capitalize() for part in name.split("-"))
        headers[shown] = f"{headers[shown]}, {value}" if shown in headers else value
    body = "" if response.status_code == 101 else response.text
    return json.dumps({"url": url, "status": response.status_code, "headers": headers, "body": body, "error": error})
