"""Idle connections, last in first out.

Rules: a connection is in a pool only while it is idle. `Pool` is of one user and knows no limit: the common case, so
its list is open to the session's fast path. `LimitedPool` counts the connections of each route, idle or not, and lets
fibers wait for one. Connections that the server closed meanwhile are skipped when they are met.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, cast

from swell.http.errors import RequestError
from swell.http.protocol import IDLE, Connection
from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from swell.http.routes import Route
    from swell.runtime.hub import Hub

__all__ = ["ClosingPool", "LimitedPool", "Pool"]


class Pool:
    """The idle connections of one user. `idle`: newest last, all routes mixed, since there are few."""

    __slots__ = ("idle",)

    def __init__(self) -> None:
        self.idle: list[Connection] = []

    def take(self, route: Route, deadline: float, *, fresh: bool = False) -> Connection | None:
        """An idle connection, or None: the caller opens one and then calls `opened` or `failed`. May stall the fiber.

        `deadline`: hub's clock, seconds. `fresh`: only the right to open a new one is wanted. Raises RequestError.
        """
        del deadline
        if not fresh:
            idle = self.idle
            for index in range(len(idle) - 1, -1, -1):
                connection = idle[index]
                if connection.state != IDLE:
                    del idle[index]
                elif connection.route is route:
                    del idle[index]
                    return connection
        return None

    def opened(self, connection: Connection) -> None:
        """The connection that `take` allowed is open."""

    def failed(self, route: Route) -> None:
        """The connection that `take` allowed could not be opened."""

    def give(self, connection: Connection) -> None:
        """An idle connection comes (back)."""
        self.idle.append(connection)

    def close(self) -> None:
        """Close all idle connections."""
        while self.idle:
            self.idle.pop().close()


class ClosingPool(Pool):
    """Keeps nothing: each request has a connection of its own."""

    __slots__ = ()

    def give(self, connection: Connection) -> None:
        """As `Pool.give`; the connection is closed."""
        connection.close()


class _Waiter:
    """A fiber that waits for a connection. `granted`: a connection, or None for the right to open one."""

    __slots__ = ("fiber", "granted", "settled")

    def __init__(self, fiber: Fiber) -> None:
        self.fiber: Fiber | None = fiber
        self.granted: Connection | None = None
        self.settled = False


class LimitedPool(Pool):
    """A pool for one user or for all of a worker, with at most `limit` connections per route (0: no limit)."""

    __slots__ = ("_counts", "_hub", "_limit", "_of_route", "_waiting")

    def __init__(self, hub: Hub, limit: int) -> None:
        super().__init__()
        self._hub = hub
        self._limit = limit
        self._counts: dict[Route, int] = {}
        self._of_route: dict[Route, list[Connection]] = {}
        self._waiting: dict[Route, deque[_Waiter]] = {}

    def take(self, route: Route, deadline: float, *, fresh: bool = False) -> Connection | None:
        """As `Pool.take`; waits its turn while all connections of the route are in use."""
        idle = self._of_route.get(route)
        if idle and not fresh:
            while idle:
                connection = idle.pop()
                if connection.state == IDLE:
                    return connection
        count = self._counts.get(route, 0)
        if not self._limit or count < self._limit:
            self._counts[route] = count + 1
            return None
        while idle:
            # Only for `fresh`: an idle connection makes room for the new one.
            connection = idle.pop()
            if connection.state == IDLE:
                connection.on_closed = None
                connection.close()
                return None
        return self._wait(route, deadline)

    def opened(self, connection: Connection) -> None:
        """As `Pool.opened`; from here on the connection itself tells when it is gone."""
        connection.on_closed = self._gone

    def failed(self, route: Route) -> None:
        """As `Pool.failed`; the fiber that waits longest may try."""
        self._counts[route] -= 1
        waiter = self._next_waiter(route)
        if waiter is not None:
            self._counts[route] += 1
            self._grant(waiter, None)

    def give(self, connection: Connection) -> None:
        """As `Pool.give`; the fiber that waits longest gets it."""
        route = cast("Route", connection.route)
        waiter = self._next_waiter(route)
        if waiter is not None:
            self._grant(waiter, connection)
        else:
            self._of_route.setdefault(route, []).append(connection)

    def close(self) -> None:
        """As `Pool.close`."""
        for idle in self._of_route.values():
            while idle:
                idle.pop().close()

    def _gone(self, connection: Connection) -> None:
        self.failed(cast("Route", connection.route))

    def _next_waiter(self, route: Route) -> _Waiter | None:
        waiting = self._waiting.get(route)
        while waiting:
            waiter = waiting.popleft()
            if waiter.fiber is not None:
                return waiter
        return None

    def _grant(self, waiter: _Waiter, connection: Connection | None) -> None:
        waiter.granted = connection
        waiter.settled = True
        self._hub.call_soon(self._wake, waiter)

    def _wake(self, waiter: _Waiter) -> None:
        fiber, waiter.fiber = waiter.fiber, None
        if fiber is not None:
            fiber.wake(None)

    def _wait(self, route: Route, deadline: float) -> Connection | None:
        waiter = _Waiter(current_fiber())
        self._waiting.setdefault(route, deque()).append(waiter)
        timer = None if deadline == inf else self._hub.call_at(deadline, self._wake, waiter)
        try:
            self._hub.wait()
        except BaseException:
            waiter.fiber = None
            if waiter.settled:
                # Granted, but the fiber was ended before it heard of it.
                self._return(route, waiter.granted)
            raise
        finally:
            if timer is not None:
                timer.cancel()
        if not waiter.settled:
            raise RequestError("total_timeout", "no connection became free in time (option max_connections_per_host)")
        connection = waiter.granted
        if connection is not None and connection.state != IDLE:
            # Closed between grant and wake, which already gave its place away: queue again.
            return self.take(route, deadline)
        return connection

    def _return(self, route: Route, connection: Connection | None) -> None:
        if connection is None:
            self.failed(route)
        elif connection.state == IDLE:
            self.give(connection)
