"""AES and RSA-OAEP for the global `crypto`, on the package `cryptography`.

Rules: what WebCrypto calls an OperationError is one here: wrong keys, wrong tags, bad padding tell nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.webcrypto_keys import hash_of, key_of

__all__ = ["decrypt", "encrypt"]


def encrypt(algorithm: Mapping[str, Any], key: Mapping[str, Any], data: bytes) -> bytes:
    """The ciphertext; of AES-GCM with the tag behind it. Raises JsThrow."""
    name = algorithm["name"]
    try:
        match name:
            case "AES-CBC":
                padder = padding.PKCS7(128).padder()
                return _run(_cbc(algorithm, key).encryptor(), padder.update(data) + padder.finalize())
            case "AES-CTR":
                return _counted(algorithm, key, data)
            case "AES-GCM":
                size = _tag_bits(algorithm) // 8
                encryptor = Cipher(algorithms.AES(key["data"]), modes.GCM(_iv(algorithm))).encryptor()
                encryptor.authenticate_additional_data(bytes(algorithm.get("additionalData") or b""))
                return _run(encryptor, data) + encryptor.tag[:size]
            case "AES-KW":
                return aes_key_wrap(key["data"], data)
            case "RSA-OAEP":
                return key_of(key).encrypt(data, _oaep(algorithm, key))
            case _:
                raise JsThrow("NotSupportedError", f"{name} does not encrypt")
    except ValueError as error:
        raise JsThrow("OperationError", f"{name}: {error}") from None


def decrypt(algorithm: Mapping[str, Any], key: Mapping[str, Any], data: bytes) -> bytes:
    """The plaintext. Raises JsThrow."""
    name = algorithm["name"]
    try:
        match name:
            case "AES-CBC":
                unpadder = padding.PKCS7(128).unpadder()
                return unpadder.update(_run(_cbc(algorithm, key).decryptor(), data)) + unpadder.finalize()
            case "AES-CTR":
                return _counted(algorithm, key, data)
            case "AES-GCM":
                size = _tag_bits(algorithm) // 8
                mode = modes.GCM(_iv(algorithm), data[-size:], min_tag_length=4)
                decryptor = Cipher(algorithms.AES(key["data"]), mode).decryptor()
                decryptor.authenticate_additional_data(bytes(algorithm.get("additionalData") or b""))
                return _run(decryptor, data[:-size])
            case "AES-KW":
                return aes_key_unwrap(key["data"], data)
            case "RSA-OAEP":
                return key_of(key).decrypt(data, _oaep(algorithm, key))
            case _:
                raise JsThrow("NotSupportedError", f"{name} does not decrypt")
    except (ValueError, InvalidTag, InvalidUnwrap):
        raise JsThrow("OperationError", f"{name}: the data cannot be decrypted with this key") from None


def _run(context: Any, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def _cbc(algorithm: Mapping[str, Any], key: Mapping[str, Any]) -> Any:
    return Cipher(algorithms.AES(key["data"]), modes.CBC(_iv(algorithm, 16)))


def _iv(algorithm: Mapping[str, Any], size: int | None = None) -> bytes:
    found = algorithm.get("iv")
    if not isinstance(found, bytes) or not found or (size is not None and len(found) != size):
        what = f"of {size} bytes" if size else "that is not empty"
        raise JsThrow("OperationError", f"{algorithm['name']} needs an iv {what}")
    return found


def _tag_bits(algorithm: Mapping[str, Any]) -> int:
    bits = algorithm.get("tagLength", 128)
    if bits not in {32, 64, 96, 104, 112, 120, 128}:
        raise JsThrow("OperationError", f"AES-GCM has no tags of {bits} bits")
    return int(bits)


def _counted(algorithm: Mapping[str, Any], key: Mapping[str, Any], data: bytes) -> bytes:
    """AES-CTR where only the last `length` bits of the block count, and wrap around."""
    counter, bits = algorithm.get("counter"), algorithm.get("length")
    if not isinstance(counter, bytes) or len(counter) != 16:
        raise JsThrow("OperationError", "AES-CTR needs a counter of 16 bytes")
    if not isinstance(bits, int) or not 1 <= bits <= 128:
        raise JsThrow("OperationError", "AES-CTR needs a length from 1 to 128")
    start, span = int.from_bytes(counter, "big"), 1 << bits
    left = span - start % span  # blocks until the counter wraps around
    if -(-len(data) // 16) > span:
        raise JsThrow("OperationError", "the data is longer than the counter reaches")
    head = _run(Cipher(algorithms.AES(key["data"]), modes.CTR(counter)).encryptor(), data[: left * 16])
    if len(data) <= left * 16:
        return head
    wrapped = (start - start % span).to_bytes(16, "big")
    return head + _run(Cipher(algorithms.AES(key["data"]), modes.CTR(wrapped)).encryptor(), data[left * 16 :])


def _oaep(algorithm: Mapping[str, Any], key: Mapping[str, Any]) -> OAEP:
    hashed = hash_of(key["algorithm"])
    return OAEP(MGF1(hashed), hashed, bytes(algorithm.get("label") or b"") or None)
