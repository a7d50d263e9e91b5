"""HttpSession: a `requests.Session` to user code, Swell's client on the wire (the module `locust.clients`).

Rules: ordinary requests take Swell's short way; the session's attributes are made when somebody looks at them. What
only requests can do (mounted adapters, hooks, proxies, callable auth, prepared requests) goes through a real requests
session that gets the same headers and cookies (`real_requests`). Both ways are recorded alike.
"""

# Attributes of requests are properties here, and its methods take Locust's arguments too.
# pyright: reportAssignmentType=false, reportIncompatibleMethodOverride=false

from __future__ import annotations

import importlib.metadata
import re
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema

from swell.dialects.locust.env import current_environment
from swell.dialects.locust.renaming import RenamesRequests
from swell.dialects.locust.requests_response import (
    REQUESTS_FLAVOUR,
    ResponseContextManager,
    RestResponseContextManager,
)
from swell.dialects.locust.wire import Wire, split_host
from swell.http.errors import InvalidUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.locust.real_requests import LocustHttpAdapter
    from swell.model.plan import HttpOptions

__all__ = ["HttpSession", "LocustHttpAdapter", "ResponseContextManager", "RestResponseContextManager"]

_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_SIMPLE_OPTIONS = frozenset(
    {"params", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "stream", "verify", "cert"}
)
_EMPTY: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    if name == "LocustHttpAdapter":
        from swell.dialects.locust.real_requests import LocustHttpAdapter  # noqa: PLC0415 - heavy

        return LocustHttpAdapter
    raise AttributeError(f"module 'locust.clients' has no attribute {name!r}")


@cache
def _options(given: HttpOptions) -> HttpOptions:
    """The plan's options where they were changed, requests' defaults else. One object for all users."""
    base = type(given)()
    wanted: dict[str, Any] = {
        "timeout": inf,
        "connect_timeout": 130.0,  # what the system allows, as requests sets no limit
        "user_agent": "python-requests/" + importlib.metadata.version("requests"),
    }
    changes = {name: value for name, value in wanted.items() if getattr(given, name) == getattr(base, name)}
    return msgspec.structs.replace(given, trust_env=False, **changes)


class HttpSession(RenamesRequests, requests.Session):
    """One user's client.

    `request` and its short forms take `name` (the label in the statistics), `catch_response` and `context` beside what
    requests takes. URLs that do not begin with http:// or https:// are put behind `base_url` as they are.
    """

    def __init__(
        self,
        base_url: str,
        request_event: Any = None,
        user: Any = None,
        *args: Any,
        pool_manager: Any = None,
        **kwargs: Any,
    ) -> None:
        # Not requests' own constructor: its adapters and pools cost more than everything else a user has.
        del args, kwargs
        base_url, credentials = split_host(base_url)
        self.request_event = request_event
        self.user = user
        self._pool_manager = pool_manager
        self._real: Any = None
        self._odd = pool_manager is not None
        """Whether requests must be looked at one by one before they take the short way."""
        environment = current_environment() if user is None else user.environment
        wire = self._wire = Wire(user, _options(environment.http_options), base_url, REQUESTS_FLAVOUR)
        wire.path_names = True
        wire.expected_statuses = _GOOD
        self.base_url = base_url
        if credentials is not None:
            wire.auth = credentials

    # --- requests ---

    def get(self, url: Any, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """GET; options as for `request`."""
        if data is None and json is None and not self._odd:
            if not kwargs:
                name = self.request_name
            elif len(kwargs) == 1 and "name" in kwargs:
                name = kwargs["name"] or self.request_name
            else:
                return self._ask("GET", url, kwargs)
            try:
                return self._wire.get(url, name)
            except InvalidUrl as error:
                raise self._url_error(error, url) from None
        return self._ask("GET", url, kwargs, data, json)

    def options(self, url: Any, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """OPTIONS; options as for `request`."""
        return self._ask("OPTIONS", url, kwargs, data, json)

    def head(self, url: Any, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """HEAD; redirects are not followed unless asked for."""
        kwargs.setdefault("allow_redirects", False)
        return self._ask("HEAD", url, kwargs, data, json)

    def post(self, url: Any, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """POST; options as for `request`."""
        return self._send("POST", url, data, json, kwargs)

    def put(self, url: Any, data: Any = None, *, json: Any = None, **kwargs: Any) -> Any:
        """PUT; options as for `request`."""
        return self._send("PUT", url, data, json, kwargs)

    def patch(self, url: Any, data: Any = None, *, json: Any = None, **kwargs: Any) -> Any:
        """PATCH; options as for `request`."""
        return self._send("PATCH", url, data, json, kwargs)

    def delete(self, url: Any, *, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """DELETE; options as for `request`."""
        if not kwargs and data is None and json is None and not self._odd:
            try:
                return self._wire.delete(url, self.request_name)
            except InvalidUrl as error:
                raise self._url_error(error, url) from None
        return self._ask("DELETE", url, kwargs, data, json)

    def request(
        self,
        method: Any,
        url: Any,
        name: str | None = None,
        catch_response: bool = False,
        context: Mapping[str, Any] = _EMPTY,
        *,
        data: Any = None,
        json: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Send a request, record it, return the response.

        Raises the errors of requests for URLs that are none; failures of the network give a response with status 0.
        """
        if name:
            kwargs["name"] = name
        if catch_response:
            kwargs["catch_response"] = catch_response
        if context:
            kwargs["context"] = context
        method = _text(method)
        if method == method.upper():
            return self._ask(method, url, kwargs, data, json)
        with self._wire.spelled(method):
            return self._ask(method, url, kwargs, data, json)

    def _send(self, method: str, url: Any, data: Any, json: Any, kwargs: dict[str, Any]) -> Any:
        wire = self._wire
        if not self._odd and (not kwargs or (len(kwargs) == 1 and "name" in kwargs)):
            name = kwargs.get("name") or self.request_name
            try:
                if method == "POST":
                    return wire.post(url, data, json, name)
                return wire.put(url, data, json, name) if method == "PUT" else wire.patch(url, data, json, name)
            except InvalidUrl as error:
                raise self._url_error(error, url) from None
        return self._ask(method, url, kwargs, data, json)

    def _ask(self, method: str, url: Any, kwargs: dict[str, Any], data: Any = None, json: Any = None) -> Any:
        """Any request."""
        name = kwargs.pop("name", None) or self.request_name
        catch = kwargs.pop("catch_response", False)
        context = kwargs.pop("context", None)
        wire = self._wire
        url = _text(url)
        if context:
            wire.with_meta(caught=catch, context=context)
        if self._odd or not kwargs.keys() <= _SIMPLE_OPTIONS or callable(kwargs.get("auth")):
            answer = self._real_request(method, url, name, data, json, kwargs)
            if answer is not None:
                return self._real.finish(wire, answer, catch)
        if not kwargs and data is None and json is None and catch and method == "GET":
            return self._checked(wire.request, method, url, name, catch_response=True)
        wire.shown_timeout = kwargs.get("timeout")
        if kwargs.get("timeout", 0) is None:
            kwargs["timeout"] = inf
        cookies = kwargs.get("cookies")
        if cookies is not None and not isinstance(cookies, dict):
            kwargs["cookies"] = requests.utils.dict_from_cookiejar(cookies)
        if kwargs.get("stream") is None:
            kwargs.pop("stream", None)
        if kwargs.get("allow_redirects", True) is None:
            kwargs.pop("allow_redirects")
        return self._checked(wire.request, method, url, name, data=data, json=json, catch_response=catch, **kwargs)

    def _checked(self, call: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except InvalidUrl as error:
            raise self._url_error(error, args[1]) from None

    def _url_error(self, error: InvalidUrl, url: Any) -> Exception:
        """The error of requests for an URL that is none."""
        text = str(url)
        complete = text if _ABSOLUTE.match(text) else f"{self.base_url}{text}"
        if "://" not in complete:
            return MissingSchema(f"Invalid URL {complete!r}: No scheme supplied. Perhaps you meant https://{complete}?")
        if not _ABSOLUTE.match(complete):
            return InvalidSchema(f"No connection adapters were found for {complete!r}")
        return InvalidURL(str(error))

    def _real_request(  # noqa: PLR0917 - what a request is made of
        self, method: str, url: str, name: str | None, data: Any, json: Any, kwargs: dict[str, Any]
    ) -> Any:
        """The answer of real requests if only they can do it, else None."""
        real = self.real
        complete = url if _ABSOLUTE.match(url) else f"{self.base_url}{url}"
        if not real.needed(complete, kwargs):
            return None
        return real.ask(method, complete, name, data=data, json=json, **kwargs)

    def close(self) -> None:
        """Close all idle connections."""
        self._wire.close()
        if self._real is not None:
            self._real.close()

    # --- what a session has ---

    @property
    def real(self) -> Any:
        """The requests session that does what Swell's client does not."""
        if self._real is None:
            from swell.dialects.locust.real_requests import RealSession  # noqa: PLC0415 - heavy

            self._real = RealSession(self, self._pool_manager)
        return self._real

    def _odd_real(self) -> Any:
        """As `real`, for attributes that may change what requests do."""
        self._odd = True
        return self.real

    base_url = property(lambda self: self._wire.base_url, lambda self, value: setattr(self._wire, "base_url", value))
    headers = property(lambda self: self._wire.headers, lambda self, value: setattr(self._wire, "headers", value))
    cookies = property(lambda self: self._wire.cookies, lambda self, value: self._set_cookies(value))
    verify = property(lambda self: self._wire.verify, lambda self, value: setattr(self._wire, "verify", value))
    cert = property(lambda self: self._wire.cert, lambda self, value: setattr(self._wire, "cert", value))
    max_redirects = property(
        lambda self: self._wire.max_redirects, lambda self, value: setattr(self._wire, "max_redirects", value)
    )
    auth = property(lambda self: self._auth(), lambda self, value: self._set_auth(value))
    proxies = property(
        lambda self: self._odd_real().proxies, lambda self, value: setattr(self._odd_real(), "proxies", value)
    )
    hooks = property(lambda self: self._odd_real().hooks, lambda self, value: setattr(self._odd_real(), "hooks", value))
    params = property(
        lambda self: self._odd_real().params, lambda self, value: setattr(self._odd_real(), "params", value)
    )
    adapters = property(
        lambda self: self._odd_real().adapters, lambda self, value: setattr(self._odd_real(), "adapters", value)
    )
    trust_env = property(
        lambda self: self._real is not None and self._real.trust_env,
        lambda self, value: setattr(self._odd_real(), "trust_env", value),
    )
    stream = property(
        lambda self: self._real is not None and self._real.stream,
        lambda self, value: setattr(self._odd_real(), "stream", value),
    )

    def mount(self, prefix: str, adapter: Any) -> None:
        """URLs with this prefix go through `adapter`, and so through real requests."""
        self._odd_real().mount(prefix, adapter)

    def get_adapter(self, url: str) -> Any:
        """The adapter that requests would use."""
        return self.real.get_adapter(url)

    def prepare_request(self, request: Any) -> Any:
        """As requests; with this session's headers and cookies."""
        return self.real.synced().prepare_request(request)

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Send a prepared request by requests; not recorded, as in Locust."""
        return self.real.synced().send(request, **kwargs)

    def _auth(self) -> Any:
        return self.__dict__.get("auth_given")

    def _set_auth(self, value: Any) -> None:
        self.__dict__["auth_given"] = value
        if callable(value) and not _is_simple_auth(value):
            self._odd_real().auth = value
            return
        if self._real is not None:
            self._real.auth = value
        self._wire.auth = value

    def _set_cookies(self, value: Any) -> None:
        wire: Any = self._wire
        wire.cookies = requests.utils.dict_from_cookiejar(value) if hasattr(value, "make_cookies") else value

    def __enter__(self) -> HttpSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_GOOD = ((200, 399),)


def _is_simple_auth(value: Any) -> bool:
    return type(value).__name__ in {"HTTPBasicAuth", "HTTPDigestAuth"}


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value if isinstance(value, str) else str(value)
