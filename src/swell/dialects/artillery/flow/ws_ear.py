"""The WebSocket of a VU as functions of its processor have it: `context.ws`.

Rules: it is the connection of the engine, so what a function sends is counted as that of a step, and a message that a
function hears is there for steps too. From the moment a function first asks for messages none is missed; they end when
the connection does, or the VU.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any, Final

from swell.runtime.waiters import Waiters
from swell.websocket import CLOSED, CLOSING, OPEN

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_connection import WsConnection
    from swell.runtime.hub import Hub

__all__ = ["Ear", "PythonSocket", "ready_state"]

_MOST: Final = 10_000
_SETTLING: Final = 1.0
_STATES: Final = {OPEN: 1, CLOSING: 2, CLOSED: 3}


class Ear:
    """The messages of one connection for those who listen; the oldest go when nobody takes them."""

    __slots__ = ("_hub", "_messages", "_taken", "_waiters", "_wanted", "ended", "through")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._messages: deque[str | bytes] = deque(maxlen=_MOST)
        self._waiters = Waiters(hub)
        self._taken = Waiters(hub)
        self._wanted: Callable[[], object] | None = None
        self.ended = False
        self.through = False
        """Whether the script that listens has had the end too."""

    def put(self, message: str | bytes) -> None:
        """A message came."""
        self._messages.append(message)
        self._tell()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._tell()

    def take(self) -> str | bytes | None:
        """The oldest message; None without one."""
        return self._messages.popleft() if self._messages else None

    def ask(self, give: Callable[[], object]) -> None:
        """Call it once when there is a message, or there will be none; now if that is so already."""
        if self._messages or self.ended:
            give()
            return
        self._wanted = give
        self._taken.wake()

    def settle(self) -> None:
        """Stall the current fiber until a script that listens is through with what came; for a second at most."""
        deadline = self._hub.time() + _SETTLING
        while self._messages or self._wanted is None:
            if self.ended or not self._taken.wait(deadline):
                return

    def hear_out(self) -> None:
        """Stall the current fiber until a script that listens has had everything, the end too; for a second at most."""
        deadline = self._hub.time() + _SETTLING
        while not self.through and self._taken.wait(deadline):
            pass

    def finish(self) -> None:
        """The script that listens has had the end."""
        self.through = True
        self._taken.wake()

    def wait(self, deadline: float = inf) -> str | bytes | None:
        """The next message, waited for in the current fiber; None: the deadline (hub's clock) passed, or it ended."""
        while not self._messages:
            if self.ended or not self._waiters.wait(deadline):
                break
        return self.take()

    def _tell(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted()
        self._waiters.wake()
        self._taken.wake()


def ready_state(connection: WsConnection | None) -> int:
    """As a WebSocket's `readyState`; 3 where there is none."""
    return 3 if connection is None else _STATES.get(connection.state, 0)


class PythonSocket:
    """`context.ws` of a Python processor."""

    __slots__ = ("_connection", "_ear", "_vu")

    def __init__(self, vu: Vuser, connection: WsConnection) -> None:
        self._vu = vu
        self._connection = connection
        self._ear = connection.listen()

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return ready_state(self._connection) == 1

    def send(self, data: Any) -> None:
        """Send a text, bytes, or anything else as JSON. Raises ConnectionError when it is closed."""
        from swell.dialects.artillery.flow.values import json_text  # noqa: PLC0415 - once

        payload = data if isinstance(data, str | bytes) else json_text(data)
        self._connection.push(payload, self._vu.test.defaults.timeout)

    def receive(self, timeout: float | None = None) -> str | bytes:
        """The next message since `context.ws` was first used. `timeout` in seconds, by default that of requests.

        Raises TimeoutError, and ConnectionError when it is closed.
        """
        limit = self._vu.test.defaults.timeout if timeout is None else timeout
        message = self._ear.wait(self._vu.hub.time() + limit)
        if message is not None:
            return message
        if self._ear.ended:
            raise ConnectionError(self._connection.story())
        raise TimeoutError(f"no message came for {limit:g} s")

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close it."""
        self._connection.close(code, reason)
