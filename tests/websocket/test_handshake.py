"""The opening handshake: what is asked, which answers open a WebSocket, and what the others say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swell.http.auth import DigestAuth
from swell.http.errors import InvalidUrl
from swell.http.session import Session
from swell.websocket import WebSocketError, connect
from swell.websocket.handshake import Answer, http_url

from ..http.conftest import Handler, Reader, Writer
from .conftest import Peer, WebNet, accept, echo, opening, server_frames


def attempt(
    web: WebNet, server: Handler, run: Callable[[Session], Any] | None = None, **options: Any
) -> WebSocketError:
    """The error of a connection that does not open."""

    def user(session: Session) -> WebSocketError:
        with pytest.raises(WebSocketError) as caught:
            (run or (lambda given: connect(given, "/chat", timeout=20)))(session)
        return caught.value

    return web.run(user, server, **options)


def raw(web: WebNet, make: Callable[[str], bytes]) -> Handler:
    """A server that answers with these bytes, made from the client's key, and ends the connection."""

    async def handle(reader: Reader, writer: Writer) -> None:
        head = await web.request(reader)
        assert head is not None
        key = head.decode().split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        writer.write(make(key))
        await writer.drain()

    return handle


def test_what_is_asked(web: WebNet) -> None:
    """The request has what RFC 6455 asks for, the session's headers, cookies and authorization, and those given."""

    def user(session: Session) -> None:
        session.headers["X-Session"] = "1"
        session.cookies.set("sid", "abc")
        session.auth = ("me", "pw")
        headers = {"X-Call": "2", "Upgrade": "h2c", "Sec-WebSocket-Key": "mine", "Origin": "http://shop.example"}
        with connect(session, "/chat?a=b#fragment", headers=headers, subprotocols=["v2", "v1"]) as ws:
            assert ws.subprotocol == "v1"
            assert ws.response.status_code == 101
            assert ws.response.headers["x-more"] == "yes"
        assert session.cookies.get("new") == "1"

    web.run(user, web.websocket(echo, subprotocol="v1", headers=("X-More: yes", "Set-Cookie: new=1")))
    lines = web.heads[0].split("\r\n")
    assert lines[0] == "GET /chat?a=b HTTP/1.1"
    fields = {name: value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    assert len(fields) == len([line for line in lines[1:] if line])
    assert fields["Host"] == f"127.0.0.1:{web.port}"
    assert fields["Upgrade"] == "websocket"
    assert fields["Connection"] == "Upgrade"
    assert fields["Sec-WebSocket-Version"] == "13"
    assert len(fields["Sec-WebSocket-Key"]) == 24
    assert fields["Sec-WebSocket-Protocol"] == "v2, v1"
    assert fields["Cookie"] == "sid=abc"
    assert fields["Authorization"] == "Basic bWU6cHc="
    assert (fields["X-Session"], fields["X-Call"], fields["Origin"]) == ("1", "2", "http://shop.example")
    assert "Sec-WebSocket-Extensions" not in fields


def test_subprotocols_by_header(web: WebNet) -> None:
    """A header Sec-WebSocket-Protocol is an offer like the argument, as scripts write it."""

    def user(session: Session) -> str:
        with connect(session, "/", headers={"Sec-WebSocket-Protocol": "mqtt, stomp"}) as ws:
            return ws.subprotocol

    assert web.run(user, web.websocket(echo, subprotocol="stomp")) == "stomp"
    assert web.samples.tags("ws_sessions")[0]["subproto"] == "stomp"


def test_messages_right_behind_the_answer(web: WebNet) -> None:
    """What comes in one piece with the answer is not lost, after heads with 1xx either."""

    async def eager(reader: Reader, writer: Writer) -> None:
        head = await web.request(reader)
        assert head is not None
        key = head.decode().split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        peer = Peer(reader, writer, "", server_frames())
        early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        writer.write(early + opening(key) + peer.frames.message("first") + peer.frames.message("second"))
        await echo(peer)

    def user(session: Session) -> list[Any]:
        with connect(session, "/") as ws:
            return [ws.receive(timeout=20), ws.receive(timeout=20)]

    assert web.run(user, eager) == ["first", "second"]


def test_an_answer_byte_by_byte(web: WebNet) -> None:
    """A slow server's answer is put together."""

    async def slow(reader: Reader, writer: Writer) -> None:
        head = await web.request(reader)
        assert head is not None
        key = head.decode().split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        peer = Peer(reader, writer, "", server_frames())
        for byte in opening(key) + peer.frames.message("hi"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        await echo(peer)

    def user(session: Session) -> Any:
        with connect(session, "/") as ws:
            return ws.receive(timeout=20)

    assert web.run(user, slow) == "hi"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda key: opening(key).replace(b"Upgrade: websocket", b"Upgrade: h2c"), "no header Upgrade: websocket"),
        (lambda key: opening(key).replace(b"keep-alive, Upgrade", b"close"), "no header Connection: Upgrade"),
        (lambda key: opening(key + "x"), "does not answer our key"),
        (lambda key: opening(key, subprotocol="other"), "the subprotocol 'other', which was not offered"),
        (lambda key: opening(key, extension="permessage-deflate"), "the extension 'permessage-deflate'"),
    ],
)
def test_answers_that_open_nothing(web: WebNet, answer: Any, says: str) -> None:
    """A status 101 alone is no WebSocket: the error says what is wrong and carries the answer."""
    error = attempt(web, raw(web, answer))
    assert error.kind == "ws_handshake"
    assert says in str(error)
    assert error.response is not None
    assert error.response.status_code == 101
    assert web.samples.kinds == ["ws_handshake"]


def test_wrong_parameters_of_the_extension(web: WebNet) -> None:
    """An extension that was offered, but answered with nonsense, opens nothing."""
    server = raw(web, lambda key: opening(key, extension="permessage-deflate; server_max_window_bits=99"))
    error = attempt(web, server, lambda session: connect(session, "/", compression=True))
    assert "permessage-deflate" in str(error)


def test_a_refusal_carries_the_response(web: WebNet) -> None:
    """Another status: the error has status, headers and body; the run counts one error with an example, no secrets."""
    body = b'{"error":"no room"}'
    answer = b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nSet-Cookie: a=b\r\n"
    server = raw(web, lambda _: answer + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    error = attempt(web, server)
    assert error.kind == "ws_handshake"
    assert str(error) == f"127.0.0.1:{web.port} opened no WebSocket: it answered 403 Forbidden"
    assert error.status == 403
    assert error.response is not None
    assert error.response.json() == {"error": "no room"}
    assert error.response.url == f"http://127.0.0.1:{web.port}/chat"
    kind, _, tags, example = web.samples.errors[0]
    assert kind == "ws_handshake"
    assert tags["name"] == "/chat"
    assert example is not None
    assert example["status"] == 403
    assert example["body"] == body.decode()
    sessions = web.samples.tags("ws_sessions")
    assert [each["status"] for each in sessions] == ["403"]
    assert len(web.samples.values("ws_connecting")) == 1
    assert web.samples.values("ws_session_duration") == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", "closed_early"),
        (b"HTTP/1.1 101 Switch", "closed_early"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "closed_early"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "ws_handshake"),
        (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "ws_handshake"),
    ],
)
def test_broken_answers(web: WebNet, answer: bytes, kind: str) -> None:
    """Half an answer, none, or none of HTTP: each is an error of its kind, soon."""
    error = attempt(web, raw(web, lambda _: answer))
    assert error.kind == kind


def test_a_server_that_does_not_answer(web: WebNet) -> None:
    """The handshake has a time limit: the argument, or the session's."""

    async def deaf(reader: Reader, writer: Writer) -> None:
        del writer
        await reader.read()

    error = attempt(web, deaf, lambda session: connect(session, "/", timeout=0.05))
    assert error.kind == "total_timeout"
    assert str(error) == f"timed out waiting for 127.0.0.1:{web.port} to open the WebSocket"
    error = attempt(web, deaf, lambda session: connect(session, "/"), timeout=0.05)
    assert error.kind == "total_timeout"


def test_digest(web: WebNet) -> None:
    """A challenge is answered on a second connection; both together are one session."""

    async def guarded(reader: Reader, writer: Writer) -> None:
        head = await web.request(reader)
        assert head is not None
        if b"Authorization: Digest" not in head:
            challenge = b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n" + challenge + b"\r\n\r\n")
            return
        key = head.decode().split("Sec-WebSocket-Key: ")[1].split("\r\n")[0]
        writer.write(opening(key))
        await echo(Peer(reader, writer, "", server_frames()))

    def user(session: Session) -> Any:
        session.auth = DigestAuth("me", "pw")
        with connect(session, "/") as ws:
            ws.send("in")
            return ws.receive(timeout=20)

    assert web.run(user, guarded) == "in"
    assert [each["status"] for each in web.samples.tags("ws_sessions")] == ["101"]
    assert web.samples.errors == []


def test_a_challenge_without_an_answer(web: WebNet) -> None:
    """Basic credentials that are refused are not sent again."""
    server = raw(web, lambda _: b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Basic\r\n\r\n")

    def run(session: Session) -> None:
        connect(session, f"ws://me:pw@127.0.0.1:{web.port}/")

    error = attempt(web, server, run)
    assert error.status == 401
    assert len(web.heads) == 1
    assert "Authorization: Basic bWU6cHc=" in web.heads[0]
    assert "pw" not in str(web.samples.tags("ws_sessions"))


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("", "ws://a/b", "http://a/b"),
        ("", "WSS://a/b", "https://a/b"),
        ("", "http://a/b", "http://a/b"),
        ("https://shop.example", "/chat", "https://shop.example/chat"),
        ("https://shop.example/api/", "chat?x=1", "https://shop.example/api/chat?x=1"),
        ("ws://shop.example", "/chat", "http://shop.example/chat"),
        ("http://shop.example", "ws://other/chat", "http://other/chat"),
    ],
)
def test_urls(base: str, url: str, expected: str) -> None:
    """A URL with ws is one with http, wss is https; paths are joined to the base."""
    assert http_url(base, url) == expected


@pytest.mark.parametrize(("url", "says"), [("", "empty"), ("/x", "set a host"), ("mqtt://a", "not mqtt://")])
def test_wrong_urls(url: str, says: str) -> None:
    """The message says what to write."""
    with pytest.raises(InvalidUrl, match=says):
        http_url("", url)


@settings(deadline=None)
@given(data=st.binary(max_size=200), rest=st.binary(max_size=50), cut=st.integers(0, 400))
def test_answers_in_pieces(data: bytes, rest: bytes, cut: int) -> None:
    """How the bytes of an answer are cut makes no difference; any bytes are an answer, an error, or not enough."""
    for whole in (data, opening("key") + rest, b"HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\n" + data):
        one, two = Answer(), Answer()
        one.feed(whole)
        place = cut % (len(whole) + 1)
        two.feed(whole[:place])
        two.feed(whole[place:])
        assert one.done == two.done
        assert (one.head is None) == (two.head is None)
        assert (one.error is None) == (two.error is None)
        assert one.body == two.body
        if one.head is not None and one.head.status == 101:
            assert one.rest == two.rest == rest


def test_accept_of_the_rfc() -> None:
    """The example of RFC 6455."""
    assert accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
