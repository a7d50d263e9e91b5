"""What the flows of the engines `ws` and `socketio` share: a connection for the whole flow, `connect`, `disconnect`.

Rules: the connection is opened when the flow begins, unless a step `connect` does it; it is closed when the flow ends,
however it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.artillery.flow.steps import Step
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["ConnectStep", "ConnectedFlow", "ConnectingEngine", "DisconnectStep"]

Opening_contra = TypeVar("Opening_contra", contravariant=True)
Opening = TypeVar("Opening")


class ConnectingEngine(Protocol[Opening_contra]):
    """An engine with a connection for each VU."""

    connects: bool
    """Whether a step of the scenario opens the connection."""

    def open(self, vu: Vuser, opening: Opening_contra | None = None) -> object:
        """Open a connection, in place of the one there may be. Raises VuserFailed."""
        ...

    def leave(self, vu: Vuser, *, orderly: bool) -> None:
        """Close the VU's connection, if there is one; with a goodbye if `orderly`."""
        ...


class ConnectedFlow(Generic[Opening]):
    """A flow with its connection."""

    def __init__(self, engine: ConnectingEngine[Opening], steps: Sequence[Step]) -> None:
        self._engine = engine
        self._steps = steps

    def run(self, vu: Vuser) -> None:
        """Go through the flow."""
        engine = self._engine
        try:
            if not engine.connects:
                engine.open(vu)
            for step in self._steps:
                step.run(vu)
        except BaseException as error:
            # A VU that is being stopped has no time to say goodbye.
            engine.leave(vu, orderly=isinstance(error, Exception))
            raise
        engine.leave(vu, orderly=True)


class ConnectStep(Generic[Opening]):
    """The step `connect`."""

    def __init__(self, engine: ConnectingEngine[Opening], opening: Opening) -> None:
        self._engine = engine
        self._opening = opening

    def run(self, vu: Vuser) -> None:
        """Open the connection that the step describes."""
        self._engine.open(vu, self._opening)


class DisconnectStep(Generic[Opening]):
    """The step `disconnect`, which users write and Artillery does not know."""

    def __init__(self, engine: ConnectingEngine[Opening]) -> None:
        self._engine = engine

    def run(self, vu: Vuser) -> None:
        """Close the connection."""
        self._engine.leave(vu, orderly=True)
