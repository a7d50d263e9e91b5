"""Virtual users against a small server that speaks HTTP, WebSocket and Socket.IO."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from ..artillery_flow.conftest import World
from ..websocket.conftest import Peer, opening
from .server import SocketioServer

if TYPE_CHECKING:
    from pathlib import Path


class SocketWorld(World):
    """As `World`. `heads`: of the handshakes; `said`: what WebSockets sent; `codes`: those they were closed with."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.socketio = SocketioServer()
        self.heads: list[str] = []
        self.said: list[str | bytes] = []
        self.codes: list[int] = []

    @property
    def errors(self) -> dict[str, int]:
        """The errors that were counted."""
        return {
            name.removeprefix("errors."): count
            for name, count in self.metrics.counters.items()
            if name.startswith("errors.")
        }

    async def _answer(self, method: str, path: str, request: dict[str, Any]) -> tuple[str, list[str], bytes]:
        if path.startswith("/socket.io/"):
            status, body = await self.socketio.poll(method, path, request["body"].encode("latin-1").decode())
            return status, ["Content-Type: text/plain; charset=UTF-8"], body.encode()
        return await super()._answer(method, path, request)

    async def _talk(self, peer: Peer, path: str) -> None:
        self.heads.append(peer.head)
        if path.startswith(("/deny", "/socket.io/?deny")):
            peer.writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        protocol = "" if path == "/none" else peer.header("Sec-WebSocket-Protocol").split(",")[0].strip()
        peer.writer.write(opening(peer.header("Sec-WebSocket-Key"), protocol))
        if path.startswith("/socket.io/"):
            await self.socketio.talk(path, self._messages(peer), peer.send, peer.writer.transport.abort)
            return
        peer.send(json.dumps({"type": "hello"}))
        async for message in self._messages(peer):
            if message == "drop":
                peer.writer.transport.abort()
                return
            if message == "bye":
                peer.writer.write(peer.frames.close(4001, "enough"))
            elif message != "quiet":
                peer.send(json.dumps({"type": "noise"}))
                peer.send(message if isinstance(message, bytes) else json.dumps({"type": "echo", "value": message}))

    async def _messages(self, peer: Peer) -> AsyncIterator[str | bytes]:
        async for kind, payload in peer.events():
            if kind == "message":
                assert isinstance(payload, str | bytes)
                self.said.append(payload)
                yield payload
            elif kind == "close":
                assert isinstance(payload, tuple)
                self.codes.append(payload[0])


@pytest.fixture
def world(tmp_path: Path) -> SocketWorld:
    """A server and a folder."""
    return SocketWorld(tmp_path)
