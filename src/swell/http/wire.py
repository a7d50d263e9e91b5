"""Requests as bytes: what is written to the connection.

Rules: pure. Default headers, a user's headers and those of one call arrive merged in one `HeaderMap`; only what follows
from the request itself (Host, lengths, cookies, authorization) is added here, and never against the user's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from swell.http.headers import HeaderMap, header_line

if TYPE_CHECKING:
    from swell.http.body import Body
    from swell.http.routes import Route
    from swell.http.urls import Target

__all__ = ["NEEDS_LENGTH", "request_line", "wire_head"]

NEEDS_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})
_TOKEN_CHARS: Final = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def request_line(method: str, target: Target, route: Route, *, host: bool = True) -> bytes:
    """The request line, with the Host field unless the caller has one of his own. ValueError: no method."""
    if not method or not _TOKEN_CHARS.issuperset(method):
        raise ValueError(f"{method!r} is no HTTP method")
    where = target.url if route.absolute else target.target
    line = f"{method} {where} HTTP/1.1\r\n"
    if host:
        line += f"Host: {target.host_header}\r\n"
    proxy = route.proxy
    if route.absolute and proxy is not None and proxy.authorization:
        line += f"Proxy-Authorization: {proxy.authorization}\r\n"
    return line.encode("ascii")


def wire_head(
    method: str,
    target: Target,
    route: Route,
    headers: HeaderMap,
    *,
    cookies: str = "",
    authorization: str | None = None,
    body: Body | None = None,
) -> bytes:
    """The whole head, with the empty line. `authorization` replaces the user's field, as in requests."""
    if authorization is not None:
        headers = headers.merged({"Authorization": authorization})
    head = request_line(method, target, route, host="host" not in headers) + headers.wire()
    if cookies:
        head += header_line("Cookie", cookies)
    if body is None:
        if method in NEEDS_LENGTH and "content-length" not in headers:
            head += b"Content-Length: 0\r\n"
    else:
        if body.content_type is not None and "content-type" not in headers:
            head += header_line("Content-Type", body.content_type)
        if "content-length" not in headers and "transfer-encoding" not in headers:
            head += (
                b"Transfer-Encoding: chunked\r\n" if body.length is None else b"Content-Length: %d\r\n" % body.length
            )
    return head + b"\r\n"
