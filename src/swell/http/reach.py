"""What a client may reach and by which way: blocked names and networks, look-up rules, local addresses, TLS wishes.

Rules: made once per client from `model.plan.Network`, and asked when a connection is opened, never per request. What is
blocked is a `RequestError` like any other failure of the network. Certificates are no part of the plan, which is
stored: who has some hands them over with `present`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from swell.http.errors import RequestError
from swell.http.host_map import HostMap, HostPatterns
from swell.http.resolver import Resolver
from swell.http.tls import TlsWish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.http.resolver import Address
    from swell.model.plan import Network

__all__ = ["OwnCertificate", "Reach", "local_address", "local_pools"]

_Ip: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
_IpNetwork: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

_ORDERS: Final = {"preferIPv4": "ipv4", "onlyIPv4": "ipv4", "preferIPv6": "ipv6", "onlyIPv6": "ipv6", "any": "system"}


class OwnCertificate(msgspec.Struct, frozen=True):
    """A client certificate: PEM texts, and the hosts that it is for (`*.x` for all below x); no hosts: for all."""

    cert: str
    key: str
    password: str = ""
    hosts: tuple[str, ...] = ()


class Reach:
    """The rules of one client. Raises ValueError for a network that is none."""

    __slots__ = ("_blocked_hosts", "_blocked_ranges", "_certificates", "_local", "_network", "_turn")

    def __init__(self, network: Network) -> None:
        self._network = network
        self._blocked_hosts = HostPatterns(network.blocked_hosts)
        self._blocked_ranges: list[_IpNetwork] = [
            ipaddress.ip_network(each, strict=False) for each in network.blocked_ranges
        ]
        self._certificates: tuple[OwnCertificate, ...] = ()
        self._local = local_pools(network.local_addresses)
        self._turn = -1

    def resolver(self, overrides: Sequence[tuple[str, int, str]]) -> Resolver:
        """A resolver that looks names up as the rules say."""
        network = self._network
        return Resolver(
            overrides,
            ttl=network.dns_ttl,
            order=_ORDERS[network.dns_policy],  # type: ignore[arg-type]
            only=network.dns_policy.startswith("only"),
            rotate=network.dns_select == "roundRobin",
            shuffle=network.dns_select == "random",
            hosts=HostMap(network.hosts) if network.hosts else None,
        )

    def local_address(self, number: int | None = None) -> str:
        """The address that user `number` (from 0) sends from; without a number that of the next one. "" for any."""
        if not self._local:
            return ""
        if number is None:
            self._turn = number = self._turn + 1
        return local_address(self._local, number)

    def check_host(self, host: str) -> None:
        """Raises RequestError for a name that is blocked."""
        pattern = self._blocked_hosts.find(host)
        if pattern is not None:
            raise RequestError("blocked_host", f"hostname ({host}) is in a blocked pattern ({pattern})")

    def allowed(self, addresses: Sequence[Address]) -> Sequence[Address]:
        """The addresses, if none that would be tried is blocked. Raises RequestError."""
        if self._blocked_ranges:
            for address in addresses:
                ip = ipaddress.ip_address(address.host.partition("%")[0])
                if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
                    ip = ip.ipv4_mapped
                for network in self._blocked_ranges:
                    if ip in network:
                        raise RequestError("blocked_ip", f"IP ({ip}) is in a blacklisted range ({network})")
        return addresses

    def present(self, certificates: Sequence[OwnCertificate]) -> None:
        """Client certificates to show to servers; before the first request."""
        self._certificates = tuple(certificates)

    def tls_wish(self, host: str) -> TlsWish | None:
        """What connections to this host wish of TLS; None for nothing special."""
        network = self._network
        shown = self._certificate(host)
        if shown is None and not (network.tls_lowest or network.tls_highest or network.tls_ciphers):
            return None
        return TlsWish(
            lowest=network.tls_lowest,
            highest=network.tls_highest,
            ciphers=network.tls_ciphers,
            cert=shown.cert if shown is not None else "",
            key=shown.key if shown is not None else "",
            password=shown.password if shown is not None else "",
        )

    def _certificate(self, host: str) -> OwnCertificate | None:
        """The certificate that names this host most exactly; of several equal ones the first."""
        best: OwnCertificate | None = None
        best_fit = -1
        for each in self._certificates:
            found = HostPatterns(each.hosts).find(host) if each.hosts else ""
            if found is not None:
                fit = len(found) + (1000 if found and not found.startswith("*") else 0)
                if fit > best_fit:
                    best, best_fit = each, fit
        return best


def local_pools(places: Sequence[str]) -> list[tuple[_Ip, int]]:
    """(first address, how many follow each other) of addresses, ranges `A-B` and networks. Raises ValueError.

    Of a network its own and its broadcast address are left out where it has more than two.
    """
    pools: list[tuple[_Ip, int]] = []
    for place in places:
        first_text, dash, last_text = place.partition("-")
        try:
            if dash:
                first, last = ipaddress.ip_address(first_text.strip()), ipaddress.ip_address(last_text.strip())
                if first.version != last.version or int(last) < int(first):
                    raise ValueError(place)  # noqa: TRY301 - told like the others
                pools.append((first, int(last) - int(first) + 1))
            elif "/" in place:
                network = ipaddress.ip_network(place.strip(), strict=False)
                size = network.num_addresses
                pools.append((network[1], size - 2) if size > 2 else (network[0], size))
            else:
                pools.append((ipaddress.ip_address(place.strip()), 1))
        except ValueError:
            raise ValueError(f"{place!r} is no address, range (A-B) or network (A/24)") from None
    return pools


def local_address(pools: Sequence[tuple[_Ip, int]], number: int) -> str:
    """The address that user `number` (from 0) sends from; users take them in turn. "" without pools."""
    total = sum(size for _, size in pools)
    if not total:
        return ""
    place = number % total
    for first, size in pools:
        if place < size:
            return str(first + place)
        place -= size
    raise AssertionError("the place is below the total")
