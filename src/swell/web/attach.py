"""From what a person typed to an open page.

Rules: loopback unless another address is named, and that one only with a token: SWELL_WEB_TOKEN, or one that is made up
and printed with the address.
"""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING, Any

from swell.web.guard import is_loopback
from swell.web.page import LivePage

if TYPE_CHECKING:
    from swell.web.desk import Desk

__all__ = ["DEFAULT_PORT", "TOKEN_VARIABLE", "PageError", "listen_trouble", "open_page", "token_for"]

DEFAULT_PORT = 5665
TOKEN_VARIABLE = "SWELL_WEB_TOKEN"  # noqa: S105 - the name of a variable

_SHORTEST_TOKEN = 8


class PageError(Exception):
    """The page cannot be opened; the text is for people."""


def open_page(spec: str = "", *, desk: Desk | None = None, **more: Any) -> LivePage:
    """A page that listens on `HOST:PORT`, `:PORT`, `PORT`, `HOST` or the default, as `LivePage`. PageError if not."""
    host, port = _address(spec)
    page = LivePage(host, port, token=token_for(host), desk=desk, **more)
    try:
        page.open()
    except (OSError, OverflowError) as error:
        raise PageError(listen_trouble(host, port, error)) from None
    return page


def token_for(host: str) -> str | None:
    """The token that a page on this address needs. PageError for one that is easily guessed."""
    given = os.environ.get(TOKEN_VARIABLE, "").strip()
    if given and (len(given) < _SHORTEST_TOKEN or not given.isascii() or not given.replace("-", "").isalnum()):
        raise PageError(
            f"{TOKEN_VARIABLE} must have {_SHORTEST_TOKEN} characters or more, and only letters, digits and hyphens"
        )
    if given:
        return given
    return None if is_loopback(host) else secrets.token_hex(16)


def listen_trouble(host: str, port: int, error: Exception) -> str:
    """What to say where nobody can listen there, with the system's own word.

    What asyncio wraps around that word names the address once more.
    """
    number = getattr(error, "errno", None)
    if number and number > 0 and not isinstance(error, socket.gaierror):
        reason = os.strerror(number)
    else:
        reason = getattr(error, "strerror", None) or str(error)
    return f"cannot listen on {host}:{port}: {reason}"


def _address(spec: str) -> tuple[str, int]:
    host, colon, port = spec.rpartition(":")
    if not colon:
        host, port = ("", spec) if spec.isdigit() else (spec, "")
    elif host.count(":") and not host.startswith("["):
        host, port = spec, ""  # an IPv6 address without a port
    host = {"": "127.0.0.1", "*": "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host).strip("[]")  # noqa: S104 - asked for
    if port and not (port.isdigit() and int(port) < 65536):
        raise PageError(f"{spec!r} is no HOST:PORT")
    return host, int(port) if port else DEFAULT_PORT
