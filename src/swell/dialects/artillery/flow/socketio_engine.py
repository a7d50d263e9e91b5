"""The engine `socketio`: a Socket.IO connection for each VU, with the step `emit` beside all the steps of HTTP.

Rules: the connection is opened, and the main namespace connected, when the flow begins, or by a step `connect` where
there is one; other namespaces are connected when a step names them, on the same connection. It is closed when the flow
ends, however it does. `response` without `emit` waits for an event, also one that came before. As the engine of that
name does, `socketio-v3` opens it with the first step that needs it, again where a step says `reconnect`, and lets
captures see a single argument without its list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.connection_steps import ConnectedFlow, DisconnectStep
from swell.dialects.artillery.flow.socketio_connection import SocketioConnection
from swell.dialects.artillery.flow.socketio_emit import Emit, Receive
from swell.dialects.artillery.flow.socketio_options import SocketioOpening
from swell.dialects.artillery.flow.templates import compile_template, render_text
from swell.dialects.artillery.flow.ws_opening import Dialer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.artillery.flow.steps import Step
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["SocketioEngine"]


class SocketioEngine:
    """The Socket.IO connections of one scenario."""

    def __init__(self, test: FlowTest, scenario: Mapping[str, Any]) -> None:
        self.test = test
        self._scenario = scenario
        self._dialer = Dialer()
        self._opening = SocketioOpening(test, scenario)
        engine = scenario.get("engine") or test.config.get("engine")
        self.single = engine == "socketio-v3"
        """Whether a single argument may be captured from without its list."""
        self.connects = self.single
        self._keep = False
        self._open: dict[Vuser, tuple[SocketioConnection, str]] = {}

    def step(self, spec: Mapping[str, Any]) -> Step | None:
        """The step, if it is one of this engine. Raises ValueError."""
        if "emit" in spec:
            return Emit(self, spec)
        if "response" in spec:
            self._keep = True  # it also wants what came before
            return Receive(self, spec)
        if "connect" in spec:
            self.connects = True
            return _Connect(self, SocketioOpening(self.test, self._scenario, spec["connect"]), spec.get("namespace"))
        return DisconnectStep(self) if "disconnect" in spec else None

    def around(self, steps: Sequence[Step]) -> Step:
        """The whole flow."""
        return ConnectedFlow(self, steps)

    # --- of one VU ---

    def open(
        self, vu: Vuser, opening: SocketioOpening | None = None, namespace: str = ""
    ) -> tuple[SocketioConnection, str]:
        """Open a connection, in place of the one there may be; it and the namespace of its target.

        `namespace` is the one that is connected, by default the main one. Raises VuserFailed.
        """
        self.leave(vu, orderly=True)
        try:
            order = (opening or self._opening).order(vu)
        except ValueError as error:
            raise vu.failure(str(error)) from None
        started = vu.hub.time()
        connection = SocketioConnection(vu, order, self._dialer, keep=self._keep)
        connection.open()
        found = self._open[vu] = (connection, order.prefix)
        connection.join(_name(order.prefix, namespace))
        vu.metrics.counter("socketio.connections")
        vu.metrics.histogram("socketio.connect_time", round((vu.hub.time() - started) * 1000.0, 3))
        return found

    def joined(self, vu: Vuser, namespace: str, *, anew: bool = False) -> tuple[SocketioConnection, str]:
        """The VU's connection (`anew`: a new one) with this namespace connected, and its whole name.

        Raises VuserFailed.
        """
        found = None if anew else self._open.get(vu)
        connection, prefix = found or self.open(vu, namespace=namespace if self.single else "")
        name = _name(prefix, namespace)
        if not connection.lost(name):
            connection.join(name)
        return connection, name

    def leave(self, vu: Vuser, *, orderly: bool) -> None:
        """Close the VU's connection, if there is one; with a goodbye if `orderly`."""
        found = self._open.pop(vu, None)
        if found is not None:
            found[0].close(orderly=orderly)


class _Connect:
    """The step `connect`; `namespace` beside it is connected in place of the main one."""

    def __init__(self, engine: SocketioEngine, opening: SocketioOpening, namespace: Any) -> None:
        self._engine = engine
        self._opening = opening
        self._namespace = compile_template(str(namespace or ""))

    def run(self, vu: Vuser) -> None:
        """Open the connection that the step describes."""
        self._engine.open(vu, self._opening, render_text(self._namespace, vu))


def _name(prefix: str, namespace: str) -> str:
    """The whole name of a namespace, below that of the target."""
    if namespace and not namespace.startswith("/") and not prefix:
        namespace = f"/{namespace}"
    return f"{prefix}{namespace}" or "/"
