"""The resolver: overrides, cache, one look-up for many, order, and connecting in order."""

from __future__ import annotations

import asyncio
import socket

import pytest

from swell.http import resolver as resolver_module
from swell.http.errors import RequestError
from swell.http.resolver import Address, Resolver, connect_in_order, parse_resolve

V4, V6 = int(socket.AF_INET), int(socket.AF_INET6)


class _Names:
    """A stand-in for getaddrinfo that counts."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[tuple[object, ...]]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (V6, 1, 6, "", (each, port, 0, 0)) if ":" in each else (V4, 1, 6, "", (each, port))
            for each in self.answers[host]
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> _Names:
    found = _Names({"h": ["10.0.0.1", "fd00::1", "10.0.0.2", "10.0.0.1"], "one": ["10.0.0.9"]})
    monkeypatch.setattr(resolver_module, "_getaddrinfo", found)
    return found


def _hosts(addresses: tuple[Address, ...] | None) -> list[str]:
    assert addresses is not None
    return [address.host for address in addresses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.com:443:127.0.0.1", ("example.com", 443, "127.0.0.1")),
        ("Example.COM:*:10.0.0.1", ("example.com", 0, "10.0.0.1")),
        ("h:80:::1", ("h", 80, "::1")),
        ("h:80:[::1]", ("h", 80, "::1")),
        ("*:80:1.2.3.4", ("*", 80, "1.2.3.4")),
    ],
)
def test_parse_resolve(text, expected):
    """host:port:address is read with stars and both forms of IPv6."""
    assert parse_resolve(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [("h", "HOST:PORT:ADDRESS"), ("h:80", "HOST"), ("h:x:1.1.1.1", "port"), ("h:0:1.1.1.1", "port"),
     ("h:99999999:1.1.1.1", "port"), ("h:80:other", "no IP address"), (":80:1.1.1.1", "HOST"),
     ("a b:80:1.1.1.1", "host name")],
)  # fmt: skip
def test_parse_resolve_says_what_is_wrong(text, word):
    """A wrong override is refused with the form to write."""
    with pytest.raises(ValueError, match=word):
        parse_resolve(text)


def test_no_waiting_for_literals_and_overrides(names: _Names):
    """Literals and overrides are known at once and ask nobody; the exact override goes before stars."""
    resolver = Resolver([("h", 443, "1.1.1.1"), ("h", 443, "::1"), ("h", 0, "2.2.2.2"), ("*", 81, "3.3.3.3")])
    assert resolver.known("h", 443) == (Address(V4, "1.1.1.1", 443), Address(V6, "::1", 443))
    assert resolver.known("h", 80) == (Address(V4, "2.2.2.2", 80),)
    assert resolver.known("x", 81) == (Address(V4, "3.3.3.3", 81),)
    assert resolver.known("x", 82) is None
    assert resolver.known("fe80::1%lo", 82) == (Address(V6, "fe80::1%lo", 82),)
    assert names.asked == []


def test_answers_are_kept_for_their_time(names: _Names):
    """A name is looked up once until its time is over; what failed is asked again."""
    now = [100.0]
    resolver = Resolver(ttl=60, clock=lambda: now[0])

    async def run() -> None:
        first = await resolver.resolve("h", 80)
        assert _hosts(first) == ["10.0.0.1", "fd00::1", "10.0.0.2"]
        assert resolver.known("h", 80) == first == await resolver.resolve("h", 80)
        now[0] += 59.9
        await resolver.resolve("h", 80)
        assert names.asked == ["h"]
        now[0] += 0.1
        assert resolver.known("h", 80) is None
        await resolver.resolve("h", 80)
        assert names.asked == ["h", "h"]
        resolver.forget("h")
        assert resolver.known("h", 80) is None
        for _ in range(2):
            with pytest.raises(RequestError) as caught:
                await resolver.resolve("none", 80)
            assert caught.value.kind == "dns_not_found"
        assert names.asked == ["h", "h", "none", "none"]

    asyncio.run(run())


def test_many_askers_share_one_look_up(names: _Names):
    """A thousand users at the start ask once, also when the first of them is cancelled."""
    resolver = Resolver()

    async def run() -> None:
        tasks = [asyncio.create_task(resolver.resolve("h", 80)) for _ in range(1000)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(results[0], asyncio.CancelledError)
        assert all(result == results[1] for result in results[1:])

    asyncio.run(run())
    assert names.asked == ["h"]


def test_order_and_rotation(names: _Names):
    """One family can go first; rotation begins with another address each time."""

    async def run() -> None:
        assert _hosts(await Resolver(order="ipv6").resolve("h", 1)) == ["fd00::1", "10.0.0.1", "10.0.0.2"]
        assert _hosts(await Resolver(order="ipv4").resolve("h", 1)) == ["10.0.0.1", "10.0.0.2", "fd00::1"]
        rotating = Resolver(rotate=True)
        first = {_hosts(await rotating.resolve("h", 1))[0] for _ in range(3)}
        assert first == {"10.0.0.1", "10.0.0.2", "fd00::1"}

    asyncio.run(run())


def test_connect_in_order():
    """The first address that works is taken, the last failure is raised, each attempt has its part of the time."""
    addresses = [Address(V4, f"10.0.0.{n}", 80) for n in range(3)]

    async def second(address: Address) -> str:
        if address.host == "10.0.0.0":
            raise ConnectionRefusedError
        return address.host

    async def none(address: Address) -> str:
        raise OSError(address.host)

    async def hangs(address: Address) -> str:
        if address.host == "10.0.0.2":
            return "reached"
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        assert await connect_in_order(addresses, second) == "10.0.0.1"
        with pytest.raises(OSError, match=r"10\.0\.0\.2"):
            await connect_in_order(addresses, none, timeout=30)
        with pytest.raises(OSError, match="no address"):
            await connect_in_order([], none)
        with pytest.raises(TimeoutError):
            await connect_in_order(addresses[:1], hangs, timeout=0.01)

    asyncio.run(run())


def test_dead_first_addresses_leave_time(monkeypatch: pytest.MonkeyPatch):
    """Two addresses that never answer leave the third its part of the time."""
    monkeypatch.setattr(resolver_module, "_LEAST_ATTEMPT", 0.0)

    async def hangs(address: Address) -> str:
        if address.host != "last":
            await asyncio.Event().wait()
        return address.host

    addresses = [Address(V4, name, 80) for name in ("dead", "dead too", "last")]
    assert asyncio.run(connect_in_order(addresses, hangs, timeout=0.3)) == "last"


def test_real_look_up():
    """The system's resolver is asked in a thread and finds this machine."""
    found = asyncio.run(Resolver().resolve("localhost", 8080))
    assert {address.host for address in found} & {"127.0.0.1", "::1"}
    assert all(address.port == 8080 for address in found)


@pytest.mark.parametrize(("order", "hosts"), [("ipv4", {"10.0.0.1", "10.0.0.2"}), ("ipv6", {"fd00::1"})])
def test_only_one_family(names: _Names, order: str, hosts: set[str]) -> None:
    """With `only` addresses of the other family are none; a name that has no other fails."""
    resolver = Resolver(order=order, only=True)  # type: ignore[arg-type]
    assert {each.host for each in asyncio.run(resolver.resolve("h", 1))} == hosts
    if order == "ipv6":
        with pytest.raises(RequestError, match="kind"):
            asyncio.run(resolver.resolve("one", 1))
    assert names.asked[0] == "h"


@pytest.mark.parametrize("manner", ["rotate", "shuffle"])
def test_spreading_stays_in_the_first_family(names: _Names, manner: str) -> None:
    """Each address of it comes first in turn; the other family stays behind, as a last resort."""
    resolver = Resolver(order="ipv4", **{manner: True})  # type: ignore[arg-type]
    answers = [asyncio.run(resolver.resolve("h", 1)) for _ in range(40)]
    assert {each[0].host for each in answers} == {"10.0.0.1", "10.0.0.2"}
    assert all([address.host for address in each][2:] == ["fd00::1"] for each in answers)
    assert len(names.asked) == 1


def test_names_rotate_each_on_its_own() -> None:
    """Names that are asked for alternately get all of their addresses."""
    resolver = Resolver(
        [("a", 0, "10.0.0.1"), ("a", 0, "10.0.0.2"), ("b", 0, "10.0.1.1"), ("b", 0, "10.0.1.2")], rotate=True
    )
    found = [resolver.known(name, 1) for _ in range(2) for name in "ab"]
    assert len({each[0].host for each in found if each}) == 4
