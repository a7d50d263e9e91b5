"""k6/crypto: digests, HMACs and random bytes (crypto.js holds the script's side).

Rules: a digest is one call, whatever it is made of: hashers keep their pieces in the script until then.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from typing import Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.modules.crypto_digests import ALGORITHMS, authenticate, digest, encoded, octets

__all__ = ["modules"]

_MOST_RANDOM = 64 * 1024 * 1024


def modules() -> Mapping[str, HostModule]:
    """The module k6/crypto."""
    exports: dict[str, object] = {
        "algorithms": list(ALGORITHMS),
        "digest": HostFunction(_digest),
        "hmac": HostFunction(_hmac),
        "hexEncode": HostFunction(_hex),
        "randomBytes": HostFunction(_random),
        "known": HostFunction(_known),
    }
    source = resources.files(__package__ or "").joinpath("crypto.js").read_text("utf-8")
    return {"k6/crypto": HostModule(exports, source)}


def _pieces(data: Any, what: str) -> bytes:
    return b"".join(octets(piece, what) for piece in data)


def _digest(context: Any, algorithm: str, data: list[Any], encoding: Any = None) -> str | bytes:
    del context
    return encoded(digest(algorithm, _pieces(data, f"{algorithm}()")), encoding)


def _hmac(context: Any, algorithm: Any, secret: Any, data: list[Any], encoding: Any = None) -> str | bytes:
    del context
    key = octets(secret, "the secret of hmac()")
    return encoded(authenticate(str(algorithm), key, _pieces(data, "hmac()")), encoding)


def _hex(context: Any, data: Any = None, *_: Any) -> str:
    del context
    return octets(data, "hexEncode()").hex()


def _random(context: Any, size: Any = None, *_: Any) -> bytes:
    del context
    if not isinstance(size, int) or not 0 < size <= _MOST_RANDOM:
        raise JsThrow("Error", f"randomBytes() takes a number of bytes from 1 to {_MOST_RANDOM}")
    return os.urandom(size)


def _known(context: Any, algorithm: Any = None) -> None:
    """Refuse an unknown algorithm when a hasher is made."""
    del context
    if algorithm not in ALGORITHMS:
        raise JsThrow("Error", f"{algorithm!r} is no algorithm of k6/crypto; there are {', '.join(ALGORITHMS)}")
