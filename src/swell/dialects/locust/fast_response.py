"""Responses of FastHttpUser: Swell's own with the habits of Locust's fast client.

Rules: after a failure of the network `content`, `text` and `headers` are None and `status_code` is 0, which `ok` takes
for good, as in Locust. `raise_for_status` raises only what failed the request. Which statuses are good is
`LocustUserAgent.valid_response_codes`, which may be changed.
"""

# What the attributes of Swell's responses give here is what Locust's fast client gives.
# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from swell.dialects.locust.blocks import CaughtMixin, PlainMixin
from swell.dialects.locust.encodings import decoded, encoding_of
from swell.dialects.locust.transport_errors import root_error
from swell.http.errors import RequestError
from swell.http.response import Response
from swell.http.streams import StreamedResponse

if TYPE_CHECKING:
    from swell.dialects.locust.wire import Wire

__all__ = [
    "FAST_FLAVOUR",
    "CaughtFastResponse",
    "ErrorResponse",
    "FastFlavour",
    "FastRequest",
    "FastResponse",
    "LocustBadStatusCode",
    "LocustUserAgent",
    "ResponseContextManager",
    "RestResponseContextManager",
]


class LocustUserAgent:
    """What files patch to say which statuses are good; read when a user is made."""

    valid_response_codes: ClassVar[Any] = frozenset(
        [*range(200, 209), 226, 301, 302, 303, 304, 307, 308],
    )
    redirect_response_codes: ClassVar[Any] = frozenset([301, 302, 303, 307, 308])


class LocustBadStatusCode(ConnectionError):
    """A status that is not good."""

    def __init__(self, url: str = "", code: int = 0) -> None:
        super().__init__(url)
        self.url = url
        self.code = code

    def __repr__(self) -> str:
        return f"LocustBadStatusCode(code={self.code})"

    def __str__(self) -> str:
        return f"URL {self.url}: code={self.code}"


class FastRequest:
    """What was sent."""

    def __init__(self, response: Response) -> None:
        sent = Response.request.fget(response)  # type: ignore[attr-defined]
        self.method: str = sent.method
        self.url: str = sent.url
        self.headers: Any = sent.headers
        self.payload: Any = sent.body.decode("utf-8", "replace") if sent.body else None

    @property
    def body(self) -> Any:
        """The body, as text; None without one."""
        return self.payload


class FastResponse:
    """The class of all responses of FastHttpUser, for `isinstance` and annotations."""

    __slots__ = ()


class ResponseContextManager(FastResponse):
    """As FastResponse, in a `with` block."""

    __slots__ = ()


class RestResponseContextManager(ResponseContextManager):
    """As FastResponse, in a `with` block of `rest()`."""

    js: Any


class ErrorResponse(FastResponse):
    """As FastResponse, when there was no response."""


class _FastMixin(ResponseContextManager):
    """What differs from Swell's responses."""

    __slots__ = ()

    status_code: int
    more: Any
    manual: Any = None

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
    def error(self) -> Any:
        """Why the request failed, None if it did not."""
        return FAST_FLAVOUR.own_error(self)

    @property
    def ok(self) -> bool:
        """True below 400, also for 0."""
        return self.status_code < 400

    def __bool__(self) -> bool:
        return True

    def raise_for_status(self) -> None:
        """Raise what the block said, or why the request failed."""
        if self.manual is not None:
            if isinstance(self.manual, Exception):
                raise self.manual
            return
        error = self.error
        if error is not None:
            raise error

    @property
    def request(self) -> FastRequest:
        """What was sent."""
        return FastRequest(self)  # type: ignore[arg-type]

    @property
    def headers(self) -> Any:
        """The header fields; None when there was no response."""
        return Response.headers.fget(self) if self.status_code else None  # type: ignore[attr-defined]

    @property
    def content(self) -> Any:
        """The body, decompressed; None when there was no response."""
        return self._body() if self.status_code else None

    def _body(self) -> bytes:
        raise NotImplementedError

    @property
    def text(self) -> Any:
        """The body as text; None when there was no response."""
        content = self.content
        if content is None:
            return None
        return decoded(self, content)

    @property
    def encoding(self) -> str | None:
        """As set, or as the Content-Type says; else None."""
        return encoding_of(self)

    @encoding.setter
    def encoding(self, value: str) -> None:
        Response.encoding.fset(self, value)  # type: ignore[attr-defined]

    @property
    def stream(self) -> Any:
        """The body piece by piece."""
        return self

    def iter_content(self, chunk_size: int = 1024, decode_content: bool = True) -> Iterator[Any]:
        """The body in pieces: text where it can be decoded (`decode_content`), bytes else."""
        kind = StreamedResponse if isinstance(self, StreamedResponse) else Response
        for piece in kind.iter_content(self, chunk_size):  # type: ignore[arg-type]
            if decode_content:
                try:
                    yield piece.decode("utf-8")
                    continue
                except UnicodeDecodeError:
                    pass
            yield piece


class _OpenBlock:
    """Locust's fast responses can be entered without `catch_response`, to no effect."""

    __slots__ = ()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class PlainFastResponse(_OpenBlock, PlainMixin, _FastMixin, Response, gc=False, eq=False):
    """A response that is recorded already."""

    more: Any = None

    def _body(self) -> bytes:
        return Response.content.fget(self)  # type: ignore[attr-defined]


class PlainFastStreamed(_OpenBlock, PlainMixin, _FastMixin, StreamedResponse, gc=False, eq=False):
    """A response whose body still comes."""

    more: Any = None

    def _body(self) -> bytes:
        return StreamedResponse.content.fget(self)  # type: ignore[attr-defined]


class CaughtFastResponse(CaughtMixin, _FastMixin, Response, eq=False):
    """A response whose block decides."""

    more: Any = None
    manual: Any = None
    entered: bool = False
    meta: dict[str, Any] | None = None
    wire: Any = None

    def _body(self) -> bytes:
        return Response.content.fget(self)  # type: ignore[attr-defined]


class CaughtFastStreamed(CaughtMixin, _FastMixin, StreamedResponse, eq=False):
    """A response whose body still comes and whose block decides."""

    more: Any = None
    manual: Any = None
    entered: bool = False
    meta: dict[str, Any] | None = None
    wire: Any = None

    def _body(self) -> bytes:
        return StreamedResponse.content.fget(self)  # type: ignore[attr-defined]


class FastFlavour:
    """FastHttpUser's view of a response, and what its client sends by itself."""

    headers: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip, deflate, br"}

    response_type = PlainFastResponse
    streamed_type = PlainFastStreamed
    caught_type = CaughtFastResponse
    caught_streamed_type = CaughtFastStreamed

    def error_of(self, wire: Wire, response: Any) -> BaseException | None:
        """Why this request failed, None if it did not."""
        del wire
        return self.own_error(response)

    @staticmethod
    def own_error(response: Any) -> BaseException | None:
        """As `error_of`."""
        cause = response.extra.error if response.extra is not None else None
        if isinstance(cause, RequestError):
            return root_error(cause, fast=True)
        if response.status_code not in LocustUserAgent.valid_response_codes:
            return LocustBadStatusCode(response.url, response.status_code)
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
            headers: Any = response.headers
            return int(headers.get("content-length") or 0) if headers else 0
        return len(response.content or b"")


FAST_FLAVOUR = FastFlavour()
