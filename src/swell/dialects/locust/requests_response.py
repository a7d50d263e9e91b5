"""Responses of HttpUser: Swell's own, with everything a `requests.Response` has, and passing as one.

Rules: nothing is worked out before somebody asks. `isinstance(response, requests.Response)` holds because `__class__`
says so; making real ones would cost more than the rest of the request. After a transport failure `ok` and truth raise
the error, `content` is None and `text` is empty, as in Locust.
"""

# What the attributes of Swell's responses give here is what requests gives.
# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from __future__ import annotations

import io
import json as json_library
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import requests
from requests.exceptions import HTTPError, JSONDecodeError
from requests.utils import guess_json_utf, parse_header_links

from swell.dialects.locust.blocks import CaughtMixin, PlainMixin
from swell.dialects.locust.encodings import decoded, encoding_of, guessed
from swell.dialects.locust.transport_errors import requests_error
from swell.http.errors import RequestError
from swell.http.response import Response
from swell.http.streams import StreamedResponse

if TYPE_CHECKING:
    from swell.dialects.locust.wire import Wire

__all__ = [
    "REQUESTS_FLAVOUR",
    "CaughtResponse",
    "CaughtStreamedResponse",
    "PlainResponse",
    "PlainStreamedResponse",
    "RequestsFlavour",
    "ResponseContextManager",
    "RestResponseContextManager",
    "status_error",
]


class ResponseContextManager(requests.Response):
    """The class of all responses of HttpUser, for `isinstance`."""

    error: Exception | None = None


class RestResponseContextManager(ResponseContextManager):
    """The class of responses of `rest()`, for annotations."""

    js: dict[str, Any]


class SentRequest:
    """What was sent."""

    def __init__(self, response: Response) -> None:
        sent = Response.request.fget(response)  # type: ignore[attr-defined]
        self.method: str = sent.method
        self.url: str = sent.url
        self.headers: Any = sent.headers
        self.body: Any = sent.body or None
        self.path_url: str = response.endpoint.target.target

    def __repr__(self) -> str:
        return f"<PreparedRequest [{self.method}]>"


_RAISED = "_swell_raised"
"""Where a response keeps what requests would have raised for it."""


class _RequestsMixin:
    """What requests has beyond, or different from, Swell's responses."""

    __slots__ = ()

    status_code: int
    more: Any
    manual: Any = None

    @property
    def __class__(self) -> type:
        return ResponseContextManager

    @__class__.setter
    def __class__(self, _value: type) -> None:  # pyright: ignore[reportRedeclaration]
        raise TypeError("the class of a response cannot be changed")

    def __getattr__(self, name: str) -> Any:
        more: dict[str, Any] | None = None if name == "more" else self.more
        if more is None or name not in more:
            raise AttributeError(f"response has no attribute {name!r}")
        return more[name]

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            Response.__setattr__(self, name, value)  # type: ignore[arg-type]
        except AttributeError:
            more: dict[str, Any] = {} if self.more is None else self.more
            Response.__setattr__(self, "more", more)  # type: ignore[arg-type]
            more[name] = value

    @property
    def request(self) -> SentRequest:
        """What was sent, as requests' PreparedRequest shows it."""
        return SentRequest(self)  # type: ignore[arg-type]

    @property
    def error(self) -> Any:
        """The exception that requests would have raised for the connection; None when there was a response."""
        cause = self.extra.error if self.extra is not None else None  # type: ignore[attr-defined]
        if isinstance(cause, RequestError):
            more: dict[str, Any] = self.more or {}
            return more[_RAISED] if _RAISED in more else requests_error(cause, self)[0]  # type: ignore[arg-type]
        return cause

    @property
    def ok(self) -> bool:
        """True below 400. Raises the error of the connection, if it failed."""
        try:
            self.raise_for_status()
        except HTTPError:
            return False
        return True

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)  # type: ignore[attr-defined]

    def raise_for_status(self) -> None:
        """Raise what the block said, the error of the connection, or HTTPError for a status of 400 or more."""
        if self.manual is not None:
            if isinstance(self.manual, Exception):
                raise self.manual
            return
        error = self.error
        if error is not None:
            raise error
        if self.status_code >= 400:
            raise status_error(self, self.url)  # type: ignore[attr-defined]

    @property
    def content(self) -> Any:
        """The body, decompressed; None after a failure of the connection."""
        return self._body() if self.status_code else None

    def _body(self) -> bytes:
        raise NotImplementedError

    @property
    def _content(self) -> Any:
        return self.content

    @property
    def encoding(self) -> str | None:
        """As set, as the Content-Type says, or what requests takes for text and JSON; else None."""
        return encoding_of(self)

    @encoding.setter
    def encoding(self, value: str) -> None:
        Response.encoding.fset(self, value)  # type: ignore[attr-defined]

    @property
    def apparent_encoding(self) -> str:
        """A guess from the body."""
        return guessed(self.content or b"")

    @property
    def text(self) -> str:
        """The body as text."""
        content = self.content
        return decoded(self, content) if content else ""

    def json(self, **options: Any) -> Any:
        """The body as JSON. Raises requests.exceptions.JSONDecodeError, a ValueError."""
        content = self.content or b""
        try:
            if not options:
                return Response.json(self)  # type: ignore[arg-type]
            return json_library.loads(content.decode(guess_json_utf(content) or "utf-8"), **options)
        except json_library.JSONDecodeError as error:
            raise JSONDecodeError(error.msg, error.doc, error.pos) from None
        except (UnicodeDecodeError, TypeError):
            raise JSONDecodeError("Expecting value", self.text, 0) from None

    def iter_lines(self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: Any = None) -> Iterator[Any]:
        """The lines of the body without their ends."""
        if delimiter is None:
            kind = StreamedResponse if isinstance(self, StreamedResponse) else Response
            yield from kind.iter_lines(self, chunk_size, decode_unicode)  # type: ignore[arg-type]
            return
        whole: Any = self.text if decode_unicode or isinstance(delimiter, str) else self.content
        yield from (whole or "").split(delimiter)

    @property
    def links(self) -> dict[Any, Any]:
        """The Link header."""
        found = parse_header_links(self.headers.get("link", ""))  # type: ignore[attr-defined]
        return {link.get("rel") or link.get("url"): link for link in found if link.get("url")}

    @property
    def is_permanent_redirect(self) -> bool:
        """Status 301 or 308 with a Location."""
        return self.status_code in (301, 308) and "location" in self.headers  # type: ignore[attr-defined]

    @property
    def next(self) -> None:
        """Never known here."""
        return

    @property
    def raw(self) -> Any:
        """The body as a file."""
        return io.BytesIO(self.content or b"")


def status_error(response: Any, url: str) -> HTTPError:
    """The error of requests for this status, with `url` in its text."""
    side = "Client" if response.status_code < 500 else "Server"
    return HTTPError(
        f"{response.status_code} {side} Error: {response.reason} for url: {url}", response=response, request=None
    )


class PlainResponse(PlainMixin, _RequestsMixin, Response, gc=False, eq=False):
    """A response that is recorded already."""

    more: Any = None

    def _body(self) -> bytes:
        return Response.content.fget(self)  # type: ignore[attr-defined]


class PlainStreamedResponse(PlainMixin, _RequestsMixin, StreamedResponse, gc=False, eq=False):
    """A response whose body still comes."""

    more: Any = None

    def _body(self) -> bytes:
        return StreamedResponse.content.fget(self)  # type: ignore[attr-defined]

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class CaughtResponse(CaughtMixin, _RequestsMixin, Response, eq=False):
    """A response whose block decides."""

    more: Any = None
    manual: Any = None
    entered: bool = False
    meta: dict[str, Any] | None = None
    wire: Any = None

    def _body(self) -> bytes:
        return Response.content.fget(self)  # type: ignore[attr-defined]


class CaughtStreamedResponse(CaughtMixin, _RequestsMixin, StreamedResponse, eq=False):
    """A response whose body still comes and whose block decides."""

    more: Any = None
    manual: Any = None
    entered: bool = False
    meta: dict[str, Any] | None = None
    wire: Any = None

    def _body(self) -> bytes:
        return StreamedResponse.content.fget(self)  # type: ignore[attr-defined]


class RequestsFlavour:
    """HttpUser's view of a response, and what requests sends by itself."""

    headers: ClassVar[dict[str, str]] = {
        "Accept-Encoding": "gzip, deflate, br",
        "Accept": "*/*",
        "Connection": "keep-alive",
    }

    response_type = PlainResponse
    streamed_type = PlainStreamedResponse
    caught_type = CaughtResponse
    caught_streamed_type = CaughtStreamedResponse

    @staticmethod
    def error_of(wire: Wire, response: Response) -> BaseException | None:
        """Why this request failed, None if it did not."""
        cause = response.extra.error if response.extra is not None else None
        if isinstance(cause, RequestError):
            raised, recorded = requests_error(cause, response, wire.max_redirects, wire.shown_timeout)
            setattr(response, _RAISED, raised)
            return recorded
        if response.status_code >= 400:
            # The name in place of the URL, so that failures of one name are one line.
            return status_error(response, response.endpoint.series.name)
        return None

    @staticmethod
    def url_of(response: Response) -> str:
        """The URL first asked for."""
        history = response.history
        return history[0].url if history else response.url

    @staticmethod
    def length_of(response: Any) -> int:
        """Bytes of the decoded body; with `stream` what the server announced."""
        if isinstance(response, StreamedResponse):
            return int(response.headers.get("content-length") or 0)
        return len(response.content or b"")


REQUESTS_FLAVOUR = RequestsFlavour()
