"""The queue of messages, and packets of Socket.IO."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.artillery.flow.socketio_packets import (
    Packet,
    PacketError,
    decode_packet,
    encode_packet,
    join_payload,
    split_payload,
    with_attachments,
)
from swell.dialects.artillery.flow.ws_queue import Inbox
from swell.runtime.virtual import VirtualHub

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)
_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x1e"), min_size=1).filter(
    lambda text: not text.startswith("b")
)


def run(*users: Any) -> VirtualHub:
    """Run fibers on virtual time."""
    hub = VirtualHub()
    for user in users:
        hub.spawn(user, hub)
    hub.run()
    return hub


def test_a_message_is_found_when_it_comes() -> None:
    """A reader gets what it wants with the time of its coming; what it does not want stays for another."""
    found: list[Any] = []
    box: list[Inbox[str]] = []

    def reader(hub: VirtualHub) -> None:
        inbox: Inbox[str] = Inbox(hub, keep=False)
        box.append(inbox)
        with inbox.reader(fresh=True) as reader:
            found.append(reader.find(lambda text: text == "b", 10.0))
            with inbox.reader(fresh=False) as other:
                found.append(other.find(lambda text: text == "a", 10.0))
            found.append(reader.find(lambda text: text == "never", 7.0))
            found.append(hub.time())

    def writer(hub: VirtualHub) -> None:
        hub.sleep(1.0)
        box[0].put("a")
        hub.sleep(1.0)
        box[0].put("b")

    run(reader, writer)
    assert found == [(2.0, "b"), (1.0, "a"), None, 7.0]
    box[0].put("late")
    assert box[0].take(0, lambda _: True)[1] is None


def test_only_so_much_is_kept() -> None:
    """The oldest messages go when there are too many or too large ones."""
    inbox: Inbox[int] = Inbox(VirtualHub(), keep=True)
    for number in range(1500):
        inbox.put(number)
    first = inbox.take(0, lambda _: True)[1]
    assert first is not None
    assert first.item == 500
    inbox.put(-1, 2_000_000)
    inbox.put(-2, 2_000_000)
    last = inbox.take(0, lambda _: True)[1]
    assert last is not None
    assert last.item == -2


def test_a_closed_queue_wakes_its_readers() -> None:
    """Who waits learns at once that nothing more will come."""
    found: list[Any] = []

    def reader(hub: VirtualHub) -> None:
        inbox: Inbox[str] = Inbox(hub, keep=False)
        hub.call_at(1.0, inbox.close, "gone")
        with inbox.reader(fresh=True) as reader:
            found.append((reader.find(lambda _: True, 10.0), hub.time(), inbox.closed))

    run(reader)
    assert found == [(None, 1.0, "gone")]


@given(
    st.sampled_from([2, 3]),
    st.sampled_from(["/", "/admin", "/a/b-1"]),
    st.lists(_JSON | st.binary(max_size=4), min_size=1, max_size=3),
    st.none() | st.integers(0, 10**6),
)
def test_packets_come_back(kind: int, namespace: str, data: list[Any], number: int | None) -> None:
    """What was encoded is decoded as it was, attachments too."""
    if kind == 3 and number is None:
        number = 0
    text, attachments = encode_packet(Packet(kind, namespace, data, number))
    packet = decode_packet(text)
    assert packet.attachments == len(attachments)
    assert packet._replace(data=with_attachments(packet.data, attachments), attachments=0) == Packet(
        kind, namespace, data, number
    )


@given(st.lists(_TEXT | st.binary(max_size=5), min_size=1, max_size=4), st.sampled_from([3, 4]))
def test_payloads_come_back(packets: list[str | bytes], version: int) -> None:
    """Packets that polling joins are those it splits."""
    assert split_payload(join_payload(packets, version), version) == packets


@given(st.text(max_size=30))
def test_wrong_packets_are_refused(text: str) -> None:
    """No text of a server breaks the reading but by PacketError."""
    for read in (decode_packet, lambda each: split_payload(each, 3), lambda each: split_payload(each, 4)):
        with contextlib.suppress(PacketError):
            read(text)


def test_packets_as_they_are_written() -> None:
    """The texts of the protocol's specification."""
    assert encode_packet(Packet(0)) == ("0", [])
    assert encode_packet(Packet(0, "/admin", {"token": "x"})) == ('0/admin,{"token":"x"}', [])
    assert encode_packet(Packet(2, "/admin", ["bar"], 456)) == ('2/admin,456["bar"]', [])
    assert encode_packet(Packet(2, "/", ["baz", b"\x01"])) == ('51-["baz",{"_placeholder":true,"num":0}]', [b"\x01"])
    assert decode_packet("0/admin?token=1234,") == Packet(0, "/admin")
    assert decode_packet("1/admin") == Packet(1, "/admin")
    assert decode_packet('4{"message":"no"}') == Packet(4, "/", {"message": "no"})
    with pytest.raises(PacketError):
        decode_packet('2{"not":"a list"}')
    with pytest.raises(PacketError):
        with_attachments([{"_placeholder": True, "num": 1}], [b""])
