"""Who may see the page, and who may change something: an ASGI middleware before everything else.

Rules: pure but for passing on. On loopback everybody on this machine may, but no page of another origin: a request
that a browser sends for one is refused by its Origin and Sec-Fetch-Site, and one with a foreign Host (a name that was
pointed at this machine) by that. With a token everything needs it, as a bearer token or in the cookie that a visit of
`/?token=...` leaves. Nothing is ever answered with a header that lets other origins read it.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "is_loopback"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_UNKNOWN = (
    "This page needs its token. Open the address that Swell printed when it started (it ends in ?token=...), "
    "or send the header Authorization: Bearer TOKEN.\n"
)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    return host in _LOCAL_NAMES or host.startswith("127.")


class Guard:
    """`token` None: a page on loopback, which needs none. `port` names its cookie: cookies know no ports."""

    def __init__(self, app: ASGIApp, *, token: str | None, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"swell_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refusal(scope, headers)
        answer = self._app if refused is None else refused
        await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> ASGIApp | None:
        host = headers.get("host", "")
        if self._token is None:
            name = urlsplit(f"//{host}").hostname or ""
            if not is_loopback(name):
                return PlainTextResponse("This page answers to localhost only.\n", 403)
        elif not self._has_token(headers):
            return self._let_in(scope)
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "")
        foreign = origin is not None and urlsplit(origin).netloc != host
        if foreign or (site == "cross-site" and not _is_visit(scope, headers)):
            return PlainTextResponse("Requests for pages of other origins are refused.\n", 403)
        # Another port of this machine is the same site, but another origin.
        if site == "same-site" and scope["method"] not in _SAFE:
            return PlainTextResponse("Requests for pages of other origins are refused.\n", 403)
        return None

    def _has_token(self, headers: dict[str, str]) -> bool:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._matches(value.strip()):
            return True
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self._cookie)
        return found is not None and self._matches(found.value)

    def _matches(self, value: str) -> bool:
        assert self._token is not None
        return hmac.compare_digest(value.encode(), self._token.encode())

    def _let_in(self, scope: Scope) -> ASGIApp:
        """A visit with the right token in its address gets the cookie; everything else 401."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["method"] not in _SAFE or not self._matches(given):
            return PlainTextResponse(_UNKNOWN, 401, {"WWW-Authenticate": "Bearer"})
        # Without it in the address: that stands in histories and screenshots.
        answer = RedirectResponse(scope["path"], 303)
        assert self._token is not None
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return answer


def _is_visit(scope: Scope, headers: dict[str, str]) -> bool:
    """A person followed a link to the page itself."""
    return (
        scope["method"] == "GET"
        and scope["path"].endswith("/")
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await send(message)

    return sending
