"""The WebSocket client that virtual users load with (RFC 6455).

Rules: it stands on the HTTP client: connections, TLS, proxies, cookies and authorization are a session's. Import from
this package, not from its modules.
"""

from __future__ import annotations

from swell.websocket.channel import CLOSED, CLOSING, OPEN, OPENING, Channel
from swell.websocket.client import WebSocket
from swell.websocket.connect import MAX_MESSAGE, connect
from swell.websocket.errors import ABNORMAL, NO_STATUS, CloseCode, WebSocketClosed, WebSocketError

__all__ = [
    "ABNORMAL",
    "CLOSED",
    "CLOSING",
    "MAX_MESSAGE",
    "NO_STATUS",
    "OPEN",
    "OPENING",
    "Channel",
    "CloseCode",
    "WebSocket",
    "WebSocketClosed",
    "WebSocketError",
    "connect",
]
