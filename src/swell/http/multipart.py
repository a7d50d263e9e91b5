"""multipart/form-data: fields and files as one body, streamed.

Rules: as requests writes it: fields of `data` first, then files; a part without a content type of its own
gets none; names are quoted as browsers do (%22, %0D, %0A). The total length is known when that of each part
is. Parts in memory are joined; a body without any streamed part is one bytes object.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

from swell.http.body import Body, Source, source_of
from swell.http.headers import HeaderValue, header_line

__all__ = ["multipart_body"]

_Piece: TypeAlias = "bytes | Source"


def multipart_body(data: object, files: object, boundary: str | None = None) -> Body:
    """The body for form fields (mapping or pairs) and files.

    A file is a file object, path, bytes or text, or a tuple (filename, one of these, content type, headers)
    with the last two optional; filename None makes it a plain field. Raises TypeError or ValueError for
    anything else.
    """
    mark = boundary or secrets.token_hex(16)
    pieces: list[_Piece] = []
    for name, value in _pairs(data, "data"):
        for each in _values(value):
            content = each if isinstance(each, bytes) else str(each).encode()
            pieces.append(_part_head(mark, name, None, None, None) + content + b"\r\n")
    for name, value in _pairs(files, "files"):
        filename, given, content_type, headers = _file_of(name, value)
        pieces.append(_part_head(mark, name, filename, content_type, headers))
        pieces.append(_content(name, given))
        pieces.append(b"\r\n")
    pieces.append(f"--{mark}--\r\n".encode())
    content_type = f"multipart/form-data; boundary={mark}"
    joined = _join(pieces)
    if len(joined) == 1 and isinstance(joined[0], bytes):
        return Body(joined[0], content_type)
    sources = [piece for piece in joined if not isinstance(piece, bytes)]
    lengths = [len(piece) if isinstance(piece, bytes) else piece[1] for piece in joined]
    known = [length for length in lengths if length is not None]
    return Body(
        None,
        content_type,
        length=sum(known) if len(known) == len(lengths) else None,
        open_chunks=_reader(joined),
        replayable=all(replayable for _, _, replayable in sources),
    )


def _reader(pieces: list[_Piece]) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        for piece in pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece[0]()

    return read


def _join(pieces: list[_Piece]) -> list[_Piece]:
    """Neighbouring bytes as one."""
    result: list[_Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            run.append(piece)
            continue
        if run:
            result.append(b"".join(run))
            run = []
        result.append(piece)
    if run:
        result.append(b"".join(run))
    return result


def _pairs(given: object, argument: str) -> list[tuple[str, object]]:
    if not given:
        return []
    items = cast("Mapping[object, object]", given).items() if isinstance(given, Mapping) else given
    if isinstance(items, str | bytes) or not isinstance(items, Iterable):
        raise TypeError(f"{argument}= must be a mapping or pairs where files are sent, not {items!r:.80}")
    pairs: list[tuple[str, object]] = []
    for item in cast("Iterable[Any]", items):
        try:
            name, value = item
        except (TypeError, ValueError):
            raise TypeError(f"{argument}= must be a mapping or (name, value) pairs; {item!r} is neither") from None
        if value is not None:
            pairs.append((name.decode() if isinstance(name, bytes) else str(name), value))
    return pairs


def _values(value: object) -> list[object]:
    """A list as a value repeats the field."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return [value]
    return [each for each in cast("Iterable[object]", value) if each is not None]


def _file_of(name: str, value: object) -> tuple[str | None, object, str | None, Mapping[str, HeaderValue] | None]:
    """(filename, content, content type, headers) of one entry of files=."""
    if isinstance(value, tuple | list):
        entry = tuple(cast("Iterable[Any]", value))
        if not 2 <= len(entry) <= 4:
            raise ValueError(f"file {name!r} must be (filename, content), then optionally the content type and headers")
        filename, content, content_type, headers = (*entry, None, None)[:4]
        return filename, content, content_type, headers
    if isinstance(value, Path):
        return value.name, value, None, None
    own_name = getattr(value, "name", None)
    if isinstance(own_name, str) and own_name and not (own_name[0] == "<" and own_name[-1] == ">"):
        return Path(own_name).name, value, None, None
    return name, value, None, None


def _content(name: str, value: object) -> _Piece:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(cast("bytes", value))
    if value is None:
        return b""
    source = source_of(value)
    if source is None:
        raise TypeError(f"file {name!r} must be a file, a Path, bytes or text, not {type(value).__name__}")
    return source


def _part_head(
    boundary: str,
    name: str,
    filename: str | None,
    content_type: str | None,
    headers: Mapping[str, HeaderValue] | None,
) -> bytes:
    disposition = f'form-data; name="{_quoted(name)}"'
    if filename is not None:
        disposition += f'; filename="{_quoted(filename)}"'
    lines = [f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode()]
    if content_type:
        lines.append(header_line("Content-Type", content_type))
    if headers:
        lines += [header_line(key, value) for key, value in headers.items()]
    return b"".join(lines) + b"\r\n"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
