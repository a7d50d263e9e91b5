"""Reads one response from bytes: a thin state around the parser of httptools.

Rules: pure, no sockets, no clock; nobody is woken from here, callbacks only note what happened and `feed` returns to
the connection. Readers are borrowed for one message and given back, so connections that wait cost no parser. A reader
that saw anything unusual (an error, HEAD, leftovers, a message cut short) is thrown away instead: its parser's state
is spent.
"""

from __future__ import annotations

from typing import Final

import httptools

from swell.http.errors import RequestError
from swell.http.heads import ResponseHead

__all__ = ["MessageReader", "borrow_reader"]

_LONGEST_HEAD: Final = 256 * 1024
_MOST_SPARE: Final = 64

_spare: list[MessageReader] = []


class MessageReader:
    """State of one message. Set before `feed`: `bodyless` (answer to HEAD), `keep` (hold the body's pieces), `limit`.

    Read after `feed`: `head` (None until complete), `parts`, `size` (body bytes on the wire), `complete`, `extra`
    (bytes after the end), `error`.
    """

    __slots__ = (
        "_began",
        "_interim",
        "_parser",
        "_raw",
        "_status",
        "bodyless",
        "complete",
        "error",
        "extra",
        "head",
        "keep",
        "keep_alive",
        "limit",
        "parts",
        "received",
        "size",
    )

    def __init__(self) -> None:
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        self._began = False
        self._interim = 0
        self._raw = b""
        self._status = 0
        self.bodyless = False
        self.complete = False
        self.error: RequestError | None = None
        self.extra = False
        self.head: ResponseHead | None = None
        self.keep = True
        self.keep_alive = False
        self.limit: int | None = None
        self.parts: list[bytes] = []
        self.received = 0
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Take what the socket gave. Afterwards `complete`, `error` or neither (more is needed) holds."""
        parser = self._parser
        assert parser is not None, "a reader that was given back must not be used"
        self.received += len(data)
        if self.head is None:
            self._raw = self._raw + data if self._raw else data.lstrip(b"\r\n")
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if self.complete:
                self.extra = True
            elif self.error is None:
                self.error = RequestError("malformed", f"the server's response is not valid HTTP/1.1: {error}")
        if self.error is not None:
            return
        if self.head is None and len(self._raw) > _LONGEST_HEAD:
            self.error = RequestError("malformed", "the head of the response is longer than 256 KiB")
        elif self.limit is not None and self.size > self.limit:
            self.error = RequestError(
                "body_too_large", f"the body is larger than the limit of {self.limit} bytes (option max_body)"
            )

    def end(self) -> bool:
        """The connection ended. True if that is how this message ends, with a status and without a length."""
        if self.complete:
            return True
        head = self.head
        if head is None or self.error is not None:
            return False
        coding = (head.headers.get("transfer-encoding") or "").rpartition(",")[2].strip().lower()
        if coding == "chunked" or (not coding and "content-length" in head.headers):
            return False
        self.complete = True
        self.keep_alive = False
        return True

    def body(self) -> bytes:
        """The body so far, still encoded."""
        parts = self.parts
        if len(parts) == 1:
            return parts[0]
        return b"".join(parts)

    def give_back(self) -> None:
        """The message is done with: keep the parser for the next one if it is clean."""
        clean = self.complete and self.keep_alive and not (self.extra or self.bodyless or self.error)
        if clean and len(_spare) < _MOST_SPARE:
            self._reset()
            _spare.append(self)
        else:
            self._parser = None  # breaks the cycle between reader and parser, which no collector may visit for long

    # --- what httptools calls ---

    def on_message_begin(self) -> None:
        """The first byte of a message; of a second one that nobody asked for, if one is complete already."""
        if self.complete:
            self.extra = True

    def on_headers_complete(self) -> None:
        """The blank line. Heads with a 1xx status only announce another one."""
        parser = self._parser
        if self.complete or parser is None:
            return
        status = parser.get_status_code()
        if status < 200:
            if status == 101:
                self.error = RequestError("upgrade", "the server switched protocols (status 101) without being asked")
            else:
                self._interim += 1
            self._status = status
            return
        self._status = status
        self.keep_alive = parser.should_keep_alive()
        self.head = ResponseHead(self._final_head(), status, self.keep_alive)
        if self.bodyless:
            self.complete = True

    def on_body(self, data: bytes) -> None:
        """A piece of the body, chunk framing removed."""
        if self.complete:
            self.extra = True
            return
        self.size += len(data)
        if self.keep:
            self.parts.append(data)

    def on_message_complete(self) -> None:
        """The end of the message, trailers included."""
        if self._status >= 200:
            self.complete = True

    def _final_head(self) -> bytes:
        """The bytes of the head that counts: after those with 1xx, up to its blank line."""
        raw = self._raw
        start = 0
        for _ in range(self._interim):
            start = raw.find(b"\r\n\r\n", start) + 4
        end = raw.find(b"\r\n\r\n", start) + 4
        self._raw = b""
        return raw[start:end]


def borrow_reader() -> MessageReader:
    """A reader for one message, from those given back or a new one."""
    return _spare.pop() if _spare else MessageReader()
