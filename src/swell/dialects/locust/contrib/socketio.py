"""`locust.contrib.socketio`: users of Socket.IO, on python-socketio.

Rules: types of requests are Locust's: WS connect, WSS send, WSE emit, WSC call, WSR received. What is sent or received
has no response time; connecting and calls have one, and their errors are failed requests that go no further.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.locust.contrib.library import library
from swell.dialects.locust.users import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.dialects.locust.event import EventHook

__all__ = ["SocketIOClient", "SocketIOUser"]

socketio: Any = library("socketio", "'python-socketio[client]'", "locust.contrib.socketio")


class SocketIOClient(socketio.Client):
    """A `socketio.Client` that tells `request_event`."""

    def __init__(self, request_event: EventHook, *args: Any, **kwargs: Any) -> None:
        parent: Any = super()
        parent.__init__(*args, **kwargs)
        self.request_event = request_event

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """As `socketio.Client.connect`."""
        parent: Any = super()
        with self.request_event.measure("WS", "connect"):
            parent.connect(*args, **kwargs)

    def send(self, data: Any, namespace: str | None = None, callback: Any = None, name: str = "Unnamed") -> None:
        """As `socketio.Client.send`; `name` is what it is counted under."""
        parent: Any = super()
        self._tell("WSS", name, data, self._error_of(lambda: parent.send(data, namespace, callback)))

    def emit(self, event: str, data: Any = None, namespace: str | None = None, callback: Any = None) -> None:
        """As `socketio.Client.emit`."""
        parent: Any = super()
        self._tell("WSE", str(event), data, self._error_of(lambda: parent.emit(event, data, namespace, callback)))

    def call(self, event: str, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As `socketio.Client.call`; None after an error."""
        # `call` of the library emits by `self.emit`: that is part of it, and counted too, as in Locust.
        parent: Any = super()
        with self.request_event.measure("WSC", event):
            return parent.call(event, data, *args, **kwargs)

    def on_message(self, event: str, data: Any = None, *_: Any) -> None:
        """Count an event that has come and that has no handler of its own."""
        self._tell("WSR", event, data, None)

    def _tell(self, request_type: str, name: str, data: Any, error: Exception | None) -> None:
        self.request_event.fire(
            request_type=request_type,
            name=name,
            response_time=0,
            response_length=_size_of(data),
            exception=error,
            context={},
        )

    @staticmethod
    def _error_of(call: Callable[[], Any]) -> Exception | None:
        try:
            call()
        except Exception as error:
            return error
        return None


class SocketIOUser(User):
    """A user with a client `sio`; `options` are those of `socketio.Client`."""

    abstract: ClassVar[bool] = True
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        gevent: Any = importlib.import_module("gevent")
        environment: Any = self.environment
        self.sio: Any = SocketIOClient(environment.events.request, **self.options)
        self.sio_greenlet: Any = gevent.spawn(self.sio.wait)
        self.sio.on("*", self.sio.on_message)


def _size_of(data: Any) -> int:
    """Characters, bytes or elements; numbers and the like have none."""
    try:
        return len(data or ())
    except TypeError:
        return 0
