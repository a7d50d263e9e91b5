"""The opening handshake: what is asked of a server, and whether its answer is a WebSocket.

Rules: pure. Headers of a user stand beside ours; those that the handshake itself needs are ours, except that a header
Sec-WebSocket-Protocol counts as the list of subprotocols. An answer is read by the parser of the HTTP client, up to its
last byte, so that a refusal can be shown whole.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from swell.http.errors import InvalidUrl, RequestError
from swell.http.heads import NO_HEAD, ResponseHead
from swell.http.reader import MessageReader
from swell.http.urls import join_url
from swell.websocket import deflate

if TYPE_CHECKING:
    from swell.http.headers import HeaderMap, Headers

__all__ = ["Answer", "Refusal", "Request", "agreed", "header_names", "http_url"]

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_OURS: Final = (
    "connection",
    "upgrade",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "content-length",
    "transfer-encoding",
)
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SCHEMES: Final = {"ws": "http", "wss": "https", "http": "http", "https": "https"}
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LONGEST_HEAD: Final = 256 * 1024
_LONGEST_BODY: Final = 1024 * 1024


class Refusal(Exception):
    """The answer is no WebSocket; the message says why."""


class Request:
    """What one handshake asks for. `headers` are all that go out; `key` is new for each attempt."""

    __slots__ = ("_accept", "headers", "offers_deflate", "subprotocols")

    def __init__(self, headers: HeaderMap, subprotocols: Iterable[str], *, compression: bool) -> None:
        names = list(subprotocols)
        for name in (headers.get("sec-websocket-protocol") or "").split(","):
            if (name := name.strip()) and name not in names:
                names.append(name)
        for name in names:
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a subprotocol: use letters, digits and -._~ without spaces")
        self.subprotocols = names
        self.offers_deflate = compression
        ours: dict[str, str | None] = dict.fromkeys(_OURS)
        key = base64.b64encode(os.urandom(16))
        self._accept = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
        ours |= {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key.decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": ", ".join(names) if names else None,
        }
        if compression:
            ours["Sec-WebSocket-Extensions"] = f"{deflate.NAME}; client_max_window_bits"
        self.headers = headers.merged(ours)

    def accepts(self, token: str) -> bool:
        """Whether this is the answer to our key."""
        return token == self._accept


def agreed(request: Request, head: ResponseHead) -> tuple[str, str]:
    """(subprotocol, extension as answered; each "" for none) of an answer with status 101. Raises Refusal."""
    headers = head.headers
    if (headers.get("upgrade") or "").strip().lower() != "websocket":
        raise Refusal("its answer has no header Upgrade: websocket")
    if "upgrade" not in [word.strip().lower() for word in (headers.get("connection") or "").split(",")]:
        raise Refusal("its answer has no header Connection: Upgrade")
    if not request.accepts((headers.get("sec-websocket-accept") or "").strip()):
        raise Refusal("its header Sec-WebSocket-Accept does not answer our key")
    subprotocol = (headers.get("sec-websocket-protocol") or "").strip()
    if subprotocol and subprotocol not in request.subprotocols:
        raise Refusal(f"it chose the subprotocol {subprotocol!r}, which was not offered")
    return subprotocol, _extension(request, headers)


def _extension(request: Request, headers: Headers) -> str:
    extensions = [part.strip() for line in headers.get_all("sec-websocket-extensions") for part in line.split(",")]
    extensions = [part for part in extensions if part]
    if not extensions:
        return ""
    name = extensions[0].partition(";")[0].strip()
    if len(extensions) > 1 or name != deflate.NAME or not request.offers_deflate:
        raise Refusal(f"it uses the extension {', '.join(extensions)!r}, which was not offered")
    return extensions[0]


def http_url(base: str, url: str, *, plain: bool = False) -> str:
    """The URL of the handshake as http or https, joined to the base where it is relative. Raises InvalidUrl."""
    found = _SCHEME.match(url.strip())
    if found is None:
        url = join_url(base, url, plain=plain)
        found = _SCHEME.match(url.strip())
        if found is None:
            raise InvalidUrl(
                f"{_shown(url)} has no ws:// or wss:// in front: set a host, or write the whole URL"
                if url.strip()
                else "the URL is empty; write a path (with a host set) or a whole URL such as ws://localhost:8000/"
            )
    scheme = _SCHEMES.get(found[1].lower())
    if scheme is None:
        raise InvalidUrl(f"{_shown(url)}: a WebSocket has ws:// or wss:// in front, not {found[1]}://")
    return f"{scheme}://{url.strip()[found.end() :]}"


def _shown(url: str) -> str:
    text = re.sub(r"//[^/@]*@", "//***@", url)
    return repr(text if len(text) <= 120 else text[:117] + "...")


class Answer:
    """The server's answer while it comes. Read `head`, `body`, `rest` (bytes after a head with 101), `error`."""

    __slots__ = ("_raw", "_reader", "body", "done", "error", "head", "rest")

    def __init__(self) -> None:
        self._raw = b""
        self._reader: MessageReader | None = None
        self.done = False
        self.head: ResponseHead | None = None
        self.body = b""
        self.rest = b""
        self.error: RequestError | None = None

    def feed(self, data: bytes) -> bool:
        """Take what came; True when the answer is complete or wrong."""
        if self.done:
            self.rest += data
        elif self._reader is not None:
            self._read(data)
        else:
            self._raw += data
            self._look()
        return self.done

    def end(self) -> bool:
        """The connection ended. True if the answer may end so."""
        reader = self._reader
        if not self.done and reader is not None and reader.end():
            self._take(reader)
        return self.done

    def _look(self) -> None:
        """See whether the head is there, and of what kind."""
        while not self.done:
            end = self._raw.find(b"\r\n\r\n") + 4
            if end < 4:
                if len(self._raw) > _LONGEST_HEAD:
                    self.fail(RequestError("malformed", "the head of the answer is longer than 256 KiB"))
                return
            head, after = self._raw[:end], self._raw[end:]
            status = _status(head)
            if status == 101:
                self.head = ResponseHead(head, status, keep_alive=False)
                self.rest = after
                self.done = True
            elif 100 <= status < 200:
                self._raw = after
            else:
                self._reader = MessageReader()
                self._reader.limit = _LONGEST_BODY
                raw, self._raw = self._raw, b""
                self._read(raw)
                return

    def _read(self, data: bytes) -> None:
        reader = self._reader
        assert reader is not None, "only a refusal has a body"
        reader.feed(data)
        if reader.error is not None:
            self.fail(reader.error)
        elif reader.complete:
            self._take(reader)

    def _take(self, reader: MessageReader) -> None:
        self.head = reader.head or NO_HEAD
        self.body = reader.body()
        self.done = True
        self._let_go()

    def fail(self, error: RequestError) -> None:
        """There is no answer, or none that can be used."""
        self.error = error
        self.done = True
        self._let_go()

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.give_back()
            self._reader = None


def _status(head: bytes) -> int:
    """The status of a head; 0 for what is none (the parser says why)."""
    words = head.split(b"\r\n", 1)[0].split(b" ", 2)
    good = len(words) > 1 and words[0].startswith(b"HTTP/1.") and len(words[1]) == 3 and words[1].isdigit()
    return int(words[1]) if good else 0


def header_names(headers: Mapping[str, object] | None) -> set[str]:
    """The names in lower case."""
    return {name.lower() for name in headers} if headers else set()
