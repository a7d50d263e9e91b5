"""The script's options that the HTTP client takes: how they are read, what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from swell.dialects.k6.modules.http_settings import check_tls, http_options, own_certificates
from swell.dialects.k6.option_values import OptionError
from swell.dialects.k6.options import decode, from_environment
from swell.dialects.k6.settings import K6Test
from swell.model.plan import Network
from swell.runs.redact import redact_env


def _network(**options: Any) -> Network:
    """What the client gets of a script's options."""
    decoded, _ = decode("the script", options)
    network = http_options(decoded).network
    assert network is not None
    return network


def test_defaults() -> None:
    """k6's defaults: ten redirects, certificates checked, names kept for five minutes, IPv4 first."""
    options = http_options({}, "k6")
    assert (options.max_redirects, options.user_agent, options.verify) == (10, "k6", True)
    assert options.network == Network(
        dns_ttl=300.0, dns_select="random", dns_policy="preferIPv4", connection_tags=("proto", "tls_version")
    )


def test_an_explicit_zero_is_kept() -> None:
    """No redirects is not the same as nothing said."""
    options = http_options({"maxRedirects": 0, "userAgent": "me", "insecureSkipTLSVerify": True})
    assert (options.max_redirects, options.user_agent, options.verify) == (0, "me", False)


FIELDS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"hosts": {"a.test": "127.0.0.1", "*.b.test:8080": "127.0.0.2:81", "c": "[::1]:9", "d": "::1"}},
        {
            "hosts": (
                ("a.test", 0, "127.0.0.1", 0),
                ("*.b.test", 8080, "127.0.0.2", 81),
                ("c", 0, "::1", 9),
                ("d", 0, "::1", 0),
            )
        },
    ),
    (
        {"dns": "ttl=inf,select=roundrobin,policy=onlyIPv6"},
        {"dns_ttl": 1e9, "dns_select": "roundRobin", "dns_policy": "onlyIPv6"},
    ),
    ({"dns": {"ttl": "0", "select": "first"}}, {"dns_ttl": 0.0, "dns_select": "first", "dns_policy": "preferIPv4"}),
    ({"dns": {"ttl": "90s"}}, {"dns_ttl": 90.0}),
    (
        {"blacklistIPs": ["10.0.0.0/8", "1.2.3.4"], "blockHostnames": ["x.test", "*.y.test"]},
        {"blocked_ranges": ("10.0.0.0/8", "1.2.3.4"), "blocked_hosts": ("x.test", "*.y.test")},
    ),
    ({"tlsVersion": "tls1.2"}, {"tls_lowest": "TLSv1.2", "tls_highest": "TLSv1.2"}),
    ({"tlsVersion": {"min": "ssl3.0", "max": "tls1.3"}}, {"tls_lowest": "TLSv1", "tls_highest": "TLSv1.3"}),
    ({"tlsVersion": {"min": "tls1.3"}}, {"tls_lowest": "TLSv1.3", "tls_highest": ""}),
    (
        {
            "tlsCipherSuites": [
                "TLS_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
                "TLS_AES_128_GCM_SHA256",
            ]
        },
        {"tls_ciphers": "AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"},
    ),
    ({"noConnectionReuse": True}, {"keep_connections": False}),
    ({"localIPs": "127.0.0.2, 127.0.1.0/30"}, {"local_addresses": ("127.0.0.2", "127.0.1.0/30")}),
    ({"systemTags": ["status", "ip"]}, {"connection_tags": ("ip",)}),
]


@pytest.mark.parametrize(("options", "fields"), FIELDS, ids=lambda each: next(iter(each)))
def test_what_options_become(options: dict[str, Any], fields: dict[str, Any]) -> None:
    """Each option reaches its fields."""
    network = _network(**options)
    assert {name: getattr(network, name) for name in fields} == fields


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"hosts": {"a.*.test": "127.0.0.1"}}, "at the beginning"),
    ({"hosts": {"a.test": "b.test"}}, "IP address"),
    ({"dns": "ttl"}, "ttl=TIME"),
    ({"dns": {"select": "last"}}, "roundRobin"),
    ({"dns": {"time": "1s"}}, "'time'"),
    ({"blockHostnames": ["http://x.test/"]}, "no host name"),
    ({"blacklistIPs": ["10.0.0.0/99"]}, "10.0.0.0/8"),
    ({"tlsVersion": "tls9"}, "tls1.3"),
    ({"tlsVersion": {"max": "ssl3.0"}}, "no more"),
    ({"tlsVersion": {"min": "tls1.3", "max": "tls1.2"}}, "above"),
    ({"tlsCipherSuites": ["AES128-SHA"]}, "TLS_ECDHE"),
    ({"tlsAuth": [{"cert": "x"}]}, "'key'"),
    ({"tlsAuth": {"cert": "x"}}, "list"),
    ({"localIPs": "10.0.0.9-10.0.0.1"}, "range"),
]


@pytest.mark.parametrize(("options", "said"), WRONG, ids=lambda each: str(each)[:30])
def test_what_cannot_be(options: dict[str, Any], said: str) -> None:
    """Wrong values end with 104 and say what to write."""
    with pytest.raises(OptionError, match=said) as caught:
        decode("the script", options)
    assert caught.value.exit_code == 104


def test_the_environment() -> None:
    """Lists are separated by commas, rules for names are one text."""
    found = from_environment(
        {"K6_BLOCK_HOSTNAMES": "a.test,*.b.test", "K6_DNS": "select=first", "K6_NO_CONNECTION_REUSE": "true"}
    )
    assert found == {"blockHostnames": ["a.test", "*.b.test"], "dns": {"select": "first"}, "noConnectionReuse": True}


def test_a_certificate_that_is_none() -> None:
    """It is tried before anything is sent."""
    with pytest.raises(OptionError, match=r"tlsAuth\[0\]"):
        check_tls({"tlsAuth": [{"cert": "no", "key": "pem", "domains": []}]})


def test_private_keys_do_not_get_into_stored_plans() -> None:
    """They travel to workers beside the other options, and are redacted where a plan is stored."""
    auth = [{"cert": "c", "key": "hush-hush", "domains": ["*.a.test"]}]
    test = K6Test(script="/s.js", options={"vus": 1, "tlsAuth": auth})
    packed = test.pack()
    assert K6Test.unpack(packed) == test
    assert own_certificates(K6Test.unpack(packed).options)[0].hosts == ("*.a.test",)
    assert "hush-hush" not in str(redact_env(packed))
