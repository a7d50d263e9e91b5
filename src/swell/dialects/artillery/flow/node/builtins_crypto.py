"""Host functions of Node's crypto.

Rules: what Python's hashlib has, under Node's names. Bytes cross as bytes; texts are UTF-8.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from swell.dialects.javascript import HostFunction, JsThrow

__all__ = ["calls"]


def calls() -> Mapping[str, Mapping[str, object]]:
    """By the file they belong to."""
    table: dict[str, object] = {
        "hash": HostFunction(_hash),
        "random": HostFunction(_random),
        "randomInt": HostFunction(_random_int),
        "uuid": HostFunction(_uuid, "raw"),
        "derive": HostFunction(_derive),
        "hashes": HostFunction(_hashes),
    }
    return {"crypto": table, "uuid": table, "uuid_v4": table, "nanoid": table, "jsonwebtoken": table}


def _random(_: Any, size: Any) -> bytes:
    return secrets.token_bytes(int(size))


def _random_int(_: Any, low: Any, high: Any) -> int:
    return int(low) + secrets.randbelow(max(1, int(high) - int(low)))


def _uuid(_: Any) -> str:
    return str(uuid4())


def _hashes(_: Any) -> list[str]:
    return sorted(hashlib.algorithms_guaranteed)


def _bytes(value: Any) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else bytes(value)


def _name(algorithm: Any) -> str:
    name = str(algorithm).lower().removeprefix("rsa-")
    for known in (name, name.replace("-", ""), name.replace("-", "_"), name.replace("/", "_")):
        if known in hashlib.algorithms_available:
            return known
    raise JsThrow("Error", f"Digest method not supported: {algorithm}")


def _hash(_: Any, algorithm: Any, key: Any, pieces: list[Any]) -> bytes:
    """The digest of the pieces; with a key the HMAC."""
    name = _name(algorithm)
    state = hashlib.new(name) if key is None else hmac.new(_bytes(key), digestmod=name)
    for piece in pieces:
        state.update(_bytes(piece))
    digest: Any = state.digest
    found: bytes = digest(32) if name.startswith("shake") else digest()
    return found


def _derive(_: Any, password: Any, salt: Any, rounds: Any, size: Any, algorithm: Any) -> bytes:
    return hashlib.pbkdf2_hmac(_name(algorithm), _bytes(password), _bytes(salt), int(rounds), int(size))
