"""One worker in a thread of this process: for debuggers and tests (`--processes 0`).

Rules: same channel, same code as a child process; only the place differs. Measured figures are then those of
a process that also draws and stores, so this is never the default. User code may use the terminal (a
debugger's prompt). A thread cannot be killed: `kill` closes its channel, and `close` waits a bounded time.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import traceback
from typing import TYPE_CHECKING

from swell.coordinator.channel import Channel

if TYPE_CHECKING:
    from swell.coordinator.transports.base import WorkerEvents
    from swell.engine.messages import ToWorker
    from swell.model.plan import Plan

__all__ = ["ThreadWorker"]

_JOIN_SECONDS = 10.0


class ThreadWorker:
    """Transport with exactly one worker, in a daemon thread."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._channel: Channel | None = None
        self._failure = ""

    async def start(self, plan: Plan, count: int, events: WorkerEvents) -> None:
        """As `Transport.start`; `count` must be 1."""
        if count != 1:
            raise ValueError("a thread holds one worker")
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)

        def said(message: object) -> None:
            events.message(0, message)  # type: ignore[arg-type]

        def closed() -> None:
            events.gone(0, self._failure or "its thread ended")

        await self._channel.open(said, closed)
        self._thread = threading.Thread(target=self._serve, args=(plan, theirs), daemon=True)
        self._thread.start()

    def send(self, index: int, message: ToWorker) -> None:
        """As `Transport.send`."""
        assert index == 0
        assert self._channel is not None
        self._channel.send(message)

    def kill(self, index: int) -> None:
        """Close the channel, which ends the worker as soon as user code gives way."""
        assert index == 0
        if self._channel is not None:
            self._channel.abort()

    async def close(self) -> None:
        """As `Transport.close`."""
        if self._channel is not None:
            self._channel.abort()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, _JOIN_SECONDS)

    def _serve(self, plan: Plan, sock: socket.socket) -> None:
        from swell.engine.serve import serve_worker  # noqa: PLC0415 - heavy

        try:
            serve_worker(plan, 0, 1, Channel(sock))
        except Exception:
            self._failure = traceback.format_exc().strip().splitlines()[-1]
        finally:
            sock.close()
