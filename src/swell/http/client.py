"""What all sessions of one worker share: options, resolver, connector, deadlines, routes, the recorder.

Rules: made once per (hub, recorder, options) and found again by `client_for`, so that 10,000 sessions share one. A
session is one user's state; anything that is the same for all users belongs here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from swell import __version__
from swell.http.connector import Connector
from swell.http.deadlines import Deadlines
from swell.http.decoding import ACCEPT_ENCODING
from swell.http.headers import HeaderMap
from swell.http.pool import ClosingPool, LimitedPool, Pool
from swell.http.proxy import proxy_rules
from swell.http.reach import Reach
from swell.http.resolver import Resolver
from swell.http.routes import Route
from swell.http.statuses import status_set
from swell.http.tls import TlsSessions

if TYPE_CHECKING:
    from swell.http.urls import Target
    from swell.metrics.recorder import Recorder
    from swell.model.plan import HttpOptions
    from swell.runtime.hub import Hub

__all__ = ["Client", "client_for"]


class Client:
    """The shared part. `max_body` and `discard_bodies` are what connections read (`protocol.ConnectionLimits`).

    `connection_tags`: see `model.plan.Network`; `reach`: None without rules of that kind.

    Raises ValueError for a proxy or an expected status that is none.
    """

    __slots__ = (
        "_keep",
        "_proxies",
        "_routes",
        "certificate",
        "connection_tags",
        "connector",
        "deadlines",
        "discard_bodies",
        "expected",
        "headers",
        "hub",
        "max_body",
        "options",
        "pool",
        "reach",
        "recorder",
        "tail",
        "tails",
        "tls_sessions",
        "user_agent",
    )

    def __init__(self, hub: Hub, recorder: Recorder, options: HttpOptions) -> None:
        self.hub = hub
        self.recorder = recorder
        self.options = options
        self.max_body = options.max_body
        self.discard_bodies = options.discard_bodies
        self.certificate = (options.client_cert, options.client_key)
        self.expected = status_set(options.expected_statuses)
        self.user_agent = options.user_agent or f"swell/{__version__}"
        if options.bare:
            self.headers = HeaderMap({"User-Agent": self.user_agent} if options.user_agent else {})
        else:
            self.headers = HeaderMap(
                {"User-Agent": self.user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPT_ENCODING}
            )
        # What ends each head of a session that changed no headers: one object, so that heads can be cached by it.
        self.tail = self.headers.wire() + b"\r\n"
        # The same for headers of single calls (see `settings`); None: the long way must see to them.
        self.tails: dict[tuple[Any, ...], tuple[bytes, bool] | None] = {}
        self.deadlines = Deadlines(hub)
        network = options.network
        self.reach = reach = Reach(network) if network is not None else None
        self.connection_tags = network.connection_tags if network is not None else ()
        self._keep = network is None or network.keep_connections
        if not self._keep:
            self.headers["Connection"] = "close"
            self.tail = self.headers.wire() + b"\r\n"
        resolver = Resolver(options.resolve) if reach is None else reach.resolver(options.resolve)
        self.connector = Connector(resolver, self, self.user_agent, reach)
        self.tls_sessions = TlsSessions()
        self.pool: Pool | None = (
            LimitedPool(hub, options.max_connections_per_host) if options.share_connections else None
        )
        self._proxies = proxy_rules(options.proxy, os.environ if options.trust_env else {})
        self._routes: dict[tuple[Any, ...], Route] = {}

    def route(self, target: Target, verify: bool | str, cert: str | None, key: str | None) -> Route:
        """The one route to this origin with these TLS settings."""
        identity = (target.origin, verify, cert, key)
        route = self._routes.get(identity)
        if route is None:
            proxy = self._proxies.proxy_for(target) if self._proxies is not None else None
            wish = self.reach.tls_wish(target.host) if self.reach is not None and target.scheme == "https" else None
            route = self._routes[identity] = Route(target, proxy, verify, cert, key, wish)
        return route

    def new_pool(self) -> Pool:
        """The pool for one more session: the shared one, or one of its own."""
        if self.pool is not None:
            return self.pool
        if not self._keep:
            return ClosingPool()
        limit = self.options.max_connections_per_host
        return LimitedPool(self.hub, limit) if limit else Pool()


_newest: list[Client] = []


def client_for(hub: Hub, recorder: Recorder, options: HttpOptions) -> Client:
    """The client of this worker; the last few are kept, since a process runs one worker after the other."""
    for client in _newest:
        if client.hub is hub and client.recorder is recorder and client.options is options:
            return client
    client = Client(hub, recorder, options)
    _newest.insert(0, client)
    del _newest[4:]
    return client
