"""Servers that misbehave: each failure is typed, counted once, and ends neither the user nor the worker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from swell.http.catch import CaughtResponse
from swell.http.errors import RequestError
from swell.http.response import HTTPError, Response
from swell.http.session import Session
from swell.runtime.fiber import current_fiber
from tests.http.conftest import Handler, Net, Reader, Writer, answer


def sends(net: Net, *pieces: bytes, pause: float = 0.0, close: bool = True) -> Handler:
    """A server that reads a request, sends these pieces, then closes or goes silent."""

    async def handle(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if not close:
            await reader.read()

    return handle


def failed(net: Net, response: Response, kind: str, code: str) -> None:
    """One failed request of this kind was recorded, and the response says the same."""
    assert response.status_code == 0
    assert not response
    assert not response.ok
    assert isinstance(response.error, RequestError)
    assert response.error.kind == kind
    assert (response.content, response.text, response.reason, response.http_version) == (b"", "", "", "")
    assert dict(response.headers) == {}
    with pytest.raises(HTTPError):
        response.raise_for_status()
    [tags] = net.ledger.requests
    assert tags == {
        "scenario": "test",
        "name": "/x",
        "method": "GET",
        "status": "0",
        "expected_response": "false",
        "error": kind,
        "error_code": code,
    }
    assert net.ledger.kinds == [kind]
    row = net.ledger.rows[0]
    assert min(row[4:]) >= 0
    assert row[2] >= row[1]


def get(session: Session) -> Response:
    return session.get("/x")


def test_nobody_listens(net: Net) -> None:
    """A closed port is refused."""
    response = net.run(get, base_url="http://127.0.0.1:1")
    failed(net, response, "refused", "1212")
    assert response.timings.blocked > 0.0


def test_an_unknown_name(net: Net) -> None:
    """A name that does not exist is a DNS error."""
    response = net.run(get, base_url="http://no-such-host.invalid")
    assert response.error.kind in ("dns", "dns_not_found")


@pytest.mark.parametrize(
    ("pieces", "kind", "code"),
    [
        ([b"SSH-2.0-OpenSSH\r\n"], "malformed", "1000"),
        ([b"\x00\x01\x02"], "malformed", "1000"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"], "closed_early", "1000"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"], "closed_early", "1000"),
        ([b"HTTP/1.1 20"], "closed_early", "1000"),
        ([], "closed_early", "1000"),
        ([b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"], "upgrade", "1000"),
    ],
)
def test_answers_that_are_none(net: Net, pieces: list[bytes], kind: str, code: str) -> None:
    """Garbage, half a response and nothing at all are told apart."""
    failed(net, net.run(get, sends(net, *pieces)), kind, code)


def test_a_reset(net: Net) -> None:
    """A connection that is reset is counted as such."""

    async def resets(reader: Reader, writer: Writer) -> None:
        import socket
        import struct

        await net.request(reader)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    response = net.run(get, resets)
    assert response.error.kind in ("reset", "closed_early")


@pytest.mark.parametrize(
    ("options", "timeout", "kind"),
    [
        ({"timeout": 0.2}, None, "total_timeout"),
        ({}, 0.2, "total_timeout"),
        ({"timeout": 30.0, "read_timeout": 0.2}, None, "read_timeout"),
        ({}, (5.0, 0.2), "read_timeout"),
    ],
)
@pytest.mark.parametrize("pieces", [[], [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"]])
def test_silence(net: Net, options: dict[str, Any], timeout: Any, kind: str, pieces: list[bytes]) -> None:
    """A server that says nothing (more) runs into the time limit that was set."""

    def user(session: Session) -> Response:
        if timeout is not None:
            session.timeout = timeout
        return session.get("/x")

    failed(net, net.run(user, sends(net, *pieces, close=False), **options), kind, "1050")


def test_a_slow_drip_hits_the_total_but_not_the_read_timeout(net: Net) -> None:
    """A byte now and then is no silence; the time for the whole request runs out all the same."""
    drip = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *([b"x"] * 200)]
    response = net.run(get, sends(net, *drip, pause=0.02), timeout=0.6, read_timeout=0.4)
    failed(net, response, "total_timeout", "1050")


def test_a_time_limit_on_a_kept_connection(net: Net) -> None:
    """The limit holds on the short way too, and the next request works on a new connection."""

    async def second_hangs(reader: Reader, writer: Writer) -> None:
        first = net.connections == 1
        await net.request(reader)
        writer.write(answer())
        while await net.request(reader) is not None:
            if not first:
                writer.write(answer())

    def user(session: Session) -> list[int]:
        return [session.get("/").status_code for _ in range(4)]

    assert net.run(user, second_hangs, timeout=0.3) == [200, 0, 200, 200]
    assert net.connections == 2


def test_a_connection_that_is_never_accepted(net: Net) -> None:
    """A connect that gets no answer ends by the connect timeout."""
    import socket

    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        others = []
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(full.getsockname())
            others.append(other)
        response = net.run(get, base_url=url, connect_timeout=0.3)
        for other in others:
            other.close()
    failed(net, response, "connect_timeout", "1211")


def test_an_endless_body(net: Net) -> None:
    """A body without end stops at the cap."""

    async def endless(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    failed(net, net.run(get, endless, max_body=1_000_000), "body_too_large", "1000")


@pytest.mark.parametrize("size", [1000, 100_000])
def test_a_body_above_a_small_cap(net: Net, size: int) -> None:
    """The cap holds for responses that come in one piece and are of a known kind."""

    def user(session: Session) -> list[int]:
        return [session.get("/").status_code for _ in range(3)]

    assert net.run(user, net.script(answer(b"x" * size)), max_body=size - 1) == [0, 0, 0]
    assert net.ledger.kinds == ["body_too_large"] * 3


def test_a_redirect_loop(net: Net) -> None:
    """A loop ends at the limit, as one failed request."""
    loop = answer(b"", "302 Found", Location="/x")
    failed(net, net.run(get, net.script(loop), max_redirects=5), "too_many_redirects", "1000")
    assert len(net.heads) == 6


def test_failures_in_a_row_do_not_end_the_user(net: Net) -> None:
    """After any failure the next request works."""
    bad = [b"garbage", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b""]

    async def sometimes(reader: Reader, writer: Writer) -> None:
        if await net.request(reader) is None:
            return
        if net.connections % 2:
            writer.write(bad[net.connections // 2 % 3])
        else:
            writer.write(answer(Connection="close"))

    def user(session: Session) -> list[int]:
        return [session.post("/").status_code for _ in range(8)]

    statuses = net.run(user, sometimes)
    assert statuses == [0, 200] * 4
    assert len(net.ledger.rows) == 8


def test_an_ended_fiber_closes_its_connection(net: Net) -> None:
    """A user that is ended while it waits leaves no record and no open connection."""

    class Killed(BaseException):
        pass

    closed: list[bool] = []

    async def silent(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(answer())
        await net.request(reader)
        closed.append(await reader.read() == b"")

    def user(session: Session) -> None:
        me = current_fiber()

        def victim() -> None:
            session.get("/")
            try:
                session.get("/")
            except Killed:
                net.hub.call_soon(me.wake)

        fiber = net.hub.spawn(victim)
        while len(net.heads) < 2:
            net.hub.sleep(0.01)
        net.hub.call_soon(fiber.throw, Killed)
        net.hub.wait()
        assert session.pool.idle == []
        while not closed:
            net.hub.sleep(0.01)

    net.run(user, silent)
    assert closed == [True]
    assert len(net.ledger.rows) == 1


def test_errors_leave_no_traces_of_frames(net: Net) -> None:
    """A stored error holds no traceback, so that nothing of the request stays alive with it."""
    response = net.run(get, base_url="http://127.0.0.1:1")
    assert response.error.__traceback__ is None
    assert response.error.__context__ is None or response.error.__context__.__traceback__ is None


@pytest.mark.parametrize("kept", [False, True])
def test_keep_alive_and_its_end(net: Net, kept: bool) -> None:
    """Connection: close, HTTP/1.0 and bodies without length each need a new connection; otherwise one serves all."""
    pages = [answer(), answer()] if kept else [answer(Connection="close"), b"HTTP/1.0 200 OK\r\n\r\nold"]

    def user(session: Session) -> list[str]:
        return [session.get("/").text for _ in range(4)]

    server = net.script(*pages, close=not kept)
    texts = net.run(user, server)
    assert net.connections == (1 if kept else 4)
    assert len(texts) == 4


@pytest.mark.parametrize("seen_close", [True, False])
@pytest.mark.parametrize(("method", "statuses"), [("GET", [200, 200, 200]), ("POST", [200, 0, 200])])
def test_a_kept_connection_that_the_server_closed(net: Net, method: str, statuses: list[int], seen_close: bool) -> None:
    """The keep-alive race: idempotent requests go out again unseen, others fail; a close that was seen is no race."""

    async def one_each(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(answer())
        await writer.drain()
        if net.connections == 1:
            if not seen_close:
                await net.request(reader)
        else:
            while await net.request(reader) is not None:
                writer.write(answer())

    def user(session: Session) -> list[int]:
        first = session.request(method, "/").status_code
        if seen_close:
            while session.pool.idle[0].state == 0:
                net.hub.sleep(0.01)
        call = session.get if method == "GET" else session.post
        return [first, *(call("/").status_code for _ in range(2))]

    got = net.run(user, one_each)
    assert got == ([200, 200, 200] if seen_close else statuses)
    assert len(net.ledger.rows) == 3
    assert net.ledger.kinds == ([] if seen_close or method == "GET" else ["closed_early"])


def test_a_dead_server_is_not_asked_for_ever(net: Net) -> None:
    """The transparent second try is one: a server that closes every connection fails the request."""

    async def closes(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        if net.connections == 1:
            writer.write(answer())
            await net.request(reader)

    def user(session: Session) -> list[int]:
        return [session.get("/").status_code for _ in range(2)]

    assert net.run(user, closes) == [200, 0]
    assert net.connections == 2


def test_caught_failures(net: Net) -> None:
    """A transport failure may be caught like any other response."""

    def user(session: Session) -> None:
        with session.get("/x", catch_response=True) as response:
            assert isinstance(response, CaughtResponse)
            assert response.status_code == 0
        with session.get("/x", catch_response=True) as response:
            response.success()  # type: ignore[attr-defined]

    net.run(user, base_url="http://127.0.0.1:1")
    assert [tags["expected_response"] for tags in net.ledger.requests] == ["false", "true"]
