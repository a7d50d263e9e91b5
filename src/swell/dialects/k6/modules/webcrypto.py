"""The global `crypto`: what webcrypto.js needs of Python.

Rules: digests, HMAC, PBKDF2, HKDF and random values need nothing; ciphers and key pairs need the package
`cryptography` (webcrypto_ciphers.py, webcrypto_keys.py), and say so where it is missing. Slow operations run in a
thread, so that other VUs go on. Key material is bytes: of secrets the secret, of key pairs PKCS #8 or
SubjectPublicKeyInfo.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Final

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.runtime.threads import blocking

__all__ = ["MODULE", "modules"]

MODULE: Final = "swell:k6/webcrypto"
"""The module whose `crypto` becomes the global (entry.js)."""

_HASHES: Final = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_BLOCKS: Final = {"SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128}
_INSTALL: Final = "this needs the package `cryptography`, which is not installed: pip install 'swell[crypto]'"


def modules() -> Mapping[str, HostModule]:
    """The module behind the global."""
    calls: dict[str, Callable[..., Any]] = {
        "random": _random,
        "uuid": _uuid,
        "digest": _digest,
        "generate": _generate,
        "importKey": _import_key,
        "exportKey": _export_key,
        "encrypt": _encrypt,
        "decrypt": _decrypt,
        "sign": _sign,
        "verify": _verify,
        "derive": _derive,
    }
    exports: dict[str, object] = {name: HostFunction(call) for name, call in calls.items()}
    source = resources.files(__package__ or "").joinpath("webcrypto.js").read_text("utf-8")
    older = HostModule({}, "exports.crypto = globalThis.crypto;")
    return {MODULE: HostModule(exports, source), "k6/experimental/webcrypto": older}


def _keys() -> Any:
    try:
        from swell.dialects.k6.modules import webcrypto_keys  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return webcrypto_keys


def _ciphers() -> Any:
    try:
        from swell.dialects.k6.modules import webcrypto_ciphers  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return webcrypto_ciphers


def _missing(error: ModuleNotFoundError) -> Exception:
    return JsThrow("NotSupportedError", _INSTALL) if (error.name or "").startswith("cryptography") else error


def _hash(algorithm: Mapping[str, Any]) -> str:
    hashed: dict[str, Any] = algorithm.get("hash") or {}
    name = str(hashed.get("name"))
    if name not in _HASHES:
        raise JsThrow("NotSupportedError", f"{name} is no hash: there are {', '.join(_HASHES)}")
    return name


def _random(context: Any, size: int) -> bytes:
    del context
    return os.urandom(size)


def _uuid(context: Any) -> str:
    del context
    return str(uuid.uuid4())


def _digest(context: Any, name: str, data: bytes) -> bytes:
    del context
    if name not in _HASHES:
        raise JsThrow("NotSupportedError", f"{name} is no digest: there are {', '.join(_HASHES)}")
    return hashlib.new(_HASHES[name], data, usedforsecurity=False).digest()


def _generate(context: Any, algorithm: dict[str, Any]) -> dict[str, Any]:
    del context
    name = algorithm["name"]
    if name == "HMAC":
        hash_name = _hash(algorithm)
        bits = algorithm.get("length") or _BLOCKS[hash_name] * 8
        return {"data": os.urandom((bits + 7) // 8), "algorithm": {**_named(algorithm, hash_name), "length": bits}}
    if name.startswith("AES-"):
        bits = _aes_bits(algorithm.get("length"), "OperationError")
        return {"data": os.urandom(bits // 8), "algorithm": {"name": name, "length": bits}}
    return blocking(_keys().generate, algorithm)


def _named(algorithm: Mapping[str, Any], hash_name: str) -> dict[str, Any]:
    return {"name": algorithm["name"], "hash": {"name": hash_name}}


def _aes_bits(length: Any, error: str) -> int:
    if length not in {128, 192, 256}:
        raise JsThrow(error, "an AES key has 128, 192 or 256 bits")
    return int(length)


def _import_key(context: Any, form: str, data: Any, algorithm: dict[str, Any]) -> dict[str, Any]:
    del context
    name = algorithm["name"]
    if name not in {"HMAC", "PBKDF2", "HKDF"} and not name.startswith("AES-"):
        return _keys().import_key(form, data, algorithm)
    if form == "jwk" and name not in {"PBKDF2", "HKDF"}:
        data = _secret_of_jwk(data)
    elif form != "raw":
        raise JsThrow("NotSupportedError", f"keys of {name} cannot be imported as {form}")
    found = {"name": name}
    if name == "HMAC":
        if not data:
            raise JsThrow("DataError", "an HMAC key must not be empty")
        found = {**_named(algorithm, _hash(algorithm)), "length": len(data) * 8}
    elif name.startswith("AES-"):
        found["length"] = _aes_bits(len(data) * 8, "DataError")
    return {"type": "secret", "data": bytes(data), "algorithm": found}


def _secret_of_jwk(jwk: Mapping[str, Any]) -> bytes:
    from swell.dialects.k6.modules.webcrypto_jwk import octets_of  # noqa: PLC0415 - rare

    if jwk.get("kty") != "oct":
        raise JsThrow("DataError", "the JWK of a secret key must have the kty oct")
    return octets_of(jwk, "k")


def _export_key(context: Any, form: str, key: dict[str, Any]) -> Any:
    del context
    if key["type"] != "secret":
        return _keys().export_key(form, key)
    if form == "raw":
        return key["data"]
    if form != "jwk":
        raise JsThrow("NotSupportedError", f"a secret key cannot be exported as {form}")
    from swell.dialects.k6.modules.webcrypto_jwk import text_of  # noqa: PLC0415 - rare

    algorithm = key["algorithm"]
    if algorithm["name"] == "HMAC":
        alg = "HS" + algorithm["hash"]["name"].removeprefix("SHA-")
    else:
        alg = f"A{algorithm['length']}{algorithm['name'].removeprefix('AES-')}"
    return {"kty": "oct", "k": text_of(key["data"]), "alg": alg}


def _encrypt(context: Any, algorithm: dict[str, Any], key: dict[str, Any], data: bytes) -> bytes:
    del context
    return _ciphers().encrypt(algorithm, key, data)


def _decrypt(context: Any, algorithm: dict[str, Any], key: dict[str, Any], data: bytes) -> bytes:
    del context
    return _ciphers().decrypt(algorithm, key, data)


def _sign(context: Any, algorithm: dict[str, Any], key: dict[str, Any], data: bytes) -> bytes:
    del context
    if algorithm["name"] == "HMAC":
        return hmac.digest(key["data"], data, _HASHES[_hash(key["algorithm"])])
    return _keys().sign(algorithm, key, data)


def _verify(context: Any, algorithm: dict[str, Any], key: dict[str, Any], signature: bytes, data: bytes) -> bool:
    if algorithm["name"] == "HMAC":
        return hmac.compare_digest(_sign(context, algorithm, key, data), signature)
    return _keys().verify(algorithm, key, signature, data)


def _derive(context: Any, algorithm: dict[str, Any], key: dict[str, Any], bits: int | None) -> bytes:
    del context
    name = algorithm["name"]
    if name == "ECDH":
        return _cut(_keys().agree(algorithm, key), bits)
    if bits is None or bits <= 0 or bits % 8:
        raise JsThrow("OperationError", "the length must be a positive multiple of 8")
    if name == "PBKDF2":
        return blocking(_pbkdf2, algorithm, key["data"], bits // 8)
    if name == "HKDF":
        return _hkdf(algorithm, key["data"], bits // 8)
    raise JsThrow("NotSupportedError", f"{name} derives nothing")


def _cut(shared: bytes, bits: int | None) -> bytes:
    if bits is None:
        return shared
    if bits > len(shared) * 8:
        raise JsThrow("OperationError", f"the shared secret has only {len(shared) * 8} bits")
    kept = bytearray(shared[: (bits + 7) // 8])
    if bits % 8:
        kept[-1] &= 0xFF << (8 - bits % 8) & 0xFF
    return bytes(kept)


def _pbkdf2(algorithm: Mapping[str, Any], secret: bytes, size: int) -> bytes:
    rounds = algorithm.get("iterations")
    if not isinstance(rounds, int) or rounds < 1:
        raise JsThrow("OperationError", "PBKDF2 needs at least 1 iteration")
    return hashlib.pbkdf2_hmac(_HASHES[_hash(algorithm)], secret, bytes(algorithm.get("salt") or b""), rounds, size)


def _hkdf(algorithm: Mapping[str, Any], secret: bytes, size: int) -> bytes:
    name = _HASHES[_hash(algorithm)]
    width = hashlib.new(name).digest_size
    if size > 255 * width:
        raise JsThrow("OperationError", f"HKDF gives at most {255 * width * 8} bits here")
    first = hmac.digest(bytes(algorithm.get("salt") or b"") or b"\0" * width, secret, name)
    found, block = b"", b""
    for number in range(1, -(-size // width) + 1):
        block = hmac.digest(first, block + bytes(algorithm.get("info") or b"") + bytes([number]), name)
        found += block
    return found[:size]
