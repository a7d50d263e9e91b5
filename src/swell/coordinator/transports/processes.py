"""Workers as child processes of this one, each with a socket pair as its channel.

Rules: one worker is a process too, so that the live view, storing and pages never disturb the measurement.
The closed channel is how a death is noticed, at once; the exit status then says how. What user code prints
goes through a pipe to the coordinator, so that it never tears the live view and never mixes with results on
stdout. No process outlives `close`, nor this process (see `coordinator.child`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING, TextIO

from swell.coordinator.channel import Channel, send_blocking

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.coordinator.transports.base import WorkerEvents
    from swell.engine.messages import ToWorker
    from swell.model.plan import Plan

__all__ = ["ProcessWorkers", "exit_in_words"]

_KEEP_LINES = 20  # the newest output of a worker, kept to explain its death
_LONGEST_LINE = 8192


class ProcessWorkers:
    """Transport over child processes of this machine.

    `own_output`: workers print to this process's stdout and stderr themselves, for front doors without a live view.
    `echo`: what they print goes there too, each to its own, and its lines are told (`WorkerEvents.output`).
    """

    def __init__(self, *, own_output: bool = False, echo: bool = False) -> None:
        self._own_output = own_output and not echo
        self._echo = echo
        self._children: list[_Child] = []

    async def start(self, plan: Plan, count: int, events: WorkerEvents) -> None:
        """As `Transport.start`."""
        self._children = [_Child(index, events, own_output=self._own_output, echo=self._echo) for index in range(count)]
        for child in self._children:
            child.launch()
        for child in self._children:
            await child.attach(plan, count)

    def send(self, index: int, message: ToWorker) -> None:
        """As `Transport.send`."""
        self._children[index].channel.send(message)

    def kill(self, index: int) -> None:
        """As `Transport.kill`."""
        self._children[index].kill()

    async def close(self) -> None:
        """As `Transport.close`."""
        for child in self._children:
            child.kill()
        await asyncio.gather(*(child.wait_gone() for child in self._children))

    def pids(self) -> list[int]:
        """Process ids, by worker index."""
        return [child.pid for child in self._children]


class _Child:
    """One worker process."""

    def __init__(self, index: int, events: WorkerEvents, *, own_output: bool = False, echo: bool = False) -> None:
        ours, theirs = socket.socketpair()
        self._index = index
        self._events = events
        self._own_output = own_output
        self._echo = echo
        self._ours = ours
        self._theirs: socket.socket | None = theirs
        self._process: subprocess.Popen[bytes] | None = None
        self._relays = [_LineRelay(self._printed, sys.stdout if echo else None)]
        if echo:
            self._relays.append(_LineRelay(self._printed, sys.stderr))
        self._last_lines: deque[str] = deque(maxlen=_KEEP_LINES)
        self._ending: asyncio.Task[None] | None = None
        self.channel = Channel(ours)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def launch(self) -> None:
        """Start the process; several load their imports side by side this way."""
        assert self._theirs is not None
        descriptor = self._theirs.fileno()
        # -P: the working directory must not shadow modules; the dialect adds the file's own folder.
        command = [sys.executable, "-P", "-u", "-X", "faulthandler", "-m", "swell.coordinator.child"]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, str(descriptor), str(os.getpid())],
            pass_fds=(descriptor,),
            stdin=subprocess.DEVNULL,
            stdout=None if self._own_output else subprocess.PIPE,
            stderr=None if self._own_output else subprocess.PIPE if self._echo else subprocess.STDOUT,
        )
        # With the other end open here too, the death of the child would never show.
        self._theirs.close()
        self._theirs = None

    async def attach(self, plan: Plan, count: int) -> None:
        """Hand over the plan, then listen."""
        loop = asyncio.get_running_loop()
        assert self._process is not None
        for relay, pipe in zip(self._relays, (self._process.stdout, self._process.stderr), strict=False):
            if pipe is not None:
                await loop.connect_read_pipe(functools.partial(_same, relay), pipe)
            else:
                relay.ended.set()
        with contextlib.suppress(OSError):  # it died before reading: told below like any other death
            await asyncio.to_thread(send_blocking, self._ours, (plan, self._index, count))
        await self.channel.open(self._said, self._channel_closed)

    def kill(self) -> None:
        """SIGKILL: a worker that ignores its channel would ignore anything softer too."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    async def wait_gone(self) -> None:
        """Until the process is reaped and its output read."""
        if self._theirs is not None:
            self._theirs.close()
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)
        self.channel.abort()
        if self._ending is not None:
            await self._ending

    def _said(self, message: object) -> None:
        self._events.message(self._index, message)  # type: ignore[arg-type]

    def _printed(self, line: str) -> None:
        self._last_lines.append(line)
        self._events.output(self._index, line)

    def _channel_closed(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._explain_end())

    async def _explain_end(self) -> None:
        """Report the end and its cause; one that lives on without a channel is killed after a moment."""
        assert self._process is not None
        with contextlib.suppress(TimeoutError):  # it is still on its way out, or a child of it holds the pipe
            await asyncio.wait_for(asyncio.gather(*(relay.ended.wait() for relay in self._relays)), 0.5)
        status = await asyncio.to_thread(_wait_or_kill, self._process)
        self._events.gone(self._index, exit_in_words(status, list(self._last_lines)))


class _LineRelay(asyncio.Protocol):
    """Cuts what a worker prints into lines; it goes on to the stream `echo` as it comes."""

    def __init__(self, line: Callable[[str], None], echo: TextIO | None = None) -> None:
        self._line = line
        self._echo = echo
        self._rest = b""
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        if self._echo is not None:
            self._pass_on(data, self._echo)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self._line(line.decode(errors="replace").rstrip("\r"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        if self._rest:
            self._line(self._rest.decode(errors="replace"))
            self._rest = b""
        self.ended.set()

    def _pass_on(self, data: bytes, stream: TextIO) -> None:
        try:
            stream.flush()
            stream.buffer.write(data)
            stream.buffer.flush()
        except (OSError, ValueError):  # the reader of this process had enough
            self._echo = None


def _same(relay: _LineRelay) -> _LineRelay:
    return relay


def exit_in_words(status: int, last_lines: list[str]) -> str:
    """How a process ended, for people, with the last line it printed if it did not end by a signal alone."""
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        text = f"killed by {name}"
    elif status == 0:
        text = "its process ended by itself (exit status 0)"
    else:
        text = f"its process ended with exit status {status}"
    told = [line for line in last_lines if line.strip()]
    if not told or status in {0, -signal.SIGKILL}:
        return text
    return f"{text}; its last words: {told[-1].strip()}"


def _wait_or_kill(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(timeout=2.0)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
