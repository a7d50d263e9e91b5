"""Messages over a socket pair: whole, in order, and the end is noticed."""

from __future__ import annotations

import asyncio
import socket

from hypothesis import given
from hypothesis import strategies as st

from swell.coordinator.channel import Channel, FrameReader, encode_message, receive_blocking, send_blocking


@given(st.lists(st.one_of(st.integers(), st.binary(max_size=300), st.text()), max_size=8), st.data())
def test_messages_survive_any_cut_of_the_stream(messages: list[object], data: st.DataObject) -> None:
    """However the bytes are cut into pieces, the same messages come out in order."""
    stream = b"".join(encode_message(message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    found: list[object] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found.extend(reader.feed(stream[start:end]))
    assert found == messages


def test_two_ends_talk_and_closing_flushes() -> None:
    """What was sent before close arrives, then the end is reported once on both sides."""

    async def talk() -> tuple[list[object], int]:
        left, right = (Channel(sock) for sock in socket.socketpair())
        got: list[object] = []
        ends: list[int] = []
        over = asyncio.Event()

        def closed() -> None:
            ends.append(1)
            over.set()

        await right.open(got.append, closed)
        await left.open(lambda _: None, lambda: None)
        for number in range(100):
            left.send((number, b"x" * 10_000))
        await left.close()
        await over.wait()
        await right.close()
        await left.close()
        return got, len(ends)

    got, ends = asyncio.run(talk())
    assert got == [(number, b"x" * 10_000) for number in range(100)]
    assert ends == 1


def test_sending_to_the_dead_is_harmless() -> None:
    """A message to a side that is gone is dropped without an error."""

    async def talk() -> None:
        left, right = socket.socketpair()
        right.close()
        channel = Channel(left)
        over = asyncio.Event()
        await channel.open(lambda _: None, over.set)
        channel.send("hello")
        await over.wait()
        channel.send("hello?")
        await channel.close()

    asyncio.run(talk())


def test_a_blocking_read_takes_one_message_only() -> None:
    """The plan is read before a loop runs; what follows it stays in the socket."""
    left, right = socket.socketpair()
    with left, right:
        send_blocking(left, {"plan": 1})
        left.sendall(b"rest")
        assert receive_blocking(right) == {"plan": 1}
        assert right.recv(10) == b"rest"
