"""Scripts of one VU against a WebSocket server in the same event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from swell.dialects.javascript import JsContext, JsHost, JsLimits, JsProgram, Resolver, Shared
from swell.dialects.k6.modules import http, websockets, ws
from swell.dialects.k6.modules.ws_state import end_iteration
from swell.http.session import Session
from swell.metrics.recorder import Recorder
from swell.metrics.tags import TagSet
from swell.model.plan import HttpOptions
from swell.runtime.hub import LoopHub, new_loop

from ..k6_http.conftest import Vu
from ..websocket.conftest import Peer, Samples, opening, server_frames


class World:
    """A server, a folder for scripts, and what came of them.

    The server does what the path says: /echo, /deny (404), /drop (after one message), /close/CODE (after one message),
    /count/N (sends N messages), /ping (asks), /hello (echoes after a greeting in text and in bytes), /mute.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loop = new_loop()
        self.samples = Samples()
        self.vu: Vu
        self.heads: list[str] = []
        self.peers: list[Peer] = []
        self.said: list[str] = []
        self.open_now = 0
        self.base = ""

    def call(self, source: str, options: dict[str, Any] | None = None, *, phase: str = "vu", times: int = 1) -> Any:
        """The result of the script's default function, which gets the server's URL; of the last call."""
        return self.loop.run_until_complete(asyncio.wait_for(self._call(source, options or {}, phase, times), 60))

    async def _call(self, source: str, options: dict[str, Any], phase: str, times: int) -> Any:
        hub = LoopHub(self.loop)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        session = Session(hub, cast("Recorder", self.samples), HttpOptions(trust_env=False))
        self.vu = Vu(hub, session, options)
        self.vu.phase = phase
        path = self.folder / "main.js"
        path.write_text(source, "utf-8")
        modules = {**http.modules(), **ws.modules(), **websockets.modules()}
        host = JsHost(
            modules=modules,
            limits=JsLimits(run_seconds=30.0),
            console=lambda _, level, text: self.said.append(f"{level}: {text}"),
        )
        program = JsProgram(path, host, Resolver(manner="k6"))
        done = self.loop.create_future()

        def live() -> None:
            try:
                context = JsContext(program, hub=hub, state=self.vu, shared=Shared())
                context.load()
                result: Any = None
                for _ in range(times):
                    try:
                        result = context.call("default", [self.base], wait="drained")
                    finally:
                        end_iteration(context)
                done.set_result(result)
            except BaseException as error:
                done.set_exception(error)

        fiber = hub.spawn(live)
        fiber.tags = TagSet.of({"scenario": "default"})
        try:
            return await done
        finally:
            while self.open_now:
                await asyncio.sleep(0.01)
            session.close()
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
                await writer.drain()
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        path = head.split(" ")[1].split("?", maxsplit=1)[0].strip("/").split("/")
        if path[0] == "deny":
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\nX-Why: gone\r\n\r\nno room")
            return
        if path[0] == "login":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: sid=1; Path=/\r\n\r\nok")
            return
        packed = "permessage-deflate" if "permessage-deflate" in head else ""
        peer = Peer(reader, writer, head, server_frames(packed))
        self.peers.append(peer)
        chosen = peer.header("Sec-WebSocket-Protocol").split(",")[0].strip()
        writer.write(opening(peer.header("Sec-WebSocket-Key"), chosen, packed, ("Set-Cookie: ws=yes; Path=/",)))
        await getattr(self, f"_{path[0]}")(peer, *path[1:])

    async def _echo(self, peer: Peer) -> None:
        async for kind, payload in peer.events():
            if kind == "message":
                assert isinstance(payload, str | bytes)
                peer.send(payload)

    async def _hello(self, peer: Peer) -> None:
        peer.send("hello")
        peer.send(b"\x01\x02\x03")
        await self._echo(peer)

    async def _count(self, peer: Peer, number: str) -> None:
        for index in range(int(number)):
            peer.send(json.dumps({"index": index}))
        await self._echo(peer)

    async def _drop(self, peer: Peer) -> None:
        await peer.message()
        peer.writer.transport.abort()

    async def _close(self, peer: Peer, code: str) -> None:
        await peer.message()
        peer.writer.write(peer.frames.close(int(code), "enough"))
        async for _ in peer.events():
            pass

    async def _ping(self, peer: Peer) -> None:
        peer.writer.write(peer.frames.ping(b"you"))
        await self._echo(peer)

    async def _mute(self, peer: Peer) -> None:
        async for _ in peer.events():
            pass


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A server and a folder."""
    made = World(tmp_path)
    yield made
    made.loop.close()
