"""The cookie jar: RFC 6265 as servers meet it, and the dictionary that test authors know."""

from __future__ import annotations

import calendar
import sys
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.http.cookie_syntax import default_path, domain_matches, parse_date, path_matches
from swell.http.cookies import CookieJar, cookie_pairs, merge_header, parse_set_cookie
from swell.http.urls import split_url

NOW = 1_700_000_000.0


def _jar(url: str, *lines: str, now: float = NOW) -> CookieJar:
    jar = CookieJar()
    jar.store(split_url(url), lines, now)
    return jar


def _sent(jar: CookieJar, url: str, now: float = NOW) -> str:
    return jar.header_for(split_url(url), now)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "6 november 1994 8:49:37",
        "08:49:37 1994 NOV 06",
        "06/Nov/94 08:49:37",
    ],
)
def test_all_date_forms(text):
    """Each way servers write a date is the same moment."""
    assert parse_date(text) == calendar.timegm((1994, 11, 6, 8, 49, 37))


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "Sun, 06 Nov 1994", "31 Feb 2000 00:00:00", "29 Feb 2001 01:01:01", "1 Jan 2000 24:00:00",
     "1 Jan 1500 00:00:00", "1 Foo 2000 00:00:00", "1 Jan 2000 00:60:00"],
)  # fmt: skip
def test_what_is_no_date(text):
    """Nonsense and impossible dates are no date."""
    assert parse_date(text) is None


def test_date_edges():
    """Two-digit years turn at 70, leap days count, the far past is 0."""
    assert parse_date("1 Jan 69 00:00:00") == calendar.timegm((2069, 1, 1, 0, 0, 0))
    assert parse_date("1 Jan 70 00:00:00") == 0.0
    assert parse_date("29 Feb 2000 00:00:00") == calendar.timegm((2000, 2, 29, 0, 0, 0))
    assert parse_date("1 Jan 1601 00:00:00") == 0.0


@given(st.integers(0, 4_000_000_000))
def test_dates_round_trip(moment):
    """A date as the standard library writes it is read back."""
    assert parse_date(formatdate(moment, usegmt=True)) == moment


def test_simple_cookie_goes_back_to_its_host_only():
    """Without Domain a cookie goes to the host that set it, and not below."""
    jar = _jar("http://h.example/a/b", "sid=1")
    assert _sent(jar, "http://h.example/a/c") == "sid=1"
    assert _sent(jar, "http://h.example/x") == ""
    assert _sent(jar, "http://sub.h.example/a/") == ""
    assert _sent(jar, "http://example/a/") == ""


@pytest.mark.parametrize(
    ("url", "domain", "sent_to", "not_to"),
    [
        ("http://a.example.com/", "example.com", "http://b.example.com/", "http://notexample.com/"),
        ("http://a.example.com/", ".Example.COM", "http://x.y.example.com/", "http://com/"),
        ("http://example.com/", "example.com", "http://b.example.com/", "http://example.org/"),
        ("http://localhost/", "localhost", "http://localhost/", "http://a.localhost/"),
        ("http://127.0.0.1/", "127.0.0.1", "http://127.0.0.1/", "http://1.127.0.0.1.example/"),
    ],
)
def test_domain_attribute(url, domain, sent_to, not_to):
    """A Domain opens the cookie to the hosts below it; for addresses and single labels it says nothing more."""
    jar = _jar(url, f"a=1; Domain={domain}; Path=/")
    assert _sent(jar, sent_to) == "a=1"
    assert _sent(jar, not_to) == ""


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("http://a.example.com/", "b.example.com"),
        ("http://a.example.com/", "a.a.example.com"),
        ("http://a.example.com/", "com"),
        ("http://a.example.com/", ".com"),
        ("http://a.example.com/", "com."),
        ("http://10.0.0.1/", "0.0.1"),
        ("http://[::1]/", "1"),
        ("http://example.com/", "exa mple.com"),
    ],
)
def test_foreign_domains_are_refused(url, domain):
    """A cookie for a domain that is not the host's own is not taken, nor one for a top-level domain."""
    assert not _jar(url, f"a=1; Domain={domain}")


def test_path_rules():
    """Paths match whole segments; a missing or relative Path is the directory of the request."""
    jar = _jar("http://h/dir/page?q=/x/", "a=1", "b=2; Path=/other", "c=3; Path=rel", "d=4; Path=/")
    assert _sent(jar, "http://h/dir/x") == "a=1; c=3; d=4"
    assert _sent(jar, "http://h/dir") == "a=1; c=3; d=4"
    assert _sent(jar, "http://h/dirt") == "d=4"
    assert _sent(jar, "http://h/other/deep") == "b=2; d=4"
    assert _sent(jar, "http://h/otherwise") == "d=4"
    assert (default_path("/"), default_path("/a"), default_path("/a/"), default_path("/a?b/c")) == ("/", "/", "/a", "/")
    assert path_matches("/a/b", "/a/")


def test_longer_paths_first_then_older_first():
    """The order of sending is by length of path, then by creation; a replacement keeps the age."""
    jar = _jar("http://h/x/y", "a=1; Path=/", "b=1; Path=/x", "c=1; Path=/", "d=1; Path=/x")
    jar.store(split_url("http://h/x/y"), ["a=2; Path=/"], NOW)
    assert _sent(jar, "http://h/x/y") == "b=1; d=1; a=2; c=1"
    assert len(jar) == 4


def test_secure_and_http_only():
    """Secure cookies go over https only; HttpOnly changes nothing for a client."""
    jar = _jar("https://h.example/", "s=1; SECURE", "o=2; HttpOnly; SameSite=Lax")
    assert _sent(jar, "https://h.example/") == "s=1; o=2"
    assert _sent(jar, "http://h.example/") == "o=2"
    by_name = {cookie.name: cookie for cookie in jar}
    assert (by_name["o"].http_only, by_name["o"].same_site, by_name["s"].secure) == (True, "lax", True)


def test_expiry_by_the_clock():
    """Max-Age wins over Expires; a cookie is sent until its second and not after; the past deletes."""
    late = formatdate(NOW + 100, usegmt=True)
    jar = _jar("http://h/", f"a=1; Expires={late}", f"b=2; Max-Age=10; Expires={late}", "c=3", "d=4; Max-Age=x")
    assert _sent(jar, "http://h/") == "a=1; b=2; c=3; d=4"
    assert _sent(jar, "http://h/", NOW + 9.9) == "a=1; b=2; c=3; d=4"
    assert _sent(jar, "http://h/", NOW + 10) == "a=1; c=3; d=4"
    assert _sent(jar, "http://h/", NOW + 100) == "c=3; d=4"
    jar.store(split_url("http://h/"), ["c=; Max-Age=0", "d=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], NOW)
    assert _sent(jar, "http://h/", NOW + 200) == ""
    assert _jar("http://h/", "e=1; Max-Age=99999999999999999999999", "f=1; Max-Age=-5").keys() == ["e"]


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("a=1", ("a", "1")),
        (" a = 1 ; path=/", ("a", "1")),
        ('a="quoted, text"', ("a", '"quoted, text"')),
        ("a=b=c==", ("a", "b=c==")),
        ("a=", ("a", "")),
        (b"a=\xe9", ("a", "é")),
        ("a=1;;; ;=;Path=/x", ("a", "1")),
        ("a=tab\there", ("a", "tab\there")),
    ],
)
def test_pairs(line, pair):
    """The pair is read as sent, quotes included."""
    cookie = parse_set_cookie(line, split_url("http://h/"), NOW)
    assert cookie is not None
    assert (cookie.name, cookie.value) == pair


@pytest.mark.parametrize("line", ["", "nothing", "=1", " =1", "a\x00=1", "a=1\x01", "a=1\r\nX: y", "a=" + "x" * 4096])
def test_lines_that_are_ignored(line):
    """Lines without a name, with control characters or too long give no cookie."""
    assert parse_set_cookie(line, split_url("http://h/"), NOW) is None


def test_prefixes_keep_their_promise():
    """__Secure- needs https and Secure; __Host- besides Path=/ and no Domain."""
    url = "https://a.example.com/"
    assert _jar(url, "__Secure-a=1; Secure")
    assert _jar(url, "__Host-a=1; Secure; Path=/")
    assert not _jar(url, "__Secure-a=1")
    assert not _jar("http://a.example.com/", "__Secure-a=1; Secure")
    assert not _jar(url, "__Host-a=1; Secure; Path=/x")
    assert not _jar(url, "__Host-a=1; Secure; Path=/; Domain=example.com")


def test_limits_drop_the_oldest():
    """A server cannot fill the memory: 180 cookies per domain, 3,000 in all, the expired and the oldest go first."""
    jar = CookieJar()
    target = split_url("http://h/")
    jar.store(target, ["short=1; Max-Age=1"], NOW)
    jar.store(target, [f"c{n}=1" for n in range(179)], NOW)
    jar.store(target, ["one-more=1"], NOW + 5)
    assert len(jar) == 180
    assert "short" not in jar
    assert "c0" in jar
    jar.store(target, ["two-more=1"], NOW + 5)
    assert "c0" not in jar
    for host in range(20):
        jar.store(split_url(f"http://h{host}/"), [f"c{n}=1" for n in range(179)], NOW)
    assert len(jar) == 3000
    assert _sent(jar, "http://h19/").count("=") == 179


_NAME = st.text("abcdefgXYZ-_0123456789", min_size=1, max_size=10)
_VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";"), max_size=20)


@given(st.dictionaries(_NAME, _VALUE, max_size=10))
def test_what_a_server_sets_comes_back(cookies):
    """Each pair set comes back unchanged, in the order of setting."""
    jar = _jar("http://h/", *[f"{name}={value}; Path=/" for name, value in cookies.items()])
    assert jar.get_dict() == cookies
    assert _sent(jar, "http://h/any") == "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert _sent(jar, "http://h/any") == cookie_pairs(cookies)


@given(st.lists(st.one_of(st.text(max_size=40), st.binary(max_size=40)), max_size=5), st.integers(0, 2))
def test_nothing_a_server_sends_raises(lines, kind):
    """Any lines leave a jar whose header can be sent."""
    attributes = ["", "; Expires=x; Max-Age=5; Path=/; Domain=h.example; Secure", "; Domain=é.example;;"][kind]
    whole = [line + (attributes.encode() if isinstance(line, bytes) else attributes) for line in lines]
    jar = CookieJar()
    jar.store(split_url("https://h.example/a"), whole, NOW)
    header = _sent(jar, "https://h.example/a")
    assert not any(char in header for char in "\r\n\x00")


def test_header_follows_every_change():
    """The remembered header is never stale: sets, removals, other hosts, schemes and the clock all show."""
    jar = _jar("https://h/", "a=1; Path=/")
    assert _sent(jar, "https://h/") == "a=1"
    jar.set("b", "2")
    assert _sent(jar, "https://h/") == "a=1; b=2"
    assert _sent(jar, "https://other/") == "b=2"
    assert _sent(jar, "https://h/") == "a=1; b=2"
    del jar["b"]
    assert _sent(jar, "https://h/") == "a=1"
    jar.store(split_url("https://h/"), ["s=3; Secure; Path=/; Max-Age=5", "p=4; Path=/deep"], NOW)
    assert _sent(jar, "https://h/") == "a=1; s=3"
    assert _sent(jar, "http://h/") == "a=1"
    assert _sent(jar, "https://h/deep/x") == "p=4; a=1; s=3"
    assert _sent(jar, "https://h/", NOW + 6) == "a=1"
    jar.clear()
    assert _sent(jar, "https://h/deep/x") == ""


def test_dictionary_half():
    """The jar reads and writes like the one of requests."""
    jar = CookieJar({"a": "1"})
    assert not CookieJar()
    assert jar
    jar["b"] = "2"
    jar.set("c", "3", domain="example.com", path="/x")
    jar.update({"a": "one"})
    assert (jar["a"], jar.get("c"), jar.get("none"), jar.get("none", "?")) == ("one", "3", None, "?")
    assert jar.get_dict() == {"a": "one", "b": "2", "c": "3"} == dict(jar)
    assert jar.get_dict(domain=".example.com") == jar.get_dict(path="/x") == {"c": "3"}
    assert sorted(jar.items()) == [("a", "one"), ("b", "2"), ("c", "3")]
    assert (sorted(jar.keys()), sorted(jar.values())) == (["a", "b", "c"], ["2", "3", "one"])
    assert _sent(jar, "http://sub.example.com/x/y") == "c=3; a=one; b=2"
    copy = jar.copy()
    jar["b"] = None
    assert "b" not in jar
    assert jar.pop("c") == "3"
    assert jar.pop("c", "gone") == "gone"
    jar.clear(name="a")
    assert not jar
    assert len(copy) == 3
    with pytest.raises(KeyError):
        jar["b"]
    with pytest.raises(KeyError):
        del jar["b"]


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("a b", "x"), ("a=b", "x"), ("a;", "x"), ("a", "x;y"), ("a", "x\ny")]
)
def test_cookies_that_cannot_be_sent_are_refused(name, value):
    """A test author's cookie that would break the header is a ValueError."""
    with pytest.raises(ValueError, match="cookie"):
        CookieJar().set(name, value)
    with pytest.raises(ValueError, match="cookie"):
        cookie_pairs({name: value})


def test_wrong_type_is_refused():
    """A value that is no text is a TypeError that names the cookie."""
    with pytest.raises(TypeError, match="'n'"):
        CookieJar()["n"] = 5  # type: ignore[assignment]


def test_cookies_of_one_request_win():
    """Cookies given with one request replace the jar's of the same name and follow the others."""
    assert merge_header("a=1; b=2", {"a": "x", "c": "y"}) == "b=2; a=x; c=y"
    assert merge_header("", {"a": "x"}) == "a=x"
    assert merge_header("a=1", {}) == "a=1"


def test_domain_matches_whole_labels():
    """A domain matches itself and what ends in a dot and it."""
    assert domain_matches("a.b", "b")
    assert domain_matches("b", "b")
    assert not domain_matches("ab", "b")
    assert not domain_matches("1.2.3.4", "3.4")


def test_an_empty_jar_is_small():
    """Each virtual user has a jar, so an empty one is at most 200 bytes."""
    jar = CookieJar()
    assert sys.getsizeof(jar) + sys.getsizeof(jar._by_domain) <= 200
    assert jar.header_for(split_url("http://h/"), time.time()) == ""
