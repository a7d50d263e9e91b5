"""The main module of a worker process: `python -m swell.coordinator.child FD PARENT`.

Rules: the worker belongs to its coordinator and never outlives it. It ends when its channel closes; on Linux
the kernel also kills it when the parent dies, which holds even while user code blocks the loop. Signals meant
to end the whole run (Ctrl-C, a group-wide SIGTERM) are the coordinator's to answer: it stops its workers in
order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys

from swell.coordinator.channel import Channel, receive_blocking

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Serve one worker over the inherited socket. Returns the exit status."""
    descriptor, parent = int(arguments[0]), int(arguments[1])
    _ignore_run_signals()
    if not _die_with(parent):
        return 1
    sock = socket.socket(fileno=descriptor)
    sock.setblocking(True)
    try:
        plan, index, count = receive_blocking(sock)
    except EOFError:
        return 1

    from swell.engine.serve import serve_worker  # noqa: PLC0415 - heavy; only after the parent is known to live

    serve_worker(plan, index, count, Channel(sock))
    sys.stdout.flush()
    return 0


def _ignore_run_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            # A handler, not SIG_IGN: programs that user code starts would inherit the latter.
            signal.signal(number, _ignore)


def _ignore(_number: int, _frame: object) -> None:
    """Nothing: the coordinator will say what to do."""


def _die_with(parent: int) -> bool:
    """Ask the kernel to kill this process with its parent; False if the parent is gone already."""
    if sys.platform == "linux":
        # A C library without prctl: the channel still tells.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the request above took hold.
    return sys.platform == "win32" or os.getppid() == parent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
