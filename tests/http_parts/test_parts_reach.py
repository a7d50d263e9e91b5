"""What a client may reach: host maps, blocked names and networks, local addresses, certificates by host."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.http.errors import RequestError
from swell.http.host_map import HostMap, HostPatterns
from swell.http.reach import OwnCertificate, Reach, local_address, local_pools
from swell.http.resolver import Address
from swell.model.plan import Network

V4 = int(socket.AF_INET)
MAP = HostMap(
    [
        ("a.test", 0, "10.0.0.1", 0),
        ("a.test", 443, "10.0.0.2", 8443),
        ("*.a.test", 0, "10.0.0.3", 0),
        ("*.b.a.test", 0, "10.0.0.4", 0),
        ("*.c.test", 80, "10.0.0.5", 1),
        ("exact.c.test", 0, "10.0.0.6", 0),
    ]
)


@pytest.mark.parametrize(
    ("host", "port", "found"),
    [
        ("a.test", 80, ("10.0.0.1", 80)),
        ("A.Test", 443, ("10.0.0.2", 8443)),
        ("x.a.test", 80, ("10.0.0.3", 80)),
        ("x.b.a.test", 80, ("10.0.0.4", 80)),
        ("exact.c.test", 80, ("10.0.0.6", 80)),
        ("other.c.test", 80, ("10.0.0.5", 1)),
        ("other.c.test", 81, None),
        ("xa.test", 80, None),
    ],
)
def test_a_host_map(host: str, port: int, found: tuple[str, int] | None) -> None:
    """Exact names before wildcards, ports before none, long wildcards before short ones."""
    assert MAP.find(host, port) == found


@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_wildcard_stands_for_everything_below(parts: list[str]) -> None:
    """And not for the name itself."""
    patterns = HostPatterns(["*.end.test"])
    name = ".".join([*parts, "end", "test"])
    assert patterns.find(name) == "*.end.test"
    assert patterns.find("end.test") is None


def test_what_is_blocked() -> None:
    """Names and networks; an IPv4 address in IPv6 clothes too."""
    reach = Reach(Network(blocked_hosts=("*.x.test",), blocked_ranges=("10.0.0.0/8", "fd00::/8")))
    reach.check_host("x.test")
    with pytest.raises(RequestError, match="blocked pattern") as blocked:
        reach.check_host("a.x.test")
    assert blocked.value.code == 1111
    fine = [Address(V4, "11.0.0.1", 80), Address(int(socket.AF_INET6), "fe80::1%1", 80)]
    assert reach.allowed(fine) is fine
    for host in ("10.2.3.4", "fd00::1", "::ffff:10.0.0.1"):
        with pytest.raises(RequestError, match="blacklisted range") as blocked:
            reach.allowed([Address(V4, host, 80)])
        assert blocked.value.code == 1110


def test_local_addresses_are_dealt_in_turn() -> None:
    """Addresses, ranges and networks; networks without their own and their broadcast address."""
    pools = local_pools(["127.0.0.9", "127.0.1.1-127.0.1.2", "127.0.2.0/30"])
    assert [local_address(pools, number) for number in range(6)] == [
        *("127.0.0.9", "127.0.1.1", "127.0.1.2", "127.0.2.1", "127.0.2.2"),
        "127.0.0.9",
    ]
    assert local_address([], 3) == ""
    with pytest.raises(ValueError, match="no address"):
        local_pools(["127.0.0.1-::1"])


def test_a_certificate_for_each_host() -> None:
    """The one that names the host most exactly; one without hosts is for all others."""
    reach = Reach(Network())
    assert reach.tls_wish("a.test") is None
    reach.present(
        [
            OwnCertificate("all", "k"),
            OwnCertificate("below", "k", hosts=("*.a.test",)),
            OwnCertificate("one", "k", "word", ("x.a.test",)),
        ]
    )
    shown = [(wish.cert, wish.password) for host in ("x.a.test", "y.a.test", "b") if (wish := reach.tls_wish(host))]
    assert shown == [("one", "word"), ("below", ""), ("all", "")]
