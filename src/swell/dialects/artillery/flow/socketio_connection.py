"""One VU's connection to a Socket.IO server, shared by its namespaces: handshake, heartbeat, events, acknowledgements.

Rules: what comes is put into one queue, from which steps take what they wait for; packets are taken off the transport
at once. The server's heartbeat is answered whatever the VU does. There is no reconnecting: a connection that was lost
fails the steps that need it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from swell.dialects.artillery.flow.socketio_packets import (
    ACK,
    CONNECT,
    DISCONNECT,
    EVENT,
    REFUSED,
    Packet,
    PacketError,
    decode_packet,
    encode_packet,
    with_attachments,
)
from swell.dialects.artillery.flow.socketio_transports import Polling, Transport, TransportClosed, WsTransport
from swell.dialects.artillery.flow.values import js_text
from swell.dialects.artillery.flow.ws_opening import NOT_OPENED, Dialer, WsOrder, mapping, open_failure
from swell.dialects.artillery.flow.ws_queue import Inbox
from swell.runtime.fiber import current_fiber
from swell.websocket import WebSocketError

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.socketio_options import SocketioOrder
    from swell.dialects.artillery.flow.vuser import Vuser, VuserFailed
    from swell.runtime.hub import Timer

__all__ = ["Incoming", "SocketioConnection"]

_OPEN: Final = 100
_PROBED: Final = 101
_LOST: Final = "transport close"


class Incoming(NamedTuple):
    """What came: the kind of a packet, its namespace, the name of an event, the number of an acknowledgement."""

    kind: int
    namespace: str = "/"
    name: str = ""
    id: int = -1
    args: list[Any] = []  # noqa: RUF012 - never changed


class SocketioConnection:
    """The connection of one VU. `inbox` holds what came."""

    def __init__(self, vu: Vuser, order: SocketioOrder, dialer: Dialer, *, keep: bool) -> None:
        self.inbox: Inbox[Incoming] = Inbox(vu.hub, keep=keep)
        self._vu = vu
        self._order = order
        self._dialer = dialer
        self._session = dialer.session(vu, order.options)
        self._transport: Transport | None = None
        self._sid = ""
        self._upgrades: list[str] = []
        self._patience = 45.0
        self._interval = 25.0
        self._pulse: Timer | None = None
        self._connected: set[str] = set()
        self._left: dict[str, str] = {}
        self._last_id = -1
        self._partial: tuple[Packet, list[bytes]] | None = None

    # --- opening ---

    def open(self) -> None:
        """Connect, without any namespace yet. Raises VuserFailed, counted."""
        order, vu = self._order, self._vu
        deadline = vu.hub.time() + order.timeout
        try:
            if order.transports[0] == "polling":
                self._poll(deadline)
            else:
                with self.inbox.reader(fresh=True) as reader:
                    transport = self._websocket("")
                    transport.begin()
                    found = reader.find(lambda each: each.kind == _OPEN, deadline)
                if found is None:
                    raise self._silent("the server has not begun the session")  # noqa: TRY301 - closed below
        except TransportClosed as closed:
            self.close(orderly=False)
            raise vu.failure(str(closed), f"{order.base}{order.path}: {closed}") from None
        except NOT_OPENED as error:
            if isinstance(error, WebSocketError) and error.status and order.transports == ("websocket",):
                vu.warn_once(
                    f"socketio: the server refused a WebSocket ({error.status}); if it wants requests first, set "
                    "config.socketio.transports to [polling, websocket]"
                )
            raise open_failure(vu, f"{order.base}{order.path}", error) from None
        except BaseException:
            self.close(orderly=False)
            raise
        if order.version == 3:
            self._beat()

    def _websocket(self, session: str) -> WsTransport:
        order = self._order
        socket = self._dialer.dial(
            self._vu,
            WsOrder(order.url("websocket", session), order.headers, (), order.options),
            session=self._session,
            name=order.path,
            timeout=order.timeout,
        )
        transport = WsTransport(socket, self._receive, self._lost, order.version)
        self._transport = transport
        return transport

    def _poll(self, deadline: float) -> None:
        """Begin by polling, and go on by a WebSocket if both sides want it. Raises TransportClosed."""
        order, vu = self._order, self._vu
        left = max(0.001, deadline - vu.hub.time())
        url = order.url("polling")
        polling = Polling(
            vu.hub,
            self._session,
            url,
            self._receive,
            self._lost,
            name=order.path,
            headers=order.headers,
            version=order.version,
        )
        self._transport = polling
        for packet in polling.ask(left):
            self._receive(packet)
        if not self._sid:
            raise TransportClosed("the server has not begun the session")
        polling.url = order.url("polling", self._sid)
        if "websocket" not in order.transports or "websocket" not in self._upgrades:
            polling.begin(current_fiber(), self._patience)
            return
        with self.inbox.reader(fresh=True) as reader:
            try:
                transport = self._websocket(self._sid)
            except NOT_OPENED:  # as the browser's client: what polling began, polling goes on with
                polling.begin(current_fiber(), self._patience)
                return
            transport.begin()
            transport.send(["2probe"], order.timeout)
            found = reader.find(lambda each: each.kind == _PROBED, deadline)
            if found is None:
                raise self._silent("the server has not answered the probe of the WebSocket")
            transport.send(["5"], order.timeout)

    def _silent(self, what: str) -> VuserFailed:
        order = self._order
        return self._vu.failure(self.inbox.closed or "timeout", f"{order.base}{order.path}: {what}")

    def join(self, namespace: str) -> None:
        """Connect to a namespace ("/" for the main one), once. Raises VuserFailed, counted."""
        vu, order = self._vu, self._order
        if namespace in self._connected:
            return
        with self.inbox.reader(fresh=True) as reader:
            if not (order.version == 3 and namespace == "/"):  # that one is connected without being asked for
                data = None if order.version == 3 else order.auth
                self._send(Packet(CONNECT, namespace, data if data not in (None, {}) else None))
            found = reader.find(
                lambda each: each.kind in {CONNECT, REFUSED} and each.namespace == namespace,
                vu.hub.time() + order.timeout,
            )
        if found is None:
            raise self._silent(f"the server has not connected the namespace {namespace}")
        if found.item.kind == REFUSED:
            raise vu.failure(found.item.name, f"the server refused the namespace {namespace}: {found.item.name}")

    # --- events ---

    def emit(self, namespace: str, arguments: list[Any], *, acknowledged: bool) -> int:
        """Send an event; the number that its acknowledgement will have, -1 without. Raises VuserFailed, counted."""
        left = self._left.get(namespace)
        if left:
            raise self._vu.failure(left, f"the namespace {namespace} is not connected any more: {left}")
        number: int | None = None
        if acknowledged:
            self._last_id += 1
            number = self._last_id
        self._send(Packet(EVENT, namespace, arguments, number))
        return -1 if number is None else number

    def lost(self, namespace: str) -> str:
        """Why nothing more comes from a namespace; "" while it is connected."""
        return self._left.get(namespace) or self.inbox.closed

    def close(self, *, orderly: bool) -> None:
        """Leave all namespaces and end the connection."""
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None
        transport, self._transport = self._transport, None
        if transport is None:
            return
        farewell = [f"4{encode_packet(Packet(DISCONNECT, each))[0]}" for each in sorted(self._connected)]
        transport.close(farewell if orderly and not self.inbox.closed else None)

    def _send(self, packet: Packet) -> None:
        text, attachments = encode_packet(packet)
        try:
            if self._transport is None or self.inbox.closed:
                raise TransportClosed(self.inbox.closed or _LOST)  # noqa: TRY301 - one message for all
            self._transport.send([f"4{text}", *attachments], self._order.timeout)
        except TransportClosed as closed:
            raise self._vu.failure(str(closed), f"nothing can be sent to the server: {closed}") from None

    # --- what the transport calls ---

    def _lost(self, reason: str) -> None:
        self.inbox.close(reason)

    def _receive(self, data: str | bytes) -> None:
        try:
            self._take(data)
        except (PacketError, ValueError) as error:
            self._vu.warn_once(f"socketio: {error}")
            self.inbox.close("parse error")

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self._attach(data)
            return
        mark, rest = data[:1], data[1:]
        if mark == "4":
            packet = decode_packet(rest)
            if packet.attachments:
                self._partial = (packet, [])
            else:
                self._packet(packet, len(rest))
        elif mark == "2":
            if self._transport is not None:
                self._transport.answer(f"3{rest}")
        elif mark == "3":
            if rest == "probe":
                self.inbox.put(Incoming(_PROBED))
        elif mark == "0":
            self._begun(mapping(json.loads(rest)))
        elif mark == "1":
            self.inbox.close(_LOST)

    def _begun(self, session: dict[str, Any]) -> None:
        self._sid = js_text(session.get("sid", ""))
        self._upgrades = [js_text(each) for each in cast("list[Any]", session.get("upgrades") or [])]
        self._interval = float(session.get("pingInterval") or 25_000) / 1000.0
        self._patience = self._interval + float(session.get("pingTimeout") or 20_000) / 1000.0
        self.inbox.put(Incoming(_OPEN))

    def _attach(self, data: bytes) -> None:
        if self._partial is None:
            return
        packet, attachments = self._partial
        attachments.append(data)
        if len(attachments) >= packet.attachments:
            self._partial = None
            size = sum(map(len, attachments))
            self._packet(packet._replace(data=with_attachments(packet.data, attachments)), size)

    def _packet(self, packet: Packet, size: int) -> None:
        namespace = packet.namespace
        if packet.kind == EVENT:
            self._vu.metrics.counter("socketio.events_received")
            self._vu.metrics.rate("socketio.receive_rate")
            name, *arguments = packet.data or [""]
            self.inbox.put(Incoming(EVENT, namespace, js_text(name), args=arguments), size)
        elif packet.kind == ACK:
            self.inbox.put(Incoming(ACK, namespace, id=-1 if packet.id is None else packet.id, args=packet.data), size)
        elif packet.kind == CONNECT:
            self._connected.add(namespace)
            self.inbox.put(Incoming(CONNECT, namespace))
        elif packet.kind == REFUSED:
            data = packet.data
            message = mapping(data).get("message") if isinstance(data, dict) else data
            self.inbox.put(Incoming(REFUSED, namespace, js_text(message or "connection refused")))
        elif packet.kind == DISCONNECT:
            self._connected.discard(namespace)
            self._left[namespace] = "io server disconnect"
            self.inbox.put(Incoming(DISCONNECT, namespace))

    def _beat(self) -> None:
        """The client's heartbeat, as servers of Socket.IO 1 and 2 want it."""
        transport, hub = self._transport, self._vu.hub
        if transport is None or self.inbox.closed:
            return
        if isinstance(transport, WsTransport):
            transport.answer("2")
        elif isinstance(transport, Polling):
            hub.spawn(transport.beat)
        self._pulse = hub.call_at(hub.time() + self._interval, self._beat)
