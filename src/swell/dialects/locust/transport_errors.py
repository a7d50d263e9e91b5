"""Failures of the network as the exceptions that Locust's clients show for them.

Rules: pure. Where Python has an exception for it, with its usual number and text, that is what is recorded: the same
text that Locust's tables show. `requests_error` is what `response.error` of an HttpUser holds and what
`raise_for_status()` raises; `root_error` is the innermost cause, which is what is recorded.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any

from swell.http.errors import RequestError

if TYPE_CHECKING:
    from swell.http.response import Response

__all__ = ["HTTPConnectionClosed", "requests_error", "root_error"]


class HTTPConnectionClosed(ConnectionError):
    """The server closed the connection before its response was complete (name and text of FastHttpUser's client)."""


_NUMBERS = {
    "refused": errno.ECONNREFUSED,
    "reset": errno.ECONNRESET,
    "broken_pipe": errno.EPIPE,
    "too_many_files": errno.EMFILE,
    "unreachable": errno.EHOSTUNREACH,
    "no_local_port": errno.EADDRNOTAVAIL,
}
_TIMEOUTS = ("total_timeout", "read_timeout", "connect_timeout")


def root_error(error: RequestError, *, fast: bool = False) -> BaseException:
    """The innermost cause; `fast`: as the client of FastHttpUser words it."""
    kind = error.kind
    number = _NUMBERS.get(kind)
    if number is not None:
        return OSError(number, os.strerror(number))
    if kind in {"dns", "dns_not_found"}:
        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if kind in _TIMEOUTS:
        return TimeoutError("timed out")
    if kind in {"tls_certificate", "tls_unknown_ca", "tls_hostname"}:
        return ssl.SSLCertVerificationError(
            1, f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {error.message}"
        )
    if kind.startswith("tls"):
        return ssl.SSLError(1, error.message)
    if kind == "closed_early":
        if fast:
            return HTTPConnectionClosed("connection closed.")
        return RemoteDisconnected("Remote end closed connection without response")
    return ConnectionError(error.message)


def requests_error(
    error: RequestError, response: Response, max_redirects: int = 30, timeout: Any = None
) -> tuple[BaseException, BaseException]:
    """(what requests would have raised, what is recorded)."""
    from requests import exceptions  # noqa: PLC0415 - heavy, and only for failed requests
    from urllib3.exceptions import ReadTimeoutError  # noqa: PLC0415 - as above

    kind = error.kind
    request: Any = response.request
    if kind == "too_many_redirects":
        raised: Any = exceptions.TooManyRedirects(f"Exceeded {max_redirects} redirects.", request=request)
        return raised, raised
    if kind in {"total_timeout", "read_timeout"}:
        target = response.endpoint.target
        pool = "HTTPSConnectionPool" if target.scheme == "https" else "HTTPConnectionPool"
        limit = timeout[-1] if isinstance(timeout, tuple) else timeout  # type: ignore[reportUnknownVariableType]
        cause = ReadTimeoutError(
            f"{pool}(host='{target.host}', port={target.port})",  # type: ignore[arg-type] - only its text is used
            response.url,
            f"Read timed out. (read timeout={limit})",
        )
        raised = exceptions.ReadTimeout(cause, request=request)
        return raised, raised
    if kind in {"decode", "malformed"}:
        made = exceptions.ContentDecodingError if kind == "decode" else exceptions.ChunkedEncodingError
        raised = made(error.message, request=request)
        return raised, raised
    root = root_error(error)
    if kind == "connect_timeout":
        raised = exceptions.ConnectTimeout(root, request=request)
    elif kind.startswith("tls"):
        raised = exceptions.SSLError(root, request=request)
    else:
        raised = exceptions.ConnectionError(root, request=request)
    return raised, root
