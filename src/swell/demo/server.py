"""Runs an ASGI application as a target for load tests: on uvicorn, in this process, ended without a trace.

Rules: SIGTERM and SIGINT end it at once, open connections or not, as a clean exit. With `exit_with_parent` it
also ends when its parent does, so whatever starts a target cannot leave it behind. The URL is told only once
requests are answered. Nothing here knows which application it runs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import stat
import threading
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.types import ASGIApp

__all__ = ["run_app"]

_PARENT_CHECK = 0.5  # seconds


def run_app(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None] | None = None,
    on_stop: Callable[[], None] | None = None,
    exit_with_parent: bool = False,
    lifespan: bool = False,
) -> None:
    """Serve until a signal, or the parent's end, says stop. Needs the main thread of the process.

    `port` 0 takes a free one. `ready` gets the URL; `on_stop` is called first when the end has come, from any
    thread. With `lifespan` the application gets its start-up and shut-down events. OSError if the address
    cannot be used, SystemExit if the start-up event fails.
    """
    with socket.create_server((host, port), family=_family(host), backlog=2048) as listener:
        config = uvicorn.Config(
            app,
            loop="uvloop" if _has_uvloop() else "asyncio",
            http="httptools",
            ws="none",
            lifespan="on" if lifespan else "off",
            access_log=False,
            log_level="error",
            server_header=False,
            timeout_graceful_shutdown=0,
        )
        server = _Server(config)
        if ready is not None:
            server.when_started = lambda: ready(_url(listener))
        if on_stop is not None:
            server.when_stopping = on_stop
        if exit_with_parent:
            _watch_parent(server.stop)
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, but the first signal ends it without waiting for callers, and it tells when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.when_started: Callable[[], None] = _nothing
        self.when_stopping: Callable[[], None] = _nothing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            asyncio.get_running_loop().call_soon(self.when_started)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # uvicorn skips this on a forced exit, which is the only one there is here.
        await self.lifespan.shutdown()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        # Not recorded as captured: uvicorn would raise it again and turn a clean end into a killed one.
        self.stop()

    def stop(self) -> None:
        self.when_stopping()
        # What is cut off now is no error worth a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self.should_exit = self.force_exit = True


def _nothing() -> None:
    return


def _watch_parent(stop: Callable[[], None]) -> None:
    """Call `stop` (from a thread) when the parent is gone, or when the pipe that is our stdin closes."""
    parent = os.getppid()

    def poll() -> None:
        never = threading.Event()
        while os.getppid() == parent:
            never.wait(_PARENT_CHECK)
        stop()

    def read() -> None:
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=poll, name="parent-watch", daemon=True).start()
    if _stdin_is_pipe():
        threading.Thread(target=read, name="stdin-watch", daemon=True).start()


def _stdin_is_pipe() -> bool:
    # Only a pipe or socket says anything about the parent: /dev/null is at its end from the start.
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _has_uvloop() -> bool:
    try:
        import uvloop  # noqa: F401, PLC0415  # pyright: ignore[reportUnusedImport] - absent on Windows
    except ImportError:
        return False
    return True
