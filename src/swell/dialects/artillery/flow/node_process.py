"""The Node process of one worker: started, written to, read from, watched, ended.

Rules: it belongs to its worker and never outlives it: the end of its stdin ends it, and on Linux the kernel kills it
with the worker even while it computes. It has a session of its own, so that Ctrl-C reaches the worker only. What it
says goes to the `Listener` in the hub's greenlet, its end too, once, in words; a regular end after `close` is none.
Waiting for its start and its end stalls the calling fiber only.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from swell.dialects.artillery.flow.node_sidecar_wire import PING, Lines
from swell.runtime.waiters import Waiters

if TYPE_CHECKING:
    from swell.runtime.hub import Hub, Timer

__all__ = ["Listener", "NodeProcess"]

_KEPT_LINES: Final = 40  # the newest of stderr, kept to explain its death
_AFTERWARDS: Final = 0.3  # seconds after its end for output that is still on its way
_LOOKS: Final = 4
_ERROR: Final = re.compile(r"FATAL ERROR: |\b\w*Error: ")
_PR_SET_PDEATHSIG: Final = 1


class Listener(Protocol):
    """Who takes what the process says. All calls come in the hub's greenlet."""

    def said(self, line: bytes) -> None:
        """A line of its stdout."""
        ...

    def printed(self, text: str) -> None:
        """A line of its stderr."""
        ...

    def ended(self, how: str) -> None:
        """It is gone, though nobody wanted that."""
        ...


class NodeProcess:
    """One process. `patience`: seconds without any answer after which it counts as hung, and is killed."""

    def __init__(self, hub: Hub, listener: Listener, *, patience: float) -> None:
        self._hub = hub
        self._listener = listener
        self._patience = patience
        self._waiters = Waiters(hub)
        self._transport: asyncio.SubprocessTransport | None = None
        self._out, self._err = Lines(), Lines()
        self._last: deque[str] = deque(maxlen=_KEPT_LINES)
        self._closing = self._over = False
        self._verdict = ""
        self._unanswered = 0
        self._watch: Timer | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 before it runs."""
        return self._transport.get_pid() if self._transport is not None else 0

    def start(self, command: Sequence[str]) -> None:
        """Start it. Raises OSError."""
        self._hub.await_(self._start(command))

    async def _start(self, command: Sequence[str]) -> None:
        options: dict[str, Any] = {"start_new_session": True}
        dies_with_us = _dies_with_parent()
        if dies_with_us is not None:
            options["preexec_fn"] = dies_with_us
        transport, _ = await asyncio.get_running_loop().subprocess_exec(lambda: _Pipes(self), *command, **options)
        self._transport = transport

    def write(self, data: bytes) -> None:
        """Send lines; nothing once it is over."""
        pipe: Any = self._transport.get_pipe_transport(0) if self._transport is not None and not self._over else None
        if pipe is not None and not pipe.is_closing():
            pipe.write(data)

    def expect_answer(self) -> None:
        """Something is awaited from now on; a process that says nothing for too long is killed. Call `relax` then."""
        if self._watch is None and not self._over:
            self._unanswered = 0
            self._watch = self._hub.call_at(self._hub.time() + self._patience / _LOOKS, self._look)

    def relax(self) -> None:
        """Nothing is awaited."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        self._watch = None
        if self._over:
            return
        # Looks are counted, not seconds: after a pause of this whole process, its answers are not read yet.
        if self._unanswered == _LOOKS:
            self.kill(f"has not answered for {self._patience:g} s (does a function loop for ever?) and was killed")
            return
        self._unanswered += 1
        self.write(PING)
        self._watch = self._hub.call_at(self._hub.time() + self._patience / _LOOKS, self._look)

    def wait(self, deadline: float) -> bool:
        """Stall the fiber until the process says something or ends; False when the deadline (hub's clock) passed."""
        return self._waiters.wait(deadline)

    def close(self, limit: float) -> bool:
        """Let it end; after `limit` seconds it is killed, and the answer is False."""
        self._closing = True
        self.relax()
        if self._transport is None or self._over:
            return True
        pipe: Any = self._transport.get_pipe_transport(0)
        if pipe is not None:
            pipe.close()
        if self._ends_within(limit):
            return True
        self.kill("")
        self._ends_within(limit)
        return False

    def _ends_within(self, limit: float) -> bool:
        deadline = self._hub.time() + limit
        while not self._over and self._hub.time() < deadline:
            self._waiters.wait(deadline)
        return self._over

    def kill(self, why: str) -> None:
        """End it now; `why` is said instead of how it ended."""
        self._verdict = self._verdict or why
        if self._transport is not None:
            with contextlib.suppress(ProcessLookupError):
                self._transport.kill()

    # What `_Pipes` tells.

    def _received(self, fd: int, data: bytes) -> None:
        self._unanswered = 0
        if fd == 1:
            for line in self._out.feed(data):
                self._listener.said(line)
        else:
            for line in self._err.feed(data):
                self._print(line)
        self._waiters.wake()

    def _print(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self._last.append(text)
        self._listener.printed(text)

    def _pipe_lost(self, fd: int) -> None:
        if fd == 1 and not self._over and not self._closing:
            # Without its voice it is of no use; mostly it is ending anyway, and then this comes too late to matter.
            self._hub.call_at(self._hub.time() + _AFTERWARDS, self.kill, "")

    def _exited(self) -> None:
        # A child of its own may keep the pipes open for ever.
        self._hub.call_at(self._hub.time() + _AFTERWARDS, self._end)

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self.relax()
        for line in filter(None, (self._err.rest(), self._out.rest())):
            self._print(line)
        if not self._closing:
            self._listener.ended(self._verdict or self._how())
        self._waiters.wake()
        if self._transport is not None:
            self._transport.close()

    def _how(self) -> str:
        status = self._transport.get_returncode() if self._transport is not None else None
        if status is not None and status < 0:
            try:
                name = signal.Signals(-status).name
            except ValueError:
                name = f"signal {-status}"
            words = f"was killed by {name}"
        else:
            words = f"ended with exit status {status}"
        lines = [line.strip() for line in self._last if line.strip()]
        telling = next((line for line in lines if _ERROR.search(line)), "" if status else "".join(lines[-1:]))
        return f"{words}: {telling}" if telling else words


class _Pipes(asyncio.SubprocessProtocol):
    """The event loop's side."""

    def __init__(self, process: Any) -> None:
        self._process = process

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._process._received(fd, data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        self._process._pipe_lost(fd)

    def process_exited(self) -> None:
        self._process._exited()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        self._process._end()


def _dies_with_parent() -> Callable[[], None] | None:
    """What a new process calls so that the kernel kills it with this one; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    try:
        prctl = cast("Callable[..., int]", ctypes.CDLL(None).prctl)
    except (OSError, AttributeError):
        return None
    # Nothing is looked up or loaded after the fork.
    return lambda: cast("None", prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
