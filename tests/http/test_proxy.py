"""HTTP proxies: absolute URLs for http, tunnels for https."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from swell.http.response import Response
from swell.http.session import Session
from tests.http.conftest import Net, Reader, Writer, answer


def through(net: Net) -> str:
    """The running server as a proxy URL with credentials."""
    return f"http://me:pw@127.0.0.1:{net.port}"


def run_proxied(net: Net, user, server) -> object:  # type: ignore[no-untyped-def]
    """Run with the server as the proxy: its port is known only when it runs, so the options are made then."""

    def proxied(session: Session) -> object:
        from swell.model.plan import HttpOptions

        options = HttpOptions(proxy=through(net), trust_env=False, verify=False)
        inner = Session(net.hub, session.client.recorder, options, "")
        try:
            return user(inner)
        finally:
            inner.close()

    return net.run(proxied, server)


def test_plain_requests_name_the_whole_url(net: Net) -> None:
    """Plain http goes to the proxy with the absolute URL, the target's Host and the proxy's credentials."""

    def user(session: Session) -> list[int]:
        return [session.get("http://shop.example:8080/a?b=c").status_code for _ in range(2)]

    assert run_proxied(net, user, net.script(answer())) == [200, 200]
    assert net.connections == 1
    for head in net.heads:
        assert head.startswith("GET http://shop.example:8080/a?b=c HTTP/1.1\r\nHost: shop.example:8080\r\n")
        assert "Proxy-Authorization: Basic bWU6cHc=" in head


def test_tls_goes_through_a_tunnel(net: Net, tmp_path: Path) -> None:
    """For https we open a tunnel with CONNECT; what is in it is between us and the target."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    ports: list[int] = []

    async def proxy(reader: Reader, writer: Writer) -> None:
        target = await asyncio.start_server(net.script(answer(b"inside")), "127.0.0.1", 0, ssl=context)
        ports.append(target.sockets[0].getsockname()[1])
        head = await net.request(reader)
        assert head is not None
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
        up, down = await asyncio.open_connection("127.0.0.1", ports[0])

        async def pump(source: Reader, sink: Writer) -> None:
            while data := await source.read(65536):
                sink.write(data)

        await asyncio.gather(pump(reader, down), pump(up, writer))

    def user(session: Session) -> list[str]:
        return [session.get("https://shop.example/").text for _ in range(2)]

    assert run_proxied(net, user, proxy) == ["inside", "inside"]
    assert net.connections == 1
    assert net.heads[0].startswith("CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n")
    assert "Proxy-Authorization: Basic bWU6cHc=" in net.heads[0]
    assert net.heads[1].startswith("GET / HTTP/1.1\r\nHost: shop.example\r\n")
    assert "Proxy" not in net.heads[1]


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
        b"x" * 100_000,
    ],
)
def test_tunnels_that_are_refused(net: Net, reply: bytes) -> None:
    """A proxy that refuses, or is none, is an error of its own."""

    async def refuses(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(reply)

    def user(session: Session) -> Response:
        return session.get("https://shop.example/")

    response = run_proxied(net, user, refuses)
    assert isinstance(response, Response)
    assert response.error.kind == "proxy"  # type: ignore[union-attr]
    assert "pw" not in str(response.error)


def test_a_proxy_that_is_not_there(net: Net) -> None:
    """A proxy that refuses connections fails the request."""
    response = net.run(lambda session: session.get("http://a.example/"), proxy="http://127.0.0.1:1")
    assert response.error.kind in ("refused", "proxy")
    assert response.error.message == "the proxy 127.0.0.1:1 refused the connection"


def test_tunnels_through_tls_proxies_are_refused_with_a_reason(net: Net) -> None:
    """What is not supported says so."""
    response = net.run(lambda session: session.get("https://a.example/"), proxy="https://127.0.0.1:1")
    assert response.error.kind == "proxy"
    assert "http://" in response.error.message
