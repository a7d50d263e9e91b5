"""Opens connections: look-up, TCP, proxy and TLS, each timed.

Rules: runs as a coroutine of the loop (`hub.await_`), so it may be cancelled at any point and then leaves no socket
behind. Every failure is a `RequestError` that names the phase. Our own sockets are used up to the point where bytes
of HTTP flow, because only so can the phases be told apart.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from swell.http.errors import Phase, RequestError, classify
from swell.http.protocol import Connection, ConnectionLimits
from swell.http.proxy import connect_head
from swell.http.resolver import Address, Resolver, connect_in_order
from swell.http.tls import TlsSessions, TlsSetupError, tls_context
from swell.http.urls import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.http.reach import Reach
    from swell.http.routes import Route

__all__ = ["Connector", "Opening", "Peer", "connection_values"]

_LONGEST_PROXY_HEAD = 65536
# The module socket has it from Python 3.12 on.
_BIND_WITHOUT_PORT: int = getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24 if sys.platform == "linux" else 0)


class Opening(msgspec.Struct, gc=False):
    """How long the parts of opening a connection took, in seconds."""

    looking_up: float = 0.0
    connecting: float = 0.0
    tls_handshaking: float = 0.0


class Peer(msgspec.Struct, frozen=True, gc=False):
    """Who is at the other end. TLS fields are "" on plain connections."""

    address: str = ""
    port: int = 0
    tls_version: str = ""
    tls_cipher: str = ""


def connection_values(peer: Peer, version: str, tags: Sequence[str]) -> dict[str, str]:
    """The tags that tell of a connection, of those asked for (ip, ocsp_status, proto, tls_version) that it has.

    `version`: the protocol of the answer, "" without one. TLS versions as in "tls1.3"; no stapled OCSP answers are
    asked for, so their status is "unknown".
    """
    tls = peer.tls_version
    known = {
        "ip": peer.address,
        "ocsp_status": "unknown" if tls else "",
        "proto": version,
        "tls_version": tls.lower().replace("v", "") + (".0" if tls == "TLSv1" else ""),
    }
    return {tag: known[tag] for tag in tags if known[tag]}


class Connector:
    """Opens the connections of one client."""

    __slots__ = ("_limits", "_reach", "_resolver", "_user_agent")

    def __init__(
        self, resolver: Resolver, limits: ConnectionLimits, user_agent: str, reach: Reach | None = None
    ) -> None:
        self._reach = reach
        self._resolver = resolver
        self._limits = limits
        self._user_agent = user_agent

    async def open(
        self,
        route: Route,
        sessions: TlsSessions,
        opening: Opening,
        timeout: float | None,
        *,
        total: bool = False,
        local: str = "",
    ) -> Connection:
        """A connection ready for requests; fills in `opening` also when it fails.

        `timeout` bounds all of it; `total` says that the request's whole time is meant, which decides the error's
        kind. `local`: the address to send from, "" for any. Raises RequestError, or TlsSetupError for a bad
        certificate file.
        """
        phase = _Phase("lookup")
        try:
            async with asyncio.timeout(timeout):
                return await self._open(route, sessions, opening, phase, local)
        except (RequestError, TlsSetupError):
            # The latter is misuse: it names a file that the user gave, and reaches the user.
            raise
        except TimeoutError as error:
            if total:
                raise RequestError("total_timeout", "the request took longer than its timeout") from None
            raise classify(error, phase.name, _other_side(route, phase.name)) from None
        except (OSError, EOFError, ValueError) as error:
            # ssl.SSLError is an OSError; ValueError is a host name that TLS cannot take.
            raise classify(error, phase.name, _other_side(route, phase.name)) from None

    async def _open(
        self, route: Route, sessions: TlsSessions, opening: Opening, phase: _Phase, local: str
    ) -> Connection:
        loop = asyncio.get_running_loop()
        proxy = route.proxy
        if proxy is not None and proxy.scheme == "https" and route.secure:
            raise RequestError(
                "proxy", "https requests through an https proxy are not supported; give the proxy as http://"
            )
        host, port = (proxy.host, proxy.port) if proxy is not None else (route.host, route.port)

        addresses = await self._addresses(route.host, host, port, opening)

        phase.name = "connect"
        begin = perf_counter()
        try:
            if len(addresses) == 1:
                sock = await _connect(addresses[0], local)
            else:
                sock = await connect_in_order(addresses, partial(_connect, local=local))
        finally:
            opening.connecting = perf_counter() - begin
        handed_over = False
        try:
            address = sock.getpeername()
            secure, name = route.secure, (route.host, route.port)
            if proxy is not None:
                phase.name = "proxy"
                if proxy.scheme == "https":
                    secure, name = True, (proxy.host, proxy.port)
                elif not route.absolute:
                    await _open_tunnel(sock, route, self._user_agent)
            connection = Connection(self._limits, route)
            tls_version = tls_cipher = ""
            handed_over = True
            if secure:
                phase.name = "tls"
                context = sessions.context(tls_context(route.verify, route.cert, route.key, route.wish), *name)
                begin = perf_counter()
                try:
                    transport, _ = await loop.create_connection(
                        lambda: connection, sock=sock, ssl=context, server_hostname=sessions.server_name(*name)
                    )
                finally:
                    opening.tls_handshaking = perf_counter() - begin
                tls = transport.get_extra_info("ssl_object")
                if tls is not None:
                    tls_version, tls_cipher = tls.version() or "", (tls.cipher() or ("",))[0]
            else:
                await loop.create_connection(lambda: connection, sock=sock)
        except BaseException:
            if handed_over:
                _let_go(sock, loop)
            else:
                sock.close()
            raise
        connection.peer = Peer(address[0], address[1], tls_version, tls_cipher)
        return connection

    async def _addresses(self, target: str, host: str, port: int, opening: Opening) -> Sequence[Address]:
        """Where to connect to. `target`: the host that is meant, whatever proxy is in between."""
        reach = self._reach
        if reach is not None:
            reach.check_host(target)
        begin = perf_counter()
        addresses = self._resolver.known(host, port, begin)
        if addresses is None:
            addresses = await self._resolver.resolve(host, port)
            opening.looking_up = perf_counter() - begin
        return addresses if reach is None else reach.allowed(addresses)


class _Phase:
    """What the connector is at, for the error's kind."""

    __slots__ = ("name",)

    def __init__(self, name: Phase) -> None:
        self.name: Phase = name


def _other_side(route: Route, phase: Phase) -> str:
    """With whom the phase is, for messages: a proxy that is down must not look like a target that is."""
    proxy = route.proxy
    if proxy is None or (phase == "tls" and proxy.scheme != "https"):
        return route.where
    return f"the proxy {proxy.host}:{proxy.port}"


async def _connect(address: Address, local: str = "") -> socket.socket:
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if local:
            if _BIND_WITHOUT_PORT:
                # The port is chosen by connect(): one port serves connections to many targets.
                sock.setsockopt(socket.IPPROTO_IP, _BIND_WITHOUT_PORT, 1)
            sock.bind((local, 0))
        await asyncio.get_running_loop().sock_connect(sock, (address.host, address.port))
    except BaseException:
        sock.close()
        raise
    return sock


def _let_go(sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
    """Forget a socket that a loop took and failed to make a connection of: the loop closes it.

    uvloop closes the bare descriptor. Closing it here as well would hit whatever got the same number since.
    """
    if type(loop).__module__.partition(".")[0] == "uvloop":
        sock.detach()


async def _open_tunnel(sock: socket.socket, route: Route, user_agent: str) -> None:
    """CONNECT. The target speaks only after our TLS greeting, so nothing of it can follow the proxy's answer."""
    proxy = route.proxy
    assert proxy is not None, "a tunnel goes through a proxy"
    loop = asyncio.get_running_loop()
    target = Target("https", route.host, route.port, "/")
    await loop.sock_sendall(sock, connect_head(target, proxy, user_agent))
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = await loop.sock_recv(sock, 4096)
        if not data:
            raise RequestError("proxy", f"the proxy {proxy.url} closed the connection without an answer to CONNECT")
        answer += data
        if len(answer) > _LONGEST_PROXY_HEAD:
            raise RequestError("proxy", f"the proxy {proxy.url} sent an endless answer to CONNECT")
    status = answer.split(b"\r\n", 1)[0].decode("latin-1")
    words = status.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].startswith("2"):
        raise RequestError("proxy", f"the proxy {proxy.url} refused the tunnel: {status[:100]}")
