"""Content decoding as a stream: gzip, deflate (zlib and raw), br, zstd, and several of them in a row.

Rules: pure, fed with bytes in pieces of any size, also byte by byte. What comes out is limited: a body that
grows beyond the limit stops with "body_too_large" before it fills the memory, however small it was on the
wire. Bytes that are no valid stream, or end too early, are "decode". The libraries of br and zstd are
imported when first needed.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any, Final, Protocol

from swell.http.errors import RequestError

__all__ = ["ACCEPT_ENCODING", "Decoder", "decode", "make_decoder"]

ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"

# Output is taken in pieces of this many bytes, so that a bomb is noticed early.
_PIECE: Final = 256 * 1024
# The zstd library gives no way to limit what one piece of input becomes, but a block of it is at least
# 4 bytes long and becomes at most 128 KiB.
_ZSTD_GROWTH: Final = 128 * 1024 // 4
_ZSTD_INPUT: Final = 256
# RFC 9659: a client may refuse a window above 8 MiB, and browsers do.
_ZSTD_WINDOW: Final = 8 * 1024 * 1024


class _Coding(Protocol):
    """One coding undone: `more` takes input and gives output, `check_end` raises when something is missing."""

    def more(self, data: bytes, budget: _Budget) -> bytes: ...

    def check_end(self) -> None: ...


class _Budget:
    """How many bytes may still come out of one coding."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.left = limit

    def take(self, size: int) -> None:
        if self.left is not None:
            self.left -= size
            if self.left < 0:
                raise RequestError("body_too_large", f"the decoded body is larger than the limit of {self.limit} bytes")


class Decoder:
    """Undoes the codings of one body. Raises RequestError "decode" or "body_too_large"."""

    __slots__ = ("_stages", "_used")

    def __init__(self, stages: list[tuple[_Coding, _Budget]]) -> None:
        self._stages = stages
        self._used = False

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes that this piece makes available."""
        if not data:
            return b""
        self._used = True
        for coding, budget in self._stages:
            data = coding.more(data, budget)
            if not data:
                break
        return data

    def finish(self) -> bytes:
        """Called at the end of the body, which may be empty (HEAD, 304); raises when it ended too early."""
        if self._used:
            for coding, _ in self._stages:
                coding.check_end()
        return b""


def make_decoder(content_encoding: str, limit: int | None = None) -> Decoder | None:
    """The decoder for a Content-Encoding value; None when there is nothing to undo.

    `limit` is the largest decoded size in bytes, None for no limit. Raises RequestError "decode" for a coding
    that is not known.
    """
    names = [name for part in content_encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if not names:
        return None
    if len(names) > 5:
        raise RequestError("decode", f"the body has {len(names)} codings on top of each other")
    # The last coding was applied last, so it is undone first.
    return Decoder([(_coding(name), _Budget(limit)) for name in reversed(names)])


def decode(data: bytes, content_encoding: str, limit: int | None = None) -> bytes:
    """A whole body decoded in one go; as `make_decoder`."""
    decoder = make_decoder(content_encoding, limit)
    if decoder is None:
        return data
    return decoder.feed(data) + decoder.finish()


def _coding(name: str) -> _Coding:
    if name in ("gzip", "x-gzip"):
        return _Gzip()
    if name == "deflate":
        return _Deflate()
    if name == "br":
        return _Brotli()
    if name == "zstd":
        return _Zstd()
    raise RequestError("decode", f"the body has the unknown coding {name[:40]!r}")


def _invalid(name: str, exc: Exception) -> RequestError:
    return RequestError("decode", f"the body is no valid {name}: {' '.join(str(exc).split())}")


def _ended_early(name: str) -> RequestError:
    return RequestError("decode", f"the {name} body ended too early")


def _inflate(stream: Any, data: bytes, budget: _Budget, pieces: list[bytes]) -> None:
    """Feed a zlib object and collect what comes out, in limited pieces."""
    while True:
        piece = stream.decompress(data, _PIECE)
        budget.take(len(piece))
        pieces.append(piece)
        data = stream.unconsumed_tail
        # A full piece may leave output inside of zlib without any input left.
        if stream.eof or (not data and len(piece) < _PIECE):
            return


class _Gzip:
    """gzip, also of several members. Zeros or other bytes after the last member are ignored, as browsers do."""

    __slots__ = ("_ended", "_start", "_stream")

    def __init__(self) -> None:
        self._stream: Any = zlib.decompressobj(31)
        self._start = b""  # the first bytes after a member, until it is clear whether they begin another
        self._ended = False  # the last member is over and what follows is no member

    def more(self, data: bytes, budget: _Budget) -> bytes:
        pieces: list[bytes] = []
        try:
            while data and not self._ended:
                if self._stream.eof:
                    data = self._start + data
                    if len(data) < 2:
                        self._start = data
                        break
                    self._start = b""
                    if data[:2] != b"\x1f\x8b":
                        self._ended = True
                        break
                    self._stream = zlib.decompressobj(31)
                _inflate(self._stream, data, budget, pieces)
                data = self._stream.unused_data
        except zlib.error as exc:
            raise _invalid("gzip", exc) from None
        return b"".join(pieces)

    def check_end(self) -> None:
        if not self._stream.eof:
            raise _ended_early("gzip")


class _Deflate:
    """zlib by the standard, raw deflate by what some servers send: the first two bytes tell."""

    __slots__ = ("_start", "_stream")

    def __init__(self) -> None:
        self._stream: Any = None
        self._start = b""

    def more(self, data: bytes, budget: _Budget) -> bytes:
        if self._stream is None:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return b""
            is_zlib = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._stream = zlib.decompressobj(15 if is_zlib else -15)
        if self._stream.eof:
            return b""
        pieces: list[bytes] = []
        try:
            _inflate(self._stream, data, budget, pieces)
        except zlib.error as exc:
            raise _invalid("deflate", exc) from None
        return b"".join(pieces)

    def check_end(self) -> None:
        if self._stream is None or not self._stream.eof:
            raise _ended_early("deflate")


class _Brotli:
    __slots__ = ("_error", "_stream")

    def __init__(self) -> None:
        brotli: Any = import_module("brotli")  # late: needed only where a server answers in it
        self._stream: Any = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    def more(self, data: bytes, budget: _Budget) -> bytes:
        stream = self._stream
        if stream.is_finished():
            return b""
        pieces: list[bytes] = []
        try:
            while True:
                piece: bytes = stream.process(data, output_buffer_limit=_PIECE)
                budget.take(len(piece))
                pieces.append(piece)
                data = b""
                # Output may be left inside when all input is taken: only an empty piece says that it is not.
                if stream.is_finished() or (not piece and stream.can_accept_more_data()):
                    return b"".join(pieces)
        except self._error as exc:
            raise _invalid("br", exc) from None

    def check_end(self) -> None:
        if not self._stream.is_finished():
            raise _ended_early("br")


class _Zstd:
    """zstd, also of several frames."""

    __slots__ = ("_at_start", "_error", "_make", "_stream")

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - needed only where a server answers in it

        self._make = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj
        self._error: type[Exception] = zstandard.ZstdError
        self._stream = self._make()
        self._at_start = True

    def more(self, data: bytes, budget: _Budget) -> bytes:
        pieces: list[bytes] = []
        view = memoryview(data)
        try:
            while view:
                if self._stream.eof:
                    self._stream = self._make()
                    self._at_start = True
                part = bytes(view if budget.left is None else view[: _ZSTD_INPUT + budget.left // _ZSTD_GROWTH])
                view = view[len(part) :]
                piece = self._stream.decompress(part)
                self._at_start = False
                budget.take(len(piece))
                pieces.append(piece)
                if self._stream.eof and self._stream.unused_data:
                    view = memoryview(self._stream.unused_data + bytes(view))
        except self._error as exc:
            raise _invalid("zstd", exc) from None
        return b"".join(pieces)

    def check_end(self) -> None:
        if not self._stream.eof and not self._at_start:
            raise _ended_early("zstd")
