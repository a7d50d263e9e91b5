"""One request and its response on one connection: the careful way, which every special case takes.

Rules: runs in a fiber and stalls only that. It records nothing, follows nothing and knows no session: it takes a
connection from a pool (or opens one), writes, waits, and says what happened and when. A kept connection that turns out
to be closed before the first byte of a response is replaced by a new one once, without a trace in the results, if the
method is idempotent: the server closed it while it was idle, which is no failure of this request.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from swell.http.connector import Opening, Peer
from swell.http.errors import RequestError
from swell.http.heads import ResponseHead
from swell.http.protocol import Connection

if TYPE_CHECKING:
    from swell.http.body import Body
    from swell.http.client import Client
    from swell.http.pool import Pool
    from swell.http.routes import Route
    from swell.http.tls import TlsSessions
    from swell.runtime.fiber import Fiber

__all__ = ["IDEMPOTENT", "Limits", "Outcome", "Wire", "collect", "exchange", "is_stale", "obtain"]

IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
# Seconds. Below this, taking an idle connection is no waiting worth a row.
_NOTICEABLE: Final = 1e-3
# Bytes. Up to here head and body are written in one piece.
_SMALL_BODY: Final = 65536


class Access(Protocol):
    """Whose connections are used: a session."""

    client: Client
    local_address: str
    pool: Pool

    @property
    def tls_sessions(self) -> TlsSessions:
        """Where TLS sessions to resume are kept."""
        ...


class Limits(msgspec.Struct, gc=False):
    """Time limits of one call: `connect` and `read` in seconds, `total` as a time on the hub's clock."""

    connect: float | None = None
    read: float | None = None
    total: float = inf


class Outcome(msgspec.Struct, gc=False):
    """What one exchange came to.

    `start`: when the request began; `sent_from`, `sent`: when writing began and ended; `first`, `end`: the first and
    last byte of the response (hub's clock, seconds). The body is `data[offset:]`, still encoded. Without `head` there
    is an `error`. `stream`: the connection, when the body is still to come.
    """

    start: float = 0.0
    sent_from: float = 0.0
    sent: float = 0.0
    first: float = 0.0
    end: float = 0.0
    blocked: float = 0.0
    bytes_out: int = 0
    bytes_in: int = 0
    head: ResponseHead | None = None
    data: bytes = b""
    offset: int = 0
    error: RequestError | None = None
    opening: Opening | None = None
    peer: Peer | None = None
    stream: Connection | None = None


class Wire(msgspec.Struct, gc=False):
    """A request ready to be written."""

    method: str
    route: Route
    head: bytes
    body: Body | None = None
    chunked: bool = False


def obtain(
    access: Access, route: Route, limits: Limits, outcome: Outcome, *, fresh: bool = False
) -> tuple[Connection | None, bool]:
    """A connection for this route, and whether it was kept open from before.

    None with `outcome.error` set when there is none to be had. `fresh`: only a new one will do.
    """
    client, pool = access.client, access.pool
    time = client.hub.time
    begin = time()
    try:
        connection = pool.take(route, limits.total, fresh=fresh)
    except RequestError as error:
        outcome.error = _bare(error)
        outcome.blocked += time() - begin
        outcome.opening = outcome.opening or Opening()
        return None, False
    if connection is not None:
        waited = time() - begin
        if waited > _NOTICEABLE:
            outcome.blocked += waited
            outcome.opening = outcome.opening or Opening()
        outcome.peer = connection.peer
        return connection, True
    opening = outcome.opening = outcome.opening or Opening()
    left = None if limits.total == inf else max(limits.total - time(), 0.001)
    total = left is not None and (limits.connect is None or left < limits.connect)
    try:
        connection = client.hub.await_(
            client.connector.open(
                route,
                access.tls_sessions,
                opening,
                left if total else limits.connect,
                total=total,
                local=access.local_address,
            )
        )
    except BaseException as error:
        pool.failed(route)
        if not isinstance(error, RequestError):
            raise
        outcome.error = _bare(error)
        outcome.blocked += time() - begin
        return None, False
    pool.opened(connection)
    outcome.blocked += time() - begin
    outcome.peer = connection.peer
    return connection, False


def exchange(
    access: Access,
    fiber: Fiber,
    wire: Wire,
    limits: Limits,
    *,
    stream: bool = False,
    fresh: bool = False,
) -> Outcome:
    """Send one request and take its response. Raises nothing for what the network does."""
    client = access.client
    outcome = Outcome(start=client.hub.time())
    while True:
        connection, kept = obtain(access, wire.route, limits, outcome, fresh=fresh)
        if connection is None:
            outcome.sent_from = outcome.sent = outcome.first = outcome.end = client.hub.time()
            return outcome
        outcome.bytes_out = 0
        data = _send(client, connection, fiber, wire, limits=limits, outcome=outcome, stream=stream)
        if kept and is_stale(connection, wire.method, wire.body):
            connection.abort()
            fresh = True
            continue
        collect(access, connection, data, outcome)
        return outcome


def _bare(error: RequestError) -> RequestError:
    """The error without what it came from, which would keep frames, and with them whole requests, alive."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def is_stale(connection: Connection, method: str, body: Body | None) -> bool:
    """Whether a kept connection was closed before anything came back, and the request may go out again."""
    error = connection.error
    return (
        error is not None
        and not connection.first
        and error.kind in ("closed_early", "reset", "broken_pipe")
        and method in IDEMPOTENT
        and (body is None or body.replayable)
    )


def collect(access: Access, connection: Connection, data: bytes | None, outcome: Outcome) -> None:
    """Take the response off the connection and give the connection back."""
    client, pool = access.client, access.pool
    end = outcome.end = client.hub.time()
    if data is not None:
        # The shortcut of the protocol.
        outcome.head = head = connection.head
        outcome.data = head.raw if client.discard_bodies else data
        outcome.offset = head.size
        outcome.bytes_in = len(data)
        outcome.first = end
        pool.give(connection)
        return
    reader = connection.reader
    outcome.first = connection.first or end
    outcome.error = connection.error
    if reader is not None:
        outcome.bytes_in = reader.received
        if connection.error is None:
            outcome.head = reader.head
            if not reader.complete:
                outcome.stream = connection
                connection.streaming()
                return
            outcome.data = reader.body()
    if connection.finish():
        pool.give(connection)


def _send(
    client: Client,
    connection: Connection,
    fiber: Fiber,
    wire: Wire,
    *,
    limits: Limits,
    outcome: Outcome,
    stream: bool,
) -> bytes | None:
    """Write the request, then wait. The connection must be idle; afterwards it holds the response or an error."""
    time = client.hub.time
    now = outcome.sent_from = outcome.sent = time()
    body = wire.body
    content = body.content if body is not None else b""
    at_once = content is not None and len(content) <= _SMALL_BODY and not wire.chunked
    connection.begin(bodyless=wire.method == "HEAD", stream=stream, read_timeout=limits.read, shortcut=at_once)
    connection.total = limits.total
    connection.deadline = limits.total if limits.read is None or not at_once else min(limits.total, now + limits.read)
    if connection.deadline < connection.armed:
        client.deadlines.watch(connection)
    if content is not None and at_once:
        payload = wire.head + content if content else wire.head
        connection.write(payload)
        outcome.bytes_out = len(payload)
    else:
        assert body is not None, "only a body makes a request large"
        connection.write(wire.head)
        outcome.bytes_out = len(wire.head)
        _send_body(client, connection, fiber, body, chunked=wire.chunked, outcome=outcome)
        now = outcome.sent = time()
        if limits.read is not None:
            connection.deadline = min(limits.total, now + limits.read)
            if connection.deadline < connection.armed:
                client.deadlines.watch(connection)
    return connection.await_response(fiber, client.hub.wait)


def _send_body(
    client: Client, connection: Connection, fiber: Fiber, body: Body, *, chunked: bool, outcome: Outcome
) -> None:
    """Write a body piece by piece, no faster than the connection takes it; stop when the server has answered."""
    wait = client.hub.wait
    try:
        for piece in body.chunks():
            # A connection that closes while the next piece is made has nothing left to write to.
            if not connection.await_writable(fiber, wait):
                connection.spoil()
                return
            data = b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece
            connection.write(data)
            outcome.bytes_out += len(data)
    except BaseException:
        # A file or a generator of the user's failed, or the fiber was ended: the server waits for the rest in vain.
        connection.abort()
        raise
    if not connection.await_writable(fiber, wait):
        connection.spoil()
    elif chunked:
        connection.write(b"0\r\n\r\n")
        outcome.bytes_out += 5
