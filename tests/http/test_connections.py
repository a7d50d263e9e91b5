"""Which connections a session opens and shares, and where they go."""

from __future__ import annotations

import asyncio

import pytest

from swell.http.session import Session
from swell.runtime.fiber import current_fiber
from tests.http.conftest import Net, Reader, Writer, answer


def test_several_requests_at_once(net: Net) -> None:
    """Child fibers of one user may use its session at the same time, each on a connection of its own."""

    async def slow(reader: Reader, writer: Writer) -> None:
        while (head := await net.request(reader)) is not None:
            await asyncio.sleep(0.02)
            writer.write(answer(head.split(b" ")[1]))

    def user(session: Session) -> list[str]:
        texts: list[str] = []
        me = current_fiber()

        def child(number: int) -> None:
            texts.append(session.get(f"/{number}").text)
            if len(texts) == 5:
                net.hub.call_soon(me.wake)

        for number in range(5):
            net.hub.spawn(child, number)
        net.hub.wait()
        for _ in range(3):
            session.get("/again")
        return texts

    assert sorted(net.run(user, slow)) == ["/0", "/1", "/2", "/3", "/4"]
    assert net.connections == 5


def test_shared_connections_with_a_limit(net: Net) -> None:
    """Users of a shared pool take turns on its connections; waiting is counted as blocked."""

    async def slow(reader: Reader, writer: Writer) -> None:
        while await net.request(reader) is not None:
            await asyncio.sleep(0.05)
            writer.write(answer())

    def user(session: Session) -> None:
        me = current_fiber()
        left = 4

        def child() -> None:
            nonlocal left
            assert session.get("/").ok
            left -= 1
            if not left:
                net.hub.call_soon(me.wake)

        for _ in range(4):
            net.hub.spawn(child)
        net.hub.wait()

    net.run(user, slow, share_connections=True, max_connections_per_host=2)
    assert net.connections == 2
    blocked = sorted(row[2] for row in net.ledger.connects)
    assert len(blocked) == 4
    assert blocked[-1] >= 0.02


def test_warm_opens_a_connection_for_later(net: Net) -> None:
    """After warm() the next request finds an open connection; a failure to open is no exception."""

    def user(session: Session) -> list[bool]:
        results = [session.warm()]
        session.get("/")
        session.base_url = "http://127.0.0.1:1"
        results.append(session.warm())
        return results

    assert net.run(user, net.script(answer())) == [True, False]
    assert net.connections == 1
    assert net.ledger.connects == []


def test_ipv6_hosts(net: Net) -> None:
    """An IPv6 literal works, with its Host in brackets."""

    def user(session: Session) -> int:
        return session.get("/").status_code

    try:
        status = net.run(user, net.script(answer()), host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    assert status == 200
    assert f"Host: [::1]:{net.port}" in net.heads[0]


def test_resolve_overrides(net: Net) -> None:
    """A name can be sent to an address of our choice."""

    def user(session: Session) -> int:
        return session.get(f"http://shop.example:{net.port}/").status_code

    assert net.run(user, net.script(answer()), resolve=(("shop.example", 0, "127.0.0.1"),)) == 200
    assert f"Host: shop.example:{net.port}" in net.heads[0]
