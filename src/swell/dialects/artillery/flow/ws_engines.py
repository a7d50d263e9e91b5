"""Which engine a scenario runs on, beside HTTP.

Rules: the scenario says it, else `config.engine`, else it is HTTP. Engines are loaded when a scenario needs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.steps import Step
    from swell.dialects.artillery.flow.test import FlowTest

__all__ = ["Engine", "engine_of"]


class Engine(Protocol):
    """What an engine makes of the steps of one scenario."""

    def step(self, spec: Mapping[str, Any]) -> Step | None:
        """The step, if it is one of this engine; None for one of HTTP or a common one. Raises ValueError."""
        ...

    def around(self, steps: Sequence[Step]) -> Step:
        """The whole flow, with what must be before and after it."""
        ...


def engine_of(test: FlowTest, scenario: Mapping[str, Any]) -> Engine | None:
    """The engine for a scenario; None for HTTP. Raises ValueError."""
    name = str(scenario.get("engine") or test.config.get("engine") or "http")
    if name in {"ws", "websocket"}:
        from swell.dialects.artillery.flow.ws_engine import WsEngine  # noqa: PLC0415 - few tests need it

        return WsEngine(test)
    if name in {"socketio", "socketio-v3"}:
        from swell.dialects.artillery.flow.socketio_engine import SocketioEngine  # noqa: PLC0415 - few tests need it

        return SocketioEngine(test, scenario)
    return None
