"""A small network on loopback: servers of raw bytes and one user's session in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

import pytest

from swell.http.session import Session
from swell.metrics.recorder import Recorder
from swell.metrics.tags import TagSet
from swell.model.plan import HttpOptions
from swell.runtime.hub import LoopHub, new_loop

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Handler: TypeAlias = Callable[[Reader, Writer], Awaitable[None]]


class Ledger:
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.series: list[dict[str, str]] = []
        self._numbers: dict[TagSet, int] = {}
        self.rows: list[tuple[float, ...]] = []
        self.connects: list[tuple[float, ...]] = []
        self.errors: list[tuple[str, str, dict[str, str], dict[str, Any] | None]] = []
        self.add_request = self.rows.append
        self.add_connect = self.connects.append

    def request_series(self, tags: TagSet, *, sent: bool = True) -> int:
        if tags not in self._numbers:
            self._numbers[tags] = len(self.series)
            self.series.append(tags.as_dict())
        return self._numbers[tags]

    def add_error(self, kind: str, message: str, tags: TagSet, example: dict[str, Any] | None) -> None:
        self.errors.append((kind, message, tags.as_dict(), example))

    @property
    def requests(self) -> list[dict[str, str]]:
        """The tags of each recorded request, in order."""
        return [self.series[int(row[0])] for row in self.rows]

    @property
    def kinds(self) -> list[str]:
        """The kinds of the errors, in order."""
        return [error[0] for error in self.errors]


class Net:
    """Servers and users. `heads` are the request heads that scripted servers read, `bodies` the bodies."""

    def __init__(self) -> None:
        self.loop = new_loop()
        self.ledger = Ledger()
        self.hub: LoopHub
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._handlers: list[asyncio.Task[Any]] = []
        self.port = 0

    def run(
        self,
        user: Callable[[Session], Any],
        server: Handler | None = None,
        *,
        ssl: Any = None,
        host: str = "127.0.0.1",
        base_url: str | None = None,
        session: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Run `user` in a fiber with a session whose base URL is the server's; returns or raises what it does."""
        return self.loop.run_until_complete(
            asyncio.wait_for(self._run(user, server, ssl, host, base_url, session or {}, options), 60)
        )

    async def _run(
        self,
        user: Callable[[Session], Any],
        server: Handler | None,
        ssl: Any,
        host: str,
        base_url: str | None,
        settings: dict[str, Any],
        options: dict[str, Any],
    ) -> Any:
        hub = self.hub = LoopHub(self.loop)
        running = None
        if server is not None:
            running = await asyncio.start_server(self._guard(server), host, 0, ssl=ssl)
            self.port = running.sockets[0].getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            base_url = base_url or f"{'https' if ssl else 'http'}://{shown}:{self.port}"
        options.setdefault("trust_env", False)
        session = Session(hub, cast("Recorder", self.ledger), HttpOptions(**options), base_url or "")
        for key, value in settings.items():
            setattr(session, key, value)
        done = self.loop.create_future()

        def body() -> None:
            try:
                result = user(session)
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(result)

        fiber = hub.spawn(body)
        fiber.tags = TagSet.of({"scenario": "test"})
        try:
            return await done
        finally:
            session.close()
            if running is not None:
                running.close()
            for task in self._handlers:
                task.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)
            self._handlers.clear()

    def _guard(self, server: Handler) -> Handler:
        async def handle(reader: Reader, writer: Writer) -> None:
            self.connections += 1
            task = asyncio.current_task()
            assert task is not None
            self._handlers.append(task)
            try:
                await server(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        return handle

    async def request(self, reader: Reader) -> bytes | None:
        """Read one request as a server; its head (None at the end). Head and body are kept."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        self.heads.append(head.decode("latin-1"))
        body = b""
        lowered = head.lower()
        if b"\r\ncontent-length:" in lowered:
            length = int(lowered.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
        elif b"\r\ntransfer-encoding: chunked" in lowered:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        self.bodies.append(body)
        return head

    def script(self, *answers: bytes, close: bool = False) -> Handler:
        """A server that answers request after request with these bytes (the last one for ever)."""
        count = 0

        async def handle(reader: Reader, writer: Writer) -> None:
            nonlocal count
            while await self.request(reader) is not None:
                writer.write(answers[min(count, len(answers) - 1)])
                count += 1
                await writer.drain()
                if close:
                    return

        return handle

    def pages(self, pages: dict[str, bytes]) -> Handler:
        """A server that answers by path; 404 for others."""

        async def handle(reader: Reader, writer: Writer) -> None:
            while (head := await self.request(reader)) is not None:
                path = head.split(b" ")[1].decode()
                writer.write(pages.get(path, answer(b"none", "404 Not Found")))
                await writer.drain()

        return handle


def answer(body: bytes = b"ok", status: str = "200 OK", **headers: str) -> bytes:
    """A response with Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def net() -> Net:
    """A network of this test's own."""
    network = Net()
    yield network  # type: ignore[misc]
    network.loop.close()
