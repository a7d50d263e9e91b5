"""WebSockets through TLS and proxies, and below the limits of a client."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from swell.http.session import Session
from swell.model.plan import HttpOptions
from swell.websocket import WebSocketError, connect

from ..http.conftest import Reader, Writer
from .conftest import WebNet, echo


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of this test run."""
    return trustme.CA()


def tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """A server's TLS for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def exchange(session: Session, url: str) -> Any:
    """One message there and back."""
    with connect(session, url) as ws:
        ws.send("hello" * 50_000)
        got = ws.receive(timeout=20)
        assert ws.ping() > 0
        return (got == "hello" * 50_000, ws.url.partition(":")[0])


def test_tls(web: WebNet, authority: trustme.CA, tmp_path: Path) -> None:
    """A URL with wss verifies the server's certificate with the authorities of the session."""
    place = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(place)
    server = web.websocket(echo)
    found = web.run(lambda session: exchange(session, "/"), server, ssl=tls(authority, "127.0.0.1"), verify=str(place))
    assert found == (True, "wss")
    assert len(web.samples.values("ws_session_duration")) == 1


def test_an_unknown_authority(web: WebNet, authority: trustme.CA) -> None:
    """A certificate nobody vouches for opens nothing, unless verification is off."""

    def user(session: Session) -> Any:
        with pytest.raises(WebSocketError) as caught:
            connect(session, "/")
        assert caught.value.kind == "tls_unknown_ca"
        session.verify = False
        return exchange(session, "/")

    assert web.run(user, web.websocket(echo), ssl=tls(authority, "127.0.0.1")) == (True, "wss")
    assert web.samples.kinds == ["tls_unknown_ca"]


def test_tls_that_is_none(web: WebNet) -> None:
    """A server without TLS at the other end of wss:// is told."""

    async def plain(reader: Reader, writer: Writer) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    def user(session: Session) -> str:
        with pytest.raises(WebSocketError) as caught:
            connect(session, f"wss://127.0.0.1:{web.port}/")
        return caught.value.kind

    assert web.run(user, plain) == "tls_not_tls"


@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy(web: WebNet, authority: trustme.CA, secure: bool) -> None:
    """Through a proxy a WebSocket goes by a tunnel, with TLS and without; the proxy gets its credentials."""
    context = tls(authority, "shop.example") if secure else None

    async def proxy(reader: Reader, writer: Writer) -> None:
        target = await asyncio.start_server(web.websocket(echo), "127.0.0.1", 0, ssl=context)
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.decode())
        inner = await asyncio.open_connection("127.0.0.1", target.sockets[0].getsockname()[1])
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, inner[1]), pump(inner[0], writer), return_exceptions=True)
        target.close()

    async def pump(source: Reader, sink: Writer) -> None:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
        sink.close()

    asked: list[str] = []

    def user(session: Session) -> Any:
        options = HttpOptions(proxy=f"http://me:pw@127.0.0.1:{web.port}", trust_env=False, verify=False)
        inner = Session(web.hub, session.client.recorder, options, "")
        return exchange(inner, "wss://shop.example/chat" if secure else "ws://shop.example:8080/chat")

    assert web.run(user, proxy)[0]
    port = 443 if secure else 8080
    assert asked[0].startswith(f"CONNECT shop.example:{port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic bWU6cHc=" in asked[0]
    assert web.heads[0].startswith("GET /chat HTTP/1.1\r\n")
    assert "Proxy-Authorization" not in web.heads[0]


def test_a_proxy_that_refuses(web: WebNet) -> None:
    """A proxy's refusal is told as such."""

    async def proxy(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        await writer.drain()

    def user(session: Session) -> tuple[str, str]:
        options = HttpOptions(proxy=f"http://127.0.0.1:{web.port}", trust_env=False)
        inner = Session(web.hub, session.client.recorder, options, "")
        with pytest.raises(WebSocketError) as caught:
            connect(inner, "ws://shop.example/")
        return caught.value.kind, str(caught.value)

    kind, text = web.run(user, proxy)
    assert kind == "proxy"
    assert "refused the tunnel: HTTP/1.1 407" in text


def test_a_proxy_with_tls(web: WebNet) -> None:
    """TLS to the proxy itself is not supported, which is said."""

    def user(session: Session) -> str:
        options = HttpOptions(proxy="https://127.0.0.1:1", trust_env=False)
        inner = Session(web.hub, session.client.recorder, options, "")
        with pytest.raises(WebSocketError, match="http proxy only") as caught:
            connect(inner, "ws://shop.example/")
        return caught.value.kind

    assert web.run(user) == "proxy"


def test_names_that_do_not_resolve(web: WebNet) -> None:
    """Names are looked up as for requests, overrides included."""

    def user(session: Session) -> Any:
        with pytest.raises(WebSocketError) as caught:
            connect(session, "ws://shop.invalid/", timeout=20)
        assert caught.value.kind.startswith("dns")
        return exchange(session, f"ws://chat.example:{web.port}/")

    found = web.run(user, web.websocket(echo), resolve=(("chat.example", 0, "127.0.0.1"),))
    assert found == (True, "ws")
    assert f"Host: chat.example:{web.port}" in web.heads[0]


def test_it_takes_no_place_in_the_pool(web: WebNet) -> None:
    """A WebSocket has a connection of its own: limits and the pool are for requests."""

    async def both(reader: Reader, writer: Writer) -> None:
        await web.websocket(echo)(reader, writer)

    def user(session: Session) -> int:
        with connect(session, "/") as one, connect(session, "/") as two:
            one.send("1")
            two.send("2")
            assert (one.receive(timeout=20), two.receive(timeout=20)) == ("1", "2")
        return len(session.pool.idle)

    assert web.run(user, both, max_connections_per_host=1) == 0
