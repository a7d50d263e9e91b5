"""The engine `socketio`: a Socket.IO connection for each VU, with the step `emit` beside all the steps of HTTP.

Rules: the connection is opened, and the main namespace connected, when the flow begins, or by a step `connect` where
there is one; other namespaces are connected when a step names them, on the same connection. It is closed when the flow
ends, however it does. `response` without `emit` waits for an event, also one that came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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
        self._connects = False
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
            self._connects = True
            return _Connect(self, SocketioOpening(self.test, self._scenario, spec["connect"]))
        return None

    def around(self, steps: Sequence[Step]) -> Step:
        """The whole flow."""
        return _Flow(self, steps)

    # --- of one VU ---

    def open(self, vu: Vuser, opening: SocketioOpening | None = None) -> tuple[SocketioConnection, str]:
        """Open a connection, in place of the one there may be; it and the namespace of its target.

        Raises VuserFailed.
        """
        self._leave(vu, orderly=True)
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

    def live(self, vu: Vuser, steps: Sequence[Step]) -> None:
        """Go through the flow."""
        try:
            if not self._connects:
                self.open(vu)
            for step in steps:
                step.run(vu)
        except BaseException as error:
            # A VU that is being stopped has no time to say goodbye.
            self._leave(vu, orderly=isinstance(error, Exception))
            raise
        self._leave(vu, orderly=True)

    def _leave(self, vu: Vuser, *, orderly: bool) -> None:
        found = self._open.pop(vu, None)
        if found is not None:
            found[0].close(orderly=orderly)


class _Flow:
    """A flow with its connection."""

    def __init__(self, engine: SocketioEngine, steps: Sequence[Step]) -> None:
        self._engine = engine
        self._steps = steps

    def run(self, vu: Vuser) -> None:
        self._engine.live(vu, self._steps)


class _Connect:
    """The step `connect`."""

    def __init__(self, engine: SocketioEngine, opening: SocketioOpening) -> None:
        self._engine = engine
        self._opening = opening

    def run(self, vu: Vuser) -> None:
        self._engine.open(vu, self._opening)
