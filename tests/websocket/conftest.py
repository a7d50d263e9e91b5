"""WebSocket servers of our own on loopback, in the event loop of the test."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeAlias

import pytest

from swell.metrics.tags import TagSet
from swell.websocket.deflate import Deflate
from swell.websocket.frames import Event, Frames

from ..http.conftest import Handler, Net, Reader, Writer

PeerHandler: TypeAlias = "Callable[[Peer], Awaitable[None]]"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Samples:
    """A recorder that keeps what it is given. `all`: (metric, tags, value) of samples in order; `errors` likewise."""

    def __init__(self) -> None:
        self.kinds_of: dict[str, str] = {}
        self.all: list[tuple[str, dict[str, str], float]] = []
        self.errors: list[tuple[str, str, dict[str, str], dict[str, Any] | None]] = []
        self.requests: list[TagSet] = []
        self._known: dict[tuple[str, TagSet], int] = {}
        self._list: list[tuple[str, TagSet]] = []
        self.add_sample = self._add
        self.add_request = self._nothing
        self.add_connect = self._nothing

    def _nothing(self, row: tuple[float, ...]) -> None:
        del row

    def request_series(self, tags: TagSet, *, sent: bool = True) -> int:
        del sent
        self.requests.append(tags)
        return len(self.requests) - 1

    def add_error(self, kind: str, message: str, tags: TagSet, example: dict[str, Any] | None) -> None:
        self.errors.append((kind, message, tags.as_dict(), example))

    @property
    def kinds(self) -> list[str]:
        """The kinds of the errors, in order."""
        return [error[0] for error in self.errors]

    def series(self, metric: str, kind: str, tags: TagSet, *, is_time: bool = False) -> int:
        del is_time
        self.kinds_of[metric] = kind
        key = (metric, tags)
        if key not in self._known:
            self._known[key] = len(self._list)
            self._list.append(key)
        return self._known[key]

    def _add(self, row: tuple[float, float, float]) -> None:
        metric, tags = self._list[int(row[0])]
        self.all.append((metric, tags.as_dict(), row[2]))

    def values(self, metric: str) -> list[float]:
        """The values of a metric, in order."""
        return [value for name, _, value in self.all if name == metric]

    def tags(self, metric: str) -> list[dict[str, str]]:
        """The tags of a metric's samples, in order."""
        return [tags for name, tags, _ in self.all if name == metric]


class Peer:
    """The server's side of one connection. `head`: what the client asked; `got`: messages so far."""

    def __init__(self, reader: Reader, writer: Writer, head: str, frames: Frames) -> None:
        self.reader = reader
        self.writer = writer
        self.head = head
        self.frames = frames
        self.got: list[str | bytes] = []

    async def events(self) -> AsyncIterator[Event]:
        """What the client sends; pings and the close are answered."""
        while data := await self.reader.read(65536):
            for event in self.frames.feed(data):
                kind, payload = event
                if kind == "message":
                    assert isinstance(payload, str | bytes)
                    self.got.append(payload)
                elif kind == "ping":
                    assert isinstance(payload, bytes)
                    self.writer.write(self.frames.pong(payload))
                elif kind == "close":
                    assert isinstance(payload, tuple)
                    self.writer.write(self.frames.close(payload[0] if payload[0] != 1005 else None))
                yield event
                if kind == "close":
                    return

    async def message(self) -> str | bytes:
        """The next message."""
        async for kind, payload in self.events():
            if kind == "message":
                assert isinstance(payload, str | bytes)
                return payload
        raise ConnectionError("the client sent no message")

    def send(self, data: str | bytes) -> None:
        self.writer.write(self.frames.message(data))

    def header(self, name: str) -> str:
        """A header of the handshake, "" when it is not there."""
        for line in self.head.split("\r\n"):
            if line.lower().startswith(name.lower() + ": "):
                return line.split(": ", 1)[1]
        return ""


class WebNet(Net):
    """A network with WebSocket servers. `peers`: the connections that were opened."""

    samples: Samples

    def __init__(self) -> None:
        super().__init__()
        self.samples = Samples()
        self.ledger = self.samples  # type: ignore[assignment] - a recorder too
        self.peers: list[Peer] = []

    def websocket(
        self, handler: PeerHandler, *, subprotocol: str = "", extension: str = "", headers: tuple[str, ...] = ()
    ) -> Handler:
        """A server that opens every WebSocket it is asked for."""

        async def handle(reader: Reader, writer: Writer) -> None:
            raw = await self.request(reader)
            if raw is None:
                return
            head = raw.decode("latin-1")
            frames = server_frames(extension)
            peer = Peer(reader, writer, head, frames)
            self.peers.append(peer)
            writer.write(opening(peer.header("Sec-WebSocket-Key"), subprotocol, extension, headers))
            await handler(peer)
            await writer.drain()

        return handle


def server_frames(extension: str = "") -> Frames:
    """The server's side of the protocol."""
    if not extension:
        return Frames(client=False)
    packer = Deflate(1 << 30, client=False)
    packer.finalize(extension)
    return Frames(extensions=[packer], client=False)


def accept(key: str) -> str:
    """The answer to a key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _MAGIC).digest()).decode()


def opening(key: str, subprotocol: str = "", extension: str = "", headers: tuple[str, ...] = ()) -> bytes:
    """The answer that opens a WebSocket."""
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: keep-alive, Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept(key)}")
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    if extension:
        lines.append(f"Sec-WebSocket-Extensions: {extension}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")


async def echo(peer: Peer) -> None:
    """Send back what comes."""
    async for kind, payload in peer.events():
        if kind == "message":
            assert isinstance(payload, str | bytes)
            peer.send(payload)


@pytest.fixture
def chat_server() -> Iterator[str]:
    """A server in a thread, as "host:port": echoes; /deny answers 403, /drop vanishes after the first message."""
    loop = asyncio.new_event_loop()

    async def serve(reader: Reader, writer: Writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if head.startswith("GET /deny"):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        peer = Peer(reader, writer, head, server_frames())
        writer.write(opening(peer.header("Sec-WebSocket-Key")))
        if head.startswith("GET /drop"):
            await peer.message()
            writer.transport.abort()
        await echo(peer)

    async def guarded(reader: Reader, writer: Writer) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(guarded, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield "{}:{}".format(*server.sockets[0].getsockname()[:2])
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    server.close()
    loop.close()


@pytest.fixture(params=["uvloop", "asyncio"])
def web(request: pytest.FixtureRequest) -> Iterator[WebNet]:
    """A network of this test's own, on each kind of loop."""
    network = WebNet()
    network.loop.close()
    network.loop = pytest.importorskip(request.param).new_event_loop()
    yield network
    network.loop.close()
