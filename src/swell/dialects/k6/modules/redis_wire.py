"""A connection to a Redis server: commands out, replies in, in RESP2.

Rules: commands may follow each other without waiting; replies come in their order. A reply that is an error is a
`RedisError` for its command alone; a connection that fails ends all commands under way, and the next one opens another.
Whoever stops waiting for a reply does not disturb the others.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

__all__ = ["RedisError", "Reply", "Server", "Wire"]

Reply = str | int | list[Any] | None
"""What a server answers; None is its nil."""

_LIMIT: Final = 512 * 1024 * 1024  # bytes; the largest value that a server keeps


class RedisError(Exception):
    """What a server refused, or why there is no connection; one line for people."""


class Server(msgspec.Struct, frozen=True):
    """Where a server is and how it is asked. Times in seconds."""

    host: str = "localhost"
    port: int = 6379
    username: str = ""
    password: str = ""
    database: int = 0
    client_name: str = ""
    timeout: float = 5.0
    tls: bool = False
    authority: str = ""
    cert: str = ""
    key: str = ""


class Wire:
    """One connection, opened when it is first needed."""

    __slots__ = ("_opening", "_reading", "_waiting", "_writer", "server")

    def __init__(self, server: Server) -> None:
        self.server = server
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._opening: asyncio.Lock | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()

    async def run(self, words: Sequence[str | bytes]) -> Reply:
        """The reply to one command. Raises RedisError."""
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            if self._writer is None:
                await self._open()
        return await self._send(words)

    def close(self) -> None:
        """Close it; commands under way fail, and the next one opens another."""
        self._end(RedisError("the connection was closed"))

    async def _open(self) -> None:
        server = self.server
        where = f"{server.host}:{server.port}"
        try:
            async with asyncio.timeout(server.timeout):
                reader, self._writer = await asyncio.open_connection(
                    server.host, server.port, ssl=_context(server) if server.tls else None
                )
        except TimeoutError:
            raise RedisError(f"no connection to {where} after {server.timeout:g} s") from None
        except (OSError, ValueError) as error:
            raise RedisError(f"cannot connect to {where}: {getattr(error, 'strerror', None) or error}") from None
        self._reading = asyncio.get_running_loop().create_task(self._read(reader))
        try:
            if server.password:
                await self._send(["AUTH", *([server.username] if server.username else []), server.password])
            if server.database:
                await self._send(["SELECT", str(server.database)])
            if server.client_name:
                await self._send(["CLIENT", "SETNAME", server.client_name])
        except RedisError as error:
            self._end(error)
            raise

    async def _send(self, words: Sequence[str | bytes]) -> Reply:
        writer = self._writer
        if writer is None:
            raise RedisError("the connection was closed")
        parts = [word.encode("utf-8", "surrogatepass") if isinstance(word, str) else word for word in words]
        writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return await future

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Take replies as long as there are any."""
        try:
            while True:
                try:
                    reply: Reply | RedisError = await _reply(reader)
                except RedisError as error:
                    reply = error
                future = self._waiting.popleft()
                if future.cancelled():
                    continue
                if isinstance(reply, RedisError):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except (OSError, EOFError, ValueError, IndexError):
            self._end(RedisError(f"{self.server.host}:{self.server.port} closed the connection"))

    def _end(self, error: RedisError) -> None:
        writer, self._writer = self._writer, None
        reading, self._reading = self._reading, None
        if writer is not None:
            writer.close()
        if reading is not None:
            reading.cancel()
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(error)


async def _reply(reader: asyncio.StreamReader) -> Reply:
    """One reply. Raises RedisError for one that is an error, EOFError, OSError or ValueError if there is none."""
    line = await reader.readuntil(b"\r\n")
    kind, rest = line[:1], line[1:-2]
    match kind:
        case b"+":
            return rest.decode("utf-8", "replace")
        case b"-":
            raise RedisError(rest.decode("utf-8", "replace"))
        case b":":
            return int(rest)
        case b"$":
            size = int(rest)
            if size < 0:
                return None
            if size > _LIMIT:
                raise ValueError(size)
            data = await reader.readexactly(size + 2)
            return data[:-2].decode("utf-8", "replace")
        case b"*":
            size = int(rest)
            return None if size < 0 else [await _element(reader) for _ in range(size)]
        case _:
            raise ValueError(kind)


async def _element(reader: asyncio.StreamReader) -> Reply:
    """One element of a list; errors among them are texts, or the rest of the list would be lost."""
    try:
        return await _reply(reader)
    except RedisError as error:
        return str(error)


def _context(server: Server) -> ssl.SSLContext:
    """TLS by the system's authorities, or by those that are given. Raises ValueError or OSError."""
    from swell.http.tls import TlsWish, present, tls_context  # noqa: PLC0415 - few connections have TLS

    wish = TlsWish(cert=server.cert, key=server.key) if server.cert else None
    if not server.authority:
        return tls_context(True, wish=wish)
    # Authorities of one's own come as text, which the shared contexts do not know.
    context = ssl.create_default_context(cadata=server.authority)
    if wish is not None:
        present(context, wish)
    return context
