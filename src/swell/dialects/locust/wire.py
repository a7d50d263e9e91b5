"""The HTTP client under both of Locust's: Swell's session, recording what Locust records, when Locust records it.

Rules: a plain success takes the session's short way, like every native request. What fails is told in Locust's words.
While somebody listens to `events.request`, each request is told before it is recorded, so that a StopUser raised there
keeps it from being recorded. A request with `catch_response` is recorded by its block and nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from swell.dialects.locust.body_sizes import body_size, count_body
from swell.dialects.locust.env import current_environment
from swell.dialects.locust.exception import CatchResponseError
from swell.http.client import client_for
from swell.http.endpoints import Endpoint
from swell.http.errors import RequestError
from swell.http.headers import HeaderMap
from swell.http.recording import Failure, record
from swell.http.response import Response
from swell.http.session import Session
from swell.http.streams import StreamedResponse
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.locust.event import RequestHook
    from swell.model.plan import HttpOptions

__all__ = ["Wire", "failure_of", "flatten", "split_host"]

_FIELDS = Response.__struct_fields__


def _not_yet(_row: tuple[float, ...]) -> None:
    """In place of the recorder while listeners come first."""


def flatten(error: object) -> str:
    """An exception (or text) as Locust groups and shows it."""
    return str(error) if isinstance(error, str) else repr(error)


def failure_of(error: BaseException | str, response: Response | None = None) -> Failure:
    """How a failure is recorded."""
    text = flatten(error)
    if response is not None and not isinstance(error, CatchResponseError):
        cause = response.extra.error if response.extra is not None else None
        if isinstance(cause, RequestError):
            return Failure(cause.kind, text, cause.kind, cause.code)
        status = response.status_code
        if status and status not in range(200, 400):
            return Failure(f"http_{status}", text)
    return Failure("failed_check", text, "failed_check")


def split_host(base_url: str) -> tuple[str, tuple[str, str] | None]:
    """The base URL without user and password, and these."""
    parts = urlsplit(base_url)
    if not (parts.username and parts.password):
        return base_url, None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, (unquote(parts.username), unquote(parts.password))


class Wire(Session):
    """One user's client. `flavour` says what of a response is a failure, and with which exception."""

    __slots__ = ("__weakref__", "_metas", "_spelled", "_told", "flavour", "hook", "shown_timeout", "user")

    def __init__(self, user: Any, options: HttpOptions, base_url: str, flavour: Any, pool: Any = None) -> None:
        environment: Any = current_environment() if user is None else user.environment
        context = environment.context
        client = client_for(context.hub, context.recorder, options)
        if client.headers.get("Accept-Encoding") != flavour.headers["Accept-Encoding"]:
            # The first user of its kind: all others share this client and the end of the head it makes.
            client.headers = HeaderMap({"User-Agent": client.user_agent, **flavour.headers})
            client.tail = client.headers.wire() + b"\r\n"
        super().__init__(context.hub, context.recorder, options, base_url, pool)
        self.plain_join = True
        self.flavour = flavour
        self.response_type = flavour.response_type
        self.streamed_type = flavour.streamed_type
        self.user = user
        self.hook: RequestHook = environment.events.request
        self._told = False
        self._metas: dict[Any, dict[str, Any]] = {}
        self._spelled: dict[Any, str] = {}
        self.shown_timeout: Any = None
        """The time limit of the newest request, for the text of its failure."""
        self.hook.watch(self)

    def set_told(self, told: bool) -> None:
        """Whether somebody listens to requests."""
        self._told = told
        self._add_request = _not_yet if told else self.client.recorder.add_request
        self.on_request = self._tell_success if told else self._count_success

    def with_meta(self, *, caught: bool, **meta: Any) -> None:
        """What the event of this fiber's next request says beside, or instead of, what the response says.

        `context` is added to the user's own.
        """
        if self._told or caught:
            self._metas.setdefault(current_fiber(), {}).update(meta)

    def take_meta(self) -> dict[str, Any]:
        """What `with_meta` said, once."""
        return self._metas.pop(current_fiber(), {}) if self._metas else {}

    @contextmanager
    def spelled(self, method: str) -> Generator[None]:
        """How the statistics spell the method of this fiber's request in the block."""
        fiber = current_fiber()
        self._spelled[fiber] = method
        self._special = True  # on the short way nobody would rename it
        try:
            yield
        finally:
            self._spelled.pop(fiber, None)
            self._check_special()

    # What the session calls.

    def _tell_success(self, response: Response) -> None:
        meta = self.meta_of(response, None)

        def write() -> None:
            self.client.recorder.add_request(response.row)
            self._count(response, meta["response_length"])

        self.hook.tell(write, **meta)

    def _count_success(self, response: Response) -> None:
        self._count(response, body_size(response))

    def _count(self, response: Response, size: int) -> None:
        row = response.row
        count_body(self.client.recorder, row[0], row[2], size)

    def _finish(self, response: Response, expected: frozenset[int], *, catch: bool = False) -> Response:
        del expected
        if self._spelled:
            self._rename(response, self._spelled.get(current_fiber(), ""), response.endpoint.series.name)
        if catch:
            return self.caught(response)
        error = self.flavour.error_of(self, response)
        failure = None if error is None else failure_of(error, response)
        if self._told:
            meta = self.meta_of(response, error)
            self.hook.tell(partial(self._write, response, failure, meta["response_length"]), **meta)
        else:
            self._write(response, failure, body_size(response))
        if isinstance(response, StreamedResponse):
            response.when_read(_nothing)
        return response

    def caught(self, response: Response) -> Any:
        """The same response, for a `with` block."""
        streamed = isinstance(response, StreamedResponse)
        kind = self.flavour.caught_streamed_type if streamed else self.flavour.caught_type
        caught = kind(*[getattr(response, field) for field in _FIELDS])
        caught.wire = self
        if isinstance(response, StreamedResponse):
            response.move_to(caught)
        if self._metas:
            caught.meta = self.meta_of(caught, None)
        return caught

    # Telling and recording.

    def meta_of(self, response: Response, error: BaseException | None) -> dict[str, Any]:
        """The keyword arguments of the request event."""
        row, series = response.row, response.endpoint.series
        seconds = row[2] - row[1]
        context: dict[str, Any] = self.user.context() if self.user is not None else {}
        own = self.take_meta()
        if "context" in own:
            context = {**context, **own.pop("context")}
        return {
            "request_type": series.method,
            "response_time": seconds * 1000.0,
            "name": series.name,
            "context": context,
            "response": response,
            "exception": error,
            "start_time": time.time() - (self._time() - row[1]),
            "url": self.flavour.url_of(response),
            "response_length": self.flavour.length_of(response),
            **own,
        }

    def settle(self, response: Any, error: BaseException | None) -> None:
        """A `with` block has ended: tell and record the request, with what the block changed in its `request_meta`."""
        meta: dict[str, Any] | None = response.meta
        if self._told and meta is None:
            meta = self.meta_of(response, error)
        if meta is not None:
            meta["exception"] = error

        def write() -> None:
            if meta is not None:
                self._take_changes(response, meta)
            failure = None if error is None else failure_of(error, response)
            self._write(response, failure, body_size(response) if meta is None else int(meta["response_length"] or 0))

        if self._told and meta is not None:
            self.hook.tell(write, **meta)
        else:
            write()

    def _write(self, response: Response, failure: Failure | None, size: int) -> None:
        record(response, failure)
        self._count(response, size)

    def _take_changes(self, response: Any, meta: dict[str, Any]) -> None:
        """What a block wrote into `request_meta` counts: the name, the method, the times."""
        row, endpoint = response.row, response.endpoint
        name, method = str(meta["name"]), str(meta["request_type"])
        if (name, method) != (endpoint.series.name, endpoint.series.method):
            self._rename(response, method, name)
        seconds = float(meta["response_time"] or 0.0) / 1000.0
        if abs(seconds - (row[2] - row[1])) > 1e-9:
            response.row = (row[0], row[2] - seconds, row[2], row[3], 0.0, seconds, 0.0, row[7], row[8])

    def _rename(self, response: Response, method: str, name: str) -> None:
        if method:
            old = response.endpoint
            series = self.book(current_fiber()).series(method, name)
            response.endpoint = Endpoint(old.method, old.target, old.route, series)


def _nothing(_response: Response) -> None:
    """A streamed response is recorded when its head is there."""
