"""The message reader, by bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.http.heads import KNOWN_HEADS, ResponseHead, remember
from swell.http.reader import MessageReader, borrow_reader

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\nTrailer: t\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + PLAIN
MESSAGES = [PLAIN, CHUNKED, INTERIM]


def feed(reader: MessageReader, *pieces: bytes) -> MessageReader:
    for piece in pieces:
        reader.feed(piece)
    return reader


@given(st.sampled_from(MESSAGES), st.lists(st.integers(1, 200), max_size=8))
def test_a_message_reads_the_same_however_it_is_cut(message: bytes, cuts: list[int]) -> None:
    """Any way of cutting the bytes gives the same status, head and body."""
    edges = sorted({0, len(message), *(cut for cut in cuts if cut < len(message))})
    reader = feed(MessageReader(), *(message[a:b] for a, b in pairwise(edges)))
    assert reader.complete
    assert reader.error is None
    assert reader.body() == b"hello"
    assert reader.head is not None
    assert reader.head.status == 200
    assert reader.head.raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert reader.head.raw.endswith(b"\r\n\r\n")
    assert reader.keep_alive
    assert not reader.extra


@pytest.mark.parametrize(
    ("status", "headers"), [(204, b""), (304, b"Content-Length: 7\r\n"), (200, b"Content-Length: 0\r\n")]
)
def test_statuses_without_a_body(status: int, headers: bytes) -> None:
    """204 and 304 have no body, whatever Content-Length says."""
    reader = feed(MessageReader(), b"HTTP/1.1 %d X\r\n%b\r\n" % (status, headers))
    assert reader.complete
    assert reader.body() == b""


def test_head_has_no_body_but_a_length() -> None:
    """The answer to HEAD ends with its head."""
    reader = MessageReader()
    reader.bodyless = True
    feed(reader, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    assert reader.complete
    assert reader.head is not None
    assert reader.head.headers["content-length"] == "500"


def test_a_body_without_length_ends_with_the_connection() -> None:
    """Without length and chunks, the end of the connection is the end of the body, and it is not kept alive."""
    reader = feed(MessageReader(), b"HTTP/1.0 200 OK\r\n\r\n", b"abc", b"def")
    assert not reader.complete
    assert reader.end()
    assert reader.body() == b"abcdef"
    assert not reader.keep_alive


@pytest.mark.parametrize("message", [PLAIN[:-1], CHUNKED[:-1], b"HTTP/1.1 200 OK\r\nConte", b""])
def test_a_message_cut_short_is_not_complete(message: bytes) -> None:
    """The end of the connection does not complete a message that says how long it is."""
    reader = MessageReader()
    if message:
        feed(reader, message)
    assert not reader.end()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_garbage_is_malformed(garbage: bytes) -> None:
    """What is no HTTP/1.1 gives a typed error."""
    reader = feed(MessageReader(), garbage)
    assert reader.error is not None
    assert reader.error.kind == "malformed"


def test_switching_protocols_is_an_error() -> None:
    """101 was not asked for."""
    for head in (b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nrest", b"HTTP/1.1 101 S\r\n\r\n"):
        reader = feed(MessageReader(), head)
        assert reader.error is not None
        assert reader.error.kind == "upgrade"


@pytest.mark.parametrize("rest", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HT", b"\x00garbage"])
def test_bytes_after_the_end_are_noticed(rest: bytes) -> None:
    """Anything after the message makes the connection unfit for another request."""
    reader = feed(MessageReader(), PLAIN + rest)
    assert reader.complete
    assert reader.extra
    assert reader.body() == b"hello"


def test_the_limit_counts_body_bytes() -> None:
    """A body above the limit is an error, one at the limit is not."""
    for limit, kind in ((5, None), (4, "body_too_large")):
        reader = MessageReader()
        reader.limit = limit
        feed(reader, CHUNKED)
        assert (reader.error.kind if reader.error else None) == kind


def test_an_endless_head_is_malformed() -> None:
    """Header lines without end do not fill the memory."""
    reader = feed(MessageReader(), b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        reader.feed(b"X-Filler: " + b"x" * 8000 + b"\r\n")
        if reader.error:
            break
    assert reader.error is not None
    assert reader.error.kind == "malformed"


def test_a_body_that_is_not_kept_is_counted() -> None:
    """Discarded bodies have a size and no pieces."""
    reader = MessageReader()
    reader.keep = False
    feed(reader, CHUNKED)
    assert (reader.size, reader.parts) == (5, [])


def test_clean_readers_are_lent_again_and_spent_ones_are_not() -> None:
    """Only a reader whose parser stands between two messages comes back."""
    reader = feed(borrow_reader(), PLAIN)
    reader.give_back()
    again = borrow_reader()
    assert again is reader
    feed(again, PLAIN[:20])
    again.give_back()
    assert borrow_reader() is not reader


def test_only_heads_that_tell_all_are_remembered() -> None:
    """A head is remembered with its body's length, unless the parser must see the body too."""
    KNOWN_HEADS.clear()
    plain = ResponseHead(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, keep_alive=True)
    remember(plain, 5)
    assert KNOWN_HEADS[plain.raw].length == 5
    for raw, keep_alive, length in (
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", True, 0),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", False, 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", True, 100_000),
    ):
        remember(ResponseHead(raw, 200, keep_alive=keep_alive), length)
        assert raw not in KNOWN_HEADS


def test_the_memory_of_heads_is_bounded() -> None:
    """Heads that never repeat do not pile up."""
    KNOWN_HEADS.clear()
    for number in range(3000):
        remember(ResponseHead(b"HTTP/1.1 200 OK\r\nX: %d\r\n\r\n" % number, 200, keep_alive=True), 0)
    assert len(KNOWN_HEADS) <= 512
    KNOWN_HEADS.clear()


def test_a_head_knows_what_a_session_must_look_at() -> None:
    """Cookies and redirects make a head other than plain; a Location on a 201 does not."""
    for raw, status, plain in (
        (b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\n\r\n", 200, False),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", 302, False),
        (b"HTTP/1.1 201 Created\r\nLocation: /\r\n\r\n", 201, True),
        (b"HTTP/1.1 200\r\nContent-Encoding: gzip\r\n\r\n", 200, True),
    ):
        head = ResponseHead(raw, status, keep_alive=True)
        assert head.plain is plain
    assert head.content_encoding == "gzip"
    assert head.reason == ""
    assert head.version == "HTTP/1.1"
