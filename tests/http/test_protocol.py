"""The connection, by bytes: a transport that only notes, and a fiber that only counts."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from swell.http.heads import KNOWN_HEADS
from swell.http.protocol import CLOSED, DONE, IDLE, READING, WAITING, Connection

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Transport:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def get_extra_info(self, name: str) -> None:
        """Plain TCP has nothing to tell."""

    def __getattr__(self, name: str) -> Any:
        return lambda: self.calls.append(name)


class Limits:
    max_body: int | None = 1_000_000
    discard_bodies = False
    deadlines: Any = None


class Waiter:
    """Stands for a fiber: notes what it was woken with."""

    def __init__(self) -> None:
        self.woken: list[object] = []

    def wake(self, value: object) -> None:
        self.woken.append(value)


@pytest.fixture
def transport() -> Transport:
    """A transport that notes calls."""
    KNOWN_HEADS.clear()
    return Transport()


@pytest.fixture
def connection(transport: Transport) -> Connection:
    """An open, idle connection."""
    made = Connection(Limits())
    made.connection_made(transport)  # type: ignore[arg-type]
    return made


def ask(connection: Connection, **settings: Any) -> Waiter:
    """Begin a request and wait for its answer."""
    waiter = Waiter()
    connection.begin(**settings)
    connection.fiber = waiter  # type: ignore[assignment]
    return waiter


def test_the_first_answer_goes_through_the_parser_the_second_does_not(connection: Connection) -> None:
    """A head seen before wakes the fiber with the bytes; what the response says is the same."""
    waiter = ask(connection)
    connection.data_received(PLAIN)
    assert waiter.woken == [None]
    assert connection.state == DONE
    assert connection.reader is not None
    assert connection.reader.body() == b"hello"
    assert connection.finish()
    waiter = ask(connection)
    connection.data_received(PLAIN.replace(b"hello", b"world"))
    assert waiter.woken == [PLAIN.replace(b"hello", b"world")]
    assert connection.state == IDLE
    assert connection.head.status == 200


def test_a_known_head_with_a_body_in_pieces_is_read_by_the_parser(connection: Connection) -> None:
    """The shortcut is for whole responses only."""
    ask(connection)
    connection.data_received(PLAIN)
    connection.finish()
    for pieces in ([PLAIN[:-2], PLAIN[-2:]], [PLAIN[:10], PLAIN[10:]]):
        waiter = ask(connection)
        for piece in pieces:
            assert waiter.woken == []
            connection.data_received(piece)
        assert waiter.woken == [None]
        assert connection.reader is not None
        assert connection.reader.body() == b"hello"
        assert connection.finish()


def test_two_responses_at_once_close_the_connection(connection: Connection, transport: Transport) -> None:
    """A response nobody asked for: the first one counts, the connection does not stay."""
    ask(connection)
    connection.data_received(PLAIN)
    connection.finish()
    waiter = ask(connection)
    connection.data_received(PLAIN + PLAIN)
    assert waiter.woken == [None]
    assert connection.error is None
    assert not connection.finish()
    assert connection.state == CLOSED
    assert "abort" in transport.calls


def test_bytes_on_an_idle_connection_close_it(connection: Connection, transport: Transport) -> None:
    """An idle connection has nothing to say."""
    connection.data_received(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert connection.state == CLOSED
    assert transport.calls == ["abort"]


def test_the_answer_to_head_is_not_taken_for_that_to_get(connection: Connection) -> None:
    """HEAD's answer has a length and no body, and says nothing about GET's."""
    waiter = ask(connection, bodyless=True)
    connection.data_received(PLAIN[:-5])
    assert waiter.woken == [None]
    assert connection.finish() is False or connection.state == IDLE
    assert not KNOWN_HEADS


def test_a_response_before_the_fiber_waits_is_kept(connection: Connection) -> None:
    """An answer that comes while the request is still being written is found afterwards."""
    connection.begin(shortcut=False)
    connection.data_received(PLAIN)
    assert connection.state == DONE
    assert connection.await_response(Waiter(), lambda: None) is None  # type: ignore[arg-type]
    assert connection.reader is not None
    assert connection.reader.body() == b"hello"


@pytest.mark.parametrize(
    ("sent", "exc", "kind"),
    [
        (b"", None, "closed_early"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", None, "closed_early"),
        (PLAIN[:-1], None, "closed_early"),
        (b"", ConnectionResetError(104, "reset"), "reset"),
        (PLAIN[:-1], ConnectionResetError(104, "reset"), "reset"),
    ],
)
def test_a_lost_connection_is_a_typed_error(
    connection: Connection, sent: bytes, exc: Exception | None, kind: str
) -> None:
    """Closed and reset are told apart, and wake the fiber once."""
    waiter = ask(connection)
    if sent:
        connection.data_received(sent)
    if exc is None:
        connection.eof_received()
    connection.connection_lost(exc)
    assert waiter.woken == [None]
    assert connection.error is not None
    assert connection.error.kind == kind
    assert not connection.finish()


def test_the_end_of_the_connection_ends_a_body_without_length(connection: Connection) -> None:
    """HTTP/1.0 style bodies are complete at the end, and the connection is not kept."""
    waiter = ask(connection)
    connection.data_received(b"HTTP/1.0 200 OK\r\n\r\nabc")
    assert waiter.woken == []
    connection.eof_received()
    assert waiter.woken == [None]
    assert connection.error is None
    assert connection.reader is not None
    assert connection.reader.body() == b"abc"
    assert not connection.finish()


def test_an_idle_connection_that_closes_is_closed(connection: Connection) -> None:
    """The pool sees it by the state; the owner is told."""
    told: list[Connection] = []
    connection.on_closed = told.append
    connection.eof_received()
    connection.connection_lost(None)
    assert connection.state == CLOSED
    assert told == [connection]


def test_an_exception_in_the_waiting_fiber_closes_the_connection(connection: Connection, transport: Transport) -> None:
    """A fiber that is ended while it waits leaves no connection in an unknown state."""

    class Killed(BaseException):
        pass

    def wait() -> None:
        raise Killed

    connection.begin()
    with pytest.raises(Killed):
        connection.await_response(Waiter(), wait)  # type: ignore[arg-type]
    assert connection.state == CLOSED
    assert transport.calls == ["abort"]
    connection.data_received(PLAIN)
    connection.connection_lost(None)


def test_expiry_tells_silence_from_slowness(connection: Connection) -> None:
    """The read timeout is a kind of its own; an idle connection does not expire."""
    connection.expire(5.0)
    assert connection.error is None
    for total, read, kind in ((5.0, None, "total_timeout"), (inf, 1.0, "read_timeout"), (5.0, 1.0, "total_timeout")):
        made = Connection(Limits())
        made.connection_made(Transport())  # type: ignore[arg-type]
        waiter = ask(made, read_timeout=read)
        made.total = total
        made.expire(6.0)
        assert waiter.woken == [None]
        assert made.error is not None
        assert made.error.kind == kind


def test_writing_waits_for_room(connection: Connection) -> None:
    """A full transport stalls the writer, and room wakes it."""
    turns: list[str] = []

    def wait() -> None:
        turns.append("waits")
        connection.resume_writing()

    connection.begin(shortcut=False)
    connection.pause_writing()
    assert connection.await_writable(Waiter(), wait)  # type: ignore[arg-type]
    assert turns == ["waits"]
    assert connection.state == READING


def test_an_early_answer_stops_the_writer(connection: Connection) -> None:
    """413 in the middle of an upload: no more is written, and the connection is not used again."""
    connection.begin(shortcut=False)
    connection.pause_writing()

    def wait() -> None:
        connection.data_received(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    assert not connection.await_writable(Waiter(), wait)  # type: ignore[arg-type]
    connection.spoil()
    assert connection.await_response(Waiter(), wait) is None  # type: ignore[arg-type]
    assert not connection.finish()


def test_a_streamed_body_pauses_the_server_when_nobody_reads(connection: Connection, transport: Transport) -> None:
    """More than a megabyte unread stops reading; taking it goes on."""
    waiter = ask(connection, stream=True)
    connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
    assert waiter.woken == [None]
    for _ in range(6):
        connection.data_received(b"x" * 250_000)
    assert transport.calls == ["pause_reading"]
    assert len(b"".join(connection.take_parts())) == 1_500_000
    assert transport.calls == ["pause_reading", "resume_reading"]
    assert connection.more()


def test_a_body_above_the_limit_ends_the_connection(connection: Connection, transport: Transport) -> None:
    """An endless body costs no more memory than the limit."""
    waiter = ask(connection)
    connection.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(20):
        if connection.state in (WAITING, READING):
            connection.data_received(b"x" * 100_000)
    assert waiter.woken == [None]
    assert connection.error is not None
    assert connection.error.kind == "body_too_large"
    assert transport.calls[0] == "abort"
