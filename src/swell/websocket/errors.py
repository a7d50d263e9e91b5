"""What can go wrong with a WebSocket, as exceptions for people.

Rules: a kind is a stable slug, as in `http.errors` (whose kinds are used for all that happens below the WebSocket); a
message is one line in which nothing varies from one connection to the next, so that equal failures group. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from swell.http.response import Response

__all__ = ["ABNORMAL", "GOOD_CODES", "NO_STATUS", "CloseCode", "WebSocketClosed", "WebSocketError"]

ABNORMAL: Final = 1006
"""The close code of a connection that ended without a closing handshake; never sent."""

NO_STATUS: Final = 1005
"""The close code of a closing handshake that named none; never sent."""

GOOD_CODES: Final = frozenset({1000, 1001, NO_STATUS})
"""Close codes that mean no harm: done, going away, none given."""


class CloseCode(ValueError):
    """Misuse: a code that must not be sent in a closing handshake, or a reason that is too long."""


class WebSocketError(Exception):
    """A connection could not be opened, or broke.

    `kind` is a slug: one of `http.errors.KINDS`, "ws_handshake" (the server answered, but not with a WebSocket),
    "ws_protocol" (it broke the protocol), "ws_too_big" (a message above the limit), "ws_dropped" (the connection ended
    without a closing handshake). `response` is the server's answer where the handshake was refused, else None.
    """

    def __init__(self, kind: str, message: str, response: Response | None = None) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.response = response

    @property
    def status(self) -> int:
        """The status of the server's answer to the handshake; 0 when there was none."""
        return self.response.status_code if self.response is not None else 0

    def __str__(self) -> str:
        return self.message


class WebSocketClosed(WebSocketError):
    """The connection is closed: nothing more can be sent, and there is nothing left to receive.

    `code` and `reason` are those of the closing handshake; 1006 without one, 1005 if it named no code.
    """

    def __init__(self, code: int, reason: str, kind: str = "ws_closed") -> None:
        text = f"the WebSocket is closed (code {code}{': ' + reason if reason else ''})"
        super().__init__(kind, text)
        self.code = code
        self.reason = reason
