"""Opens a WebSocket with what a session has: its headers, cookies, authorization, TLS settings and proxy.

Rules: runs in a fiber and stalls only that. A WebSocket has a connection of its own, beside the session's pool.
Through a proxy it goes by a tunnel, also without TLS. Redirects are not followed, as in browsers. Each attempt is
measured once, and one that fails is counted as an error; an answer to a challenge belongs to the attempt.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Final

from swell.http.auth import Auth, BasicAuth
from swell.http.connector import Opening
from swell.http.endpoints import shown_name
from swell.http.errors import RequestError
from swell.http.protocol import CLOSED as CONNECTION_CLOSED
from swell.http.protocol import IDLE
from swell.http.routes import Route
from swell.http.settings import UNSET, Unset
from swell.http.wire import wire_head
from swell.runtime.fiber import Fiber, current_fiber
from swell.websocket.channel import Channel
from swell.websocket.client import WebSocket
from swell.websocket.deflate import Deflate
from swell.websocket.errors import WebSocketError
from swell.websocket.frames import Frames
from swell.websocket.handshake import Refusal, Request, agreed, header_names, http_url
from swell.websocket.meter import Meter, tags_of

if TYPE_CHECKING:
    from swell.http.cookies import CookieJar
    from swell.http.endpoints import Endpoint
    from swell.http.headers import HeaderValue
    from swell.http.heads import ResponseHead
    from swell.http.protocol import Connection
    from swell.http.response import Response
    from swell.http.session import Session

__all__ = ["MAX_MESSAGE", "connect"]

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes of a received message, unless another limit is given."""

_MOST_CHALLENGES: Final = 2
_SHOWN_BODY: Final = 500
_NO_LIMIT: Final = 1 << 62


def connect(
    session: Session,
    url: str,
    *,
    name: str | None = None,
    headers: Mapping[str, HeaderValue | None] | None = None,
    subprotocols: Iterable[str] = (),
    timeout: float | Unset | None = UNSET,
    compression: bool = False,
    max_message: int | None = MAX_MESSAGE,
    tags: Mapping[str, object] | None = None,
    cookies: CookieJar | None = None,
    control: bool = False,
) -> WebSocket:
    """An open WebSocket. `url`: ws, wss, http or https, or a path below the session's base URL.

    `name`: what it is counted under (default: the URL as given). `timeout`: seconds until it must be open (default: the
    session's; None: no limit). `compression`: offer permessage-deflate. `max_message`: bytes of a received message; a
    longer one closes the connection with code 1009 (None: no limit). `cookies`: a jar instead of the session's.
    `control`: pings and pongs are put into the channel's inbox too. Raises WebSocketError when it does not open (with
    the server's `response`, if there is one), InvalidUrl or ValueError for arguments that make no handshake.
    """
    if isinstance(subprotocols, str):
        subprotocols = (subprotocols,)
    return _Attempt(session, http_url(session.base_url, url, plain=session.plain_join), name or shown_name(url)).run(
        headers, tuple(subprotocols), timeout, compression, max_message, tags, cookies, control=control
    )


class _Attempt:
    """One attempt."""

    __slots__ = ("cookies", "deadline", "endpoint", "fiber", "meter", "name", "session")

    meter: Meter
    deadline: float

    def __init__(self, session: Session, url: str, name: str) -> None:
        self.session = session
        self.name = name
        self.fiber: Fiber = current_fiber()
        self.cookies: CookieJar | None = None
        self.endpoint: Endpoint = session.book(self.fiber).new("GET", url, name)
        endpoint = self.endpoint
        route = endpoint.route
        if route.absolute:
            # As requests do, a WebSocket without TLS would ask the proxy to speak HTTP; it needs a tunnel instead.
            route = Route(endpoint.target, route.proxy, route.verify, route.cert, route.key, route.wish)
            route.absolute = False
            endpoint.route = route

    def run(  # noqa: PLR0917 - one call site
        self,
        headers: Mapping[str, HeaderValue | None] | None,
        subprotocols: tuple[str, ...],
        timeout: float | Unset | None,
        compression: bool,
        max_message: int | None,
        tags: Mapping[str, object] | None,
        cookies: CookieJar | None,
        *,
        control: bool,
    ) -> WebSocket:
        session, client = self.session, self.session.client
        started = client.hub.time()
        seconds = _seconds(session.timeout if isinstance(timeout, Unset) else timeout)
        self.deadline = inf if seconds is None else started + seconds
        self.cookies = cookies
        self.meter = Meter(client.recorder, client.hub.time, tags_of(self.fiber.tags, self.name, tags), started)
        request = Request(session.headers_with(headers), subprotocols, compression=compression)
        auth = self._auth(headers)
        challenges = 0
        while True:
            channel, sent, peer = self._exchange(request, auth, control=control)
            head = channel.answer.head
            if head is None:
                channel.abort()
                raise self._failed(channel.answer.error or RequestError("generic", "there was no answer"), sent)
            if lines := head.headers.get_all("set-cookie"):
                jar = session.cookies if cookies is None else cookies
                jar.store(self.endpoint.target, lines, time.time())
            if head.status == 101:
                return self._opened(channel, request, head, sent, peer, max_message)
            channel.abort()
            challenges += 1
            if head.status != 401 or auth is None or challenges > _MOST_CHALLENGES:
                raise self._refused(channel, sent, peer, head)
            if not auth.challenged(head.headers.get_all("www-authenticate")):
                raise self._refused(channel, sent, peer, head)

    # --- one exchange ---

    def _exchange(self, request: Request, auth: Auth | None, *, control: bool) -> tuple[Channel, bytes, Any]:
        """(the channel with its answer, what was sent, the other side). Raises WebSocketError without a connection."""
        session, client, endpoint = self.session, self.session.client, self.endpoint
        target = endpoint.target
        jar = self.cookies
        cookies = session.cookie_header(target) if jar is None else jar.header_for(target, time.time())
        sent = wire_head(
            "GET",
            target,
            endpoint.route,
            request.headers,
            cookies="" if "cookie" in request.headers else cookies,
            authorization=auth.header("GET", target.target) if auth is not None else None,
        )
        connection = self._connection(sent)
        channel = Channel(client.hub, connection.transport, control=control)
        try:
            channel.write(sent)
            while not channel.answer.done:
                if not channel.wait(self.deadline):
                    text = f"timed out waiting for {endpoint.route.where} to open the WebSocket"
                    channel.answer.fail(RequestError("total_timeout", text))
        except BaseException:
            channel.abort()
            raise
        return channel, sent, connection.peer

    def _connection(self, sent: bytes) -> Connection:
        """A new connection. Raises WebSocketError."""
        client, route = self.session.client, self.endpoint.route
        if route.proxy is not None and route.proxy.scheme == "https":
            error = RequestError("proxy", "WebSockets go through an http proxy only; give the proxy as http://")
            raise self._failed(error, sent)
        left = None if self.deadline == inf else max(self.deadline - client.hub.time(), 0.001)
        limits = [each for each in (left, client.options.connect_timeout) if each is not None]
        try:
            connection = client.hub.await_(
                client.connector.open(
                    route,
                    self.session.tls_sessions,
                    Opening(),
                    min(limits) if limits else None,
                    local=self.session.local_address,
                )
            )
        except RequestError as error:
            raise self._failed(error, sent) from None
        if connection.state != IDLE:
            error = RequestError("closed_early", f"{route.where} closed the connection without an answer")
            raise self._failed(error, sent)
        connection.state = CONNECTION_CLOSED  # the channel has it now
        return connection

    def _auth(self, headers: Mapping[str, HeaderValue | None] | None) -> Auth | None:
        if "authorization" in header_names(headers):
            return None
        if self.session.auth is not None:
            return self.session.auth
        userinfo = self.endpoint.target.userinfo
        return BasicAuth(*userinfo) if userinfo is not None else None

    # --- what comes of it ---

    def _opened(  # noqa: PLR0917 - one call site
        self, channel: Channel, request: Request, head: ResponseHead, sent: bytes, peer: Any, max_message: int | None
    ) -> WebSocket:
        try:
            subprotocol, extension = agreed(request, head)
            extensions: list[Any] = []
            if extension:
                packer = Deflate(_NO_LIMIT if max_message is None else max_message)
                try:
                    packer.finalize(extension)
                except ValueError as error:
                    raise Refusal(f"its parameters of permessage-deflate are wrong: {error}") from None
                extensions.append(packer)
        except Refusal as refusal:
            channel.abort()
            raise self._refused(channel, sent, peer, head, str(refusal)) from None
        self.meter.answered(101, subprotocol)
        channel.open(Frames(max_message, extensions), self.meter)
        target = self.endpoint.target
        url = f"{'wss' if target.scheme == 'https' else 'ws'}{target.url[len(target.scheme) :]}"
        return WebSocket(self.session.client.hub, channel, url, subprotocol, self._response(head, b"", sent, peer))

    def _refused(self, channel: Channel, sent: bytes, peer: Any, head: ResponseHead, why: str = "") -> WebSocketError:
        meter = self.meter
        meter.answered(head.status)
        meter.add("data_sent", channel.bytes_out)
        meter.add("data_received", channel.bytes_in)
        where = self.endpoint.route.where
        if why:
            message = f"{where} opened no WebSocket: {why}"
        else:
            message = f"{where} opened no WebSocket: it answered {f'{head.status} {head.reason}'.strip()}"
        response = self._response(head, channel.answer.body, sent, peer)
        example = self._example(sent)
        example |= {"status": head.status, "response_headers": dict(head.headers)}
        example["body"] = channel.answer.body[:_SHOWN_BODY].decode("utf-8", "replace")
        meter.failed("ws_handshake", message, example)
        return WebSocketError("ws_handshake", message, response)

    def _failed(self, error: RequestError, sent: bytes) -> WebSocketError:
        self.meter.answered(0)
        self.meter.failed(error.kind, error.message, self._example(sent))
        return WebSocketError(error.kind, error.message)

    def _response(self, head: ResponseHead, body: bytes, sent: bytes, peer: Any) -> Response:
        started, now = self.meter.started, self.session.client.hub.time()
        row = (0, started, now, self.fiber.lag, 0.0, now - started, 0.0, len(sent), head.size + len(body))
        return self.session.response_type(head.status, row, self.endpoint, sent, head, body, 0, peer)

    def _example(self, sent: bytes) -> dict[str, Any]:
        lines = sent.decode("latin-1").split("\r\n")[1:]
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        return {"method": "GET", "url": self.endpoint.target.url, "status": 0, "request_headers": fields}


def _seconds(timeout: float | tuple[float | None, float | None] | None) -> float | None:
    """All the time there is: of (connect, read) the sum."""
    if isinstance(timeout, tuple):
        connecting, reading = timeout
        return None if connecting is None or reading is None else connecting + reading
    return None if timeout is None or timeout == inf else timeout
