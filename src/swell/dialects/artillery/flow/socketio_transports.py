"""What carries Engine.IO's packets: a WebSocket, or polling by requests.

Rules: a transport hands each packet to `receive` as it comes and tells `lost` once why there will be no more. `send`
blocks its fiber; `answer`, for the heartbeat, does not. Polling has a fiber of its own, which ends with the transport.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from greenlet import GreenletExit

from swell.dialects.artillery.flow.failures import error_code
from swell.dialects.artillery.flow.socketio_packets import PacketError, join_payload, split_payload
from swell.runtime.fiber import current_fiber
from swell.websocket import CLOSED, WebSocketClosed

if TYPE_CHECKING:
    from swell.http.session import Session
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub
    from swell.websocket import WebSocket

__all__ = ["Polling", "Transport", "TransportClosed", "WsTransport"]

_CLOSED: Final = "transport close"


class TransportClosed(Exception):
    """Nothing can be sent; the message is the code of the error."""


class Transport(Protocol):
    """A way for packets, open until it is lost or closed."""

    def send(self, packets: Sequence[str | bytes], timeout: float) -> None:
        """Send packets in order; texts have Engine.IO's mark, bytes are attachments. Raises TransportClosed."""
        ...

    def answer(self, packet: str) -> None:
        """Send a packet from where packets are received."""
        ...

    def close(self, farewell: Sequence[str] | None) -> None:
        """End it, with these last packets; None: at once, without any."""
        ...


class WsTransport:
    """Packets as messages of a WebSocket."""

    __slots__ = ("_lost", "_receive", "_socket", "_version")

    def __init__(
        self, socket: WebSocket, receive: Callable[[str | bytes], None], lost: Callable[[str], None], version: int
    ) -> None:
        self._socket = socket
        self._receive = receive
        self._lost = lost
        self._version = version
        socket.channel.listener = self._look

    def begin(self) -> None:
        """Hand over what has come already."""
        self._look()

    def send(self, packets: Sequence[str | bytes], timeout: float) -> None:
        """As `Transport.send`."""
        for packet in packets:
            data = b"\x04" + packet if isinstance(packet, bytes) and self._version == 3 else packet
            try:
                self._socket.send(data, timeout)
            except WebSocketClosed:
                raise TransportClosed(_CLOSED) from None
            except TimeoutError:
                raise TransportClosed("ETIMEDOUT") from None

    def answer(self, packet: str) -> None:
        """As `Transport.answer`."""
        self._socket.channel.send(packet)

    def close(self, farewell: Sequence[str] | None) -> None:
        """As `Transport.close`."""
        if farewell is None:
            self._socket.abort()
            return
        for packet in farewell:
            self._socket.channel.send(packet)
        self._socket.channel.start_close(1000, "")

    def _look(self) -> None:
        channel = self._socket.channel
        while channel.inbox:
            kind, payload = channel.take()
            if kind == "message":
                data = cast("str | bytes", cast("Any", payload))
                if isinstance(data, bytes) and self._version == 3:
                    data = data[1:]
                self._receive(data)
        if channel.state == CLOSED:
            self._lost(_CLOSED)


class Polling:
    """Packets by requests: one waits for the server, others send. `url` has the session's id."""

    __slots__ = (
        "_closed",
        "_fiber",
        "_headers",
        "_hub",
        "_lost",
        "_name",
        "_patience",
        "_receive",
        "_session",
        "_version",
        "url",
    )

    def __init__(
        self,
        hub: Hub,
        session: Session,
        url: str,
        receive: Callable[[str | bytes], None],
        lost: Callable[[str], None],
        *,
        name: str,
        headers: Mapping[str, str],
        version: int,
    ) -> None:
        self._hub = hub
        self._session = session
        self.url = url
        self._name = name
        self._headers = headers
        self._receive = receive
        self._lost = lost
        self._version = version
        self._patience = 45.0
        self._closed = False
        self._fiber: Fiber | None = None

    def begin(self, like: Fiber, patience: float) -> None:
        """Start to wait for packets, at most `patience` seconds for each answer, in a fiber like the given one."""
        self._patience = patience
        fiber = self._fiber = self._hub.spawn(self._live)
        fiber.tags, fiber.user, fiber.lag = like.tags, like.user, like.lag

    def ask(self, timeout: float) -> list[str | bytes]:
        """One answer's packets. Raises TransportClosed."""
        return self._packets(timeout)

    def send(self, packets: Sequence[str | bytes], timeout: float) -> None:
        """As `Transport.send`."""
        if self._closed:
            raise TransportClosed(_CLOSED)
        self._request("POST", join_payload(list(packets), self._version).encode("utf-8", "replace"), timeout)

    def beat(self) -> None:
        """The heartbeat of servers of Socket.IO 1 and 2, in a fiber of its own."""
        if self._fiber is not None:
            current_fiber().tags = self._fiber.tags
            with suppress(TransportClosed):
                self.send(["2"], self._patience)

    def answer(self, packet: str) -> None:
        """As `Transport.answer`: called in the fiber that waits for packets."""
        self.send([packet], self._patience)

    def close(self, farewell: Sequence[str] | None) -> None:
        """As `Transport.close`."""
        if self._closed:
            return
        if farewell is not None:
            with suppress(TransportClosed):
                self.send([*farewell, "1"], min(self._patience, 5.0))
        self._closed = True
        if self._fiber is not None:
            self._hub.call_soon(_stop, self._fiber)

    def _live(self) -> None:
        try:
            while not self._closed:
                for packet in self._packets(self._patience):
                    self._receive(packet)
        except TransportClosed as closed:
            if not self._closed:
                self._lost(str(closed))
        except GreenletExit:
            pass
        except Exception as error:  # such as a URL that cannot be asked; a fiber has nobody to tell it to
            self._lost(str(error))
        finally:
            self._fiber = None

    def _packets(self, timeout: float) -> list[str | bytes]:
        try:
            return split_payload(self._request("GET", None, timeout), self._version)
        except PacketError as error:
            raise TransportClosed(str(error)) from None

    def _request(self, method: str, body: bytes | None, timeout: float) -> str:
        headers = dict(self._headers)
        if body is not None:
            headers["content-type"] = "text/plain;charset=UTF-8"
        response = self._session.request(
            method, self.url, self._name, data=body, headers=headers, timeout=timeout, allow_redirects=False
        )
        if response.error is not None and not response.status_code:
            raise TransportClosed(error_code(response.error))
        if response.status_code != 200:
            raise TransportClosed(f"Unexpected server response: {response.status_code}")
        return response.text


def _stop(fiber: Fiber) -> None:
    if not fiber.dead:
        fiber.throw(GreenletExit)
