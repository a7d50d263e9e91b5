"""Content decoding: every coding, in every split, within its limit, with typed failures."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from swell.http.decoding import decode, make_decoder
from swell.http.errors import RequestError


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "deflate (raw)": _raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def _coding(name: str) -> str:
    return name.partition(" ")[0]


@pytest.mark.parametrize("name", ENCODERS)
@given(
    data=st.one_of(st.binary(max_size=2000), st.text("ab", max_size=5000).map(str.encode)),
    cuts=st.lists(st.integers(1, 50)),
)
def test_any_split_gives_the_same_bytes(name, data, cuts):
    """However the stream is cut, the decoded body is the one that was encoded."""
    packed = ENCODERS[name](data)
    decoder = make_decoder(_coding(name))
    assert decoder is not None
    result, rest = b"", packed
    for cut in [*cuts, len(packed)]:
        result += decoder.feed(rest[:cut])
        rest = rest[cut:]
    result += decoder.feed(rest) + decoder.finish()
    assert result == data


@pytest.mark.parametrize("name", ENCODERS)
def test_byte_by_byte(name):
    """One byte at a time works for a body larger than all buffers."""
    data = bytes(range(256)) * 40
    decoder = make_decoder(_coding(name))
    assert decoder is not None
    packed = ENCODERS[name](data)
    assert b"".join(decoder.feed(packed[n : n + 1]) for n in range(len(packed))) + decoder.finish() == data


@pytest.mark.parametrize("name", ENCODERS)
def test_large_body_in_one_piece(name):
    """A body of several output pieces comes out whole when fed at once."""
    data = b"0123456789abcdef" * 200_000
    assert decode(ENCODERS[name](data), _coding(name), limit=len(data)) == data


@pytest.mark.parametrize("name", ENCODERS)
def test_bombs_are_stopped(name):
    """A body that unpacks to more than the limit fails as too large, whatever its packed size."""
    packed = ENCODERS[name](bytes(30_000_000))
    with pytest.raises(RequestError, match="1000000 bytes") as caught:
        decode(packed, _coding(name), limit=1_000_000)
    assert caught.value.kind == "body_too_large"


def test_bomb_in_a_bomb_is_stopped():
    """Of several codings each is limited, the inner ones too."""
    packed = gzip.compress(gzip.compress(bytes(50_000_000)))
    with pytest.raises(RequestError) as caught:
        decode(packed, "gzip, gzip", limit=100_000)
    assert caught.value.kind == "body_too_large"


@pytest.mark.parametrize("name", ENCODERS)
def test_the_limit_itself_is_allowed(name):
    """A body of exactly the limit passes, one byte less of limit does not."""
    data = b"x" * 5000
    assert decode(ENCODERS[name](data), _coding(name), limit=5000) == data
    with pytest.raises(RequestError):
        decode(ENCODERS[name](data), _coding(name), limit=4999)


@pytest.mark.parametrize("name", ENCODERS)
def test_truncated_streams_are_noticed(name):
    """A stream that ends early is a decode failure at the end of the body."""
    packed = ENCODERS[name](bytes(range(256)) * 10)
    with pytest.raises(RequestError) as caught:
        decode(packed[:-3], _coding(name))
    assert caught.value.kind == "decode"


@pytest.mark.parametrize("name", ["gzip", "br", "zstd", "deflate"])
def test_garbage_is_a_typed_failure(name):
    """Bytes that are no such stream are a decode failure that names the coding."""
    with pytest.raises(RequestError, match=name) as caught:
        decode(b"\xff<html>this is not packed</html>" * 3, name)
    assert caught.value.kind == "decode"


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), st.binary(max_size=200))
def test_no_bytes_raise_anything_else(coding, data):
    """Any bytes decode or fail as RequestError."""
    try:
        decode(data, coding, limit=10_000_000)
    except RequestError as error:
        assert error.kind in ("decode", "body_too_large")  # noqa: PT017 - both outcomes are right


def test_several_codings_in_order():
    """Codings are undone from the last to the first, names in any case, identity left out."""
    data = b"hello" * 100
    packed = brotli.compress(zlib.compress(gzip.compress(data)))
    assert decode(packed, "GZip, identity,deflate ,, BR") == data


@pytest.mark.parametrize("name", ["", "identity", " , "])
def test_identity_needs_no_decoder(name):
    """Without a coding there is no decoder, and the bytes stay."""
    assert make_decoder(name) is None
    assert decode(b"as is", name) == b"as is"


def test_unknown_codings_are_failures():
    """An unknown coding, or a silly number of them, is a decode failure."""
    with pytest.raises(RequestError, match="compress"):
        make_decoder("compress")
    with pytest.raises(RequestError, match="6 codings"):
        make_decoder("gzip," * 6)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_empty_body_is_no_failure(name):
    """A body of no bytes (HEAD, 304) with a Content-Encoding is empty."""
    assert decode(b"", name) == b""


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=4), st.integers(1, 7))
def test_members_and_frames_in_a_row(parts, step):
    """Gzip of several members and zstd of several frames are one body."""
    for name in ("gzip", "zstd"):
        packed = b"".join(ENCODERS[name](part) for part in parts)
        decoder = make_decoder(name)
        assert decoder is not None
        result = b"".join(decoder.feed(packed[n : n + step]) for n in range(0, len(packed), step))
        assert result + decoder.finish() == b"".join(parts)


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 600, b"garbage"])
def test_padding_after_gzip_is_ignored(tail):
    """What follows the last gzip member is ignored, as browsers do."""
    assert decode(gzip.compress(b"body") + tail, "gzip") == b"body"


def test_zstd_window_is_bounded():
    """A zstd frame that wants more than 8 MiB of window is refused, as RFC 9659 allows."""
    data = bytes(range(256)) * 200_000
    parameters = zstandard.ZstdCompressionParameters(window_log=25)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(RequestError) as caught:
        decode(packer.compress(data) + packer.flush(), "zstd")
    assert caught.value.kind == "decode"


def test_libraries_are_imported_late():
    """Importing the module imports neither brotli nor zstandard."""
    code = "import sys, swell.http.decoding; print('brotli' in sys.modules, 'zstandard' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
