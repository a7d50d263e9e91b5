"""k6/ws: a WebSocket that the VU stays in until it is closed (ws.js holds the script's side).

Rules: the script's side asks for one event after the other and calls the handlers; here its fiber waits. What ends the
VU while it waits ends the connection too. A WebSocket that does not open is a warning in the log and a response with
status and `error`, or an exception with the option `throw`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from math import inf
from typing import Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.modules.http_state import option
from swell.dialects.k6.modules.ws_state import describe, event_of, open_socket, state_of
from swell.metrics.redaction import redact_url
from swell.websocket import OPEN, CloseCode, WebSocketClosed, WebSocketError

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/ws."""
    raw: dict[str, Any] = {"now": _now, "ping": _ping, "close": _close, "leave": _leave}
    value: dict[str, Any] = {"open": _open, "next": _next, "send": _send}
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in raw.items()}
    exports |= {name: HostFunction(call, "value") for name, call in value.items()}
    source = resources.files(__package__ or "").joinpath("ws.js").read_text("utf-8")
    return {"k6/ws": HostModule(exports, source)}


def _now(context: Any) -> float:
    """Milliseconds on the hub's clock."""
    return context.hub.time() * 1000.0


def _open(context: Any, number: int, url: str, params: str | None) -> str:
    """Connect; the answer as JSON."""
    try:
        socket = open_socket(context, number, url, params)
    except WebSocketError as error:
        vu = context.state
        text = f"{redact_url(url)}: {error.message}"
        if option(vu, "throw", False):
            raise JsThrow("Error", text) from None
        vu.log("warn", "Attempt to establish a WebSocket connection failed", error=text)
        return describe(error.response, url, error.message)
    return describe(socket.response, url, "")


def _next(context: Any, number: int, milliseconds: float) -> str | bytes | None:
    """The next event (`ws_state.event_of`), waiting for it so long (below 0: for ever); None: none came."""
    state = state_of(context)
    found = event_of(state, number)
    channel = state.channel(number)
    if found is not None or channel is None:
        return found
    deadline = inf if milliseconds < 0 else context.hub.time() + milliseconds / 1000.0
    try:
        while found is None and channel.wait(deadline):
            found = event_of(state, number)
    except BaseException:
        channel.abort()
        state.leave(number)
        raise
    return found


def _send(context: Any, number: int, data: str | bytes | memoryview) -> bool:
    """Send a message; False if the connection takes none any more."""
    socket = state_of(context).open.get(number)
    if socket is None or socket.channel.state != OPEN:
        return False
    try:
        socket.send(data)
    except WebSocketClosed:
        return False
    return True


def _ping(context: Any, number: int) -> bool:
    """Send a ping; False if the connection is no longer open."""
    channel = state_of(context).channel(number)
    if channel is None or channel.state != OPEN:
        return False
    channel.next_ping()
    return True


def _close(context: Any, number: int, code: int) -> bool:
    """Begin to close; False if that has begun already."""
    channel = state_of(context).channel(number)
    if channel is None or channel.state != OPEN:
        return False
    try:
        channel.start_close(code, "")
    except CloseCode as error:
        raise JsThrow("RangeError", str(error)) from None
    return True


def _leave(context: Any, number: int) -> None:
    """The script is done with it."""
    state = state_of(context)
    channel = state.channel(number)
    if channel is not None:
        channel.start_close(1001, "")
    state.leave(number)
