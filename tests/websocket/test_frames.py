"""Frames: bytes to messages and back, whole, in pieces, fragmented, compressed, wrong."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from swell.websocket.deflate import Deflate
from swell.websocket.errors import CloseCode
from swell.websocket.frames import Frames

MESSAGES = st.lists(st.one_of(st.text(max_size=300), st.binary(max_size=70_000)), max_size=6)
ANSWERS = st.sampled_from(
    [
        "",
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10",
        'permessage-deflate; server_max_window_bits="15"; client_no_context_takeover',
    ]
)


def pair(answer: str = "", limit: int | None = None) -> tuple[Frames, Frames]:
    """A client and a server that agreed on this extension."""
    sides: list[Frames] = []
    for client in (True, False):
        extensions: list[Any] = []
        if answer:
            packer = Deflate(1 << 62 if limit is None else limit, client=client)
            packer.finalize(answer)
            extensions.append(packer)
        sides.append(Frames(limit, extensions, client=client))
    return sides[0], sides[1]


def in_pieces(frames: Frames, data: bytes, cuts: list[int]) -> list[Any]:
    """Feed the bytes, cut at these places."""
    events: list[Any] = []
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        events += frames.feed(data[start:end])
    return events


@settings(deadline=None)
@given(messages=MESSAGES, answer=ANSWERS, cuts=st.lists(st.integers(0, 1 << 20), max_size=8), to_server=st.booleans())
def test_messages_survive(messages: list[str | bytes], answer: str, cuts: list[int], to_server: bool) -> None:
    """Whatever is sent comes out the same, however the bytes are cut, in both directions, with any extension."""
    client, server = pair(answer)
    sender, receiver = (client, server) if to_server else (server, client)
    data = b"".join(sender.message(message) for message in messages)
    events = in_pieces(receiver, data, cuts)
    assert events == [("message", message) for message in messages]
    assert receiver.failure is None


@settings(deadline=None)
@given(
    pieces=st.one_of(
        st.lists(st.text(max_size=50), min_size=1, max_size=6),
        st.lists(st.binary(max_size=200), min_size=1, max_size=6),
    ),
    answer=ANSWERS,
    cuts=st.lists(st.integers(0, 1 << 16), max_size=8),
    payload=st.binary(max_size=125),
)
def test_fragments_make_one_message(pieces: Any, answer: str, cuts: list[int], payload: bytes) -> None:
    """A message in several frames is one message, though pings stand between them; the next message is right too."""
    client, server = pair(answer)
    frames = server.fragments(pieces)
    data = server.ping(payload).join(frames) + server.message("next")
    events = in_pieces(client, data, cuts)
    whole = "".join(pieces) if isinstance(pieces[0], str) else b"".join(pieces)
    assert [event for event in events if event[0] == "message"] == [("message", whole), ("message", "next")]
    assert [event for event in events if event[0] == "ping"] == [("ping", payload)] * (len(frames) - 1)


@settings(deadline=None)
@example(data=b"\x01\x03\x00\x00\x80", cuts=[3])
@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=4))
def test_garbage_is_no_crash(data: bytes, cuts: list[int]) -> None:
    """Any bytes give events or a failure, never an exception, and how they are cut makes no difference."""
    whole, cut = Frames(1000), Frames(1000)
    events = whole.feed(data)
    assert in_pieces(cut, data, cuts) == events
    assert cut.failure == whole.failure
    if whole.failure is not None:
        assert whole.feed(b"\x81\x00") == []
        assert whole.failure[0] in (1002, 1007, 1009)


@settings(deadline=None)
@given(data=st.binary(max_size=300))
def test_compressed_garbage_is_no_crash(data: bytes) -> None:
    """Bytes that claim to be compressed are inflated or refused."""
    client, _ = pair("permessage-deflate", limit=5000)
    header = bytes([0xC2, 126]) + struct.pack("!H", len(data)) if len(data) > 125 else bytes([0xC2, len(data)])
    events = client.feed(header + data)
    assert client.failure is not None or len(events) == 1


def test_bytes_of_a_client() -> None:
    """Frames of a client are masked, those of a server are not; the length has the shortest form."""
    client, server = pair()
    sent = client.message("Hello")
    assert sent[:2] == b"\x81\x85"
    key = sent[2:6]
    assert bytes(byte ^ key[index % 4] for index, byte in enumerate(sent[6:])) == b"Hello"
    assert server.message("Hello") == b"\x81\x05Hello"
    assert server.message(b"x" * 126)[:4] == b"\x82\x7e\x00\x7e"
    assert server.message(b"x" * 65536)[:10] == b"\x82\x7f" + struct.pack("!Q", 65536)


def test_lone_surrogates_are_sent_as_question_marks() -> None:
    """Text that UTF-8 cannot say is sent all the same."""
    client, server = pair()
    assert server.feed(client.message("a\ud800b")) == [("message", "a?b")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x83\x00", 1002),  # unknown opcode
        (b"\x80\x00", 1002),  # continuation of nothing
        (b"\x01\x01a\x81\x01b", 1002),  # a new message in the middle of one
        (b"\x81\x81\x00\x00\x00\x00a", 1002),  # masked
        (b"\xc1\x01a", 1002),  # compressed, which nobody agreed on
        (b"\x09\x00", 1002),  # a ping in fragments
        (b"\x89\x7e\x00\x7e", 1002),  # a ping too long
        (b"\x81\x02\xc3\x28", 1007),  # no UTF-8
        (b"\x88\x01\x03", 1002),  # half a close code
        (b"\x88\x02\x03\xee", 1002),  # close code 1006
        (b"\x88\x04\x03\xe8\xc3\x28", 1007),  # a reason that is no UTF-8
        (b"\x82\x7e\x00\x05hello", 1002),  # a length in too many bytes
    ],
)
def test_breaches_of_the_protocol(data: bytes, code: int) -> None:
    """What a server must not send is refused with the right code; what came before it is delivered."""
    client, server = pair()
    assert client.feed(server.message("before") + data) == [("message", "before")]
    assert client.failure is not None
    assert client.failure[0] == code


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x88\x00", (1005, "")),
        (b"\x88\x02\x03\xe8", (1000, "")),
        (b"\x88\x07\x0f\xa1later", (4001, "later")),
    ],
)
def test_closes(data: bytes, expected: tuple[int, str]) -> None:
    """A close has code and reason; nothing after it is read."""
    client, server = pair()
    assert client.feed(data + server.message("after")) == [("close", expected)]
    assert client.feed(server.message("after")) == []
    assert client.failure is None


@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize("answer", ["", "permessage-deflate"])
def test_limit(pieces: int, answer: str) -> None:
    """A message of the limit passes, one byte more does not, whole or in fragments, compressed or not."""
    client, server = pair(answer, limit=4000)
    assert len(client.feed(b"".join(server.fragments([b"x" * (4000 // pieces)] * pieces)))) == 1
    data = b"".join(server.fragments([b"x" * (4000 // pieces)] * pieces + [b"y"]))
    assert client.feed(data) == []
    assert client.failure is not None
    assert client.failure[0] == 1009


def test_a_bomb_is_not_inflated() -> None:
    """A frame that stands for a thousand times its size is not inflated beyond the limit."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"\0" * (1 << 20)
    data = b"".join(packer.compress(block) for _ in range(80)) + packer.flush(zlib.Z_SYNC_FLUSH)
    client, _ = pair("permessage-deflate", limit=1 << 20)
    assert client.feed(b"\xc2\x7f" + struct.pack("!Q", len(data)) + data) == []
    assert client.failure == (1009, "a message is larger than the limit of 1048576 bytes")


@pytest.mark.parametrize(
    "answer",
    [
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
)
def test_answers_that_mean_nothing(answer: str) -> None:
    """Parameters that a server may not answer are refused."""
    with pytest.raises(ValueError):
        Deflate(1000).finalize(answer)


@pytest.mark.parametrize(
    ("code", "reason"), [(999, ""), (1004, ""), (1005, ""), (1006, ""), (1015, ""), (2999, ""), (5000, "")]
)
def test_close_codes_that_cannot_be_sent(code: int, reason: str) -> None:
    """Reserved codes are refused."""
    with pytest.raises(CloseCode):
        Frames().close(code, reason)


def test_long_controls() -> None:
    """Pings and reasons have 125 bytes at most."""
    with pytest.raises(ValueError, match="125"):
        Frames().ping(b"x" * 126)
    with pytest.raises(CloseCode):
        Frames().close(1000, "é" * 62)
    assert len(Frames().close(1000, "é" * 61)) > 120
