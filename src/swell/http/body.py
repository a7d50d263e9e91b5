"""Request bodies: JSON, forms, text, bytes, files, generators and multipart, by the rules of requests.

Rules: what is in memory becomes one bytes object; files are opened (paths) or read (file objects) in pieces
while they are sent, and never held whole. The length is known wherever it can be; else the body goes out
chunked. Misuse is a TypeError or ValueError that says what to pass; a file that cannot be read is the OSError
that names it.
"""

from __future__ import annotations

import json as json_library
import os
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from swell.http.urls import Params, encode_pairs

__all__ = ["Body", "Source", "json_body", "make_body", "source_of"]

FORM_TYPE: Final = "application/x-www-form-urlencoded"
JSON_TYPE: Final = "application/json"

_PIECE: Final = 64 * 1024
# Made once: json.dumps() with any option makes a new encoder at each call.
_encode_json: Final = json_library.JSONEncoder(allow_nan=False).encode

Source: TypeAlias = "tuple[Callable[[], Iterator[bytes]], int | None, bool]"
"""Something to stream: how to read it from its start, its length in bytes if known, whether it can be read again."""


class Body:
    """What one request sends.

    `content` is the whole body where it is in memory, else None and `chunks()` streams it. `length` is in
    bytes, None for a body of unknown length (sent chunked). `content_type` is to be set unless the caller
    sets one. `replayable` says that `chunks()` may be called again (redirects with 307 and 308, digest
    authentication).
    """

    __slots__ = ("_open", "content", "content_type", "length", "replayable")

    def __init__(
        self,
        content: bytes | None,
        content_type: str | None = None,
        *,
        length: int | None = None,
        open_chunks: Callable[[], Iterator[bytes]] | None = None,
        replayable: bool = True,
    ) -> None:
        self.content = content
        self.content_type = content_type
        self.length = length if content is None else len(content)
        self.replayable = replayable
        self._open = open_chunks

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces, none of them empty.

        Raises OSError when a file cannot be read, ValueError when it became shorter or longer than it was,
        and whatever a caller's generator raises.
        """
        if self._open is None:
            return iter((self.content,) if self.content else ())
        return _exactly(self._open(), self.length)


def make_body(data: object = None, json: object = None, files: object = None) -> Body | None:
    """The body for the arguments `data`, `json` and `files` as requests takes them; None for no body.

    `json` counts only without data and files. A `Path` anywhere is the file's content. Raises TypeError or
    ValueError for what cannot be sent, OSError for a file that cannot be read.
    """
    if files:
        from swell.http.multipart import multipart_body  # noqa: PLC0415 - few tests upload files

        return multipart_body(data, files)
    if json is not None and not data:
        return json_body(json)
    if data is None or data in ("", b""):
        return None
    if isinstance(data, str):
        return Body(data.encode("utf-8", "surrogateescape"))
    if isinstance(data, bytes):
        return Body(data)
    if isinstance(data, bytearray | memoryview):
        return Body(bytes(cast("bytearray", data)))
    if isinstance(data, Mapping | list | tuple):
        form = encode_pairs(cast("Params", data)).encode("ascii")
        return Body(form, FORM_TYPE) if form else None
    source = source_of(data)
    if isinstance(source, bytes):
        return Body(source)
    if source is not None:
        open_chunks, length, replayable = source
        return Body(None, length=length, open_chunks=open_chunks, replayable=replayable)
    if isinstance(data, AsyncIterable):
        raise TypeError("data= takes no asynchronous generator; use a plain generator or a file")
    if isinstance(data, Iterable):
        chunks = cast("Iterable[object]", data)
        return Body(None, open_chunks=lambda: _encoded(chunks), replayable=not isinstance(data, Iterator))
    raise TypeError(f"data= takes text, bytes, a dict, pairs, a file or a generator, not {type(data).__name__}")


def json_body(value: object) -> Body:
    """The value as JSON, the same bytes as requests sends. Raises TypeError or ValueError where JSON cannot say it."""
    return Body(_encode_json(value).encode("ascii"), JSON_TYPE)


def source_of(value: object) -> bytes | Source | None:
    """A path or file object as something to stream, or as bytes where it must be read at once; None for others."""
    if isinstance(value, Path):
        size = value.stat().st_size
        if value.is_dir():
            raise IsADirectoryError(21, "a directory cannot be sent", str(value))
        return lambda: _read_path(value), size, True
    if not hasattr(value, "read"):
        return None
    file = cast("Any", value)
    if _is_text(file):
        # The bytes of a file opened as text are what its author means; they can be streamed, its text cannot.
        raw = getattr(file, "buffer", None)
        if raw is None or not _at_start(file):
            return cast("str", file.read()).encode("utf-8")
        file = raw
    try:
        start = cast("int", file.tell())
        end = cast("int", file.seek(0, os.SEEK_END))
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return lambda: _read_file(file), None, False
    return lambda: _read_from(file, start), max(0, end - start), True


def _is_text(file: Any) -> bool:
    """Whether reading this gives str: asked by reading nothing, which works on every kind of file."""
    try:
        return isinstance(file.read(0), str)
    except TypeError:  # a read() without a size
        return hasattr(file, "encoding")


def _at_start(file: Any) -> bool:
    try:
        return cast("int", file.tell()) == 0
    except OSError:  # a pipe: nobody can tell, and seldom has somebody read from it before
        return True


def _read_path(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _read_file(file)


def _read_from(file: Any, start: int) -> Iterator[bytes]:
    file.seek(start)
    return _read_file(file)


def _read_file(file: Any) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _encoded(chunks: Iterable[object]) -> Iterator[bytes]:
    """What a caller's generator yields, as bytes."""
    for chunk in chunks:
        if isinstance(chunk, str):
            piece = chunk.encode()
        elif isinstance(chunk, bytes | bytearray | memoryview):
            piece = bytes(cast("bytes", chunk))
        else:
            raise TypeError(f"a generator passed as data= must yield bytes or text, not {type(chunk).__name__}")
        if piece:
            yield piece


def _exactly(chunks: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    """The chunks, held to the length that was announced: a wrong one would garble the connection."""
    if length is None:
        yield from chunks
        return
    left = length
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        changed = "shorter" if left > 0 else "longer"
        raise ValueError(f"a file became {changed} while it was sent: {length} bytes were announced")
