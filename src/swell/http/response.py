"""Responses, with the names users know from requests.

Rules: making one costs a handful of stores; header dictionary, text, JSON and decompression are worked out when
somebody asks, and kept only where asking twice is usual. A response refers to no connection and makes no cycles (it
is not tracked by the collector). Transport failures are responses too: status 0, `error` says why.
"""

from __future__ import annotations

import json as json_library
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from swell.http.connector import Opening, Peer
from swell.http.cookies import CookieJar
from swell.http.decoding import decode
from swell.http.errors import RequestError
from swell.http.headers import EMPTY_HEADERS, Headers
from swell.http.heads import ResponseHead

if TYPE_CHECKING:
    from types import TracebackType

    from swell.http.endpoints import Endpoint

__all__ = ["Extra", "HTTPError", "Request", "Response", "Timings"]


class HTTPError(Exception):
    """Raised by `Response.raise_for_status`. `response` is the response it speaks of."""

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message)
        self.response = response


class Timings(msgspec.Struct, frozen=True, gc=False):
    """The phases of a request in seconds, as k6 defines them.

    `blocked` is all the time until a connection was there, look-up, connecting and TLS included; `duration` is
    sending + waiting + receiving. After redirects each is the sum over all hops.
    """

    blocked: float
    looking_up: float
    connecting: float
    tls_handshaking: float
    sending: float
    waiting: float
    receiving: float

    @property
    def duration(self) -> float:
        """Sending + waiting + receiving."""
        return self.sending + self.waiting + self.receiving


class Request(msgspec.Struct, frozen=True, gc=False):
    """What was sent (last hop). `name` is what it is counted under; a streamed body is not kept."""

    method: str
    url: str
    name: str
    headers: Headers
    body: bytes


class Extra(msgspec.Struct, gc=False):
    """What most responses have not. Times in seconds."""

    error: BaseException | None = None
    history: list[Response] | None = None
    opening: Opening | None = None
    blocked: float = 0.0
    encoding: str | None = None


class Response(msgspec.Struct, gc=False, eq=False, repr_omit_defaults=True):
    """One response.

    `row` is what the recorder was given: (series, start, end, lag, sending, waiting, receiving, bytes out, bytes in),
    seconds on the hub's clock. `endpoint` and `extra` are the client's own. The body is `_data` from `_offset` on, as
    received; -1 says that it is decoded.
    """

    status_code: int
    row: tuple[float, ...]
    endpoint: Endpoint
    _sent: bytes
    _head: ResponseHead | None
    _data: bytes
    _offset: int = 0
    _peer: Peer | None = None
    extra: Extra | None = None

    # --- the result ---

    @property
    def ok(self) -> bool:
        """True for statuses from 100 to 399; False for failures of every kind."""
        return 0 < self.status_code < 400

    def __bool__(self) -> bool:
        return 0 < self.status_code < 400

    @property
    def error(self) -> BaseException | None:
        """Why there is no response, or why it counts as failed; None when all is well."""
        return self.extra.error if self.extra is not None else None

    @property
    def reason(self) -> str:
        """The reason phrase, "" when the server sent none."""
        return self._head.reason if self._head is not None else ""

    @property
    def url(self) -> str:
        """The URL that gave this response, after redirects."""
        return self.endpoint.target.url

    @property
    def history(self) -> list[Response]:
        """The redirects that led here, oldest first."""
        return (self.extra.history if self.extra is not None else None) or []

    @property
    def request(self) -> Request:
        """What was sent."""
        head, _, body = self._sent.partition(b"\r\n\r\n")
        return Request(
            self.endpoint.method, self.url, self.endpoint.series.name, Headers.parse(head + b"\r\n\r\n"), body
        )

    def raise_for_status(self) -> None:
        """Raise HTTPError for a status of 400 or more, and for a transport failure."""
        if self.status_code >= 400:
            kind = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(f"{self.status_code} {kind} Error: {self.reason} for url: {self.url}", self)
        if self.status_code == 0:
            raise HTTPError(f"{self.error} for url: {self.url}", self)

    # --- head ---

    @property
    def headers(self) -> Headers:
        """The header fields; names in any case."""
        return self._head.headers if self._head is not None else EMPTY_HEADERS

    def field(self, name: str) -> str | None:
        """One header field by its name in small letters; quicker than `headers` where the same is asked each time."""
        head = self._head
        if head is None:
            return None
        known = head.fields
        return known[name] if name in known else head.field(name)

    @property
    def cookies(self) -> CookieJar:
        """The cookies this response sets (those of earlier hops are in the session's jar)."""
        jar = CookieJar()
        if self._head is not None and not self._head.plain:
            import time  # noqa: PLC0415 - wall clock, for expiry only

            jar.store(self.endpoint.target, self.headers.get_all("set-cookie"), time.time())
        return jar

    @property
    def is_redirect(self) -> bool:
        """A redirect that was not followed."""
        return self.status_code in (301, 302, 303, 307, 308) and "location" in self.headers

    @property
    def http_version(self) -> str:
        """The protocol version of the status line, "HTTP/1.1"; "" after a failure."""
        return self._head.version if self._head is not None else ""

    @property
    def remote(self) -> Peer | None:
        """Who answered: address, port, TLS version and cipher."""
        return self._peer

    # --- body ---

    @property
    def plain_body(self) -> bool:
        """Whether the body is there as it came, with no encoding to be undone."""
        head = self._head
        return head is not None and not head.content_encoding

    @property
    def content(self) -> bytes:
        """The body, decompressed. Raises RequestError ("decode", "body_too_large"), which is counted too."""
        offset = self._offset
        if offset < 0:
            return self._data
        head = self._head
        data = self._data[offset:] if offset else self._data
        if head is None or not data or not head.content_encoding:
            return data
        series = self.endpoint.series
        try:
            data = decode(data, head.content_encoding, series.client.max_body)
        except RequestError as error:
            series.client.recorder.add_error(error.kind, error.message, series.tags, {"url": self.url})
            raise
        # Asking twice is usual (check, then json), and decompression is not cheap.
        self._data = data
        self._offset = -1
        return data

    @property
    def encoding(self) -> str:
        """The character set of the body: as set, as the Content-Type says, or UTF-8."""
        if self.extra is not None and self.extra.encoding:
            return self.extra.encoding
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'") or "utf-8"
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str) -> None:
        extra = self.extra
        if extra is None:
            extra = self.extra = Extra()
        extra.encoding = value

    @property
    def text(self) -> str:
        """The body as text; bytes that do not fit the character set become U+FFFD."""
        content = self.content
        try:
            return content.decode(self.encoding, "replace")
        except LookupError:
            return content.decode("utf-8", "replace")

    def json(self, **options: Any) -> Any:
        """The body as JSON; options go to `json.loads`. Raises json.JSONDecodeError, a ValueError."""
        content = self.content
        if not options:
            try:
                return msgspec.json.decode(content)
            except msgspec.MsgspecError:
                # json.loads is the judge: it takes NaN, other UTFs, and its error is the one users know.
                pass
        try:
            return json_library.loads(content, **options)
        except UnicodeDecodeError:
            return json_library.loads(self.text, **options)

    def iter_content(self, chunk_size: int | None = 65536) -> Iterator[bytes]:
        """The body in pieces of at most `chunk_size` bytes (None: as they come)."""
        content = self.content
        size = chunk_size or len(content) or 1
        for start in range(0, len(content), size):
            yield content[start : start + size]

    def iter_lines(self, chunk_size: int = 65536, decode_unicode: bool = False) -> Iterator[Any]:
        """The lines of the body without their ends, as bytes or (`decode_unicode`) as text."""
        rest = b""
        for piece in self.iter_content(chunk_size):
            lines = (rest + piece).splitlines(keepends=True)
            # "\r" at the very end may be half of "\r\n".
            rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
            for line in lines:
                yield self._line(line, decode_unicode)
        if rest:
            for line in rest.splitlines():
                yield self._line(line, decode_unicode)

    def _line(self, line: bytes, decode_unicode: bool) -> bytes | str:
        line = line.rstrip(b"\r\n")
        return line.decode(self.encoding, "replace") if decode_unicode else line

    def close(self) -> None:
        """Let go of the connection; only streamed responses hold one."""

    # --- time ---

    @property
    def elapsed(self) -> timedelta:
        """Sending + waiting + receiving: the whole exchange without opening the connection."""
        row = self.row
        return timedelta(seconds=row[4] + row[5] + row[6])

    @property
    def timings(self) -> Timings:
        """The phases, in seconds."""
        extra = self.extra
        opening = extra.opening if extra is not None else None
        row = self.row
        if extra is None or opening is None:
            return Timings(0.0, 0.0, 0.0, 0.0, row[4], row[5], row[6])
        return Timings(
            extra.blocked, opening.looking_up, opening.connecting, opening.tls_handshaking, row[4], row[5], row[6]
        )

    def __enter__(self) -> Response:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self.close()
        return None

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"
