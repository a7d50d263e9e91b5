"""Digests and message authentication codes by k6's names.

Rules: pure. What the machine's OpenSSL leaves out (MD4, on some machines RIPEMD-160) comes from crypto_legacy.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.crypto_legacy import md4, ripemd160

__all__ = ["ALGORITHMS", "authenticate", "digest", "encoded", "octets"]

ALGORITHMS: Final = {
    "md4": "md4",
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512_224": "sha512_224",
    "sha512_256": "sha512_256",
    "ripemd160": "ripemd160",
}
_OWN: Final = {"md4": md4, "ripemd160": ripemd160}
_OWN_BLOCK: Final = 64


def octets(value: Any, what: str) -> bytes:
    """A text, an ArrayBuffer, a view or an array of numbers as bytes. Raises JsThrow for anything else."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, memoryview):
        return value.tobytes()  # pyright: ignore[reportUnknownVariableType,reportUnknownMemberType]
    if isinstance(value, list):
        try:
            return bytes(value)  # pyright: ignore[reportUnknownArgumentType]
        except (TypeError, ValueError):
            pass
    raise JsThrow("TypeError", f"{what} takes a string or an ArrayBuffer")


def digest(algorithm: str, data: bytes) -> bytes:
    """The digest. Raises JsThrow for an unknown algorithm."""
    name = _known(algorithm)
    try:
        return hashlib.new(name, data, usedforsecurity=False).digest()
    except ValueError:
        if name in _OWN:
            return _OWN[name](data)
        raise JsThrow("Error", f"this machine's OpenSSL does not offer {algorithm}") from None


def authenticate(algorithm: str, key: bytes, data: bytes) -> bytes:
    """The HMAC. Raises JsThrow for an unknown algorithm."""
    name = _known(algorithm)
    try:
        return hmac.new(key, data, name).digest()
    except ValueError:
        if name not in _OWN:
            raise JsThrow("Error", f"this machine's OpenSSL does not offer {algorithm}") from None
    make = _OWN[name]
    key = (make(key) if len(key) > _OWN_BLOCK else key).ljust(_OWN_BLOCK, b"\0")
    return make(bytes(byte ^ 0x5C for byte in key) + make(bytes(byte ^ 0x36 for byte in key) + data))


def _known(algorithm: str) -> str:
    name = ALGORITHMS.get(algorithm)
    if name is None:
        raise JsThrow("Error", f"{algorithm!r} is no algorithm of k6/crypto; there are {', '.join(ALGORITHMS)}")
    return name


def encoded(content: bytes, encoding: Any) -> str | bytes:
    """In an encoding of k6/crypto. Raises JsThrow for an unknown one."""
    match encoding:
        case "hex":
            return content.hex()
        case "base64":
            return base64.b64encode(content).decode("ascii")
        case "base64url":
            return base64.urlsafe_b64encode(content).decode("ascii")
        case "base64rawurl":
            return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")
        case "binary":
            return content
        case _:
            raise JsThrow(
                "Error",
                f"the output encoding {encoding if isinstance(encoding, str) else 'undefined'!r} is unknown; "
                "there are hex, base64, base64url, base64rawurl, binary",
            )
