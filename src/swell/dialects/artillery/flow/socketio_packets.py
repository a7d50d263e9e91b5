"""Packets of Socket.IO and payloads of Engine.IO, as text.

Rules: pure. Protocol 5 of Socket.IO (servers 3 and 4, `EIO=4`) and protocol 4 (servers 1 and 2, `EIO=3`) differ in how
polling joins packets and marks binary ones; the packets themselves are the same. Binary arguments travel beside their
packet as attachments.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from swell.dialects.artillery.flow.values import json_text

__all__ = [
    "ACK",
    "CONNECT",
    "DISCONNECT",
    "EVENT",
    "REFUSED",
    "Packet",
    "PacketError",
    "decode_packet",
    "encode_packet",
    "join_payload",
    "split_payload",
    "with_attachments",
]

CONNECT: Final = 0
DISCONNECT: Final = 1
EVENT: Final = 2
ACK: Final = 3
REFUSED: Final = 4
_BINARY: Final = 3  # what is added to EVENT and ACK where there are attachments
_SEPARATOR: Final = "\x1e"
_HEAD: Final = re.compile(r"([0-6])(?:(\d+)-)?(?:(/[^,]*),?)?(\d*)")


class PacketError(ValueError):
    """The server sent what is no packet."""


class Packet(NamedTuple):
    """One packet. `data`: arguments of an event or an acknowledgement, else what the kind has; None for nothing."""

    kind: int
    namespace: str = "/"
    data: Any = None
    id: int | None = None
    attachments: int = 0


def encode_packet(packet: Packet) -> tuple[str, list[bytes]]:
    """The text of a packet (without Engine.IO's mark) and its attachments."""
    attachments: list[bytes] = []
    data = _without_bytes(packet.data, attachments)
    kind = packet.kind + (_BINARY if attachments else 0)
    front = f"{kind}{len(attachments)}-" if attachments else str(kind)
    namespace = "" if packet.namespace == "/" else f"{packet.namespace},"
    number = "" if packet.id is None else str(packet.id)
    return f"{front}{namespace}{number}{'' if data is None else json_text(data)}", attachments


def decode_packet(text: str) -> Packet:
    """The packet of a text. Raises PacketError."""
    head = _HEAD.match(text)
    if head is None:
        raise PacketError(f"not a packet of Socket.IO: {text[:80]!r}")
    kind, attachments, namespace, number = head.groups()
    start = head.end()
    data: Any = None
    if start < len(text):
        try:
            data = json.loads(text[start:])
        except ValueError:
            raise PacketError(f"not a packet of Socket.IO: {text[:80]!r}") from None
    code = int(kind)
    if code > REFUSED:
        code -= _BINARY
    if code in {EVENT, ACK} and not isinstance(data, list):
        raise PacketError(f"an event of Socket.IO without arguments: {text[:80]!r}")
    # Socket.IO 1 and 2 allow a query after the namespace.
    return Packet(
        code,
        (namespace or "/").partition("?")[0],
        data,
        int(number) if number else None,
        int(attachments) if attachments and int(kind) > REFUSED else 0,
    )


def with_attachments(data: Any, attachments: list[bytes]) -> Any:
    """The data with its attachments in their places. Raises PacketError."""
    if isinstance(data, list):
        return [with_attachments(item, attachments) for item in cast("list[Any]", data)]
    if isinstance(data, dict):
        found = cast("dict[str, Any]", data)
        if found.get("_placeholder") is True:
            number = found.get("num")
            if not isinstance(number, int) or not 0 <= number < len(attachments):
                raise PacketError("an attachment is missing")
            return attachments[number]
        return {key: with_attachments(item, attachments) for key, item in found.items()}
    return data


def _without_bytes(data: Any, attachments: list[bytes]) -> Any:
    if isinstance(data, (bytes, bytearray)):
        attachments.append(bytes(data))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(data, (list, tuple)):
        return [_without_bytes(item, attachments) for item in cast("list[Any]", data)]
    if isinstance(data, Mapping):
        return {key: _without_bytes(item, attachments) for key, item in cast("Mapping[str, Any]", data).items()}
    return data


# --- polling ---


def join_payload(packets: list[str | bytes], version: int) -> str:
    """The body of a POST: packets with Engine.IO's mark; binary ones are attachments."""
    if version == 3:
        texts = [each if isinstance(each, str) else f"b4{_base64(each)}" for each in packets]
        return "".join(f"{_units(text)}:{text}" for text in texts)
    return _SEPARATOR.join(each if isinstance(each, str) else f"b{_base64(each)}" for each in packets)


def split_payload(body: str, version: int) -> list[str | bytes]:
    """The packets of an answer. Raises PacketError."""
    texts = _measured(body) if version == 3 else body.split(_SEPARATOR)
    found: list[str | bytes] = []
    for text in texts:
        if text.startswith("b"):
            try:
                found.append(base64.b64decode(text[2 if version == 3 else 1 :], validate=True))
            except (binascii.Error, ValueError):
                raise PacketError("an attachment is not base64") from None
        elif text:
            found.append(text)
    return found


def _measured(body: str) -> list[str]:
    """Packets with their length in front, in units of UTF-16."""
    found: list[str] = []
    raw = body.encode("utf-16-le", "surrogatepass")
    at = 0
    while at < len(raw):
        mark = raw.find(b":\x00", at)
        length = raw[at:mark].decode("utf-16-le", "replace") if mark > 0 else ""
        if not length.isdecimal():
            raise PacketError(f"not a payload of Engine.IO 3: {body[:80]!r}")
        start = mark + 2
        at = start + 2 * int(length)
        found.append(raw[start:at].decode("utf-16-le", "surrogatepass"))
    return found


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
