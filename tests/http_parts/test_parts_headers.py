"""Header views of what was received, header maps of what is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.http.headers import EMPTY_HEADERS, HeaderMap, Headers, header_line

RAW = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nset-cookie: b=2, c\r\nX-Empty:\r\n"
    b"X-Fold: one\r\n\ttwo\r\nX-Odd: caf\xe9 \r\nnonsense\r\n\r\nbody: no"
)


def test_view_reads_whatever_the_case():
    """Names are found in any case, repeated values are joined or listed, bytes are Latin-1."""
    view = Headers.parse(RAW)
    assert view["content-type"] == view["CONTENT-TYPE"] == "text/plain"
    assert view["Set-Cookie"] == "a=1, b=2, c"
    assert view.get_all("SET-cookie") == ["a=1", "b=2, c"]
    assert view["x-empty"] == ""
    assert view["x-fold"] == "one two"
    assert view["x-odd"] == "café"
    assert "body" not in view
    assert view.get("none") is None
    assert list(view) == ["Content-Type", "Set-Cookie", "X-Empty", "X-Fold", "X-Odd"]
    assert len(view) == 5


def test_view_without_status_line_and_of_pairs():
    """Bare lines, bare newlines and (name, value) pairs give the same view."""
    assert dict(Headers.parse(b"A: 1\nB: 2\n")) == dict(Headers.of([(b"A", b"1"), ("B", "2")])) == {"A": "1", "B": "2"}
    assert not EMPTY_HEADERS
    assert dict(EMPTY_HEADERS) == {}


@given(st.binary(max_size=300))
def test_view_never_raises(raw):
    """Any bytes give a view that can be read and that is consistent."""
    view = Headers.parse(raw)
    for name in view:
        assert ", ".join(view.get_all(name)) == view[name]


_NAMES = st.text("abcXYZ-", min_size=1, max_size=8)
_VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=20)


@given(st.dictionaries(_NAMES.map(str.lower), _VALUES))
def test_what_is_sent_is_what_is_read(headers):
    """The lines of a map, read as a view, give the same headers."""
    assert dict(Headers.parse(b"GET / HTTP/1.1\r\n"[:0] + HeaderMap(headers).wire())) == headers


def test_map_keeps_spelling_and_removes_with_none():
    """Setting replaces whatever the case, the last spelling stays, None removes."""
    headers = HeaderMap({"Accept": "*/*", "X-A": 1})
    headers["ACCEPT"] = b"text/html"
    assert headers.wire() == b"ACCEPT: text/html\r\nX-A: 1\r\n"
    merged = headers.merged({"accept": None, "X-b": 2.5, "x-a": "é"})
    assert merged.wire() == b"x-a: \xe9\r\nX-b: 2.5\r\n"
    assert headers.wire() == b"ACCEPT: text/html\r\nX-A: 1\r\n"
    del headers["x-A"]
    assert "X-a" not in headers
    assert headers.get("accept") == "text/html"
    assert dict(headers) == {"ACCEPT": "text/html"}


def test_version_tells_every_change():
    """Each change gives a version no map had before; reading gives none."""
    headers = HeaderMap()
    seen = {headers.version}
    headers["a"] = "1"
    seen.add(headers.version)
    headers.update({"a": "2"})
    seen.add(headers.version)
    headers.pop("a")
    seen.add(headers.version)
    seen.add(headers.copy().version)
    assert len(seen) == 5
    before = headers.version
    headers.wire()
    assert headers.version == before


@pytest.mark.parametrize("value", ["a\r\nEvil: 1", "a\nb", "a\rb", "a\x00b", b"a\r\nb"])
def test_injection_by_value_is_refused(value):
    """No value can bring a line end or NUL."""
    with pytest.raises(ValueError, match="line end"):
        HeaderMap({"X": value})
    with pytest.raises(ValueError, match="line end"):
        header_line("X", value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "é", "a\x00"])
def test_injection_by_name_is_refused(name):
    """A name is a token and nothing else."""
    with pytest.raises(ValueError, match="header name"):
        HeaderMap({name: "x"})


def test_wrong_types_are_refused():
    """A value that is no text or number is a TypeError that names the header."""
    with pytest.raises(TypeError, match="X-Flag"):
        HeaderMap({"X-Flag": True})
    with pytest.raises(TypeError, match="X-List"):
        HeaderMap()["X-List"] = ["a"]  # type: ignore[assignment]


def test_text_beyond_latin_1_goes_as_utf_8():
    """Text that Latin-1 cannot say is sent as UTF-8."""
    assert header_line("X", "€") == "X: €\r\n".encode()
