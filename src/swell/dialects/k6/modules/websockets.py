"""k6/websockets: the WebSocket class of browsers on the VU's event loop (websockets.js holds the script's side).

Rules: a WebSocket that is not closed yet always has one pending operation, so an iteration is over only when all are
closed. Each event is one step of the VU's event loop, as each is in k6. `k6/experimental/websockets` is the same with a
warning. A WebSocket that does not open gives an error event and a close event.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.modules.http_state import state_of as http_state_of
from swell.dialects.k6.modules.ws_state import event_of, open_socket, state_of
from swell.http.errors import InvalidUrl
from swell.http.urls import split_url
from swell.metrics.redaction import redact_url
from swell.websocket import OPEN, CloseCode, WebSocketError
from swell.websocket.handshake import http_url

if TYPE_CHECKING:
    from swell.dialects.javascript import JsOperation

__all__ = ["modules"]

_warned: Final[WeakSet[Any]] = WeakSet()


def modules() -> Mapping[str, HostModule]:
    """The modules k6/websockets and k6/experimental/websockets."""
    raw: dict[str, Any] = {"check": _check, "ping": _ping, "buffered": _buffered, "unheard": _unheard}
    value: dict[str, Any] = {"send": _send, "close": _close}
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in raw.items()}
    exports |= {name: HostFunction(call, "value") for name, call in value.items()}
    exports["open"] = HostFunction(_open, "spawn")
    exports["next"] = HostFunction(_next, "promise")
    source = resources.files(__package__ or "").joinpath("websockets.js").read_text("utf-8")
    early = {**exports, "warn": HostFunction(_warn, "raw")}
    return {
        "k6/websockets": HostModule(exports, source),
        "k6/experimental/websockets": HostModule(early, source),
    }


def _warn(context: Any) -> None:
    """Once per script and process: the module has another name now."""
    if context.program not in _warned:
        _warned.add(context.program)
        context.state.log("warn", "k6/experimental/websockets is deprecated; import k6/websockets, which is the same")


def _unheard(context: Any, text: str) -> None:
    """An error that no handler of the script hears of."""
    context.state.log("warn", "WebSocket failed", error=redact_url(text))


def _check(context: Any, url: str) -> str:
    """The URL as browsers show it. Raises JsThrow for one that is none, and in init code."""
    http_state_of(context).begin()
    try:
        target = split_url(http_url("", url))
    except InvalidUrl as error:
        raise JsThrow("SyntaxError", error.message) from None
    return f"{'wss' if target.scheme == 'https' else 'ws'}{target.url[len(target.scheme) :]}"


def _open(context: Any, number: int, url: str, protocols: list[str], params: str | None) -> str:
    """Connect, in a fiber of its own; JSON of [whether it is open, subprotocol or why it is not]."""
    try:
        socket = open_socket(context, number, url, params, protocols)
    except WebSocketError as error:
        return json.dumps([False, error.message])
    except ValueError as error:
        raise JsThrow("SyntaxError", str(error)) from None
    return json.dumps([True, socket.subprotocol])


def _next(context: Any, number: int) -> JsOperation:
    """A promise of the next event (`ws_state.event_of`)."""
    state = state_of(context)
    operation: JsOperation = context.operation()
    found = event_of(state, number)
    if found is not None:
        operation.resolve(found)
        return operation
    channel = state.channel(number)
    assert channel is not None, "without one there is an event"

    def look() -> None:
        event = event_of(state, number)
        if event is not None:
            if channel.listener is look:
                channel.listener = None
            operation.resolve(event)

    channel.listener = look
    return operation


def _send(context: Any, number: int, data: str | bytes | memoryview) -> None:
    """Send a message without waiting; nothing once it is closing."""
    channel = state_of(context).channel(number)
    if channel is not None:
        channel.send(data if isinstance(data, str | bytes) else memoryview(data).tobytes())


def _ping(context: Any, number: int) -> None:
    channel = state_of(context).channel(number)
    if channel is not None and channel.state == OPEN:
        channel.next_ping()


def _buffered(context: Any, number: int) -> int:
    channel = state_of(context).channel(number)
    return 0 if channel is None else channel.buffered


def _close(context: Any, number: int, code: int, reason: str) -> None:
    """Begin to close. Raises JsThrow for a code that may not be sent."""
    channel = state_of(context).channel(number)
    if channel is not None:
        try:
            channel.start_close(code, reason)
        except CloseCode as error:
            raise JsThrow("SyntaxError", str(error)) from None
