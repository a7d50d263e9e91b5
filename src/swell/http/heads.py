"""Response heads: what the first lines of a response say, and a memory of heads seen before.

Rules: the meaning of a head depends on nothing but its bytes (HEAD requests and bodies that end with the connection are
left out), so a head that the parser has read once need not be read again: servers repeat theirs byte for byte until the
Date changes. Only heads that the parser accepted, with a body length of their own, are remembered. The memory is small
and is emptied when full, so heads that never repeat cost one failed look-up each.
"""

from __future__ import annotations

from typing import Final

from swell.http.headers import Headers
from swell.http.urls import REDIRECT_STATUSES

__all__ = ["KNOWN_HEADS", "NO_HEAD", "ResponseHead", "remember"]

_MOST_HEADS: Final = 512
_LONGEST_BODY: Final = 65536


class ResponseHead:
    """One response head.

    `raw` are its bytes with the blank line, `size` their number. `length` is the body's length on the wire, -1 when
    only the parser can tell; `whole` is then -1 too, else the size of the whole response. `plain` is False when the
    session has to look closer (cookies to store, a redirect). `keep_alive`: the connection may carry another request.
    `fields` are those that `field` was asked for.
    """

    __slots__ = ("_encoding", "_headers", "fields", "keep_alive", "length", "plain", "raw", "size", "status", "whole")

    def __init__(self, raw: bytes, status: int, keep_alive: bool, length: int = -1) -> None:
        self.raw = raw
        self.size = len(raw)
        self.status = status
        self.keep_alive = keep_alive
        self.length = length
        self.whole = self.size + length if length >= 0 else -1
        self._headers: Headers | None = None
        self._encoding: str | None = None
        self.fields: dict[str, str | None] = {}
        lowered = raw.lower()
        self.plain = b"\r\nset-cookie:" not in lowered and not (
            status in REDIRECT_STATUSES and b"\r\nlocation:" in lowered
        )

    @property
    def headers(self) -> Headers:
        """The header fields, read at the first look and shared by all responses with this head."""
        if self._headers is None:
            self._headers = Headers.parse(self.raw)
        return self._headers

    def field(self, name: str) -> str | None:
        """One header field by its name in small letters, remembered: for those looked at in every response."""
        fields = self.fields
        if name not in fields:
            fields[name] = self.headers.get(name)
        return fields[name]

    @property
    def content_encoding(self) -> str:
        """The Content-Encoding field, "" when there is none."""
        if self._encoding is None:
            self._encoding = self.headers.get("content-encoding", "") or ""
        return self._encoding

    @property
    def reason(self) -> str:
        """The reason phrase of the status line, "" when the server sent none."""
        words = self.raw.split(b"\r\n", 1)[0].split(b" ", 2)
        return words[2].decode("latin-1").strip() if len(words) > 2 else ""

    @property
    def version(self) -> str:
        """The protocol of the status line, "HTTP/1.1"."""
        return self.raw[:8].decode("latin-1")


KNOWN_HEADS: dict[bytes, ResponseHead] = {}

# Matches no response: what a connection starts with.
NO_HEAD: Final = ResponseHead(b"", 0, keep_alive=False)


def remember(head: ResponseHead, length: int) -> None:
    """Let later responses with the same bytes skip the parser; `length` is the body's, as the parser found it."""
    raw = head.raw
    if not head.keep_alive or length > _LONGEST_BODY or raw[:5] != b"HTTP/" or b"\r\ntransfer-encoding:" in raw.lower():
        return
    if len(KNOWN_HEADS) >= _MOST_HEADS:
        KNOWN_HEADS.clear()
    head.length = length
    head.whole = head.size + length
    KNOWN_HEADS[raw] = head
