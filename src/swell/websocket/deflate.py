"""Compressed messages: the extension permessage-deflate (RFC 7692) of a client.

Rules: pure. What the server agreed to is checked before the first frame; anything it may not answer makes the handshake
fail. A message is never inflated beyond the limit, however well it was packed. Control frames, which may stand between
the frames of a message, change nothing. (wsproto has an extension of its own, which lacks the last two.)
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NAME", "Deflate"]

NAME: Final = "permessage-deflate"
_TAIL: Final = b"\x00\x00\xff\xff"
_DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION)


class Deflate(Extension):
    """One connection's compression in both directions.

    `limit`: bytes of one message when inflated. `client` False is a server's side, for tests.
    """

    name = NAME

    def __init__(self, limit: int, *, client: bool = True) -> None:
        self._limit = limit
        self._client = client
        self._bits_out = self._bits_in = 15
        self._keep_out = self._keep_in = True
        self._deflate: Callable[[bytes], bytes] | None = None
        self._flush: Callable[[int], bytes] | None = None
        self._inflater: Any = None
        self._control = False
        self._packed: bool | None = None
        self._size = 0

    def enabled(self) -> bool:
        """Made only when it was agreed on."""
        return True

    def offer(self) -> str:
        """What the client proposes, with the name."""
        return f"{NAME}; client_max_window_bits"

    def finalize(self, offer: str) -> None:
        """Take what the server answered (`name; parameter=value; ...`). Raises ValueError for what it may not say."""
        seen: set[str] = set()
        for text in offer.split(";")[1:]:
            name, _, value = (part.strip() for part in text.partition("="))
            value = value.strip('"')
            if name in seen:
                raise ValueError(f"{name} is given twice")
            seen.add(name)
            if name == "client_no_context_takeover" and not value:
                self._keep_out = False
            elif name == "server_no_context_takeover" and not value:
                self._keep_in = False
            elif name == "client_max_window_bits":
                self._bits_out = _bits(name, value)
            elif name == "server_max_window_bits":
                self._bits_in = _bits(name, value)
            else:
                raise ValueError(f"{text.strip()!r} is unknown")
        if not self._client:
            self._bits_out, self._bits_in = self._bits_in, self._bits_out
            self._keep_out, self._keep_in = self._keep_in, self._keep_out

    # --- received frames ---

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """The first reserved bit, on the first frame of a message, says that the message is compressed."""
        del proto, payload_length
        self._control = opcode.iscontrol()
        if rsv.rsv1 and (self._control or opcode is Opcode.CONTINUATION):
            return CloseReason.PROTOCOL_ERROR
        if not self._control and self._packed is None:
            self._packed = rsv.rsv1
            self._size = 0
        return RsvBits(True, False, False)

    def frame_inbound_payload_data(self, proto: FrameDecoder | FrameProtocol, data: bytes) -> bytes | CloseReason:
        """A piece of a frame."""
        del proto
        if self._control or not self._packed:
            return data
        return self._inflate(data)

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> bytes | CloseReason | None:
        """A frame is complete; `fin`: the message too."""
        del proto
        if self._control or not fin:
            return None
        packed, self._packed = self._packed, None
        if not packed:
            return None
        rest = self._inflate(_TAIL)
        inflater = self._inflater
        if not self._keep_in or inflater is None or inflater.eof:
            self._inflater = None
        return rest

    def _inflate(self, data: bytes) -> bytes | CloseReason:
        if self._inflater is None:
            self._inflater = zlib.decompressobj(-self._bits_in)
        try:
            result = self._inflater.decompress(data, self._limit - self._size + 1)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._size += len(result)
        if self._size > self._limit:
            return CloseReason.MESSAGE_TOO_BIG
        return result

    # --- sent frames ---

    def frame_outbound(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, data: bytes, fin: bool
    ) -> tuple[RsvBits, bytes]:
        """A frame on its way out."""
        del proto
        if opcode not in _DATA:
            return rsv, data
        if opcode is not Opcode.CONTINUATION:
            rsv = RsvBits(True, rsv.rsv2, rsv.rsv3)
        if self._deflate is None or self._flush is None:
            packer = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -self._bits_out)
            self._deflate, self._flush = packer.compress, packer.flush
        packed = self._deflate(data)
        if fin:
            packed = (packed + self._flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]
            if not self._keep_out:
                self._deflate = self._flush = None
        return rsv, packed


def _bits(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 9 <= int(value) <= 15):
        raise ValueError(f"{name} must be a number from 9 to 15, not {value!r}")
    return int(value)
