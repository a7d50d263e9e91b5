"""FastHttpUser and its session (the module `locust.contrib.fasthttp`).

Rules: the same client as HttpUser's, with the habits of Locust's fast one: the label is the URL argument, TLS is not
verified by default, text bodies get a content type. Two things are better here than there: `timeout`, `verify` and
`cookies` do what they say (Locust turns them into query parameters), and `client.headers` exists.
"""

from __future__ import annotations

import json as json_library
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from swell.dialects.locust.env import current_environment
from swell.dialects.locust.exception import StopTest
from swell.dialects.locust.fast_response import (
    FAST_FLAVOUR,
    ErrorResponse,
    FastRequest,
    FastResponse,
    LocustBadStatusCode,
    LocustUserAgent,
    ResponseContextManager,
    RestResponseContextManager,
)
from swell.dialects.locust.renaming import RenamesRequests
from swell.dialects.locust.rest import RestMixin
from swell.dialects.locust.users import NO_HOST, User
from swell.dialects.locust.wire import Wire, split_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from swell.model.plan import HttpOptions

__all__ = [
    "ErrorResponse",
    "FastHttpSession",
    "FastHttpUser",
    "FastRequest",
    "FastResponse",
    "LocustBadStatusCode",
    "LocustUserAgent",
    "ResponseContextManager",
    "RestResponseContextManager",
]

_AGENT = "python/gevent-http-client-2.6.1"
_EMPTY: dict[str, Any] = {}
_MADE_FOR_US = frozenset({"params", "files", "timeout", "verify", "cert", "cookies"})
_IGNORED = frozenset({"max_retries", "max_redirects", "debug_stream"})


@cache
def _options(given: HttpOptions, network: float, connection: float, insecure: bool, proxy: str | None) -> HttpOptions:
    """The plan's options where they were changed, the user class's else. One object for all users of a class."""
    base = type(given)()
    wanted: dict[str, Any] = {
        "timeout": network,
        "connect_timeout": connection,
        "user_agent": _AGENT,
        "verify": not insecure,
        "proxy": proxy,
    }
    changes = {name: value for name, value in wanted.items() if getattr(given, name) == getattr(base, name)}
    return msgspec.structs.replace(given, trust_env=False, **changes)


class FastHttpSession(RenamesRequests):
    """One user's client."""

    def __init__(  # noqa: PLR0917 - Locust's signature
        self,
        base_url: str | None,
        request_event: Any = None,
        user: Any = None,
        insecure: bool = True,
        client_pool: Any = None,
        ssl_context_factory: Any = None,
        *,
        network_timeout: float = 60.0,
        connection_timeout: float = 60.0,
        max_redirects: int = 30,
        headers: Mapping[str, str] | None = None,
        proxy_host: str | None = None,
        proxy_port: int | None = None,
        **_others: Any,
    ) -> None:
        del client_pool, ssl_context_factory
        bare, credentials = split_host(base_url or "")
        proxy = f"http://{proxy_host}:{proxy_port}" if proxy_host and proxy_port else None
        environment: Any = current_environment() if user is None else user.environment
        given: HttpOptions = environment.http_options
        options = _options(given, network_timeout, connection_timeout, insecure, proxy)
        wire = self._wire = Wire(user, options, bare, FAST_FLAVOUR)
        wire.expected_statuses = tuple(sorted(LocustUserAgent.valid_response_codes))
        wire.max_redirects = max_redirects
        if headers:
            wire.headers.update(headers)
        if credentials is not None:
            wire.auth = credentials
        self.request_event = request_event
        self.user = user
        self.client = self
        self.auth_header: str | None = None

    base_url = property(lambda self: self._wire.base_url, lambda self, value: setattr(self._wire, "base_url", value))
    cookiejar = property(lambda self: self._wire.cookies, lambda self, value: setattr(self._wire, "cookies", value))
    cookies = cookiejar
    headers = property(lambda self: self._wire.headers, lambda self, value: setattr(self._wire, "headers", value))

    def get(self, url: str, **kwargs: Any) -> Any:
        """GET; options as for `request`."""
        if not kwargs:
            return self._wire.get(url, self.request_name)
        if len(kwargs) == 1 and "name" in kwargs:
            return self._wire.get(url, kwargs["name"] or self.request_name)
        return self.request("GET", url, **kwargs)

    def options(self, url: str, **kwargs: Any) -> Any:
        """OPTIONS; options as for `request`."""
        return self.request("OPTIONS", url, **kwargs)

    def head(self, url: str, **kwargs: Any) -> Any:
        """HEAD; options as for `request`."""
        return self.request("HEAD", url, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> Any:
        """DELETE; options as for `request`."""
        return self._wire.delete(url, self.request_name) if not kwargs else self.request("DELETE", url, **kwargs)

    def post(self, url: str, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """POST; options as for `request`."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str, data: Any = None, **kwargs: Any) -> Any:
        """PUT; options as for `request`."""
        return self.request("PUT", url, data=data, **kwargs)

    def patch(self, url: str, data: Any = None, **kwargs: Any) -> Any:
        """PATCH; options as for `request`."""
        return self.request("PATCH", url, data=data, **kwargs)

    def request(  # noqa: PLR0917 - Locust's signature
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: Mapping[str, Any] | None = None,
        auth: Any = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: Mapping[str, Any] = _EMPTY,
        **kwargs: Any,
    ) -> Any:
        """Send a request, record it, return the response. Unknown options become query parameters, as in Locust."""
        wire = self._wire
        name = name or self.request_name or url
        if context:
            wire.with_meta(caught=catch_response, context=context)
        own: dict[str, Any] = {}
        if not data and json is not None:
            data = json_library.dumps(json).encode()
            own = {"Content-Type": "application/json", "Accept": "application/json"}
        elif isinstance(data, str):
            own = {"Content-Type": "text/plain; charset=utf-8"}
        elif hasattr(data, "items"):
            own = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        elif isinstance(data, bytes):
            own = {"Content-Type": "application/octet-stream"}
        if headers:
            own = _merged(own, headers)
        options: dict[str, Any] = {}
        for key, value in kwargs.items():
            if key in _MADE_FOR_US:
                options[key] = value
            elif key not in _IGNORED:
                options["params"] = {**(options.get("params") or {}), key: value}
        if "params" in options:
            wire.with_meta(caught=catch_response, url=url if "://" in url else f"{wire.base_url}{url}")
        if own:
            options["headers"] = own
        if auth:
            options["auth"] = auth
        if stream:
            options["stream"] = True
        return wire.request(
            method, url, name, data=data, allow_redirects=allow_redirects, catch_response=catch_response, **options
        )

    def iter_lines(self, url: str, method: str = "GET", **kwargs: Any) -> Iterator[str]:
        """The lines of a response, as they come."""
        response = self.request(method, url, stream=True, **kwargs)
        response.raise_for_status()
        rest = ""
        for piece in response.iter_content(1024):
            rest += piece.decode("utf-8", "replace") if isinstance(piece, bytes) else piece
            *lines, rest = rest.split("\n")
            yield from lines
        if rest:
            yield rest

    def close(self) -> None:
        """Close all idle connections."""
        self._wire.close()


def _merged(own: dict[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    given = {key.lower() for key in headers}
    return {
        **{key: value for key, value in own.items() if key.lower() not in given},
        **{key: _one_value(value) for key, value in headers.items()},
    }


def _one_value(value: Any) -> Any:
    """Several values of a header go on one line."""
    return value if isinstance(value, (str, bytes, int, float)) or value is None else ", ".join(map(str, value))


class FastHttpUser(User, RestMixin):
    """A user whose `client` is a FastHttpSession."""

    abstract: ClassVar[bool] = True
    network_timeout: float = 60.0
    connection_timeout: float = 60.0
    max_redirects: int = 30
    max_retries: int = 0
    insecure: bool = True
    default_headers: Any = None
    concurrency: int = 10
    proxy_host: str | None = None
    proxy_port: int | None = None
    client_pool: Any = None
    ssl_context_factory: Any = None

    client: FastHttpSession

    def __init__(self, environment: Any = None) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = FastHttpSession(
            base_url=self.host,
            request_event=self.environment.events.request,
            user=self,
            insecure=self.insecure,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            headers=self.default_headers,
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )
