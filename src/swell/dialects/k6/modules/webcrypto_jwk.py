"""Fields of JSON Web Keys: base64url without padding, as bytes and as numbers.

Rules: pure.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from swell.dialects.javascript import JsThrow

__all__ = ["number_of", "octets_of", "text_of"]


def octets_of(jwk: Mapping[str, Any], name: str) -> bytes:
    """A field as bytes. Raises JsThrow (DataError)."""
    value = jwk.get(name)
    if not isinstance(value, str):
        raise JsThrow("DataError", f"the JWK has no {name!r}")
    try:
        return base64.b64decode(value.translate(_STANDARD) + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise JsThrow("DataError", f"{name!r} of the JWK is no base64url") from None


def number_of(jwk: Mapping[str, Any], name: str) -> int:
    """A field as a number. Raises JsThrow (DataError)."""
    return int.from_bytes(octets_of(jwk, name), "big")


def text_of(value: bytes | int, size: int | None = None) -> str:
    """Bytes, or a number in `size` bytes (None: as few as it needs), as a field."""
    if isinstance(value, int):
        value = value.to_bytes(size if size is not None else max(1, (value.bit_length() + 7) // 8), "big")
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")


_STANDARD = str.maketrans("-_", "+/")
