"""Bytes to messages and back: one side of a WebSocket connection without a socket (RFC 6455, over wsproto).

Rules: pure: no clock, no socket; nobody is called. Fragments are put together here, so that everything above sees whole
messages. After a breach of the protocol or the end of the stream (`failure`, a close event) nothing more is read.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, ParseFailed

from swell.websocket.errors import CloseCode

__all__ = ["LONGEST_CONTROL", "Event", "Frames", "Kind"]

Kind: TypeAlias = Literal["message", "ping", "pong", "close"]
Event: TypeAlias = "tuple[Kind, str | bytes | tuple[int, str]]"

LONGEST_CONTROL: Final = 125
"""Bytes that a ping, a pong, or the reason of a closing handshake with its code may have."""


class Frames:
    """One connection. `max_message`: bytes (characters of text) of a received message; None: no limit.

    `failure`: (close code to send, what is wrong) once the other side broke the protocol.
    """

    __slots__ = ("_ended", "_parts", "_proto", "_size", "failure", "max_message")

    def __init__(
        self, max_message: int | None = None, extensions: list[Extension] | None = None, *, client: bool = True
    ) -> None:
        self._proto = FrameProtocol(client, extensions or [])
        self._parts: list[str | bytes] = []
        self._size = 0
        self._ended = False
        self.max_message = max_message
        self.failure: tuple[int, str] | None = None

    # --- received ---

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes complete: messages (text or bytes), pings, pongs, the close (code, reason)."""
        events: list[Event] = []
        if self._ended:
            return events
        proto = self._proto
        proto.receive_bytes(data)
        try:
            for frame in proto.received_frames():
                opcode = frame.opcode
                if opcode is Opcode.TEXT or opcode is Opcode.BINARY:
                    payload = cast("str | bytes", frame.payload)
                    if frame.message_finished and not self._parts:
                        if self._within(len(payload)):
                            events.append(("message", payload))
                            self._size = 0
                    elif self._within(len(payload)):
                        self._parts.append(payload)
                        if frame.message_finished:
                            events.append(("message", _joined(self._parts)))
                            self._parts = []
                            self._size = 0
                    if self._ended:
                        break
                elif opcode is Opcode.CLOSE:
                    self._ended = True
                    code, reason = cast("tuple[int, str]", frame.payload)
                    events.append(("close", (int(code), reason)))
                    break
                elif opcode is Opcode.PING:
                    events.append(("ping", bytes(cast("bytes", frame.payload))))
                elif opcode is Opcode.PONG:
                    events.append(("pong", bytes(cast("bytes", frame.payload))))
        except ParseFailed as error:
            self._breach(error)
        return events

    def _breach(self, error: ParseFailed) -> None:
        """Say what is wrong in words that do not depend on how the bytes came."""
        if error.code == CloseReason.MESSAGE_TOO_BIG:
            self._too_big()
        elif error.code != CloseReason.INVALID_FRAME_PAYLOAD_DATA:
            self._fail(int(error.code), str(error))
        elif isinstance(error.__context__, UnicodeDecodeError):
            self._fail(int(error.code), "text that is not valid UTF-8")
        else:
            self._fail(int(error.code), "a compressed message that cannot be inflated")

    def _within(self, size: int) -> bool:
        self._size += size
        if self.max_message is not None and self._size > self.max_message:
            self._too_big()
            return False
        return True

    def _too_big(self) -> None:
        self._fail(int(CloseReason.MESSAGE_TOO_BIG), f"a message is larger than the limit of {self.max_message} bytes")

    def _fail(self, code: int, text: str) -> None:
        self._ended = True
        self._parts = []
        self.failure = (code, text)

    # --- to send ---

    def message(self, data: str | bytes) -> bytes:
        """A whole message in one frame: text for str, else binary. Lone surrogates become question marks."""
        if isinstance(data, str):
            try:
                return bytes(self._proto.send_data(data))
            except UnicodeEncodeError:
                data = data.encode("utf-8", "replace").decode("utf-8")
        return bytes(self._proto.send_data(data))

    def fragments(self, pieces: list[str] | list[bytes]) -> list[bytes]:
        """One message in as many frames as there are pieces."""
        last = len(pieces) - 1
        return [bytes(self._proto.send_data(piece, fin=index == last)) for index, piece in enumerate(pieces)]

    def ping(self, payload: bytes = b"") -> bytes:
        """A ping with at most 125 bytes."""
        return bytes(self._proto.ping(_control(payload)))

    def pong(self, payload: bytes = b"") -> bytes:
        """The answer to a ping with this payload."""
        return bytes(self._proto.pong(_control(payload)))

    def close(self, code: int | None = 1000, reason: str = "") -> bytes:
        """The closing handshake; None: without a code. Raises CloseCode."""
        if code is not None:
            _check_close(code, reason)
        return bytes(self._proto.close(code, reason if code is not None else None))


def _check_close(code: int, reason: str) -> None:
    """Raises CloseCode for what may not be sent."""
    if not (code in (1000, 1001, 1002, 1003) or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise CloseCode(
            f"{code} is no close code that may be sent; use 1000 (done), 1001 (going away) or one of 3000 to 4999"
        )
    if len(reason.encode("utf-8", "replace")) > LONGEST_CONTROL - 2:
        raise CloseCode("the reason of a close may have at most 123 bytes")


def _control(payload: bytes) -> bytes:
    if len(payload) > LONGEST_CONTROL:
        raise ValueError(f"a ping may have at most {LONGEST_CONTROL} bytes, not {len(payload)}")
    return payload


def _joined(parts: list[str | bytes]) -> str | bytes:
    if isinstance(parts[0], str):
        return "".join(cast("list[str]", parts))
    return b"".join(cast("list[bytes]", parts))
