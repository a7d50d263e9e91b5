"""Key pairs for the global `crypto`: EC and RSA, on the package `cryptography`.

Rules: keys travel as DER (PKCS #8, SubjectPublicKeyInfo) and are read once for many uses. Signatures of ECDSA are the
two numbers side by side, as WebCrypto has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.webcrypto_jwk import number_of, octets_of, text_of

__all__ = ["agree", "export_key", "generate", "hash_of", "import_key", "key_of", "sign", "verify"]

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "SHA-1": hashes.SHA1(),  # noqa: S303 - what servers still ask for
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}
_CURVE_NAMES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def hash_of(algorithm: Mapping[str, Any]) -> hashes.HashAlgorithm:
    """The hash of an algorithm. Raises JsThrow."""
    hashed: dict[str, Any] = algorithm.get("hash") or {}
    name = str(hashed.get("name"))
    if name not in _HASHES:
        raise JsThrow("NotSupportedError", f"{name} is no hash: there are {', '.join(_HASHES)}")
    return _HASHES[name]


def _curve_of(algorithm: Mapping[str, Any]) -> ec.EllipticCurve:
    name = str(algorithm.get("namedCurve"))
    if name not in _CURVES:
        raise JsThrow("NotSupportedError", f"{name} is no curve: there are {', '.join(_CURVES)}")
    return _CURVES[name]


@lru_cache(256)
def _read(data: bytes, private: bool) -> Any:
    return load_der_private_key(data, None) if private else load_der_public_key(data)


def key_of(key: Mapping[str, Any]) -> Any:
    """The key object of a key from the script."""
    return _read(bytes(key["data"]), key["type"] == "private")


def _der(key: Any) -> bytes:
    if hasattr(key, "private_bytes"):
        return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def generate(algorithm: Mapping[str, Any]) -> dict[str, Any]:
    """{private, public, algorithm}. Raises JsThrow."""
    if algorithm["name"] in {"ECDSA", "ECDH"}:
        key: Any = ec.generate_private_key(_curve_of(algorithm))
    else:
        hash_of(algorithm)
        bits = algorithm.get("modulusLength")
        if not isinstance(bits, int) or not 1024 <= bits <= 16384:
            raise JsThrow("OperationError", "modulusLength must be from 1024 to 16384")
        exponent = int.from_bytes(bytes(algorithm.get("publicExponent") or b"\1\0\1"), "big")
        if exponent not in {3, 65537}:
            raise JsThrow("OperationError", "publicExponent must be 3 or 65537")
        key = rsa.generate_private_key(exponent, bits)
    public = key.public_key()
    return {"private": _der(key), "public": _der(public), "algorithm": _described(algorithm, public)}


def _described(algorithm: Mapping[str, Any], key: Any) -> dict[str, Any]:
    """The algorithm as the key shows it. Raises JsThrow if the key is one of another."""
    name = algorithm["name"]
    if name in {"ECDSA", "ECDH"}:
        if not isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
            raise JsThrow("DataError", f"this is no key of {name}")
        curve = _CURVE_NAMES.get(key.curve.name)
        if curve != algorithm.get("namedCurve"):
            raise JsThrow("DataError", f"the key is on the curve {curve or key.curve.name}")
        return {"name": name, "namedCurve": curve}
    if not isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        raise JsThrow("DataError", f"this is no key of {name}")
    public = key.public_key() if isinstance(key, rsa.RSAPrivateKey) else key
    exponent = public.public_numbers().e
    return {
        "name": name,
        "hash": {"name": algorithm["hash"]["name"]},
        "modulusLength": public.key_size,
        "publicExponent": bytearray(exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")),
    }


def import_key(form: str, data: Any, algorithm: Mapping[str, Any]) -> dict[str, Any]:
    """{type, data, algorithm}. Raises JsThrow."""
    if algorithm["name"] in {"ECDSA", "ECDH"}:
        _curve_of(algorithm)
    else:
        hash_of(algorithm)
    try:
        match form:
            case "pkcs8":
                key: Any = load_der_private_key(data, None)
            case "spki":
                key = load_der_public_key(data)
            case "raw":
                key = ec.EllipticCurvePublicKey.from_encoded_point(_curve_of(algorithm), data)
            case "jwk":
                key = _from_jwk(data, algorithm)
            case _:
                raise JsThrow("NotSupportedError", f"keys of {algorithm['name']} cannot be imported as {form}")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise JsThrow("DataError", f"this is no key in the format {form}") from None
    kind = "private" if hasattr(key, "private_bytes") else "public"
    return {"type": kind, "data": _der(key), "algorithm": _described(algorithm, key)}


def _from_jwk(jwk: Mapping[str, Any], algorithm: Mapping[str, Any]) -> Any:
    if algorithm["name"] in {"ECDSA", "ECDH"}:
        if jwk.get("kty") != "EC" or jwk.get("crv") != algorithm.get("namedCurve"):
            raise JsThrow("DataError", "the JWK must have the kty EC and the crv of the algorithm")
        point = ec.EllipticCurvePublicNumbers(number_of(jwk, "x"), number_of(jwk, "y"), _curve_of(algorithm))
        if "d" not in jwk:
            return point.public_key()
        return ec.EllipticCurvePrivateNumbers(number_of(jwk, "d"), point).private_key()
    if jwk.get("kty") != "RSA":
        raise JsThrow("DataError", "the JWK must have the kty RSA")
    public = rsa.RSAPublicNumbers(number_of(jwk, "e"), number_of(jwk, "n"))
    if "d" not in jwk:
        return public.public_key()
    octets_of(jwk, "d")
    p, q, d, dp, dq, qi = (number_of(jwk, name) for name in ("p", "q", "d", "dp", "dq", "qi"))
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()


def export_key(form: str, key: Mapping[str, Any]) -> Any:
    """The key in a format. Raises JsThrow."""
    kind = key["type"]
    if (form, kind) in {("pkcs8", "private"), ("spki", "public")}:
        return bytes(key["data"])
    found = key_of(key)
    if form == "raw" and isinstance(found, ec.EllipticCurvePublicKey):
        return found.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if form == "jwk":
        return _to_jwk(found, key["algorithm"])
    raise JsThrow("InvalidAccessError", f"a {kind} key of {key['algorithm']['name']} cannot be exported as {form}")


def _to_jwk(key: Any, algorithm: Mapping[str, Any]) -> dict[str, Any]:
    private = hasattr(key, "private_numbers")
    numbers = (key.public_key() if private else key).public_numbers()
    if isinstance(numbers, ec.EllipticCurvePublicNumbers):
        size = (numbers.curve.key_size + 7) // 8
        jwk = {
            "kty": "EC",
            "crv": algorithm["namedCurve"],
            "x": text_of(numbers.x, size),
            "y": text_of(numbers.y, size),
        }
        return jwk | ({"d": text_of(key.private_numbers().private_value, size)} if private else {})
    family = {"RSASSA-PKCS1-v1_5": "RS", "RSA-PSS": "PS", "RSA-OAEP": "RSA-OAEP-"}[algorithm["name"]]
    bits = algorithm["hash"]["name"].removeprefix("SHA-")
    alg = "RSA-OAEP" if (family, bits) == ("RSA-OAEP-", "1") else family + bits
    jwk = {"kty": "RSA", "alg": alg, "n": text_of(numbers.n), "e": text_of(numbers.e)}
    if private:
        secret = key.private_numbers()
        named = {"d": secret.d, "p": secret.p, "q": secret.q, "dp": secret.dmp1, "dq": secret.dmq1, "qi": secret.iqmp}
        jwk |= {name: text_of(value) for name, value in named.items()}
    return jwk


def sign(algorithm: Mapping[str, Any], key: Mapping[str, Any], data: bytes) -> bytes:
    """The signature. Raises JsThrow."""
    found = key_of(key)
    try:
        if algorithm["name"] == "ECDSA":
            r, s = decode_dss_signature(found.sign(data, ec.ECDSA(hash_of(algorithm))))
            size = (found.curve.key_size + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return found.sign(data, _padding(algorithm, key), hash_of(key["algorithm"]))
    except ValueError as error:
        raise JsThrow("OperationError", f"{algorithm['name']}: {error}") from None


def verify(algorithm: Mapping[str, Any], key: Mapping[str, Any], signature: bytes, data: bytes) -> bool:
    """Whether the signature is right. Raises JsThrow."""
    found = key_of(key)
    try:
        if algorithm["name"] == "ECDSA":
            size = (found.curve.key_size + 7) // 8
            if len(signature) != 2 * size:
                return False
            r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
            found.verify(encode_dss_signature(r, s), data, ec.ECDSA(hash_of(algorithm)))
        else:
            found.verify(signature, data, _padding(algorithm, key), hash_of(key["algorithm"]))
    except (InvalidSignature, ValueError):
        return False
    return True


def _padding(algorithm: Mapping[str, Any], key: Mapping[str, Any]) -> Any:
    if algorithm["name"] == "RSA-PSS":
        return PSS(MGF1(hash_of(key["algorithm"])), int(algorithm.get("saltLength") or 0))
    return PKCS1v15()


def agree(algorithm: Mapping[str, Any], key: Mapping[str, Any]) -> bytes:
    """The secret that an ECDH key shares with `algorithm["public"]`. Raises JsThrow."""
    other = algorithm.get("public")
    if not isinstance(other, dict) or other["algorithm"] != key["algorithm"]:  # pyright: ignore[reportUnknownArgumentType]
        raise JsThrow("InvalidAccessError", "ECDH needs a public key on the same curve")
    return key_of(key).exchange(ec.ECDH(), key_of(other))  # pyright: ignore[reportUnknownArgumentType]
