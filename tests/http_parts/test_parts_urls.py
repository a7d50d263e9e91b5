"""URLs: taken apart, joined, given parameters, followed in redirects."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from swell.http.errors import InvalidUrl, RequestError
from swell.http.urls import (
    add_params,
    encode_pairs,
    is_ip,
    join_url,
    keeps_credentials,
    redirect_method,
    resolve_redirect,
    split_url,
)


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "host_header"),
    [
        ("http://example.com", "example.com", 80, "/", "example.com"),
        ("HTTPS://EXAMPLE.com:443/A?b=C#d", "example.com", 443, "/A?b=C", "example.com"),
        ("http://h:8080?x=1", "h", 8080, "/?x=1", "h:8080"),
        ("https://h:80/", "h", 80, "/", "h:80"),
        ("http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"),
        ("http://[FE80::1%25eth0]/", "fe80::1%eth0", 80, "/", "[fe80::1]"),
        ("http://my_service/", "my_service", 80, "/", "my_service"),
        ("http://bücher.example/", "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example"),
        ("http://h/a b?c d=é", "h", 80, "/a%20b?c%20d=%C3%A9", "h"),
        ("http://h/100%/%41?p=5%", "h", 80, "/100%25/%41?p=5%25", "h"),
        ("http://h/a/../b//c", "h", 80, "/a/../b//c", "h"),
        ("http://h/?ids[]=1&q=a|b", "h", 80, "/?ids[]=1&q=a%7Cb", "h"),
        ("  http://h/x \n", "h", 80, "/x", "h"),
        ("http://h\\x", "h", 80, "/%5Cx", "h"),
        ("http://h/a\r\nX: y", "h", 80, "/a%0D%0AX:%20y", "h"),
    ],
)
def test_split_url(url, host, port, target, host_header):
    """Each part of a URL is what the connection and the request line need."""
    found = split_url(url)
    assert (found.host, found.port, found.target, found.host_header) == (host, port, target, host_header)
    assert found.origin == (found.scheme, host, port)
    assert found.path == target.partition("?")[0]


def test_userinfo_is_decoded_and_leaves_the_url():
    """User and password of a URL are decoded, and do not appear in the URL that is shown."""
    found = split_url("http://us%40er:p:w%2F@h:81/x")
    assert found.userinfo == ("us@er", "p:w/")
    assert found.url == "http://h:81/x"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("/users", "--host"),
        ("", "empty"),
        ("ftp://h/", "only http:// and https://"),
        ("localhost:8000/x", "--host"),
        ("http://", "host name is missing"),
        ("http:///x", "host name is missing"),
        ("http://h:0/", "1 to 65535"),
        ("http://h:99999/", "1 to 65535"),
        ("http://h:x/", "1 to 65535"),
        ("http://::1/", "brackets"),
        ("http://[::1/", "brackets"),
        ("http://[nope]/", "no IPv6 address"),
        ("http://a b/", "no valid host name"),
        ("http://h\r\nEvil: 1/", "no valid host name"),
    ],
)
def test_invalid_urls_say_what_to_write(url, word):
    """A URL no request can be made from is refused with words that help."""
    with pytest.raises(InvalidUrl, match=word):
        split_url(url)


def test_messages_hold_no_password():
    """A password in a bad URL does not get into the message."""
    with pytest.raises(InvalidUrl) as caught:
        split_url("http://me:secret@h:99999/")
    assert "secret" not in str(caught.value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_path_and_query_gives_a_sendable_line(path, query):
    """Whatever text stands in path and query, the target is plain ASCII without blanks or line ends."""
    target = split_url(f"http://h/{path}?{query}").target
    assert target.startswith("/")
    assert target.isascii()
    assert not any(char <= " " or char == "\x7f" for char in target)
    assert split_url(f"http://h{target}").target == target


@pytest.mark.parametrize(
    ("base", "url", "joined"),
    [
        ("http://h", "/a", "http://h/a"),
        ("http://h/", "/a", "http://h/a"),
        ("http://h", "a", "http://h/a"),
        ("http://h/", "a", "http://h/a"),
        ("http://h/api", "/a", "http://h/api/a"),
        ("http://h/api/", "/a", "http://h/api/a"),
        ("http://h/api", "a", "http://h/api/a"),
        ("http://h/api", "?x=1", "http://h/api?x=1"),
        ("http://h/api?key=", "1", "http://h/api?key=1"),
        ("http://h", "", "http://h"),
        ("http://h", "HTTPS://other/x", "HTTPS://other/x"),
        ("", "/a", "/a"),
    ],
)
def test_join_url(base, url, joined):
    """A path under a host gets exactly one slash, an absolute URL stays."""
    assert join_url(base, url) == joined


def test_plain_join_is_that_of_locust():
    """`plain` joins the two texts and nothing else."""
    assert join_url("http://h/", "/a", plain=True) == "http://h//a"
    assert join_url("http://h", "a", plain=True) == "http://ha"
    assert join_url("http://h", "http://x/", plain=True) == "http://x/"


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=6))
def test_params_round_trip(pairs):
    """Parameters come out of the query as they went in."""
    url = add_params("http://h/x?first=1#frag", pairs)
    assert url.endswith("#frag")
    query = urlsplit(url).query
    assert parse_qsl(query, keep_blank_values=True) == [("first", "1"), *pairs]


@pytest.mark.parametrize(
    "params",
    [
        {"a": 1, "b": [1, "x", None], "c": None, "d": "ä ö+&=", "e": True, "f": 1.5},
        [("a", "1"), ("a", "2"), ("b", b"\xff")],
        {"empty": "", "list": []},
        {"t": ("x", "y"), b"k": "v"},
    ],
)
@pytest.mark.parametrize("url", ["http://h/p", "http://h/p?x=1"])
def test_params_as_requests_does(url, params):
    """The URL with parameters is the one requests would send."""
    expected = requests.Request("GET", url, params=params).prepare().url
    assert add_params(url, params) == expected


def test_params_of_other_shapes():
    """Text and bytes are appended, nothing changes nothing, a wrong shape is refused."""
    assert add_params("http://h/?", "a=b") == "http://h/?a=b"
    assert add_params("http://h/?x&", b"a=b") == "http://h/?x&a=b"
    assert add_params("http://h/", None) == add_params("http://h/", {}) == "http://h/"
    with pytest.raises(TypeError, match="pairs"):
        encode_pairs([1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("current", "location", "expected"),
    [
        ("http://h/a/b?c", "/d", "http://h/d"),
        ("http://h/a/b", "d", "http://h/a/d"),
        ("http://h/a/b", "../d", "http://h/d"),
        ("http://h/a/b", "?q=1", "http://h/a/b?q=1"),
        ("https://h/a", "//other:8443/x", "https://other:8443/x"),
        ("http://h/a#frag", "/d", "http://h/d#frag"),
        ("http://h/a#frag", "/d#own", "http://h/d#own"),
        ("http://h/a", " http://x/ ", "http://x/"),
        ("http://h/a", "/é".encode().decode("latin-1"), "http://h/é"),
        ("http://h/a", "/é".encode(), "http://h/é"),
        ("http://h/a", b"/\xe9", "http://h/é"),
    ],
)
def test_resolve_redirect(current, location, expected):
    """A Location is resolved as browsers do, with the fragment kept and UTF-8 restored."""
    assert resolve_redirect(current, location) == expected


@pytest.mark.parametrize("location", ["myapp://callback", "http://:80/", "http://[::1", "javascript:alert(1)"])
def test_bad_redirects_are_failures_of_the_request(location):
    """A redirect to nowhere fails the request, typed, and raises nothing else."""
    with pytest.raises(RequestError) as caught:
        resolve_redirect("http://h/", location)
    assert caught.value.kind in ("invalid_url", "malformed")


@given(st.text(max_size=60))
def test_any_location_is_resolved_or_refused(location):
    """Whatever a server sends as Location, the result is a URL or a RequestError."""
    try:
        split_url(resolve_redirect("http://h/a?b#c", location))
    except RequestError as error:
        assert error.kind in ("invalid_url", "malformed")  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("POST", 301, ("GET", False)),
        ("POST", 302, ("GET", False)),
        ("POST", 303, ("GET", False)),
        ("PUT", 303, ("GET", False)),
        ("PUT", 302, ("PUT", True)),
        ("HEAD", 303, ("HEAD", False)),
        ("GET", 302, ("GET", True)),
        ("POST", 307, ("POST", True)),
        ("PUT", 308, ("PUT", True)),
    ],
)
def test_redirect_method(method, status, expected):
    """Methods change on redirects as in browsers."""
    assert redirect_method(method, status) == expected


@pytest.mark.parametrize(
    ("old", "new", "keeps"),
    [
        ("http://h/a", "http://h/b", True),
        ("http://h/", "https://h/", True),
        ("https://h/", "http://h/", False),
        ("http://h/", "http://h:8080/", False),
        ("http://h:8080/", "https://h/", False),
        ("http://h/", "http://other/", False),
        ("http://h/", "http://sub.h/", False),
    ],
)
def test_credentials_stay_with_their_host(old, new, keeps):
    """Authorization goes to the same origin, or from http to https of one host."""
    assert keeps_credentials(split_url(old), split_url(new)) is keeps


def test_is_ip():
    """Addresses are told from names."""
    assert [is_ip(host) for host in ("127.0.0.1", "::1", "h1", "1.2.3", "h.4", "")] == [True, True] + [False] * 4
