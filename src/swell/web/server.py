"""The server of the live page: uvicorn in a thread and an event loop of its own.

Rules: the run never waits for it. Frames come in by `publish` from any thread; whoever watches sleeps until there is a
new one and gets the same bytes as all others. A watcher that is slow skips frames instead of piling them up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from swell.web.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp

    from swell.web.state import Frame

__all__ = ["PageServer", "Watchers"]

_ALIVE = 10.0  # seconds of silence after which a watcher is told that the line still stands
_START = 10.0
_LAST_WORDS = 1.0
_RETRY = b"retry: 1000\n\n"


class Watchers:
    """Everybody who watches; lives in the loop of the server."""

    def __init__(self) -> None:
        self.count = 0
        self._frame: Frame | None = None
        self._news = asyncio.Event()
        self._over = False

    def publish(self, frame: Frame) -> None:
        """A new frame is there; to be called in the loop."""
        self._frame = frame
        self._news.set()
        self._news = asyncio.Event()

    def end(self) -> None:
        """Everybody gets the newest frame, then the end."""
        self._over = True
        self._news.set()

    async def events(self) -> AsyncIterator[bytes]:
        """Server-Sent Events for one watcher, until it goes away."""
        seen = 0
        self.count += 1
        try:
            yield _RETRY
            while True:
                frame, news = self._frame, self._news
                if frame is not None and frame.version != seen:
                    name, data = ("tick", frame.tick) if seen == frame.version - 1 and seen else ("whole", frame.whole)
                    seen = frame.version
                    yield b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), seen, data)
                    continue
                if self._over:
                    return
                try:
                    await asyncio.wait_for(news.wait(), _ALIVE)
                except TimeoutError:
                    yield b": alive\n\n"
        finally:
            self.count -= 1


class PageServer:
    """Serves one application from `open` to `close`. `port` 0 takes a free one."""

    def __init__(self, host: str, port: int, *, token: str | None = None) -> None:
        self._host = host
        self._token = token
        self.port = port
        self.watchers: Watchers | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def open(self, make_app: Callable[[Watchers], ASGIApp], *, tls: tuple[str, str] | None = None) -> None:
        """Listen and answer from now on. OSError if the address cannot be used. `tls`: files of certificate, key."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self.port), family=family, backlog=256)
        self.port = listener.getsockname()[1]
        ready = threading.Event()

        def serve() -> None:
            with contextlib.suppress(SystemExit):
                asyncio.run(self._serve(listener, make_app, ready, tls))
            ready.set()

        self._thread = threading.Thread(target=serve, name="live page", daemon=True)
        self._thread.start()
        if not ready.wait(_START) or self._server is None or not self._server.started:
            listener.close()
            raise OSError("the server of the page did not start")

    def publish(self, frame: Frame) -> None:
        """Hand a frame to everybody who watches; from any thread."""
        self._call(lambda watchers: watchers.publish(frame))

    def close(self) -> None:
        """Stop serving. Who watches gets the newest frame first, if it takes it soon."""
        self._call(Watchers.end)
        limit = time.monotonic() + _LAST_WORDS
        while self.watchers is not None and self.watchers.count and time.monotonic() < limit:
            time.sleep(0.01)
        if self._server is not None:
            self._server.should_exit = self._server.force_exit = True
        if self._thread is not None:
            self._thread.join(_START)
        self._server = self._thread = self._loop = None

    def _call(self, action: Callable[[Watchers], object]) -> None:
        loop, watchers = self._loop, self.watchers
        if loop is not None and watchers is not None:
            with contextlib.suppress(RuntimeError):  # it closes just now
                loop.call_soon_threadsafe(action, watchers)

    async def _serve(
        self,
        listener: socket.socket,
        make_app: Callable[[Watchers], ASGIApp],
        ready: threading.Event,
        tls: tuple[str, str] | None,
    ) -> None:
        self.watchers = Watchers()
        app = Guard(make_app(self.watchers), token=self._token, port=self.port)
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=0,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=tls[1] if tls else None,
        )
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        self._server = _Server(config)
        self._loop = asyncio.get_running_loop()
        self._server.when_started = ready.set
        await self._server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn that tells when it has started. In a thread it leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.when_started: Callable[[], None] = threading.Event().set

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.when_started()
