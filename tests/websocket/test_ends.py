"""How a WebSocket ends: in good order, by either side, abruptly, by force, never having begun."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import Any

import pytest

from swell.http.session import Session
from swell.websocket import WebSocketClosed, WebSocketError, connect

from ..http.conftest import Reader, Writer
from .conftest import Peer, WebNet, echo


def test_the_server_closes(web: WebNet) -> None:
    """What came before can be received, then there is an error with code and reason; iteration ends at a good code."""

    async def leaving(peer: Peer) -> None:
        code = await peer.message()
        peer.send("one")
        peer.send("two")
        peer.writer.write(peer.frames.close(int(code), "bye"))
        async for _ in peer.events():
            pass

    def user(session: Session) -> list[Any]:
        ws = connect(session, "/")
        ws.send("1000")
        seen: list[Any] = list(ws)
        ws = connect(session, "/")
        ws.send("4001")
        with pytest.raises(WebSocketClosed, match="code 4001: bye") as caught:
            seen.extend(ws)
        assert (caught.value.code, caught.value.reason) == (4001, "bye")
        with pytest.raises(WebSocketClosed):
            ws.send("more")
        ws.close()
        return seen

    assert web.run(user, web.websocket(leaving)) == ["one", "two"] * 2
    assert web.samples.errors == []
    assert len(web.samples.values("ws_session_duration")) == 2


def test_abrupt_end(web: WebNet) -> None:
    """A connection that just ends is code 1006 and an error of the run, not a normal close."""

    async def vanish(peer: Peer) -> None:
        await peer.message()
        peer.send("last")
        await peer.writer.drain()
        peer.writer.transport.abort()

    def user(session: Session) -> tuple[Any, int]:
        ws = connect(session, "/")
        ws.send("x")
        got = [ws.receive(timeout=20)]
        with pytest.raises(WebSocketClosed) as caught:
            ws.receive(timeout=20)
        assert caught.value.kind == "ws_dropped"
        return got, caught.value.code

    assert web.run(user, web.websocket(vanish)) == (["last"], 1006)
    assert web.samples.kinds == ["ws_dropped"]
    assert web.samples.errors[0][2]["method"] == "WS"


def test_end_of_stream_without_a_close(web: WebNet) -> None:
    """The same for a server that ends the stream in good order, but not the WebSocket."""

    async def leave(peer: Peer) -> None:
        await peer.message()

    def user(session: Session) -> str:
        ws = connect(session, "/")
        ws.send("x")
        with pytest.raises(WebSocketClosed) as caught:
            ws.receive(timeout=20)
        return caught.value.reason

    assert web.run(user, web.websocket(leave)) == "the server closed the connection"
    assert web.samples.kinds == ["ws_dropped"]


def test_close_of_a_server_that_does_not_answer(web: WebNet) -> None:
    """close() waits as long as it is told, then ends the connection all the same."""

    async def deaf(peer: Peer) -> None:
        await peer.reader.read()

    def user(session: Session) -> int | None:
        ws = connect(session, "/")
        ws.close(timeout=0.05)
        return ws.close_code

    assert web.run(user, web.websocket(deaf)) == 1006
    assert web.samples.errors == []


def test_close_codes_that_cannot_be_sent(web: WebNet) -> None:
    """A reserved code or a long reason is refused and leaves the connection open."""

    def user(session: Session) -> str | bytes:
        with connect(session, "/") as ws:
            for code, reason in ((1006, ""), (999, ""), (2000, ""), (5000, ""), (1000, "é" * 62)):
                with pytest.raises(ValueError):
                    ws.close(code, reason)
            ws.send("still here")
            return ws.receive(timeout=20)

    assert web.run(user, web.websocket(echo)) == "still here"


def test_closing_behind_a_flood(web: WebNet) -> None:
    """close() gets its answer although messages that nobody received had stopped the reading."""

    async def flood(peer: Peer) -> None:
        for _ in range(200):
            peer.send(b"x" * 65536)
        await echo(peer)

    def user(session: Session) -> int | None:
        ws = connect(session, "/")
        web.hub.sleep(0.2)
        ws.close()
        return ws.close_code

    assert web.run(user, web.websocket(flood)) == 1000


def test_messages_above_the_limit(web: WebNet) -> None:
    """A larger message than allowed closes the connection with code 1009 and is an error."""

    async def large(peer: Peer) -> None:
        peer.send("ok")
        peer.send("x" * 2000)
        async for kind, payload in peer.events():
            closes.append((kind, payload))

    closes: list[Any] = []

    def user(session: Session) -> tuple[Any, int, str]:
        ws = connect(session, "/", max_message=1000)
        first = ws.receive(timeout=20)
        with pytest.raises(WebSocketClosed) as caught:
            ws.receive(timeout=20)
        return first, caught.value.code, caught.value.kind

    assert web.run(user, web.websocket(large)) == ("ok", 1009, "ws_too_big")
    assert web.samples.kinds == ["ws_too_big"]
    assert "larger than the limit of 1000 bytes" in web.samples.errors[0][1]


def test_a_server_that_breaks_the_protocol(web: WebNet) -> None:
    """Garbage closes the connection with 1002 and is an error."""

    async def wrong(peer: Peer) -> None:
        peer.writer.write(b"\x83\x00")
        await peer.reader.read()

    def user(session: Session) -> int:
        ws = connect(session, "/")
        with pytest.raises(WebSocketClosed) as caught:
            ws.receive(timeout=20)
        return caught.value.code

    assert web.run(user, web.websocket(wrong)) == 1002
    assert web.samples.kinds == ["ws_protocol"]


def test_a_stopped_user_does_not_wait(web: WebNet) -> None:
    """What ends a user ends its WebSocket at once, without a closing handshake."""

    class Stop(BaseException):
        pass

    async def deaf(peer: Peer) -> None:
        await peer.reader.read()

    def user(session: Session) -> int | None:
        ws = connect(session, "/")
        with pytest.raises(Stop), ws:
            raise Stop
        return ws.close_code

    assert web.run(user, web.websocket(deaf)) == 1006


class Kill(BaseException):
    """What ends a user."""


def _wait_for_ever(session: Session, when: str, ready: list[bool]) -> None:
    """Do something that a deaf server never lets come to its end."""
    with connect(session, "/") as ws:
        ready.append(True)
        match when:
            case "receiving":
                ws.receive()
            case "sending":
                while True:
                    ws.send(b"x" * (1 << 20))
            case "pinging":
                ws.ping(timeout=None)
            case "closing":
                ws.close(timeout=60)
            case _:
                pass  # the end of the block closes it


@pytest.mark.parametrize("when", ["connecting", "receiving", "sending", "pinging", "closing", "leaving"])
def test_a_user_that_is_killed_while_it_waits(web: WebNet, when: str) -> None:
    """What is thrown into a waiting fiber comes out of the call, and the server sees the connection end."""
    ready = [True] if when == "connecting" else []
    killed: list[bool] = []
    ended: list[bool] = []

    async def deaf(reader: Reader, writer: Writer) -> None:
        await (web.request(reader) if when == "connecting" else web.websocket(idle)(reader, writer))
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 20):
                pass
        ended.append(True)

    async def idle(peer: Peer) -> None:
        transport: Any = peer.writer.transport
        if when == "sending":
            transport.pause_reading()
            while not killed:
                await asyncio.sleep(0.01)
            transport.resume_reading()

    def victim(session: Session) -> None:
        try:
            _wait_for_ever(session, when, ready)
        except Kill:
            killed.append(True)

    def user(session: Session) -> None:
        fiber = web.hub.spawn(victim, session)
        while not ready:
            web.hub.sleep(0.01)
        web.hub.sleep(0.1)
        web.hub.call_soon(fiber.throw, Kill)
        while not (killed and ended):
            web.hub.sleep(0.01)

    web.run(user, deaf)
    assert len(web.samples.values("ws_session_duration")) == int(when != "connecting")


def test_a_forgotten_connection_ends(web: WebNet) -> None:
    """A WebSocket that nobody holds any more closes its connection."""
    ended: list[bool] = []

    async def watch(peer: Peer) -> None:
        with contextlib.suppress(ConnectionError):
            await peer.reader.read()
        ended.append(True)

    def user(session: Session) -> None:
        ws = connect(session, "/")
        del ws
        gc.collect()
        while not ended:
            web.hub.sleep(0.01)

    web.run(user, web.websocket(watch))
    assert len(web.samples.values("ws_session_duration")) == 1


def test_errors_say_what_happened(web: WebNet) -> None:
    """Nobody there: an error with the kind of the HTTP client, counted once, with a session of status 0."""

    def user(session: Session) -> WebSocketError:
        with pytest.raises(WebSocketError) as caught:
            connect(session, "ws://127.0.0.1:1/")
        return caught.value

    error = web.run(user)
    assert error.kind == "refused"
    assert str(error) == "127.0.0.1:1 refused the connection"
    assert error.response is None
    assert error.status == 0
    assert web.samples.kinds == ["refused"]
    assert web.samples.tags("ws_sessions")[0]["status"] == "0"
    assert web.samples.values("ws_connecting") == []
