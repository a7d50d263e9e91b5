"""k6/crypto: digests, HMACs, random bytes."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsError
from swell.dialects.k6.modules.crypto_digests import ALGORITHMS, authenticate, digest
from swell.dialects.k6.modules.crypto_legacy import md4, ripemd160

if TYPE_CHECKING:
    from .conftest import World

_IMPORT = "import crypto, { hmac, createHash, createHMAC } from 'k6/crypto';"


def test_digests(world: World) -> None:
    """Every function gives the digest of its name."""
    found = world.value(_IMPORT, f"return {list(ALGORITHMS)}.map((name) => crypto[name]('hello world!', 'hex'));")
    named = dict(zip(ALGORITHMS, found, strict=True))
    assert named.pop("md4") == md4(b"hello world!").hex()
    assert named == {name: hashlib.new(name, b"hello world!").hexdigest() for name in named}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"message digest", "d9130a8164549fe818874806e1c7014b"),
        (b"1234567890" * 8, "e33b4ddc9c38f2199c3e7b164fcc0536"),
    ],
)
def test_md4_is_that_of_the_rfc(data: bytes, expected: str) -> None:
    """The RFC's own examples."""
    assert md4(data).hex() == expected
    assert digest("md4", data).hex() == expected


@given(st.binary(max_size=200))
def test_ripemd160_is_openssls(data: bytes) -> None:
    """Ours and OpenSSL's agree, where it has one."""
    if "ripemd160" in hashlib.algorithms_available:
        assert ripemd160(data) == hashlib.new("ripemd160", data).digest()


def test_own_digests_make_hmacs_too() -> None:
    """An HMAC over a digest that OpenSSL lacks is the construction of the RFC."""
    for key in (b"key", b"k" * 100):
        assert len(authenticate("md4", key, b"data")) == 16
        assert authenticate("ripemd160", key, b"data") == authenticate("ripemd160", key, b"data")
    # The value of RFC 2202's first case of MD5 shows the same path for an algorithm with a known answer.
    assert authenticate("md5", b"\x0b" * 16, b"Hi There").hex() == "9294727a3638bb1c13f48ef8158bfc9d"


def test_output_encodings(world: World) -> None:
    """hex, three kinds of base64, and binary as an ArrayBuffer."""
    body = """return ['hex', 'base64', 'base64url', 'base64rawurl', 'binary'].map((e) => crypto.md5('hello 3', e));"""
    raw = hashlib.md5(b"hello 3").digest()
    found = world.value(_IMPORT, body)
    assert found[0] == raw.hex()
    assert found[4] == raw
    assert found[1].rstrip("=") == found[2].rstrip("=").translate(str.maketrans("-_", "+/"))
    assert found[3] == found[2].rstrip("=")


def test_pieces_and_whole_agree(world: World) -> None:
    """A hasher takes texts and bytes in pieces, and its digest can be asked twice."""
    found = world.value(
        _IMPORT,
        """const h = createHash('sha256'), bytes = new Uint8Array([32, 119]);
        h.update('hello'); h.update(bytes); bytes[0] = 0; h.update('orld');
        const mac = createHMAC('sha1', 'secret'); mac.update('hello'); mac.update(new Uint8Array([32, 119]).buffer); mac.update('orld');
        return [h.digest('hex') === crypto.sha256('hello world', 'hex'), h.digest('hex') === h.digest('hex'),
          mac.digest('hex'), hmac('sha1', 'secret', 'hello world', 'hex')];""",
    )
    expected = hmac.new(b"secret", b"hello world", "sha1").hexdigest()
    assert found == [True, True, expected, expected]


def test_random_bytes_and_hex(world: World) -> None:
    """The wanted number of bytes, and bytes as hex."""
    found = world.value(_IMPORT, "return [crypto.randomBytes(7), crypto.hexEncode(new Uint8Array([1, 255]))];")
    assert len(found[0]) == 7
    assert found[1] == "01ff"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("crypto.md5('x')", "encoding"),
        ("crypto.md5('x', 'nope')", "nope"),
        ("createHash('sha9')", "sha9"),
        ("hmac('sha9', 'a', 'b', 'hex')", "sha9"),
        ("crypto.randomBytes(0)", "number of bytes"),
        ("crypto.sha1({}, 'hex')", "ArrayBuffer"),
    ],
)
def test_mistakes_are_told(world: World, call: str, message: str) -> None:
    """Unknown names and values say what there is."""
    with pytest.raises(JsError, match=message):
        world.value(_IMPORT, f"return {call};")
