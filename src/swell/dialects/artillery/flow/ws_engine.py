"""The engine `ws`: a WebSocket for each VU, with the steps `connect`, `send` and `wait` beside all the common ones.

Rules: the connection is opened when the flow begins, or by its step `connect` where it has one; it is closed when the
flow ends, however it does. A step with `capture` or `match` waits for a message that satisfies them: others that come
in between are left to other steps, and only the timeout makes it fail. `send` looks at messages that come after it,
`wait` also at those that came before. Answers are measured: `websocket.response_time`, `websocket.wait_time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.artillery.flow.answers import Message
from swell.dialects.artillery.flow.captures import FAILED_CAPTURE, compile_captures
from swell.dialects.artillery.flow.connection_steps import ConnectedFlow, ConnectStep, DisconnectStep
from swell.dialects.artillery.flow.templates import compile_template
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, json_text, milliseconds
from swell.dialects.artillery.flow.ws_connection import WsConnection
from swell.dialects.artillery.flow.ws_opening import Dialer, WsOpening, mapping

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.artillery.flow.steps import Step
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_queue import Reader

__all__ = ["WsEngine", "step_timeout"]


def step_timeout(test: FlowTest, own: Any = None) -> float:
    """Seconds that a step waits for an answer: its own, else that of requests. Raises ValueError for a wrong one."""
    if own is None:
        return test.defaults.timeout
    found = milliseconds(own)
    if found is None or found <= 0:
        raise ValueError(f"timeout: {own!r} is no time; write seconds, or 500ms, 2s")
    return found / 1000.0


class WsEngine:
    """The WebSockets of one scenario."""

    def __init__(self, test: FlowTest) -> None:
        self.test = test
        self.dialer = Dialer()
        self.keep = False
        """Whether messages are kept while no step looks: only where a `wait` could want them."""
        self._opening = WsOpening(test)
        self.connects = False
        self._open: dict[Vuser, WsConnection] = {}

    def step(self, spec: Mapping[str, Any]) -> Step | None:
        """The step, if it is one of this engine. Raises ValueError."""
        if "connect" in spec:
            self.connects = True
            return ConnectStep(self, WsOpening(self.test, spec["connect"]))
        if "disconnect" in spec:
            return DisconnectStep(self)
        if "send" in spec:
            return _Exchange(self, spec["send"], {key: spec[key] for key in ("capture", "match") if key in spec})
        if "wait" in spec:
            self.keep = True
            return _Wait(self, spec["wait"])
        return None

    def around(self, steps: Sequence[Step]) -> Step:
        """The whole flow."""
        return ConnectedFlow(self, steps)

    # --- of one VU ---

    def open(self, vu: Vuser, opening: WsOpening | None = None) -> WsConnection:
        """Open a connection, in place of the one there may be. Raises VuserFailed."""
        self.leave(vu, orderly=True)
        order = (opening or self._opening).order(vu)
        started = vu.hub.time()
        socket = self.dialer.open(vu, order)
        vu.metrics.counter("websocket.connections")
        vu.metrics.histogram("websocket.connect_time", round((vu.hub.time() - started) * 1000.0, 3))
        connection = self._open[vu] = vu.websocket = WsConnection(vu, socket, keep=self.keep)
        return connection

    def connection(self, vu: Vuser) -> WsConnection:
        """The connection there is, or a new one."""
        found = self._open.get(vu)
        return self.open(vu) if found is None else found

    def leave(self, vu: Vuser, *, orderly: bool) -> None:
        """Close the VU's connection, if there is one; with a goodbye if `orderly`."""
        connection = self._open.pop(vu, None)
        if connection is not None:
            # A VU that is being stopped has no time for a closing handshake.
            if orderly:
                connection.close()
                connection.hear_out()
            else:
                connection.abort()
            connection.forget()


class _Answer:
    """What a step wants of a message."""

    def __init__(self, test: FlowTest, spec: Mapping[str, Any]) -> None:
        self._captures = compile_captures(spec.get("capture"), spec.get("match"), strict=test.strict_capture)
        # As in Artillery, `config.timeout` comes before `config.ws.timeout`.
        general = None if test.config.get("timeout") else mapping(test.config.get("ws")).get("timeout")
        self.timeout = step_timeout(test, spec.get("timeout", general))

    def find(self, vu: Vuser, reader: Reader[str | bytes], connection: WsConnection, what: str) -> float:
        """The time at which the message came; its captures are stored. Raises VuserFailed."""
        failed: list[str] = []
        captures = self._captures

        def accept(data: str | bytes) -> bool:
            if captures is None:
                return True
            text = data if isinstance(data, str) else data.decode("utf-8", "replace")
            failed[:] = captures.apply(Message(text), vu)
            return not failed

        found = reader.find(accept, vu.hub.time() + self.timeout)
        if found is not None:
            connection.settle()
            return found.at
        if failed:
            text = f"{what}: of the messages that came, none was wanted: {'; '.join(failed)}"
            vu.log("debug", text)
            raise vu.failure(FAILED_CAPTURE, text)
        if connection.inbox.closed:
            raise vu.failure(connection.inbox.closed, f"{what}: {connection.story()}")
        raise vu.failure("response timeout", f"{what}: no message came for {self.timeout:g} s")


class _Exchange:
    """The step `send`: a message, and what shall come back."""

    def __init__(self, engine: WsEngine, spec: Any, beside: Mapping[str, Any]) -> None:
        self._engine = engine
        payload = spec
        self._answer: _Answer | None = None
        if isinstance(spec, Mapping) and ("capture" in spec or "match" in spec):
            given = cast("Mapping[str, Any]", spec)
            payload = given.get("payload", UNDEFINED)
            self._answer = _Answer(engine.test, given)
        elif beside:
            self._answer = _Answer(engine.test, beside)
        self._sends = payload is not UNDEFINED
        if not self._sends:
            engine.keep = True  # without a payload it is a wait
        self._payload = compile_template(payload)
        self._timeout = engine.test.defaults.timeout

    def run(self, vu: Vuser) -> None:
        connection = self._engine.connection(vu)
        if self._answer is None:
            connection.send(vu, _wire(self._payload(vu)), self._timeout)
            return
        payload = _wire(self._payload(vu)) if self._sends else ""
        with connection.inbox.reader(fresh=self._sends) as reader:
            started = vu.hub.time()
            if self._sends:
                connection.send(vu, payload, self._timeout)
            came = self._answer.find(vu, reader, connection, "send")
        name = "websocket.response_time" if self._sends else "websocket.wait_time"
        vu.metrics.histogram(name, round(max(0.0, came - started) * 1000.0, 3))


class _Wait:
    """The step `wait`: a message that comes, or has come."""

    def __init__(self, engine: WsEngine, spec: Any) -> None:
        if spec is None or spec is True:
            spec = {}
        if not isinstance(spec, Mapping):
            raise ValueError(
                f"wait is for a message, such as {{match: ...}} or {{capture: ...}}, not {spec!r}; see think"
            )
        self._engine = engine
        self._answer = _Answer(engine.test, cast("Mapping[str, Any]", spec))

    def run(self, vu: Vuser) -> None:
        connection = self._engine.connection(vu)
        started = vu.hub.time()
        with connection.inbox.reader(fresh=False) as reader:
            came = self._answer.find(vu, reader, connection, "wait")
        vu.metrics.histogram("websocket.wait_time", round(max(0.0, came - started) * 1000.0, 3))


def _wire(value: Any) -> str | bytes:
    """A payload as it is sent: objects and lists as JSON, undefined as nothing."""
    if isinstance(value, (str, bytes)):
        return value
    if value is UNDEFINED:
        return ""
    return json_text(value) if value is None or isinstance(value, (Mapping, list)) else js_text(value)
