"""Real requests, for what only they can do: mounted adapters, hooks, proxies, callable auth, session parameters.

Rules: the session beside Swell's client shares its headers, cookies, auth, verify and cert, copied before and after
each request. The response is the one of requests, with the class changed in place; times and failures are recorded as
for any other request. These calls block only their user where `requests` is made cooperative (see `runtime.blocking`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException

from swell.dialects.locust.blocks import CaughtMixin
from swell.dialects.locust.body_sizes import count_body
from swell.dialects.locust.requests_response import ResponseContextManager, status_error
from swell.dialects.locust.wire import flatten
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.locust.clients import HttpSession
    from swell.dialects.locust.wire import Wire

__all__ = ["LocustHttpAdapter", "RealResponse", "RealSession"]


class LocustHttpAdapter(HTTPAdapter):
    """An adapter that may share a pool manager with others."""

    def __init__(self, pool_manager: Any = None, *args: Any, **kwargs: Any) -> None:
        self._shared = pool_manager
        super().__init__(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As requests, unless there is a manager already."""
        if self._shared is None:
            super().init_poolmanager(*args, **kwargs)
        else:
            self.poolmanager = self._shared


class RealSession(requests.Session):
    """The requests session of one user."""

    def __init__(self, owner: HttpSession, pool_manager: Any) -> None:
        super().__init__()
        self.trust_env = False
        self._owner = owner
        self._own_pool = pool_manager is not None
        for prefix in ("https://", "http://"):
            self.mount(prefix, LocustHttpAdapter(pool_manager))

    def needed(self, url: str, kwargs: dict[str, Any]) -> bool:
        """Whether Swell's client cannot do this request."""
        if self._own_pool or self.trust_env or self.stream:
            return True
        if (
            any(self.proxies.values())
            or self.params
            or any(self.hooks.values())
            or kwargs.keys() & {"proxies", "hooks"}
        ):
            return True
        auth = kwargs.get("auth") or self.auth
        if callable(auth) and type(auth).__name__ not in {"HTTPBasicAuth", "HTTPDigestAuth"}:
            return True
        return type(self.get_adapter(url)) is not LocustHttpAdapter

    def synced(self) -> RealSession:
        """With what the user set on the session that they see."""
        owner = self._owner
        self.headers.clear()
        self.headers.update(dict(owner.headers))
        self.verify = owner.verify
        certificate, key = owner.cert or (None, None)
        self.cert = None if certificate is None else certificate if key is None else (certificate, key)
        self.max_redirects = owner.max_redirects
        for cookie in owner.cookies:
            options = {"domain": cookie.domain, "path": cookie.path} if cookie.domain else {}
            self.cookies.set(cookie.name, cookie.value, **options)
        return self

    def ask(self, method: str, url: str, name: str | None, **kwargs: Any) -> RealResponse:
        """One request; RealResponse with everything that is recorded."""
        self.synced()
        start = time.perf_counter()
        begun = time.time()
        try:
            response: Any = self.request(method, url, **kwargs)
        except (MissingSchema, InvalidSchema, InvalidURL):
            raise
        except RequestException as error:
            response = requests.Response()
            response.status_code = 0
            response.request = error.request  # type: ignore[assignment]
            response.url = url
            response._content = None  # type: ignore[assignment]
            response.error = error
        end = time.perf_counter()
        self._bring_cookies()
        response.__class__ = RealResponse
        first = (response.history[0] if response.history else response).request
        response.row = (start, end)
        response.wire = None
        response.streamed = bool(kwargs.get("stream"))
        response.meta = {
            "request_type": method,
            "response_time": (end - start) * 1000.0,
            "name": name or (first.path_url if first is not None else url),
            "context": {},
            "response": response,
            "exception": None,
            "start_time": begun,
            "url": str(first.url) if first is not None else url,
            "response_length": response.length(),
        }
        return response

    def finish(self, wire: Wire, response: RealResponse, catch: bool) -> RealResponse:
        """Record it, or leave that to its block."""
        response.wire = wire
        context: dict[str, Any] = wire.user.context() if wire.user is not None else {}
        meta = response.meta
        assert meta is not None
        meta["context"] = {**context, **wire.take_meta().get("context", {})}
        response.caught = catch
        if not catch:
            settle(response, response.failed())
        return response

    def _bring_cookies(self) -> None:
        jar = self._owner.cookies
        for cookie in self.cookies:
            jar.set(cookie.name, cookie.value or "", domain=(cookie.domain or "").lstrip("."), path=cookie.path or "/")


class RealResponse(ResponseContextManager):
    """A response of requests, as Locust's."""

    error: Exception | None = None
    manual: Any = None
    entered: bool = False
    caught: bool = False
    streamed: bool = False
    meta: dict[str, Any] | None = None
    row: tuple[float, float]
    wire: Any

    # Not inherited: the class of a response can only be changed to one of the same layout.
    success = CaughtMixin.success
    failure = CaughtMixin.failure

    @property
    def request_meta(self) -> Any:
        """What will be told and recorded; may be edited until the block ends."""
        return self.meta

    def __enter__(self) -> Any:
        if not self.caught:
            from swell.dialects.locust.exception import LocustError  # noqa: PLC0415 - rare

            raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")
        self.entered = True
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:  # type: ignore[override]
        from swell.dialects.locust.exception import ResponseError  # noqa: PLC0415 - rare

        del trace
        if self.manual is not None:
            settle(self, None if self.manual is True else self.manual)
            return kind is None
        if kind is None or isinstance(error, ResponseError):
            settle(self, error or self.failed())
            return True
        return False

    def raise_for_status(self) -> None:
        """As requests; what the block said goes first."""
        if self.manual is None:
            if self.error is not None:
                raise self.error
            requests.Response.raise_for_status(self)
        elif isinstance(self.manual, Exception):
            raise self.manual

    def length(self) -> int:
        """Bytes of the body; with `stream` what the server announced."""
        if self.streamed:
            return int(self.headers.get("content-length") or 0)
        return len(self.content or b"")

    def failed(self) -> BaseException | None:
        """Why this request failed, None if it did not."""
        error: BaseException | None = self.error
        if error is None:
            assert self.meta is not None
            return status_error(self, self.meta["name"]) if self.status_code >= 400 else None
        if isinstance(error, requests.exceptions.ConnectionError):
            while error.__context__ is not None:
                error = error.__context__
        return error


def settle(response: RealResponse, error: BaseException | None) -> None:
    """Tell and record."""
    meta = response.meta
    assert meta is not None
    meta["exception"] = error
    response.wire.hook.tell(lambda: _record(response, meta, error), **meta)


def _record(response: RealResponse, meta: dict[str, Any], error: BaseException | None) -> None:
    fiber = current_fiber()
    recorder = response.wire.client.recorder
    tags = fiber.tags.with_tags(
        name=str(meta["name"]),
        method=str(meta["request_type"]),
        status=str(response.status_code),
        expected_response="false" if error else "true",
    )
    if error is not None:
        recorder.add_error("custom", flatten(error), tags, None)
    seconds = float(meta["response_time"] or 0.0) / 1000.0
    end = response.row[1]
    row = (recorder.request_series(tags), end - seconds, end, fiber.lag, 0.0, seconds, 0.0, 0)
    size = int(meta["response_length"] or 0)
    recorder.add_request((*row, size))
    count_body(recorder, row[0], row[2], size)
