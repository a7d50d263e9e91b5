"""WebSockets of test files: the exceptions to catch, and the connections of one user.

Rules: loaded when a test first asks for it, since few do. What a user left open ends with the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from swell.websocket import WebSocket, WebSocketClosed, WebSocketError, connect

if TYPE_CHECKING:
    from swell.http.session import Session

__all__ = ["UserSockets", "WebSocketClosed", "WebSocketError"]


class UserSockets:
    """The WebSockets of one user."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: WeakSet[WebSocket] = WeakSet()

    def connect(self, session: Session, url: str, **options: Any) -> WebSocket:
        """As `swell.websocket.connect`."""
        socket = connect(session, url, **options)
        self._open.add(socket)
        return socket

    def end(self) -> None:
        """End those that are open, without waiting for their servers."""
        for socket in list(self._open):
            socket.abort()
