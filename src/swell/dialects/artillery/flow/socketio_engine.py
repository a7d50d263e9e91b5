"""The engine `socketio`: a Socket.IO connection for each VU, with the step `emit` beside all the steps of HTTP.

Rules: the connection is opened, and the main namespace connected, when the flow begins, or by a step `connect` where
there is one; other namespaces are connected when a step names them, on the same connection. It is closed when the flow
ends, however it does. `response` without `emit` waits for an event, also one that came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.connection_steps import ConnectedFlow, ConnectStep
from swell.dialects.artillery.flow.socketio_connection import SocketioConnection
from swell.dialects.artillery.flow.socketio_emit import Emit, Receive
from swell.dialects.artillery.flow.socketio_options import SocketioOpening
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
        self.connects = False
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
            return ConnectStep(self, SocketioOpening(self.test, self._scenario, spec["connect"]))
        return None

    def around(self, steps: Sequence[Step]) -> Step:
        """The whole flow."""
        return ConnectedFlow(self, steps)

    # --- of one VU ---

    def open(self, vu: Vuser, opening: SocketioOpening | None = None) -> tuple[SocketioConnection, str]:
        """Open a connection, in place of the one there may be; it and the namespace of its target.

        Raises VuserFailed.
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
        connection.join(order.prefix or "/")
        vu.metrics.counter("socketio.connections")
        vu.metrics.histogram("socketio.connect_time", round((vu.hub.time() - started) * 1000.0, 3))
        return found

    def joined(self, vu: Vuser, namespace: str) -> tuple[SocketioConnection, str]:
        """The VU's connection with this namespace connected, and its whole name. Raises VuserFailed."""
        connection, prefix = self._open.get(vu) or self.open(vu)
        if namespace and not namespace.startswith("/") and not prefix:
            namespace = f"/{namespace}"
        name = f"{prefix}{namespace}" or "/"
        if not connection.lost(name):
            connection.join(name)
        return connection, name

    def leave(self, vu: Vuser, *, orderly: bool) -> None:
        """Close the VU's connection, if there is one; with a goodbye if `orderly`."""
        found = self._open.pop(vu, None)
        if found is not None:
            found[0].close(orderly=orderly)
