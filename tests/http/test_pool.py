"""Pools of connections on virtual time."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from swell.http.errors import RequestError
from swell.http.pool import LimitedPool, Pool
from swell.http.protocol import Connection
from swell.http.routes import Route
from swell.http.urls import split_url
from swell.runtime.virtual import VirtualHub


class Nothing:
    max_body = None
    discard_bodies = False
    deadlines: Any = None


def route(url: str = "http://a/") -> Route:
    return Route(split_url(url), None, True, None, None)


def connect(way: Route) -> Connection:
    return Connection(Nothing(), way)


def test_the_newest_connection_of_the_route_comes_first() -> None:
    """Last in first out, per route; closed ones are dropped."""
    here, there = route(), route("http://b/")
    pool = Pool()
    first, second, other = connect(here), connect(here), connect(there)
    for connection in (first, second, other):
        pool.give(connection)
    assert pool.take(here, inf) is second
    pool.give(second)
    second.abort()
    assert pool.take(here, inf) is first
    assert pool.take(here, inf) is None
    assert pool.take(there, inf, fresh=True) is None
    assert pool.take(there, inf) is other
    assert pool.idle == []


def users(hub: VirtualHub, pool: LimitedPool, way: Route, count: int, seconds: float = 1.0) -> dict[str, Any]:
    """So many fibers, each of which uses a connection for a while."""
    seen: dict[str, Any] = {"open": 0, "most": 0, "busy": 0, "done": 0, "errors": []}

    def user() -> None:
        try:
            connection = pool.take(way, hub.time() + 100.0)
        except RequestError as error:
            seen["errors"].append(error.kind)
            return
        if connection is None:
            connection = connect(way)
            seen["open"] += 1
            pool.opened(connection)
        seen["busy"] += 1
        seen["most"] = max(seen["most"], seen["busy"])
        hub.sleep(seconds)
        seen["busy"] -= 1
        seen["done"] += 1
        pool.give(connection)

    for _ in range(count):
        hub.spawn(user)
    return seen


def test_never_more_connections_than_the_limit() -> None:
    """Ten users, three connections: three are opened, all users are served in turn."""
    hub = VirtualHub()
    seen = users(hub, LimitedPool(hub, 3), route(), 10)
    hub.run()
    assert (seen["open"], seen["most"], seen["done"]) == (3, 3, 10)


def test_without_a_limit_all_go_at_once_and_share_afterwards() -> None:
    """A shared pool without limit opens as many as are needed at once."""
    hub = VirtualHub()
    pool = LimitedPool(hub, 0)
    way = route()
    first = users(hub, pool, way, 5)
    users(hub, pool, route("http://b/"), 5)
    hub.run()
    assert first["open"] == 5
    seen = users(hub, pool, way, 5)
    hub.run()
    assert seen["open"] == 0


def test_waiting_ends_at_the_deadline() -> None:
    """Who gets no connection in time gets a typed error; the others are not disturbed."""
    hub = VirtualHub()
    seen = users(hub, LimitedPool(hub, 1), route(), 4, seconds=60.0)
    hub.run()
    assert seen["done"] == 2
    assert seen["errors"] == ["total_timeout", "total_timeout"]


def test_a_lost_connection_makes_room() -> None:
    """A connection that breaks, or cannot be opened, lets the next in line open one."""
    hub = VirtualHub()
    pool = LimitedPool(hub, 1)
    way = route()
    order: list[str] = []

    def breaks() -> None:
        assert pool.take(way, inf) is None
        connection = connect(way)
        pool.opened(connection)
        hub.sleep(1.0)
        order.append("breaks")
        connection.abort()

    def fails() -> None:
        assert pool.take(way, inf) is None
        hub.sleep(1.0)
        order.append("fails")
        pool.failed(way)

    def works() -> None:
        assert pool.take(way, inf) is None
        order.append("works")

    for user in (breaks, fails, works):
        hub.spawn(user)
    hub.run()
    assert order == ["breaks", "fails", "works"]


def test_a_connection_closed_while_idle_makes_room() -> None:
    """The server closes an idle connection: it no longer counts."""
    hub = VirtualHub()
    pool = LimitedPool(hub, 1)
    way = route()

    def user() -> None:
        assert pool.take(way, inf) is None
        connection = connect(way)
        pool.opened(connection)
        pool.give(connection)
        connection.eof_received()
        assert pool.take(way, inf) is None

    hub.spawn(user)
    hub.run()


def test_a_fresh_connection_takes_the_place_of_an_idle_one() -> None:
    """Where only a new one will do and the limit is reached, an idle one goes."""
    hub = VirtualHub()
    pool = LimitedPool(hub, 1)
    way = route()
    closed: list[Connection] = []

    class Transport:
        def abort(self) -> None:
            closed.append(connection)

        close = abort

    connection = connect(way)

    def user() -> None:
        assert pool.take(way, inf) is None
        connection.transport = Transport()  # type: ignore[assignment]
        pool.opened(connection)
        pool.give(connection)
        assert pool.take(way, inf, fresh=True) is None
        assert closed == [connection]

    hub.spawn(user)
    hub.run()


@pytest.mark.parametrize("granted", [False, True])
def test_a_fiber_ended_while_it_waits_leaves_its_place(granted: bool) -> None:
    """Ended before or after the grant: the connection goes to the next in line."""
    hub = VirtualHub()
    pool = LimitedPool(hub, 1)
    way = route()
    connection = connect(way)
    served: list[str] = []

    class Killed(BaseException):
        pass

    def holder() -> None:
        assert pool.take(way, inf) is None
        pool.opened(connection)
        hub.sleep(1.0)
        if not granted:
            hub.call_soon(kill)
            hub.sleep(0.1)
        else:
            hub.call_soon(kill)
        pool.give(connection)

    def victim() -> None:
        try:
            pool.take(way, inf)
        except Killed:
            served.append("killed")

    def last() -> None:
        assert pool.take(way, inf) is connection
        served.append("last")

    def kill() -> None:
        fiber.throw(Killed)

    hub.spawn(holder)
    fiber = hub.spawn(victim)
    hub.spawn(last)
    hub.run()
    assert served == ["killed", "last"]
