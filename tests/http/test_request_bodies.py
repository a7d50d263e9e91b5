"""Bodies of requests: forms, JSON, bytes, files and generators, and uploads that are cut short."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.http.response import Response
from swell.http.session import Session
from tests.http.conftest import Net, Reader, Writer, answer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    ("arguments", "content_type", "body"),
    [
        ({"json": {"a": 1}}, "application/json", b'{"a": 1}'),
        ({"data": {"a": "1", "b": ["x", "y"]}}, "application/x-www-form-urlencoded", b"a=1&b=x&b=y"),
        ({"data": "text"}, None, b"text"),
        ({"data": b"\x00\xff"}, None, b"\x00\xff"),
        ({}, None, b""),
        ({"data": b"x" * 300_000}, None, b"x" * 300_000),
        ({"data": b"x", "headers": {"Content-Type": "a/b"}}, "a/b", b"x"),
        ({"json": [1], "headers": {"content-type": "a/b"}}, "a/b", b"[1]"),
    ],
)
def test_bodies(net: Net, warm: bool, arguments: dict[str, Any], content_type: str | None, body: bytes) -> None:
    """Bodies and their headers are the same by the short way (warm) and the long one."""

    def user(session: Session) -> None:
        if warm:
            session.get("/")
        for method in (session.post, session.put, session.patch):
            assert method("/", **arguments).ok
        assert session.post("/", name="n", **arguments).ok

    net.run(user, net.script(answer()))
    for head, sent in zip(net.heads[-4:], net.bodies[-4:], strict=True):
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
        lowered = {name.lower(): value for name, value in fields.items()}
        assert len(lowered) == len(fields)
        assert sent == body
        assert lowered.get("content-type") == content_type
        assert lowered["content-length"] == str(len(body))


def test_streamed_bodies(net: Net, tmp_path: Path) -> None:
    """Files go out with their length, generators in chunks; both slower than the server reads."""
    file = tmp_path / "big.bin"
    file.write_bytes(bytes(range(256)) * 4096)

    def user(session: Session) -> list[Response]:
        with file.open("rb") as opened:
            first = session.post("/file", data=opened)
        second = session.put("/gen", data=(bytes([n]) * 50_000 for n in range(20)))
        third = session.post("/form", files={"f": ("a.txt", b"abc", "text/plain")}, data={"k": "v"})
        return [first, second, third]

    responses = net.run(user, net.script(answer()))
    assert all(responses)
    assert net.connections == 1
    assert net.bodies[0] == file.read_bytes()
    assert net.bodies[1] == b"".join(bytes([n]) * 50_000 for n in range(20))
    assert "Transfer-Encoding: chunked" in net.heads[1]
    assert "Content-Length" not in net.heads[1]
    assert b'name="f"; filename="a.txt"' in net.bodies[2]
    assert b"abc" in net.bodies[2]
    assert [int(row[7]) >= len(body) for row, body in zip(net.ledger.rows, net.bodies, strict=True)] == [True] * 3


def test_an_early_answer_to_an_upload(net: Net) -> None:
    """A server that refuses the body at once: its answer counts, and the connection is not used again."""

    async def refuses(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"POST"):
            writer.write(answer(b"", "413 Too Large"))
            await writer.drain()
            await reader.read(100_000)
            await asyncio.sleep(0.05)
        else:
            writer.write(answer())
            await writer.drain()

    def user(session: Session) -> list[int]:
        big = session.post("/", data=(b"x" * 100_000 for _ in range(200)))
        return [big.status_code, session.get("/").status_code]

    statuses = net.run(user, refuses)
    assert statuses[1] == 200
    assert statuses[0] in (413, 0)  # a reset may overtake the answer


def test_a_failing_generator_is_the_users_error(net: Net) -> None:
    """What the user's own code raises reaches the user; the connection is given up, the next request works."""

    def broken() -> Any:
        yield b"x"
        raise KeyError("mine")

    def user(session: Session) -> int:
        with pytest.raises(KeyError):
            session.post("/", data=broken())
        return session.get("/").status_code

    assert net.run(user, net.script(answer())) == 200
    assert len(net.ledger.rows) == 1
