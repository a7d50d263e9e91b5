"""Makes the standard library's blocking calls cooperative: sockets, TLS, select, name look-up, locks, processes.

Rules: done once for the process and never undone; outside of fibers everything works as before, in any thread. What
waits through gevent (sockets, TLS, selectors, look-ups) is gevent's; what gevent would do in a way that does not fit
a process with real threads and an asyncio loop (threads, locks, processes, sleeping) is ours. asyncio and Swell itself
keep the real modules, so nothing of this is on the way of Swell's own requests. Imports gevent: load it late.
"""

from __future__ import annotations

import asyncio  # noqa: F401 - loaded whole, so that all of it keeps the real modules
import concurrent.futures.thread
import importlib
import logging
import queue
import select
import selectors
import socket
import ssl
import subprocess
import sys
import threading
import warnings
from types import FunctionType, ModuleType
from typing import Any

import gevent
import gevent.event
import gevent.hub
import gevent.local
import gevent.lock
import gevent.monkey
import gevent.pool
import gevent.queue
import gevent.select
import gevent.threadpool

from swell.runtime import patch
from swell.runtime.fiber import in_fiber
from swell.runtime.locks import FiberLock, FiberRLock
from swell.runtime.processes import cooperative_processes

__all__ = ["cooperate_psycopg2", "patch_standard_library"]

_ISOLATED = ("asyncio", "swell", "uvloop")
_done = False


def patch_standard_library() -> None:
    """Patch the process; harmless when done twice. Call it in a thread whose gevent hub exists already."""
    global _done  # noqa: PLW0603 - one process, one patch
    if _done:
        return
    _done = True
    _keep_real_modules()
    gevent.monkey.patch_socket(dns=True)
    with warnings.catch_warnings():
        # gevent warns of classes that were imported before: `_mend_contexts` is the answer.
        warnings.simplefilter("ignore", gevent.monkey.MonkeyPatchWarning)
        gevent.monkey.patch_ssl()
    _mend_contexts()
    gevent.monkey.patch_select()
    gevent.monkey.patch_selectors()
    _patch_selector_classes()
    _patch_locks()
    cooperative_processes()
    _patch_gevent_sleep()


def _keep_real_modules() -> None:
    """Give asyncio, uvloop and Swell copies of the modules as they are now."""
    real = {module: _copy(module) for module in (select, selectors, socket, ssl, subprocess)}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _ISOLATED and name not in _OURS and type(module) is ModuleType:
            for attribute, value in list(vars(module).items()):
                if type(value) is ModuleType and value in real:
                    setattr(module, attribute, real[value])


_OURS = ("swell.runtime.cooperative", "swell.runtime.processes")


def _copy(module: ModuleType) -> ModuleType:
    """A module with the same classes and with functions that look names up in it, not in the patched one."""
    copy = ModuleType(module.__name__, module.__doc__)
    names = vars(copy)
    for name, value in vars(module).items():
        if type(value) is FunctionType and value.__globals__ is vars(module):
            function = FunctionType(value.__code__, names, value.__name__, value.__defaults__, value.__closure__)
            function.__kwdefaults__ = value.__kwdefaults__
            names[name] = function
        else:
            names[name] = value
    return copy


def _mend_contexts() -> None:
    """Let TLS contexts made of the real class go on working.

    The setters of the real class look for it by its name, find gevent's under it, and would call themselves for ever.
    """
    real: Any = gevent.monkey.get_original("ssl", "SSLContext")
    base: Any = real.__mro__[1]
    for name in ("maximum_version", "minimum_version", "options", "verify_flags", "verify_mode"):
        found = vars(real).get(name)
        if isinstance(found, property):
            setattr(real, name, property(found.fget, getattr(base, name).__set__, doc=found.__doc__))


def _patch_selector_classes() -> None:
    poll: Any = getattr(selectors, "PollSelector", None)
    if poll is not None:
        poll._selector_cls = gevent.select.poll  # noqa: SLF001 - there is no other way in
    chosen: Any = selectors.SelectSelector
    if sys.platform != "win32":
        chosen._select = staticmethod(gevent.select.select)  # noqa: SLF001 - as above


def _patch_locks() -> None:
    """Locks and what is built on them; threads stay threads (`runtime.threads`)."""
    kept = _copy(threading)
    logger: Any = logging
    # A handler's lock is held while it writes, by the loop too, which must never wait for a fiber.
    logger.threading = kept
    for name in ("asyncio.base_events", "asyncio.runners", "asyncio.unix_events"):
        if name in sys.modules:
            sys.modules[name].threading = kept  # type: ignore[attr-defined]
    module: Any = threading
    module.Lock = module._allocate_lock = FiberLock  # noqa: SLF001 - the name its own classes use
    module.RLock = FiberRLock
    # Thread locals of users are the user's, as with a thread for each.
    module.local = gevent.local.local
    module_queue: Any = queue
    module_queue.SimpleQueue = module_queue._PySimpleQueue  # noqa: SLF001 - the one that is built on our locks
    # Held while an executor starts a thread, which gives other fibers a turn.
    executors: Any = concurrent.futures.thread
    executors._global_shutdown_lock = FiberLock()  # noqa: SLF001 - made at import, before us


def _patch_gevent_sleep() -> None:
    """gevent.sleep by our timers: exact to the millisecond, and without a turn of gevent's loop."""
    real = gevent.sleep

    def sleep(seconds: float = 0, ref: bool = True) -> None:
        hub = patch.current_hub()
        if hub is None or not in_fiber():
            real(seconds, ref)
        else:
            hub.sleep(seconds)

    sleep.__doc__ = real.__doc__
    module: Any = gevent
    module.sleep = module.hub.sleep = sleep


def cooperate_psycopg2(module: Any) -> None:
    """Let psycopg2, which waits in C, wait in gevent instead: it has a hook for that."""
    extensions: Any = importlib.import_module("psycopg2.extensions")
    from gevent.socket import wait_read, wait_write  # noqa: PLC0415 - after patching

    def wait(connection: Any, timeout: float | None = None) -> None:
        while True:
            state = connection.poll()
            if state == extensions.POLL_OK:
                return
            if state == extensions.POLL_READ:
                wait_read(connection.fileno(), timeout)
            elif state == extensions.POLL_WRITE:
                wait_write(connection.fileno(), timeout)
            else:
                raise module.OperationalError(f"psycopg2 is in an unknown state: {state!r}")

    extensions.set_wait_callback(wait)
