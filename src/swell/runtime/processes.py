"""Child processes that user code starts: waiting for them and reading their pipes stalls one fiber only.

Rules: everything else is the standard library's Popen, also its quirks. A process that code outside of fibers starts
is an ordinary one. gevent's own subprocess module is not used: it collects the exit status of every child of the
process, which would take those of asyncio.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from typing import TYPE_CHECKING, Any

from gevent.fileobject import FileObject
from gevent.selectors import GeventSelector
from gevent.socket import wait_read

from swell.runtime.fiber import in_fiber
from swell.runtime.threads import blocking

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cooperative_processes"]

_real_wait: Any = vars(subprocess.Popen)["_wait"]


class Popen(subprocess.Popen[Any]):
    """As `subprocess.Popen`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if in_fiber() and os.name == "posix":
            for name in ("stdin", "stdout", "stderr"):
                pipe = getattr(self, name)
                if pipe is not None:
                    setattr(self, name, _cooperative(pipe, "w" if name == "stdin" else "r"))

    def _wait(self, timeout: float | None) -> int:
        """Under `wait`, `communicate` and `with`; seconds."""
        if self.returncode is None and in_fiber():
            _await_exit(self.pid, timeout, lambda: self.poll() is not None)
        return _real_wait(self, timeout)


def _cooperative(pipe: Any, mode: str) -> Any:
    """The pipe over a copy of its descriptor, read and written without stalling the thread."""
    text = hasattr(pipe, "encoding")
    raw = pipe.buffer if text else pipe
    size = 0 if not hasattr(raw, "raw") else -1
    # A text pipe of stdin buffers lines for itself; what it wraps is buffered either way.
    options = {"encoding": pipe.encoding, "errors": pipe.errors} if text else {}
    copy: Any = FileObject(os.dup(pipe.fileno()), mode if text else mode + "b", -1 if text else size, **options)
    for name, value in options.items():
        setattr(copy, name, value)  # communicate() asks for them after closing
    pipe.close()
    return copy


def _await_exit(pid: int, timeout: float | None, gone: Callable[[], bool]) -> None:
    """Until the process has ended or the time is over."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        _poll_exit(timeout, gone)
        return
    try:
        wait_read(descriptor, timeout, _TimeOver())
    except _TimeOver:
        pass
    finally:
        os.close(descriptor)


def _poll_exit(timeout: float | None, gone: Callable[[], bool]) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = 0.001
    while not gone() and (deadline is None or time.monotonic() < deadline):
        time.sleep(pause)  # patched: stalls this fiber
        pause = min(pause * 2, 0.05)


class _TimeOver(Exception):
    """The process still runs."""


_real_system: Any = vars(os)["system"]
_real_waitpid: Any = getattr(os, "waitpid", None)


def _system(command: Any) -> int:
    return blocking(_real_system, command)


def _waitpid(pid: int, options: int, /) -> tuple[int, int]:
    if options & os.WNOHANG or not in_fiber():
        return _real_waitpid(pid, options)
    return blocking(_real_waitpid, pid, options)


def cooperative_processes() -> None:
    """Replace Popen, os.system and os.waitpid; for the process."""
    module: Any = subprocess
    module.Popen = Popen
    module._PopenSelector = GeventSelector
    functions: Any = os
    functions.system = _system
    if os.name == "posix":
        functions.waitpid = _waitpid
    assert selectors.DefaultSelector is GeventSelector, "selectors are patched first"
