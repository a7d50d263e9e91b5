"""TLS and proxies of both engines: settings of a connection that requests do not share."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import SocketWorld


def serve(world: SocketWorld, handler: Any, context: ssl.SSLContext | None = None) -> int:
    """Start a server in the world's loop; its port."""
    server = world.loop.run_until_complete(asyncio.start_server(handler, "127.0.0.1", 0, ssl=context))
    return int(server.sockets[0].getsockname()[1])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of this test run."""
    return trustme.CA()


@pytest.fixture
def secure(world: SocketWorld, authority: trustme.CA) -> int:
    """The port of a server with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return serve(world, world._serve, context)


def test_tls_of_websockets(world: SocketWorld, secure: int, authority: trustme.CA, tmp_path: Path) -> None:
    """Certificates are verified, unless `config.ws` or the step says otherwise or names the authority."""
    place = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(place)
    target = f"wss://127.0.0.1:{secure}/"
    wait = {"wait": {"match": {"json": "$.type", "value": "hello"}}}
    for ws in ({}, {"rejectUnauthorized": False}, {"ca": str(place)}):
        world.run(wait, engine="ws", config={"target": target, "ws": ws})
    world.run({"connect": {"rejectUnauthorized": False}}, wait, engine="ws", config={"target": target})
    codes = [failure and failure.code for failure in world.failures]
    assert codes[1:] == [None, None, None]
    assert codes[0] in {"UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN"}


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="-".join)
def test_tls_of_socketio(world: SocketWorld, secure: int, transports: list[str]) -> None:
    """`config.socketio.rejectUnauthorized` holds for each transport."""
    for trust in (True, False):
        world.run(
            {"emit": ["echo", 1], "response": {"channel": "echoed", "data": 1}},
            engine="socketio",
            config={
                "target": f"https://127.0.0.1:{secure}",
                "socketio": {"transports": transports, "rejectUnauthorized": trust},
            },
        )
    assert [failure is None for failure in world.failures] == [False, True]


def test_a_proxy(world: SocketWorld) -> None:
    """`config.ws.proxy` is asked for a tunnel."""
    asked: list[str] = []

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().split(" HTTP", maxsplit=1)[0])
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", target)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer), return_exceptions=True)

    target = serve(world, world._serve)
    port = serve(world, proxy)
    world.run(
        {"send": {"payload": "a", "match": {"json": "$.value", "value": "a"}}},
        engine="ws",
        config={"target": "ws://chat.example:81/", "ws": {"proxy": {"url": f"http://127.0.0.1:{port}"}}},
    )
    assert world.failures == [None]
    assert asked == ["CONNECT chat.example:81"]
