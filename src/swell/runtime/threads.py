"""OS threads for what cannot be made cooperative, and `threading.Thread` for code that runs in fibers.

Rules: `blocking` is the way out for C libraries that wait on their own: the call runs in a thread and stalls its fiber
only. A fiber that is ended meanwhile leaves at once; the thread finishes its call, and nobody takes the result.
Nothing here ever blocks the loop's thread.
"""

from __future__ import annotations

import _thread
import contextvars
import sys
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from greenlet import getcurrent

from swell.runtime.fiber import current_fiber, in_fiber
from swell.runtime.patch import current_hub

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST_THREADS", "blocking", "cooperative_threads", "plain_threads"]

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 256
"""Calls of `blocking` that run at once in a process; more wait for a free thread."""

_KEEP = 30.0  # seconds that a thread waits for its next call


def blocking(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in an OS thread and return its result; stalls the current user only.

    For calls that no patch can make cooperative: C clients with their own sockets, long calculations in C that release
    the interpreter. Swell's own client cannot be used in `function`. Outside of a running test it is a plain call.
    """
    hub = current_hub()
    loop: Any = getattr(hub, "loop", None)
    if hub is None or loop is None or not in_fiber():
        return function(*args, **kwargs)
    fiber = current_fiber()
    context = contextvars.copy_context()
    waiting = True

    def done(outcome: tuple[bool, Any]) -> None:
        nonlocal waiting
        if waiting:
            waiting = False
            fiber.wake(outcome)

    def work() -> None:
        try:
            outcome = (True, context.run(function, *args, **kwargs))
        except BaseException as error:  # raised in the fiber
            outcome = (False, error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(done, outcome)

    _pool.run(work)
    try:
        succeeded, value = hub.wait()
    finally:
        waiting = False
    if succeeded:
        return value
    try:
        raise value
    finally:
        del value  # the error holds this frame, which held the error


class _Pool:
    """OS threads that take jobs; made of the raw parts, since `threading` itself may be patched."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._lock = _thread.allocate_lock()
        self._threads = 0
        self._free = 0

    def run(self, job: Callable[[], None]) -> None:
        """Have the job done soon; it must not raise."""
        with self._lock:
            if self._free:
                self._free -= 1
            elif self._threads < MOST_THREADS:
                self._threads += 1
                _thread.start_new_thread(self._serve, ())
            self._jobs.put(job)

    def _serve(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_KEEP)
            except Empty:
                with self._lock:
                    if not self._jobs.empty():
                        continue
                    self._threads -= 1
                    self._free = max(self._free - 1, 0)
                _leave_gevent()
                return
            job()
            del job
            with self._lock:
                if self._jobs.empty():
                    self._free += 1


_pool = _Pool()


# --- threading.Thread in fibers ---

_real_start = threading.Thread.start
_real_join = threading.Thread.join
_real_is_alive = threading.Thread.is_alive
_real_current = threading.current_thread
_real_life: Any = vars(threading.Thread)["_bootstrap_inner"]

_DONE = "_swell_done"
_THREAD = "swell.thread"

_as_fibers = threading.local()


def cooperative_threads(*, as_fibers: bool) -> None:
    """Make `join` stall the calling fiber only; for the process.

    `as_fibers`, for the calling thread: a thread that a fiber starts is itself a fiber, with the tags and the user of
    the one that started it, as it is in tools where all of threading is patched. Otherwise it is an OS thread.
    """
    _as_fibers.on = as_fibers
    threading.Thread.start = _start
    threading.Thread.join = _join
    threading.Thread.is_alive = _is_alive
    threading.current_thread = _current_thread
    everyone: Any = threading.Thread
    everyone._bootstrap_inner = _live


def plain_threads() -> None:
    """Take `cooperative_threads` back, for the process; harmless without it."""
    _as_fibers.on = False
    threading.Thread.start = _real_start
    threading.Thread.join = _real_join
    threading.Thread.is_alive = _real_is_alive
    threading.current_thread = _real_current
    everyone: Any = threading.Thread
    everyone._bootstrap_inner = _real_life


def _start(self: threading.Thread) -> None:
    hub = current_hub()
    if hub is None or not getattr(_as_fibers, "on", False) or not in_fiber():
        _real_start(self)
        return
    held: dict[str, Any] = vars(self)
    started: threading.Event = held["_started"]
    if started.is_set():
        raise RuntimeError("threads can only be started once")
    parent = current_fiber()
    held[_DONE] = done = threading.Event()
    fiber = hub.spawn(_run, self, done)
    fiber.tags, fiber.user, fiber.lag = parent.tags, parent.user, parent.lag
    fiber.__dict__[_THREAD] = self
    held["_ident"] = id(fiber)
    started.set()
    # For whoever asks when nothing is cooperative any more, at the end of the process: there is nothing to wait for.
    if "_handle" in held:
        held["_handle"]._set_done()
    else:
        held["_is_stopped"] = True


def _live(self: threading.Thread) -> None:
    try:
        _real_life(self)
    finally:
        _leave_gevent()


def _leave_gevent() -> None:
    """Close the hub that gevent's sockets made for this OS thread: two descriptors that nobody else closes."""
    module = sys.modules.get("gevent.hub")
    hub = module._get_hub() if module is not None else None
    if hub is not None:
        hub.destroy(destroy_loop=True)


def _run(thread: threading.Thread, done: threading.Event) -> None:
    try:
        thread.run()
    except SystemExit:
        pass
    except Exception:
        vars(thread)["_invoke_excepthook"](thread)
    finally:
        done.set()


def _join(self: threading.Thread, timeout: float | None = None) -> None:
    done: threading.Event | None = vars(self).get(_DONE)
    if done is not None:
        if in_fiber():
            done.wait(timeout)
        # Outside, at the end of the process, no fiber can go on: there is nothing to wait for.
    elif in_fiber() and _real_is_alive(self):
        blocking(_real_join, self, timeout)
    else:
        _real_join(self, timeout)


def _is_alive(self: threading.Thread) -> bool:
    done: threading.Event | None = vars(self).get(_DONE)
    return _real_is_alive(self) if done is None else not done.is_set()


def _current_thread() -> threading.Thread:
    return getcurrent().__dict__.get(_THREAD) or _real_current()
