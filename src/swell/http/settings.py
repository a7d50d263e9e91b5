"""What a user sets on a session: headers, cookies, auth, base URL, TLS, timeouts, what counts as a success.

Rules: defaults are shared by all sessions of a worker; what is made only when first asked for (header map, cookie jar)
costs an idle user nothing. Each setter keeps the two things right that the short way of `session` relies on:
`_special` (it must not be taken) and `_tags` (the endpoints known are still good).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from swell.http.auth import Auth, BasicAuth, BearerAuth
from swell.http.checking import checked_seconds
from swell.http.client import Client, client_for
from swell.http.cookies import CookieJar
from swell.http.credentials import auth_from
from swell.http.endpoints import Endpoint, EndpointBook, Scope, book_of
from swell.http.exchange import Limits
from swell.http.headers import HeaderMap, HeaderValue
from swell.http.pool import Pool
from swell.http.statuses import Expect, status_set
from swell.http.tls import TlsSessions
from swell.metrics.tags import EMPTY

if TYPE_CHECKING:
    from swell.http.response import Response
    from swell.http.urls import Target
    from swell.metrics.recorder import Recorder
    from swell.model.plan import HttpOptions
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["UNSET", "Call", "Certificate", "SessionSettings", "Timeout", "Unset"]

Timeout: TypeAlias = "float | tuple[float | None, float | None] | None"
Certificate: TypeAlias = "str | tuple[str | None, str | None] | None"

_UNBOUND: Final = object()
# Fields that change how a request is sent, or that the client adds itself otherwise.
_NEEDS_CARE: Final = ("host", "content-length", "transfer-encoding", "cookie")
# Bytes. The short way does not count body bytes against `max_body`, and takes no response larger than this.
_LEAST_MAX_BODY: Final = 256 * 1024


# Headers of single calls that are kept ready, in a worker: users may send their own token with each call.
_MOST_TAILS: Final = 1024


class Unset:
    """Stands for an argument that was not given, where None has a meaning."""


UNSET: Final = Unset()


class Call(msgspec.Struct, frozen=True, gc=False):
    """The wishes of one call that the short way can grant."""

    headers: Mapping[str, HeaderValue | None] | None
    expected: frozenset[int]
    follow: bool = True
    named: bool = False
    catch: bool = False


class SessionSettings:
    """The state of one user's client.

    `max_redirects`: more of them are an error, or (with `keep_last_redirect`) give the last one as the response; a
    function there is told its URL.
    `local_address`: the address that new connections are made from, "" for any.
    """

    __slots__ = (
        "_auth",
        "_base_url",
        "_book",
        "_cert",
        "_expected",
        "_found",
        "_headers",
        "_jar",
        "_on_request",
        "_own_type",
        "_path_names",
        "_plain_join",
        "_scope",
        "_seconds",
        "_special",
        "_tags",
        "_tail",
        "_timeout",
        "_tls_sessions",
        "_verify",
        "_version",
        "client",
        "keep_last_redirect",
        "local_address",
        "max_redirects",
        "pool",
        "record_hops",
    )

    _book: EndpointBook
    _found: dict[tuple[str, str, str | None], Endpoint]

    def __init__(self, hub: Hub, recorder: Recorder, options: HttpOptions, base_url: str, pool: Pool | None) -> None:
        client = client_for(hub, recorder, options)
        self.client: Client = client
        self.pool: Pool = client.new_pool() if pool is None else pool
        self._base_url = base_url
        self._verify: bool | str = options.verify
        self._cert: tuple[str | None, str | None] = client.certificate
        self._expected = client.expected
        self._headers: HeaderMap | None = None
        self._version = 0
        self._tail = client.tail
        self._own_type = False
        self._auth: Auth | None = None
        self._jar: CookieJar | None = None
        self._tls_sessions: TlsSessions | None = None
        self._timeout: Timeout | Unset = UNSET
        self._seconds = options.timeout
        self._on_request: Callable[[Response], object] | None = None
        self._plain_join = False
        self._path_names = False
        self._scope: Scope | None = None
        self._tags: object = _UNBOUND
        self.max_redirects = options.max_redirects
        self.keep_last_redirect: bool | Callable[[str], object] = False
        self.record_hops = False
        self.local_address = "" if client.reach is None else client.reach.local_address()
        self._special = False
        self._check_special()

    # --- what users set ---

    @property
    def headers(self) -> HeaderMap:
        """Headers of every request; change them in place, or set a new mapping (which drops the defaults)."""
        if self._headers is None:
            self._headers = self.client.headers.copy()
        return self._headers

    @headers.setter
    def headers(self, value: Mapping[str, HeaderValue]) -> None:
        self._headers = HeaderMap(value)

    @property
    def cookies(self) -> CookieJar:
        """This user's cookies."""
        if self._jar is None:
            self._jar = CookieJar()
        return self._jar

    @cookies.setter
    def cookies(self, value: Mapping[str, str] | CookieJar) -> None:
        jar = CookieJar()
        jar.update(value)
        self._jar = jar

    @property
    def auth(self) -> Auth | None:
        """Authorization of every request: (user, password), an object of `http.auth`, or a function (see there)."""
        return self._auth

    @auth.setter
    def auth(self, value: object) -> None:
        self._auth = auth_from(value)
        self._renew_tail()

    @property
    def base_url(self) -> str:
        """What relative URLs start with."""
        return self._base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self._base_url = value
        self._unbind()

    @property
    def plain_join(self) -> bool:
        """Whether URL = base + path, character by character."""
        return self._plain_join

    @plain_join.setter
    def plain_join(self, value: bool) -> None:
        self._plain_join = value
        self._unbind()

    @property
    def path_names(self) -> bool:
        """Whether requests without a name are called by path and query of the whole URL."""
        return self._path_names

    @path_names.setter
    def path_names(self, value: bool) -> None:
        self._path_names = value
        self._unbind()

    @property
    def verify(self) -> bool | str:
        """Whether certificates are verified; a path names the authorities to trust."""
        return self._verify

    @verify.setter
    def verify(self, value: bool | str) -> None:
        self._verify = value
        self._unbind()

    @property
    def cert(self) -> tuple[str | None, str | None]:
        """(certificate file, key file) of this client; set to a path if one file holds both."""
        return self._cert

    @cert.setter
    def cert(self, value: Certificate) -> None:
        self._cert = _pair(value)
        self._unbind()

    @property
    def timeout(self) -> Timeout:
        """Seconds for a whole call, or (connect, read); None: no limit. The default of `request`'s argument."""
        return self._seconds if isinstance(self._timeout, Unset) else self._timeout

    @timeout.setter
    def timeout(self, value: Timeout) -> None:
        self._timeout = _checked_limits(value)
        self._check_special()

    @property
    def expected_statuses(self) -> frozenset[int]:
        """The statuses that count as a success; set it to anything `statuses.status_set` takes."""
        return self._expected

    @expected_statuses.setter
    def expected_statuses(self, value: Expect) -> None:
        self._expected = status_set(value)
        self._unbind()

    @property
    def on_request(self) -> Callable[[Response], object] | None:
        """Called in the fiber with each response after it was recorded."""
        return self._on_request

    @on_request.setter
    def on_request(self, value: Callable[[Response], object] | None) -> None:
        self._on_request = value

    @property
    def tls_sessions(self) -> TlsSessions:
        """This user's TLS sessions (those of the worker, where connections are shared)."""
        if self.pool is self.client.pool:
            return self.client.tls_sessions
        if self._tls_sessions is None:
            self._tls_sessions = TlsSessions()
        return self._tls_sessions

    # --- what follows from it ---

    def book(self, fiber: Fiber) -> EndpointBook:
        """The endpoints under the tags in force."""
        if fiber.tags is not self._tags:
            self._bind(fiber)
        return self._book

    def cookie_header(self, target: Target) -> str:
        """The cookies for this target, "" when there are none."""
        return self._jar.header_for(target, time.time()) if self._jar else ""

    def _bind(self, fiber: Fiber) -> None:
        """Look up the endpoints for the fiber's tags."""
        if self._scope is None:
            self._scope = self._make_scope()
        self._book = book_of(fiber.tags or EMPTY, self._scope)
        self._found = self._book.found
        self._tags = fiber.tags

    def _unbind(self) -> None:
        self._tags = _UNBOUND
        self._scope = None

    def _make_scope(self, verify: bool | str | None = None, cert: Certificate = None) -> Scope:
        certificate, key = self._cert if cert is None else _pair(cert)
        return Scope(
            self.client,
            self._base_url,
            plain_join=self._plain_join,
            path_names=self._path_names,
            verify=self._verify if verify is None else verify,
            cert=certificate,
            key=key,
            expected=self._expected,
        )

    def _limits(self, timeout: Timeout | Unset = UNSET) -> Limits:
        """The time limits of a call that begins now."""
        options = self.client.options
        timeout = self._timeout if isinstance(timeout, Unset) else _checked_limits(timeout)
        if isinstance(timeout, Unset):
            timeout = options.timeout
        if timeout is None:
            return Limits()
        if isinstance(timeout, tuple):
            return Limits(timeout[0], timeout[1])
        return Limits(options.connect_timeout, options.read_timeout, self.client.hub.time() + timeout)

    def _auth_for(
        self, endpoint: Endpoint, given: object = None, headers: Mapping[str, HeaderValue | None] | None = None
    ) -> Auth | None:
        """Authorization of one call: its argument, else its header, else the session's, else that in the URL."""
        if given is not None:
            return auth_from(given)
        if headers and any(key.lower() == "authorization" for key in headers):
            return None
        if self._auth is not None:
            return self._auth
        if endpoint.target.userinfo is not None:
            return BasicAuth(*endpoint.target.userinfo)
        return None

    def _renew_tail(self) -> None:
        """Headers or auth changed: make the end of the head anew."""
        headers = self._headers
        if headers is None:
            headers = self.client.headers
        else:
            self._version = headers.version
        if isinstance(self._auth, BasicAuth | BearerAuth):
            headers = headers.merged({"Authorization": self._auth.header("", "")})
        self._tail = self.client.tail if headers is self.client.headers else headers.wire() + b"\r\n"
        self._own_type = "content-type" in headers
        self._check_special()

    def _tail_with(self, headers: Mapping[str, HeaderValue | None]) -> tuple[bytes, bool] | None:
        """The end of the head with the headers of one call, and whether they name a content type.

        None when the long way must see to them. The same headers give the same object, as far as room is.
        """
        for value in headers.values():
            if not isinstance(value, str):
                # As keys 1, 1.0 and True are the same, as headers they are not.
                return self._make_tail(headers)
        tails = self.client.tails
        key = (self._tail, tuple(headers.items()))
        found = tails.get(key)
        if found is None and key not in tails:
            if len(tails) >= _MOST_TAILS:
                tails.clear()
            found = tails[key] = self._make_tail(headers)
        return found

    def _make_tail(self, headers: Mapping[str, HeaderValue | None]) -> tuple[bytes, bool] | None:
        names = {name.lower() for name in headers}
        if not names.isdisjoint(_NEEDS_CARE) or (self._auth is not None and "authorization" in names):
            return None
        own = self.client.headers if self._headers is None else self._headers
        if self._auth is not None:
            headers = {**headers, "Authorization": self._auth.header("", "")}
        lines = own.lines_with(headers)
        return b"".join(lines.values()) + b"\r\n", "content-type" in lines

    def _check_special(self) -> None:
        """Decide whether the short way is open at all."""
        options = self.client.options
        timeout = self._timeout
        if isinstance(timeout, Unset):
            timeout = options.timeout
        self._seconds = timeout if isinstance(timeout, int | float) else inf
        headers = self._headers
        self._special = (
            options.read_timeout is not None
            or (isinstance(timeout, tuple) and timeout[1] is not None)
            or not (self._auth is None or isinstance(self._auth, BasicAuth | BearerAuth))
            or (options.max_body is not None and options.max_body < _LEAST_MAX_BODY)
            or (headers is not None and any(name in headers for name in _NEEDS_CARE))
        )


def _checked_limits(timeout: Timeout) -> Timeout:
    """A timeout as it came. Raises ValueError for one that leaves no time at all."""
    for seconds in timeout if isinstance(timeout, tuple) else (timeout,):
        checked_seconds(seconds)
    return timeout


def _pair(cert: Certificate) -> tuple[str | None, str | None]:
    if cert is None or isinstance(cert, str):
        return (cert, None)
    return cert
