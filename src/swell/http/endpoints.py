"""Endpoints: what is the same each time a URL is asked for, worked out once.

Rules: endpoints hang in `TagSet.cache`, so the hot path finds URL, request line and series by one look-up for the tags
in force. URLs may be without number (ids in paths); so endpoints are dropped when there are too many, while series,
which the recorder keeps anyway, stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from swell.http.connector import connection_values
from swell.http.errors import NEVER_SENT, status_error_code
from swell.http.urls import add_params, join_url, split_url
from swell.http.wire import request_line
from swell.metrics.tags import TagSet

if TYPE_CHECKING:
    from swell.http.client import Client
    from swell.http.connector import Peer
    from swell.http.routes import Route
    from swell.http.urls import Target

__all__ = ["Endpoint", "EndpointBook", "Scope", "Series", "book_of"]

_MOST_ENDPOINTS: Final = 4096


class Series:
    """The request series of one name and method under some tags.

    `ok` maps statuses that the scope expects to their series: a hit there says success and where to count it at once.
    Other statuses that one call expected, or declared a success, are kept apart: the next call may not.
    `shown`: the (kind, message) of errors that have an example already.
    """

    __slots__ = ("_expected", "_failed", "_on", "_pardoned", "client", "method", "name", "ok", "scope", "shown", "tags")

    def __init__(self, scope: Scope, tags: TagSet, method: str, name: str) -> None:
        self.scope = scope
        self.client: Client = scope.client
        self._expected = scope.expected
        self._on: dict[tuple[str, str, str], Series] | None = None
        self.method = method
        self.name = name
        self.tags = tags.with_tags(method=method, name=name)
        self.ok: dict[int, int] = {}
        self.shown: set[tuple[str, str]] = set()
        self._pardoned: dict[int, int] = {}
        self._failed: dict[tuple[int, str, int], int] = {}

    def on(self, peer: Peer, version: str) -> Series:
        """The series of what connections of one kind carried, with the client's `connection_tags`.

        `version`: the protocol of the answer, "" without one. Errors of all kinds have their examples together.
        """
        wanted = self.client.connection_tags
        key = (version, peer.tls_version, peer.address if "ip" in wanted else "")
        known = self._on
        if known is None:
            known = self._on = {}
        series = known.get(key)
        if series is None:
            series = known[key] = Series(self.scope, self.tags, self.method, self.name)
            # A tag that the test sets itself means what the test says.
            series.tags = TagSet.of({**connection_values(peer, version, wanted), **self.tags.as_dict()})
            series.shown = self.shown
        return series

    def success(self, status: int) -> int:
        """The series for a success with this status."""
        known = self.ok if status in self._expected else self._pardoned
        number = known.get(status)
        if number is None:
            tags = self.tags.with_tags(status=str(status), expected_response="true")
            number = known[status] = self.client.recorder.request_series(tags)
        return number

    def failure(self, status: int, error: str = "", code: int = 0) -> int:
        """The series for a failed request; `error` is the slug of a transport failure or of a failed check."""
        key = (status, error, code)
        number = self._failed.get(key)
        if number is None:
            tags = self.tags.with_tags(status=str(status), expected_response="false")
            if error:
                tags = tags.with_tags(error=error)
            if code or (code := status_error_code(status)):
                tags = tags.with_tags(error_code=str(code))
            number = self._failed[key] = self.client.recorder.request_series(tags, sent=error not in NEVER_SENT)
        return number


class Endpoint:
    """One method and URL.

    `line`: the request line with Host. `head`: the whole head as made with `tail`. `ok`: that of `series`.
    `shortcut`: the route a session's short way may use, None when it must not.
    """

    __slots__ = ("head", "line", "method", "ok", "route", "series", "shortcut", "tail", "target")

    def __init__(self, method: str, target: Target, route: Route, series: Series) -> None:
        self.method = method
        self.target = target
        self.route = route
        self.series = series
        self.ok = series.ok
        # The URL's own user and password are no business of the short way.
        self.shortcut: Route | None = route if target.userinfo is None else None
        self.line = b""
        self.head = b""
        self.tail: bytes | None = None


class Scope:
    """The settings of a session that decide what a URL means: sessions with equal settings share endpoints."""

    __slots__ = ("base_url", "cert", "client", "expected", "key", "path_names", "plain_join", "verify")

    def __init__(
        self,
        client: Client,
        base_url: str,
        *,
        plain_join: bool,
        path_names: bool = False,
        verify: bool | str,
        cert: str | None,
        key: str | None,
        expected: frozenset[int],
    ) -> None:
        self.client = client
        self.base_url = base_url
        self.verify = verify
        self.cert = cert
        self.key = key
        self.expected = expected
        self.plain_join = plain_join
        self.path_names = path_names

    def identity(self) -> tuple[object, ...]:
        """Equal for equal settings."""
        return (
            self.client,
            self.base_url,
            self.verify,
            self.cert,
            self.key,
            self.expected,
            self.plain_join,
            self.path_names,
        )


class EndpointBook:
    """The endpoints of one scope under one set of tags. `found` is open to the session's fast path."""

    __slots__ = ("_series", "found", "scope", "tags")

    def __init__(self, scope: Scope, tags: TagSet) -> None:
        self.scope = scope
        self.tags = tags
        self.found: dict[tuple[str, str, str | None], Endpoint] = {}
        self._series: dict[tuple[str, str], Series] = {}

    def series(self, method: str, name: str) -> Series:
        """The series of this name and method."""
        key = (method, name)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(self.scope, self.tags, method, name)
        return series

    def endpoint(self, method: str, url: str, name: str | None) -> Endpoint:
        """The endpoint for these arguments of a request; without a name it is called by the URL as given.

        Raises InvalidUrl, or ValueError for a method that is none.
        """
        key = (method, url, name)
        endpoint = self.found.get(key)
        if endpoint is None:
            if len(self.found) >= _MOST_ENDPOINTS:
                self.found.clear()
            shown = name or ("" if self.scope.path_names else shown_name(url))
            endpoint = self.found[key] = self.new(method, url, shown)
        return endpoint

    def new(self, method: str, url: str, name: str, *, params: object = None, route: Route | None = None) -> Endpoint:
        """An endpoint that is not kept, for a request that is not like others. An empty name: path and query."""
        scope = self.scope
        full = join_url(scope.base_url, url, plain=scope.plain_join)
        if params:
            full = add_params(full, params)  # type: ignore[arg-type]
        target = split_url(full)
        if route is None:
            route = scope.client.route(target, scope.verify, scope.cert, scope.key)
        endpoint = Endpoint(method, target, route, self.series(method, name or target.target))
        endpoint.line = request_line(method, target, route)
        return endpoint


def shown_name(url: str) -> str:
    """How a request without a name is called: the URL as given, without user and password."""
    scheme, separator, rest = url.partition("://")
    if separator and "@" in (authority := rest.partition("/")[0]):
        return f"{scheme}://{authority.rpartition('@')[2]}{rest[len(authority) :]}"
    return url


def book_of(tags: TagSet, scope: Scope) -> EndpointBook:
    """The book for these tags and this scope."""
    key = scope.identity()
    book = tags.cache.get(key)
    if book is None:
        book = tags.cache[key] = EndpointBook(scope, tags)
    return book
