"""Host names to addresses: overrides, a cache, one look-up at a time per name.

Rules: only `Resolver.resolve` waits, and only where neither a literal address, an override nor the cache
answers. The look-up itself runs in the loop's default executor. Everybody who asks for a name while it is
looked up shares that look-up. A failed look-up is not kept. Times are seconds of `time.perf_counter` (the
hub's clock), or of the clock passed in.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

from swell.http.errors import RequestError, classify
from swell.http.urls import host_to_ascii, is_ip

if TYPE_CHECKING:
    from swell.http.host_map import HostMap

__all__ = ["Address", "Resolver", "connect_in_order", "parse_resolve"]

T = TypeVar("T")

_MAX_NAMES: Final = 10_000
# No attempt gets less than this of the time that is left, or a slow but living address would never be
# reached.
_LEAST_ATTEMPT: Final = 2.0

_Key: TypeAlias = tuple[str, int]


class Address(NamedTuple):
    """One place to connect to: `socket.AF_INET` or `AF_INET6`, an address literal, a port."""

    family: int
    host: str
    port: int


def parse_resolve(text: str) -> tuple[str, int, str]:
    """`host:port:address` as (host, port, address); port `*` is 0 and means every port.

    An IPv6 address may stand in brackets. Raises ValueError that says what is wrong.
    """
    wanted = f"{text!r}: write HOST:PORT:ADDRESS, as in example.com:443:127.0.0.1"
    host, first, rest = text.strip().partition(":")
    port_text, second, address = rest.partition(":")
    if not first or not second or not host or not address:
        raise ValueError(wanted)
    if port_text == "*":
        port = 0
    elif port_text.isascii() and port_text.isdigit() and 0 < int(port_text[:6]) < 65536:
        port = int(port_text)
    else:
        raise ValueError(f"{wanted} (the port is a number from 1 to 65535, or * for every port)")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"{wanted} ({address!r} is no IP address)") from None
    try:
        return host if host == "*" else host_to_ascii(host), port, address
    except ValueError as exc:
        raise ValueError(f"{wanted} ({exc})") from None


class Resolver:
    """Looks names up for one worker.

    `overrides` are what `parse_resolve` gives (a host `*` stands for every host; an exact one goes first),
    `ttl` is how long an answer is kept (0: looked up for each connection), `order` puts one family first and `only`
    leaves the other out, `rotate` begins each answer with another address of the first family, so that connections
    spread, `shuffle` with any of them. `hosts` goes before everything.
    """

    def __init__(
        self,
        overrides: Sequence[tuple[str, int, str]] = (),
        *,
        ttl: float = 60.0,
        order: Literal["system", "ipv4", "ipv6"] = "system",
        only: bool = False,
        rotate: bool = False,
        shuffle: bool = False,
        hosts: HostMap | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._ttl = ttl
        self._order = order
        self._only = only
        self._rotate = rotate
        self._shuffle = shuffle
        self._hosts = hosts
        self._clock = clock
        self._overrides: dict[_Key, list[str]] = {}
        for host, port, address in overrides:
            self._overrides.setdefault((host.lower(), port), []).append(address)
        self._kept: dict[_Key, tuple[float, tuple[Address, ...]]] = {}
        self._under_way: dict[_Key, asyncio.Future[tuple[Address, ...]]] = {}
        self._turns: dict[tuple[Address, ...], int] = {}

    def known(self, host: str, port: int, now: float | None = None) -> tuple[Address, ...] | None:
        """The addresses without waiting; None when the name must be looked up."""
        if self._hosts is not None and (mapped := self._hosts.find(host, port)) is not None:
            return (_address(*mapped),)
        if self._overrides:
            for key in ((host, port), (host, 0), ("*", port), ("*", 0)):
                given = self._overrides.get(key)
                if given is not None:
                    return self._turned(tuple(_address(each, port) for each in given))
        kept = self._kept.get((host, port))
        if kept is not None:
            if (self._clock() if now is None else now) < kept[0]:
                return self._turned(kept[1])
            del self._kept[host, port]
        elif is_ip(host):
            return (_address(host, port),)
        return None

    async def resolve(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses, at least one. Raises RequestError "dns" or "dns_not_found"."""
        known = self.known(host, port)
        if known is not None:
            return known
        key = (host, port)
        future = self._under_way.get(key)
        if future is None:
            # A task of its own: when the one who asked first is cancelled, the others still get their answer.
            future = asyncio.ensure_future(self._look_up(host, port))
            self._under_way[key] = future
            future.add_done_callback(lambda done: self._looked_up(key, done))
        return self._turned(await asyncio.shield(future))

    def forget(self, host: str | None = None) -> None:
        """Drop the kept answers of a host, or all."""
        for key in [key for key in self._kept if host is None or key[0] == host]:
            del self._kept[key]

    def _looked_up(self, key: _Key, done: asyncio.Future[tuple[Address, ...]]) -> None:
        self._under_way.pop(key, None)
        if done.cancelled() or done.exception() is not None or self._ttl <= 0:
            return
        if len(self._kept) >= _MAX_NAMES:
            self._kept.clear()
        self._kept[key] = (self._clock() + self._ttl, done.result())

    async def _look_up(self, host: str, port: int) -> tuple[Address, ...]:
        loop = asyncio.get_running_loop()
        try:
            # Not loop.getaddrinfo(): uvloop looks up in a pool of its own, of four threads.
            found = await loop.run_in_executor(None, _getaddrinfo, host, port)
        except (OSError, UnicodeError) as exc:
            raise classify(exc, "lookup", host) from None
        addresses: dict[Address, None] = {}
        for family, _, _, _, place in found:
            if family in (socket.AF_INET, socket.AF_INET6):
                addresses[Address(int(family), _with_zone(place), port)] = None
        ordered = self._ordered(list(addresses))
        if not ordered:
            what = "" if not self._only else " of the kind that is wanted"
            raise RequestError("dns_not_found", f"no address{what} is known for {host}")
        return tuple(ordered)

    def _ordered(self, addresses: list[Address]) -> list[Address]:
        if self._order == "system":
            return addresses
        first = socket.AF_INET if self._order == "ipv4" else socket.AF_INET6
        if self._only:
            return [address for address in addresses if address.family == first]
        return sorted(addresses, key=lambda address: address.family != first)

    def _turned(self, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        if not (self._rotate or self._shuffle) or len(addresses) < 2:
            return addresses
        lead = len(addresses)
        if self._order != "system":
            lead = sum(address.family == addresses[0].family for address in addresses)
        if self._shuffle:
            begin = random.randrange(lead)
        else:
            # By name: with one count for all, names asked for in turn would each get the same address always.
            turn = self._turns.get(addresses, 0) + 1
            if len(self._turns) >= _MAX_NAMES:
                self._turns.clear()
            self._turns[addresses] = turn
            begin = turn % lead
        return addresses[begin:lead] + addresses[:begin] + addresses[lead:]


async def connect_in_order(
    addresses: Sequence[Address],
    connect: Callable[[Address], Awaitable[T]],
    timeout: float | None = None,
) -> T:
    """What `connect` gives for the first address that works; raises the last failure.

    Each attempt gets an equal part of the time that is left (but 2 s, if there are as many), so that a dead
    first address leaves time for the others. Raises TimeoutError when the time is over.
    """
    end = None if timeout is None else time.perf_counter() + timeout
    last: Exception = OSError("no address to connect to")
    for position, address in enumerate(addresses):
        attempt = None
        if end is not None:
            left = max(0.0, end - time.perf_counter())
            attempt = min(left, max(_LEAST_ATTEMPT, left / (len(addresses) - position)))
        try:
            async with asyncio.timeout(attempt):
                return await connect(address)
        except (OSError, RequestError) as exc:
            last = exc
    raise last


def _getaddrinfo(host: str, port: int) -> list[tuple[Any, Any, Any, Any, tuple[Any, ...]]]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def _address(literal: str, port: int) -> Address:
    return Address(int(socket.AF_INET6 if ":" in literal else socket.AF_INET), literal, port)


def _with_zone(place: tuple[Any, ...]) -> str:
    """The address of a sockaddr; a link-local IPv6 address is useless without its interface."""
    host = str(place[0])
    zone = int(place[3]) if len(place) > 3 else 0
    return f"{host}%{zone}" if zone and "%" not in host else host
