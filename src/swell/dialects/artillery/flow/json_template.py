"""JSON bodies with templates, compiled to pieces of bytes.

Rules: what is literal is encoded once; per request only the values of templates are. The bytes are those of rendering
the whole and encoding it: where that cannot be done in pieces (keys that are templates, a value that is undefined and
so leaves its key out), the whole way is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import msgspec

from swell.dialects.artillery.flow.templates import Render, Scope, Template, compile_template, is_template
from swell.dialects.artillery.flow.values import UNDEFINED, json_bytes

__all__ = ["compile_json"]

_Piece: TypeAlias = "bytes | Render"
_encode = msgspec.json.Encoder().encode


def compile_json(value: Any) -> Callable[[Scope], bytes | None]:
    """What makes the body of a VU; None where the whole value is undefined."""
    template = compile_template(value)
    if template.render is None:
        fixed = json_bytes(template.value)
        return lambda _: fixed
    pieces: list[_Piece] = []
    if isinstance(value, str) or not _collect(value, pieces):
        return _whole(template)
    whole = _whole(template)
    joined = _joined(pieces)

    def make(scope: Scope) -> bytes | None:
        found: list[bytes] = []
        for piece in joined:
            if isinstance(piece, bytes):
                found.append(piece)
                continue
            item = piece(scope)
            if type(item) is str:
                try:
                    found.append(_encode(item))
                except UnicodeEncodeError:
                    found.append(json_bytes(item))
            elif type(item) is int:
                found.append(b"%d" % item)
            elif item is UNDEFINED:
                return whole(scope)
            else:
                found.append(json_bytes(item))
        return b"".join(found)

    return make


def _whole(template: Template) -> Callable[[Scope], bytes | None]:
    def make(scope: Scope) -> bytes | None:
        value = template(scope)
        return None if value is UNDEFINED else json_bytes(value)

    return make


def _collect(value: Any, pieces: list[_Piece]) -> bool:
    """The pieces of a value; False where it cannot be cut into such."""
    if isinstance(value, str):
        template = compile_template(value)
        pieces.append(json_bytes(value) if template.render is None else template.render)
        return True
    if isinstance(value, Mapping):
        mark = b"{"
        for key, item in cast("Mapping[Any, Any]", value).items():
            if is_template(str(key)):
                return False
            pieces.append(mark + json_bytes(str(key)) + b":")
            if not _collect(item, pieces):
                return False
            mark = b","
        pieces.append(b"}" if mark == b"," else b"{}")
        return True
    if isinstance(value, list):
        mark = b"["
        for item in cast("list[Any]", value):
            pieces.append(mark)
            if not _collect(item, pieces):
                return False
            mark = b","
        pieces.append(b"]" if mark == b"," else b"[]")
        return True
    pieces.append(json_bytes(value))
    return True


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """The same with neighbouring bytes as one."""
    found: list[_Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and found and isinstance(last := found[-1], bytes):
            found[-1] = last + piece
        else:
            found.append(piece)
    return found
