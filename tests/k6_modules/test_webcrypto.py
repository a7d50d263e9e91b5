"""The global crypto: random values and SubtleCrypto."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import hashlib
import hmac
import re
import sys
from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

_IMPORT = """import { crypto } from 'swell:k6/webcrypto';
const { subtle } = crypto, bytes = (text) => new TextEncoder().encode(text), text = (data) => new TextDecoder().decode(data);"""


def test_random_values_fill_the_array(world: World) -> None:
    """In place, of any integer type; UUIDs are of version 4."""
    found = world.value(
        _IMPORT,
        """const view = new Uint32Array(8), same = crypto.getRandomValues(view);
        const part = new Uint8Array(64), inner = part.subarray(16, 48);
        crypto.getRandomValues(inner);
        return [same === view, view.some((n) => n > 0), part.slice(0, 16).every((n) => n === 0), inner.some((n) => n > 0), crypto.randomUUID()];""",
    )
    assert found[:4] == [True, True, True, True]
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", found[4])


@pytest.mark.parametrize(
    ("array", "name"), [("new Float32Array(2)", "TypeMismatchError"), ("new Uint8Array(65537)", "QuotaExceededError")]
)
def test_random_values_have_limits(world: World, array: str, name: str) -> None:
    """Floats and large arrays are refused by the names of the standard."""
    body = f"try {{ crypto.getRandomValues({array}); }} catch (e) {{ return e.name; }}"
    assert world.value(_IMPORT, body) == name


@pytest.mark.parametrize("name", ["SHA-1", "SHA-256", "SHA-384", "SHA-512"])
def test_digests(world: World, name: str) -> None:
    """As hashlib's; names in any case, data as buffers and views."""
    found = world.value(
        _IMPORT,
        f"return [await subtle.digest('{name}', bytes('abc')), await subtle.digest({{ name: '{name.lower()}' }}, bytes('abc').buffer)];",
    )
    assert found == [hashlib.new(name.replace("-", ""), b"abc").digest()] * 2


def test_hmac(world: World) -> None:
    """Imported keys sign as hmac does; generated ones verify their own signatures; JWKs travel."""
    found = world.value(
        _IMPORT,
        """const key = await subtle.importKey('raw', bytes('secret'), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
        const mac = await subtle.sign('HMAC', key, bytes('data'));
        const made = await subtle.generateKey({ name: 'HMAC', hash: { name: 'SHA-512' } }, true, ['sign', 'verify']);
        const jwk = await subtle.exportKey('jwk', key);
        const again = await subtle.importKey('jwk', jwk, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
        return { mac, made: await subtle.verify('HMAC', made, await subtle.sign('HMAC', made, mac), mac), jwk,
          good: await subtle.verify('HMAC', again, mac, bytes('data')), bad: await subtle.verify('HMAC', again, mac, bytes('other')),
          length: made.algorithm.length, raw: text(await subtle.exportKey('raw', key)), type: key.type };""",
    )
    assert found["mac"] == hmac.digest(b"secret", b"data", "sha256")
    assert found["jwk"] == {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "key_ops": ["sign", "verify"], "ext": True}
    assert (found["made"], found["good"], found["bad"], found["length"]) == (True, True, False, 1024)
    assert (found["raw"], found["type"]) == ("secret", "secret")


@pytest.mark.parametrize(
    "parameters",
    [
        "{ name: 'AES-CBC', iv: new Uint8Array(16) }",
        "{ name: 'AES-CTR', counter: new Uint8Array(16).fill(255), length: 16 }",
        "{ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: bytes('more'), tagLength: 96 }",
    ],
)
def test_aes_there_and_back(world: World, parameters: str) -> None:
    """What is encrypted decrypts to the same, for each mode and key size."""
    found = world.value(
        _IMPORT,
        f"""const alg = {parameters}, out = [];
        for (const length of [128, 192, 256]) {{
          const key = await subtle.generateKey({{ name: alg.name, length }}, true, ['encrypt', 'decrypt']);
          const raw = await subtle.importKey('raw', await subtle.exportKey('raw', key), alg.name, false, ['decrypt']);
          out.push(text(await subtle.decrypt(alg, raw, await subtle.encrypt(alg, key, bytes('a text of more than two blocks, to be sure')))));
        }}
        return out;""",
    )
    assert found == ["a text of more than two blocks, to be sure"] * 3


def test_aes_gcm_has_known_answers(world: World) -> None:
    """Case 4 of the GCM specification; a changed tag is an OperationError."""
    found = world.value(
        _IMPORT,
        """const hex = (t) => Uint8Array.from(t.match(/../g), (b) => parseInt(b, 16));
        const key = await subtle.importKey('raw', hex('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', false, ['encrypt', 'decrypt']);
        const alg = { name: 'AES-GCM', iv: hex('cafebabefacedbaddecaf888'), additionalData: hex('feedfacedeadbeeffeedfacedeadbeefabaddad2') };
        const sealed = await subtle.encrypt(alg, key, hex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'));
        const broken = new Uint8Array(sealed); broken[0] ^= 1;
        let name; try { await subtle.decrypt(alg, key, broken); } catch (e) { name = e.name; }
        return [new Uint8Array(sealed).slice(-16), name];""",
    )
    assert bytes(found[0]).hex() == "5bc94fbc3221a5db94fae95ae7121a47"
    assert found[1] == "OperationError"


def test_pbkdf2_and_hkdf(world: World) -> None:
    """As hashlib's; keys can be derived as well as bits."""
    found = world.value(
        _IMPORT,
        """const pass = await subtle.importKey('raw', bytes('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
        const alg = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes('salt'), iterations: 1000 };
        const key = await subtle.deriveKey(alg, pass, { name: 'AES-GCM', length: 256 }, true, ['encrypt']);
        const ikm = await subtle.importKey('raw', new Uint8Array(22).fill(11), 'HKDF', false, ['deriveBits']);
        const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: Uint8Array.from({ length: 13 }, (_, i) => i), info: Uint8Array.from({ length: 10 }, (_, i) => 240 + i) };
        return [await subtle.deriveBits(alg, pass, 256), await subtle.exportKey('raw', key), await subtle.deriveBits(hkdf, ikm, 336)];""",
    )
    expected = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000)
    assert found[:2] == [expected, expected]
    # RFC 5869, case 1.
    assert found[2].hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_ecdsa_and_ecdh(world: World, curve: str) -> None:
    """Signatures verify through every export format; both sides of ECDH agree."""
    found = world.value(
        _IMPORT,
        f"""const ec = {{ name: 'ECDSA', namedCurve: '{curve}' }}, alg = {{ name: 'ECDSA', hash: 'SHA-256' }}, out = [];
        const pair = await subtle.generateKey(ec, true, ['sign', 'verify']);
        const secret = await subtle.importKey('pkcs8', await subtle.exportKey('pkcs8', pair.privateKey), ec, true, ['sign']);
        const own = await subtle.importKey('jwk', await subtle.exportKey('jwk', secret), ec, false, ['sign']);
        const mac = await subtle.sign(alg, own, bytes('x'));
        for (const format of ['spki', 'raw', 'jwk']) {{
          const key = await subtle.importKey(format, await subtle.exportKey(format, pair.publicKey), ec, true, ['verify']);
          out.push(await subtle.verify(alg, key, mac, bytes('x')), await subtle.verify(alg, key, mac, bytes('y')));
        }}
        const dh = {{ name: 'ECDH', namedCurve: '{curve}' }};
        const [a, b] = [await subtle.generateKey(dh, true, ['deriveBits']), await subtle.generateKey(dh, true, ['deriveBits', 'deriveKey'])];
        const shared = [await subtle.deriveBits({{ name: 'ECDH', public: b.publicKey }}, a.privateKey, 128), await subtle.deriveBits({{ name: 'ECDH', public: a.publicKey }}, b.privateKey, 128)];
        const key = await subtle.deriveKey({{ name: 'ECDH', public: a.publicKey }}, b.privateKey, {{ name: 'AES-CBC', length: 128 }}, true, ['encrypt']);
        return {{ out, shared, key: await subtle.exportKey('raw', key), usages: [pair.privateKey.usages, pair.publicKey.usages] }};""",
    )
    assert found["out"] == [True, False] * 3
    assert found["shared"][0] == found["shared"][1] == found["key"]
    assert found["usages"] == [["sign"], ["verify"]]


def test_rsa(world: World) -> None:
    """Both kinds of signatures and OAEP, through exported keys."""
    found = world.value(
        _IMPORT,
        """const e = new Uint8Array([1, 0, 1]), out = [];
        for (const [name, params] of [['RSASSA-PKCS1-v1_5', {}], ['RSA-PSS', { saltLength: 20 }]]) {
          const alg = { name, hash: 'SHA-256', modulusLength: 2048, publicExponent: e };
          const pair = await subtle.generateKey(alg, true, ['sign', 'verify']);
          const key = await subtle.importKey('jwk', await subtle.exportKey('jwk', pair.privateKey), alg, false, ['sign']);
          const pub = await subtle.importKey('spki', await subtle.exportKey('spki', pair.publicKey), alg, false, ['verify']);
          out.push(await subtle.verify({ name, ...params }, pub, await subtle.sign({ name, ...params }, key, bytes('x')), bytes('x')));
          out.push(pub.algorithm.modulusLength, [...pub.algorithm.publicExponent]);
        }
        const oaep = { name: 'RSA-OAEP', hash: 'SHA-1', modulusLength: 2048, publicExponent: e };
        const pair = await subtle.generateKey(oaep, false, ['encrypt', 'decrypt']);
        out.push(text(await subtle.decrypt('RSA-OAEP', pair.privateKey, await subtle.encrypt('RSA-OAEP', pair.publicKey, bytes('short')))));
        return out;""",
    )
    assert found == [True, 2048, [1, 0, 1]] * 2 + ["short"]


def test_keys_wrap_keys(world: World) -> None:
    """AES-KW and other ciphers carry keys."""
    found = world.value(
        _IMPORT,
        """const key = await subtle.importKey('raw', bytes('0123456789abcdef'), 'AES-CBC', true, ['encrypt']);
        const kw = await subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey']);
        const wrapped = await subtle.wrapKey('raw', key, kw, 'AES-KW');
        const back = await subtle.unwrapKey('raw', wrapped, kw, 'AES-KW', 'AES-CBC', true, ['encrypt']);
        return [wrapped.byteLength, text(await subtle.exportKey('raw', back))];""",
    )
    assert found == [24, "0123456789abcdef"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("await subtle.digest('MD5', bytes('x'))", "NotSupportedError"),
        ("await subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt'])", "OperationError"),
        ("await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['sign'])", "SyntaxError"),
        ("await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, [])", "SyntaxError"),
        ("await subtle.importKey('raw', bytes('short'), 'AES-GCM', true, ['encrypt'])", "DataError"),
        (
            "await subtle.importKey('spki', bytes('x'), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])",
            "DataError",
        ),
        ("await subtle.importKey('raw', bytes(''), { name: 'HMAC', hash: 'SHA-1' }, true, ['sign'])", "DataError"),
        (
            "const k = await subtle.importKey('raw', bytes('x'), { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']); await subtle.exportKey('raw', k)",
            "InvalidAccessError",
        ),
        (
            "const k = await subtle.importKey('raw', bytes('x'), { name: 'HMAC', hash: 'SHA-1' }, false, ['verify']); await subtle.sign('HMAC', k, bytes('x'))",
            "InvalidAccessError",
        ),
        (
            "const k = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']); await subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(3) }, k, bytes('x'))",
            "OperationError",
        ),
        ("await subtle.sign('HMAC', {}, bytes('x'))", "TypeError"),
    ],
)
def test_mistakes_reject_by_the_names_of_the_standard(world: World, body: str, name: str) -> None:
    """Promises are rejected; nothing is thrown at once."""
    assert world.value(_IMPORT, f"try {{ {body}; }} catch (e) {{ return e.name; }}") == name


def test_ciphers_without_their_package_say_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digests and HMAC go on; AES names the command."""
    for name in [
        name for name in sys.modules if name.startswith(("cryptography", "swell.dialects.k6.modules.webcrypto_"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    import swell.dialects.k6.modules as package

    for name in ("webcrypto_keys", "webcrypto_ciphers"):
        monkeypatch.delattr(package, name, raising=False)
    body = "await subtle.digest('SHA-1', bytes('x')); const k = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']);"
    with pytest.raises(JsError, match="pip install"):
        world.value(_IMPORT, body + "await subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, k, bytes('x'));")
