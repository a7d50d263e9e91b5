"""`context.ws` of JavaScript processors: the host's side of `ws_script.js`.

Rules: all functions know a VU by the number that the bridge gave it; for one that is over, or has no WebSocket, there
is nothing to send and nothing to hear. Errors of sending are the script's to catch, and are not counted here.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.ws_ear import ready_state
from swell.dialects.javascript import HostFunction, HostModule

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_connection import WsConnection

__all__ = ["NAME", "module"]

NAME = "swell:ws"


def module() -> HostModule:
    """The module that the bridge asks for a VU's `context.ws`."""
    source = resources.files(__package__ or "").joinpath("ws_script.js").read_text("utf-8")
    calls = {"about": _about, "state": _state, "send": _send, "close": _close, "ending": _ending, "through": _through}
    functions = {name: HostFunction(call) for name, call in {**calls, "store": _store, "uncaught": _uncaught}.items()}
    return HostModule({**functions, "next": HostFunction(_next, "promise")}, source)


def _vu(context: Any, number: float) -> Vuser | None:
    return context.state.vus.get(int(number))


def _connection(context: Any, number: float) -> WsConnection | None:
    vu = _vu(context, number)
    return None if vu is None else vu.websocket


def _about(context: Any, number: float) -> str | None:
    """URL and subprotocol; None for a VU without a WebSocket."""
    connection = _connection(context, number)
    return None if connection is None else json.dumps([connection.url, connection.subprotocol])


def _state(context: Any, number: float) -> int:
    return ready_state(_connection(context, number))


def _send(context: Any, number: float, payload: Any) -> None:
    vu, connection = _vu(context, number), _connection(context, number)
    if vu is None or connection is None:
        raise ConnectionError("WebSocket is not open: readyState 3 (CLOSED)")
    connection.push(payload if isinstance(payload, str) else bytes(payload), vu.test.defaults.timeout)


def _close(context: Any, number: float, code: float, reason: str, at_once: bool) -> None:
    connection = _connection(context, number)
    if connection is not None:
        connection.abort() if at_once else connection.close(int(code), reason)


def _ending(context: Any, number: float) -> str:
    connection = _connection(context, number)
    return json.dumps([1006, ""] if connection is None else list(connection.closing))


def _through(context: Any, number: float) -> None:
    connection = _connection(context, number)
    if connection is not None:
        connection.heard_out()


def _next(context: Any, number: float) -> Any:
    """A promise of the next message; of undefined when there will be none."""
    operation = context.operation()
    connection = _connection(context, number)
    if connection is None:
        operation.resolve(None)
        return operation
    ear = connection.listen()
    connection.scripted = True
    ear.ask(lambda: operation.resolve(ear.take()))
    return operation


def _store(context: Any, number: float, text: str) -> None:
    """Variables that a listener changed."""
    vu = _vu(context, number)
    if vu is None:
        return
    changed = json.loads(text)
    for gone in changed.pop("$gone", ()):
        vu.variables.pop(gone, None)
    vu.variables.update(changed)


def _uncaught(context: Any, text: str) -> None:
    context.state.log("error", f"processor: uncaught in a listener of context.ws: {text}")
