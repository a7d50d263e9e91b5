"""stream=True: bodies read while they come."""

from __future__ import annotations

import asyncio
import gc
import gzip
from typing import Any

import pytest

from swell.http.errors import RequestError
from swell.http.response import Response
from swell.http.session import Session
from swell.http.streams import StreamedResponse
from tests.http.conftest import Handler, Net, Reader, Writer, answer


def events(net: Net, *pieces: bytes, head: bytes = b"Transfer-Encoding: chunked\r\n", hang: bool = False) -> Handler:
    """A server that sends the head, waits for each piece a little, and ends (or not)."""

    async def handle(reader: Reader, writer: Writer) -> None:
        while await net.request(reader) is not None:
            writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            for piece in pieces:
                await asyncio.sleep(0.01)
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            if hang:
                await reader.read()
            writer.write(b"0\r\n\r\n")

    return handle


def test_pieces_come_as_the_server_sends_them(net: Net) -> None:
    """The response is there before its body; lines come one by one; it is recorded once, at the end."""

    def user(session: Session) -> list[Any]:
        response = session.get("/", stream=True)
        assert isinstance(response, StreamedResponse)
        assert response.status_code == 200
        assert net.ledger.rows == []
        lines = list(response.iter_lines(decode_unicode=True))
        assert len(net.ledger.rows) == 1
        assert session.get("/", stream=True).content == b"one\ntwo\r\nthree"
        return lines

    assert net.run(user, events(net, b"one\nt", b"wo\r", b"\nthr", b"ee")) == ["one", "two", "three"]
    assert net.connections == 1
    assert len(net.ledger.rows) == 2
    row = net.ledger.rows[0]
    assert row[6] > 0.0
    assert row[2] - row[1] >= row[4] + row[5] + row[6]


def test_a_body_that_is_there_already(net: Net) -> None:
    """A response that came whole is like any other."""

    def user(session: Session) -> list[Any]:
        response = session.get("/", stream=True)
        return [b"".join(response.iter_content(2)), response.content]

    assert net.run(user, net.script(answer(b"small"))) == [b"small", b"small"]
    assert len(net.ledger.rows) == 1


@pytest.mark.parametrize("how", ["close", "with", "drop"])
def test_a_body_that_is_not_read(net: Net, how: str) -> None:
    """Closing, leaving the block or dropping the response gives up the connection and records it once."""

    def user(session: Session) -> None:
        response = session.get("/", stream=True)
        assert next(response.iter_content(3)) == b"one"
        if how == "close":
            response.close()
        elif how == "with":
            with response:
                pass
        else:
            del response
            gc.collect()
        assert len(net.ledger.rows) == 1
        assert session.pool.idle == []
        assert session.get("/", stream=True).status_code == 200

    net.run(user, events(net, b"one", hang=True))


def test_compressed_streams(net: Net) -> None:
    """A compressed stream is decompressed piece by piece."""
    data = gzip.compress(b"swell " * 1000)
    pieces = [data[i : i + 10] for i in range(0, len(data), 10)]
    head = b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"
    got = net.run(lambda session: session.get("/", stream=True).content, events(net, *pieces, head=head))
    assert got == b"swell " * 1000


def test_a_stream_that_breaks(net: Net) -> None:
    """What came is given out, then the error is raised; the request is a failure."""

    async def breaks(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        await asyncio.sleep(0.02)
        writer.write(b"some")
        await writer.drain()

    def user(session: Session) -> list[bytes]:
        response = session.get("/", stream=True)
        got = []
        with pytest.raises(RequestError) as caught:
            got.extend(response.iter_content(None))
        assert caught.value.kind == "closed_early"
        assert response.error is caught.value
        return got

    assert b"".join(net.run(user, breaks)) == b"some"
    assert net.ledger.kinds == ["closed_early"]
    assert net.ledger.requests[0]["expected_response"] == "false"


def test_silence_in_a_stream(net: Net) -> None:
    """The read timeout watches a stream; the time limit of the request does not."""

    def user(session: Session) -> str:
        response = session.get("/", stream=True, timeout=(5.0, 0.3))
        with pytest.raises(RequestError) as caught:
            list(response.iter_content())
        return caught.value.kind

    assert net.run(user, events(net, b"one", hang=True)) == "read_timeout"

    def patient(session: Session) -> bytes:
        return session.get("/", stream=True, timeout=0.3).content

    assert Net.run(net, patient, events(net, *[b"x"] * 50)) == b"x" * 50


def test_a_large_stream_is_held_back(net: Net) -> None:
    """A server that sends faster than we read is slowed down, and nothing is lost."""
    size = 8_000_000

    async def fast(reader: Reader, writer: Writer) -> None:
        await net.request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(80):
            writer.write(b"y" * (size // 80))
            await writer.drain()

    def user(session: Session) -> int:
        response = session.get("/", stream=True)
        net.hub.sleep(0.2)
        return sum(len(piece) for piece in response.iter_content(100_000))

    assert net.run(user, fast) == size


def test_reading_all_of_a_stream_respects_the_cap(net: Net) -> None:
    """`content` of a stream stops at max_body; reading it in pieces does not."""

    def user(session: Session) -> int:
        with pytest.raises(RequestError, match="larger"):
            _ = session.get("/", stream=True).content
        return sum(len(piece) for piece in session.get("/", stream=True).iter_content())

    assert net.run(user, events(net, *[b"z" * 1000] * 20), max_body=10_000) == 20_000


def test_a_caught_stream(net: Net) -> None:
    """Both stream and catch_response together: recorded at the end of the block."""

    def user(session: Session) -> Response:
        with session.get("/", stream=True, catch_response=True) as response:
            body = b"".join(response.iter_content(None))
            assert net.ledger.rows == []
            response.failure(f"got {len(body)}")  # type: ignore[attr-defined]
        return response

    net.run(user, events(net, b"one", b"two"))
    assert [error[1] for error in net.ledger.errors] == ["got 6"]
    assert len(net.ledger.rows) == 1
