"""A user's WebSocket against a server: messages, pings, compression, and who is slowed down."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from swell.http.session import Session
from swell.websocket import connect

from .conftest import Peer, WebNet, echo


def test_messages_go_and_come(web: WebNet) -> None:
    """Text comes back as str, binary as bytes, JSON as values; everything is counted under k6's names."""

    def user(session: Session) -> list[Any]:
        with connect(session, "/chat?room=1", tags={"team": "red"}) as ws:
            ws.send("grüße")
            ws.send(b"\x00\xff")
            ws.send(bytearray(b"abc"))
            ws.send_json({"a": [1]})
            got = [ws.receive(), ws.receive(timeout=5), ws.receive(), ws.receive_json()]
        assert ws.closed
        assert ws.close_code == 1000
        return got

    assert web.run(user, web.websocket(echo)) == ["grüße", b"\x00\xff", b"abc", {"a": [1]}]
    samples = web.samples
    assert samples.values("ws_sessions") == [1]
    assert samples.values("ws_msgs_sent") == [1] * 4
    assert samples.values("ws_msgs_received") == [1] * 4
    assert len(samples.values("ws_connecting")) == len(samples.values("ws_session_duration")) == 1
    assert samples.values("ws_session_duration")[0] >= samples.values("ws_connecting")[0] > 0
    assert sum(samples.values("data_sent")) > len(web.heads[0])
    assert sum(samples.values("data_received")) > 100
    assert samples.tags("ws_sessions")[0] == {
        "scenario": "test",
        "team": "red",
        "name": "/chat?room=1",
        "url": "/chat?room=1",
        "status": "101",
    }
    assert web.samples.errors == []
    assert samples.kinds_of["ws_msgs_sent"] == "counter"
    assert samples.kinds_of["ws_connecting"] == "trend"


def test_ws_and_wss_urls(web: WebNet) -> None:
    """A whole URL with ws:// needs no base; secrets of its query do not become tags; `name` is the tag if given."""

    def user(session: Session) -> list[str]:
        urls: list[str] = []
        for name in (None, "feed"):
            with connect(session, f"ws://127.0.0.1:{web.port}/x?token=abcdef123456", name=name) as ws:
                urls.append(ws.url)
        return urls

    urls = web.run(user, web.websocket(echo), base_url="http://elsewhere.example")
    assert urls == [f"ws://127.0.0.1:{web.port}/x?token=abcdef123456"] * 2
    first, second = web.samples.tags("ws_sessions")
    assert "abcdef" not in first["name"] + first["url"]
    assert second["name"] == second["url"] == "feed"


@pytest.mark.parametrize("url", ["ftp://host/x", "", "host/x", "wss://"])
def test_urls_that_are_none(web: WebNet, url: str) -> None:
    """A URL that no WebSocket can be made from is the test author's mistake, said at once."""

    def user(session: Session) -> str:
        session.base_url = ""
        with pytest.raises(ValueError) as caught:
            connect(session, url)
        return str(caught.value)

    assert web.run(user)
    assert web.samples.all == []


def test_receive_gives_up_in_time(web: WebNet) -> None:
    """A server that says nothing gives TimeoutError, after which the connection still works."""

    async def late(peer: Peer) -> None:
        await peer.message()
        peer.send("now")
        await echo(peer)

    def user(session: Session) -> str | bytes:
        with connect(session, "/") as ws:
            with pytest.raises(TimeoutError, match=r"no message came for 0\.05 s"):
                ws.receive(timeout=0.05)
            ws.send("go")
            return ws.receive(timeout=20)

    assert web.run(user, web.websocket(late)) == "now"


def test_ping(web: WebNet) -> None:
    """A ping waits for its answer, is measured, and leaves messages alone."""

    async def busy(peer: Peer) -> None:
        peer.send("before")
        await echo(peer)

    def user(session: Session) -> list[Any]:
        with connect(session, "/") as ws:
            seconds = [ws.ping(), ws.ping()]
            assert all(each > 0 for each in seconds)
            return [ws.receive()]

    assert web.run(user, web.websocket(busy)) == ["before"]
    assert len(web.samples.values("ws_ping")) == 2


def test_pings_of_the_server_are_answered(web: WebNet) -> None:
    """The answer goes out although the user is doing something else."""
    answers: list[Any] = []

    async def asking(peer: Peer) -> None:
        peer.writer.write(peer.frames.ping(b"there?"))
        async for event in peer.events():
            answers.append(event)
            if event[0] == "pong":
                peer.send("thanks")

    def user(session: Session) -> str | bytes:
        with connect(session, "/") as ws:
            return ws.receive(timeout=20)

    assert web.run(user, web.websocket(asking)) == "thanks"
    assert answers[0] == ("pong", b"there?")


def test_slow_server_slows_the_sender(web: WebNet) -> None:
    """send() waits while the server takes no data, and goes on when it does."""
    size, count = 1 << 20, 24

    async def slow(peer: Peer) -> None:
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while not blocked.is_set():
            await asyncio.sleep(0.01)
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for _ in range(count):
            await peer.message()
        peer.send("all")
        await echo(peer)

    blocked = asyncio.Event()

    def user(session: Session) -> str | bytes:
        with connect(session, "/") as ws:
            late = 0
            for _ in range(count):
                try:
                    ws.send(b"x" * size, timeout=0.05 if not late else None)
                except TimeoutError:
                    late += 1
                    blocked.set()
            assert late == 1
            return ws.receive(timeout=40)

    assert web.run(user, web.websocket(slow)) == "all"
    assert [len(each) for each in web.peers[0].got] == [size] * count


def test_a_server_that_sends_too_much_is_slowed_down(web: WebNet) -> None:
    """Messages nobody receives do not pile up without end, and none is lost."""
    count, size = 300, 65536

    async def flood(peer: Peer) -> None:
        for number in range(count):
            peer.send(b"%08d" % number * (size // 8))
            await peer.writer.drain()
        peer.send("end")
        await echo(peer)

    def user(session: Session) -> tuple[int, bool, int]:
        with connect(session, "/") as ws:
            ws._hub.sleep(0.5)
            waiting = len(ws.channel.inbox)
            got: list[Any] = []
            while (message := ws.receive(timeout=40)) != "end":
                got.append(message)
            return waiting, [int(each[:8]) for each in got] == list(range(count)), len(got)

    waiting, in_order, number = web.run(user, web.websocket(flood))
    assert in_order
    assert number == count
    assert waiting < 100


def test_compression(web: WebNet) -> None:
    """permessage-deflate is offered when asked for and used when agreed on; fewer bytes go over the network."""
    text = "all work and no play " * 2000

    def user(session: Session) -> list[Any]:
        with connect(session, "/", compression=True) as ws:
            for _ in range(3):
                ws.send(text)
            return [ws.receive(timeout=20) == text for _ in range(3)]

    assert web.run(user, web.websocket(echo, extension="permessage-deflate")) == [True] * 3
    assert "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits" in web.heads[0]
    assert sum(web.samples.values("data_sent")) < 5000
    assert sum(web.samples.values("data_received")) < 5000


def test_two_fibers_on_one_connection(web: WebNet) -> None:
    """One receives while another sends and closes; the receiver hears of the close."""

    def user(session: Session) -> list[Any]:
        ws = connect(session, "/")
        got: list[Any] = []
        over: list[bool] = []

        def reader() -> None:
            got.extend(ws)
            over.append(True)

        web.hub.spawn(reader)
        for number in range(5):
            ws.send(str(number))
        while len(got) < 5:
            web.hub.sleep(0.01)
        ws.close()
        while not over:
            web.hub.sleep(0.01)
        return got

    assert web.run(user, web.websocket(echo)) == ["0", "1", "2", "3", "4"]
