"""Makes the standard library's blocking calls cooperative: sockets, TLS, select, name look-up, locks, processes.

Rules: for the process, since modules are; outside of fibers everything works as before, in any thread. It can be taken
back, so that a program that runs a test inside itself is what it was afterwards; what was made meanwhile (a socket, a
lock) stays what it is. What waits through gevent (sockets, TLS, selectors, look-ups) is gevent's; what gevent would do
in a way that does not fit a process with real threads and an asyncio loop (threads, locks, processes, sleeping) is
ours. asyncio and Swell itself keep the real modules, so nothing of this is on the way of Swell's own requests. Imports
gevent: load it late.
"""

from __future__ import annotations

import concurrent.futures.thread
import importlib
import logging
import os
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
import gevent.hub
import gevent.local
import gevent.monkey
import gevent.select

from swell.runtime import patch
from swell.runtime.fiber import in_fiber
from swell.runtime.locks import FiberLock, FiberRLock
from swell.runtime.processes import cooperative_processes

__all__ = ["keep_real", "patch_standard_library", "unpatch_standard_library"]

# Loaded whole before anything is patched, so that they keep the real things.
_BEFORE = (
    "asyncio",
    "gevent.event",
    "gevent.lock",
    "gevent.pool",
    "gevent.queue",
    "gevent.resolver.thread",
    "gevent.threadpool",
)
# Of asyncio, what holds locks while the loop may need them.
_THREADED = ("asyncio.base_events", "asyncio.runners", "asyncio.unix_events")
_ISOLATED = ("asyncio", "swell", "uvloop")
# Of Swell, what patches is to see the patched things.
_OURS = ("swell.runtime.cooperative", "swell.runtime.processes")
_real: dict[ModuleType, ModuleType] = {}
# (owner, name, real value, patched value), all that the first patching changed.
_changes: list[tuple[Any, str, Any, Any]] = []
_ABSENT: Any = object()


def patch_standard_library() -> None:
    """Patch the process; harmless when done twice. Call it in a thread whose gevent hub exists already."""
    if _changes:
        for owner, name, _, patched in _changes:
            _put(owner, name, patched)
        return
    for name in _BEFORE:
        importlib.import_module(name)
    _keep_real_modules()
    owners: list[Any] = _owners()
    before: list[dict[str, Any]] = [dict(owner.__dict__) for owner in owners]
    _patch_all()
    for owner, real in zip(owners, before, strict=True):
        now: dict[str, Any] = dict(owner.__dict__)
        pairs = ((name, real.get(name, _ABSENT), now.get(name, _ABSENT)) for name in real.keys() | now.keys())
        _changes.extend((owner, name, old, new) for name, old, new in pairs if new is not old)


def unpatch_standard_library() -> None:
    """Give the process the real things back; harmless without a patch."""
    for owner, name, real, _ in _changes:
        _put(owner, name, real)


def _put(owner: Any, name: str, value: Any) -> None:
    if value is not _ABSENT:
        setattr(owner, name, value)
    elif name in vars(owner):
        delattr(owner, name)


def _owners() -> list[Any]:
    """Whatever `_patch_all` may change: modules, and classes of theirs."""
    modules: list[Any] = [select, selectors, socket, ssl, subprocess, threading, queue, logging, os]
    modules += [concurrent.futures.thread, gevent, gevent.hub]
    modules += [sys.modules[name] for name in _THREADED if name in sys.modules]
    classes: list[Any] = [ssl.SSLContext, selectors.SelectSelector, threading.Thread]
    classes += [vars(selectors)[name] for name in ("PollSelector",) if name in vars(selectors)]
    return modules + classes


def _patch_all() -> None:
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


def keep_real(module: ModuleType) -> None:
    """Give a module that must not wait in gevent copies of the real modules in place of the patched ones."""
    for attribute, value in list(vars(module).items()):
        if type(value) is ModuleType and value in _real:
            setattr(module, attribute, _real[value])


def _keep_real_modules() -> None:
    """Give asyncio, uvloop and Swell copies of the modules as they are now."""
    _real.update((module, _copy(module)) for module in (select, selectors, socket, ssl, subprocess))
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _ISOLATED and name not in _OURS and type(module) is ModuleType:
            keep_real(module)


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
        found: Any = getattr(real, name, None)
        if isinstance(found, property):
            setattr(real, name, property(found.fget, getattr(base, name).__set__, doc=found.__doc__))


def _patch_selector_classes() -> None:
    poll: Any = getattr(selectors, "PollSelector", None)
    if poll is not None:
        poll._selector_cls = gevent.select.poll
    chosen: Any = selectors.SelectSelector
    if sys.platform != "win32":
        chosen._select = staticmethod(gevent.select.select)


def _patch_locks() -> None:
    """Locks and what is built on them; threads stay threads (`runtime.threads`)."""
    kept = _copy(threading)
    logger: Any = logging
    # A handler's lock is held while it writes, by the loop too, which must never wait for a fiber.
    logger.threading = kept
    for name in _THREADED:
        if name in sys.modules:
            sys.modules[name].threading = kept  # type: ignore[attr-defined]
    module: Any = threading
    module.Lock = module._allocate_lock = FiberLock
    module.RLock = FiberRLock
    # Thread locals of users are the user's, as with a thread for each.
    module.local = gevent.local.local
    module_queue: Any = queue
    module_queue.SimpleQueue = module_queue._PySimpleQueue
    # Held while an executor starts a thread, which gives other fibers a turn.
    executors: Any = concurrent.futures.thread
    executors._global_shutdown_lock = FiberLock()


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
