"""Proxies: from the option, from the environment, and when not to use them."""

from __future__ import annotations

import pytest

from swell.http.proxy import connect_head, parse_proxy, proxy_rules
from swell.http.urls import split_url


def _proxy(url: str, option: str | None = None, **environ: str) -> str | None:
    rules = proxy_rules(option, environ)
    proxy = rules.proxy_for(split_url(url)) if rules is not None else None
    return proxy.url if proxy is not None else None


def test_each_scheme_has_its_variable():
    """HTTP_PROXY is for http, HTTPS_PROXY for https, ALL_PROXY for what has none; lower case goes first."""
    assert _proxy("http://x.org/", HTTP_PROXY="http://p:1") == "http://p:1"
    assert _proxy("https://x.org/", HTTP_PROXY="http://p:1") is None
    assert _proxy("https://x.org/", HTTPS_PROXY="http://p:1", ALL_PROXY="http://q:2") == "http://p:1"
    assert _proxy("http://x.org/", HTTPS_PROXY="http://p:1", all_proxy="q:2") == "http://q:2"
    assert _proxy("http://x.org/", HTTP_PROXY="http://p:1", http_proxy="http://lower:2") == "http://lower:2"
    assert proxy_rules(None, {}) is None
    assert proxy_rules(None, {"HTTP_PROXY": "  "}) is None


def test_option_before_environment():
    """An option is for both schemes and goes before the environment; an empty one means no proxy."""
    assert _proxy("https://x.org/", "p:3128", HTTPS_PROXY="http://other:1") == "http://p:3128"
    assert _proxy("http://x.org/", "", HTTP_PROXY="http://other:1") is None
    assert _proxy("http://x.org/", "http://p:1", NO_PROXY="x.org") is None


def test_this_machine_needs_no_proxy_of_the_environment():
    """Loopback hosts go directly past the environment's proxy, but through one that is asked for."""
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "api.localhost"):
        assert _proxy(f"http://{host}:8000/", HTTP_PROXY="http://p:1") is None
        assert _proxy(f"http://{host}:8000/", "http://p:1") == "http://p:1"


@pytest.mark.parametrize(
    ("exceptions", "url", "direct"),
    [
        ("*", "http://x.org/", True),
        ("example.com", "http://example.com/", True),
        ("example.com", "http://a.b.example.com/", True),
        ("example.com", "http://notexample.com/", False),
        (".example.com", "http://a.example.com/", True),
        ("*.example.com", "http://a.example.com/", True),
        ("EXAMPLE.com", "http://example.com/", True),
        ("example.com:8080", "http://example.com:8080/", True),
        ("example.com:8080", "http://example.com/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.0/8", "http://a10.example/", False),
        ("192.168.1.5", "http://192.168.1.5:99/", True),
        ("fd00::/8", "http://[fd00::1]/", True),
        ("[fd00::1]:81", "http://[fd00::1]:81/", True),
        ("[fd00::1]:81", "http://[fd00::1]/", False),
        ("fd00::1", "http://[fd00:0::1]/", True),
        ("a.org, b.org ,c.org", "http://b.org/", True),
        ("a.org b.org", "http://b.org/", True),
        ("", "http://b.org/", False),
        (",", "http://b.org/", False),
    ],
)
def test_no_proxy(exceptions, url, direct):
    """NO_PROXY takes stars, domains, ports, addresses and networks."""
    assert (_proxy(url, HTTP_PROXY="http://p:1", no_proxy=exceptions) is None) is direct


def test_parts_of_a_proxy():
    """Scheme, user and port may be missing; the password is kept out of the URL that is shown."""
    proxy = parse_proxy("http://us%40er:p%3Aw@proxy.example/")
    assert (proxy.host, proxy.port, proxy.url) == ("proxy.example", 80, "http://proxy.example:80")
    assert proxy.authorization == "Basic dXNAZXI6cDp3"
    assert (parse_proxy("[::1]:8").host, parse_proxy("[::1]:8").url) == ("::1", "http://[::1]:8")
    assert (parse_proxy("HTTPS://p").scheme, parse_proxy("HTTPS://p").port) == ("https", 443)


@pytest.mark.parametrize(
    ("text", "word"),
    [("socks5://p:1", "socks5"), ("http://", "host name"), ("http://u:secret@p:0", "port"), ("a b", "valid")],
)
def test_bad_proxies_say_why(text, word):
    """A proxy that cannot be used is refused, with the variable it came from and without its password."""
    with pytest.raises(ValueError, match=word) as caught:
        proxy_rules(None, {"HTTPS_PROXY": text})
    assert "HTTPS_PROXY" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_connect_head():
    """The tunnel request names host and port, and carries the proxy's authorization."""
    proxy = parse_proxy("http://u:p@proxy:1")
    assert connect_head(split_url("https://h.org/x"), proxy, "swell") == (
        b"CONNECT h.org:443 HTTP/1.1\r\nHost: h.org:443\r\nUser-Agent: swell\r\nProxy-Authorization: Basic dTpw\r\n\r\n"
    )
    assert connect_head(split_url("https://[::1]:99/"), parse_proxy("p")).startswith(b"CONNECT [::1]:99 HTTP/1.1\r\n")
