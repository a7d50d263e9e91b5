"""gevent as a guest of our loop: its hub runs in small turns, so that gevent's ways of waiting stall one fiber only.

Rules: gevent's hub never blocks on its own. It polls once each turn and gives control back to our hub; a turn comes
when its file descriptor becomes readable, when something was queued for it, and when a timer of its comes due.
Greenlets of both worlds may wait in either: gevent's waiting switches to gevent's hub, our waiting to ours, and each of
them can be left in the middle of a callback and gone on with later. Invariant: while our hub has control and gevent's
is not idle, a turn is scheduled. This module imports gevent, so only `blocking` imports it, and late.
"""

from __future__ import annotations

from _thread import get_ident
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from math import floor, inf
from typing import TYPE_CHECKING, Any

import gevent.hub
from gevent._config import config as gevent_config
from gevent.exceptions import LoopExit
from greenlet import getcurrent, greenlet, settrace

from swell.runtime.fiber import Fiber, adopt_by

if TYPE_CHECKING:
    from swell.runtime.hub import LoopHub, Timer

__all__ = ["GeventGuest"]

# Seconds between looks at the guest, for what is started behind our back (repeating timers, timers started late).
TICK = 0.1
# How late a timer of gevent's may be: this part of its length, within these seconds. Timers that come due together
# share a turn, and the many time limits that are set and never reached are forgotten in bulk.
SLACK = 0.02
LEAST_SLACK = 0.001
MOST_SLACK = 0.02

_CARRIED = "swell.fiber"

_hubs: Any = gevent.hub


class _GuestLoop(gevent_config.loop):  # a class of gevent's choice: libev or libuv
    """gevent's loop; says when something was queued that only a turn can start."""

    guest: GeventGuest | None = None

    def run_callback(self, func: Any, *args: Any) -> Any:
        if self.guest is not None and get_ident() == self.guest.thread:
            self.guest.stir()
        return super().run_callback(func, *args)

    def run_callback_threadsafe(self, func: Any, *args: Any) -> Any:
        found = super().run_callback_threadsafe(func, *args)
        if self.guest is not None:
            self.guest.signal()
        return found

    def async_(self, ref: bool = True, priority: int | None = None) -> Any:
        return _Signal(super().async_(ref, priority), self.guest)

    def timer(self, after: float, repeat: float = 0.0, ref: bool = True, priority: int | None = None) -> Any:
        if self.guest is not None:
            self.guest.due(after)
        return super().timer(after, repeat, ref, priority)


class _Signal:
    """A watcher that other threads send. libev tells its descriptor only while it sleeps in it, which a guest never
    does: so a thread that sends tells our loop as well.
    """

    def __init__(self, watcher: Any, guest: GeventGuest | None) -> None:
        self._watcher = watcher
        self._guest = guest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)

    def send(self) -> None:
        """As the watcher's."""
        self._watcher.send()
        if self._guest is not None:
            self._guest.signal()

    def send_ignoring_arg(self, _: object) -> None:
        """As `send`."""
        self.send()


class _GuestHub(gevent.hub.Hub):
    """gevent's hub; its `run` alternates one turn of its loop with our hub."""

    @property
    def loop_class(self) -> Any:
        return _GuestLoop

    def __init__(self, guest: GeventGuest) -> None:
        super().__init__()
        self.guest_loop: Any = self.loop
        self.guest_loop.guest = guest
        self.guest = guest
        self.main: greenlet = guest.hub.greenlet
        self.parent = self.main  # not a fiber, whose task may have imported what called for gevent
        self.idle = True
        """Whether `run` waits for its next turn, not in the middle of one."""
        self.turn = False
        """Whether it was entered for a turn, not by a greenlet that begins to wait."""
        self.main_waits = 0
        self.came_from: greenlet | None = None

    def switch(self) -> Any:
        """Wait until a callback of gevent's loop switches back."""
        if getcurrent() is not self.main:
            return super().switch()
        # Code outside of fibers (a module being imported) blocks: our own loop stands still, as for any thread.
        # Fibers that gevent wakes meanwhile come back to the same greenlet when they end or wait in our hub; a trace
        # tells them from gevent's callbacks.
        former = settrace(self._trace)
        self.main_waits += 1
        try:
            while True:
                try:
                    value = super().switch()
                except BaseException as error:
                    if self.came_from is self:
                        raise
                    self.guest.hub.call_soon(_raise, error)
                else:
                    if self.came_from is self:
                        return value
        finally:
            self.main_waits -= 1
            settrace(former)
            self.guest.stir()

    def _trace(self, _: str, ends: tuple[greenlet, greenlet]) -> None:
        if ends[1] is self.main:
            self.came_from = ends[0]

    def run(self) -> None:
        """Gevent's entry point of a hub; never returns."""
        loop = self.guest_loop
        loop.error_handler = self
        give_way = self.main.switch
        self.idle = False
        while True:
            if self.main_waits:
                if not loop.activecnt and not loop.pendingcnt:
                    self.main.throw(LoopExit("This operation would block forever", self))
                loop.run(once=True)
                continue
            if self.turn:
                self.turn = False
                loop.run(nowait=True)
            else:
                self.guest.stir()
            self.idle = True
            give_way()
            self.idle = False

    def handle_system_error(self, type: Any, value: Any, tb: Any = None) -> None:  # noqa: A002, ARG002 - gevent's names
        """SystemExit and the like in a greenlet end the loop, as they do in a fiber."""
        error = value if isinstance(value, BaseException) else type(value)
        self.guest.hub.call_soon(_raise, error)


class GeventGuest:
    """gevent's hub for the thread of `hub`, until `stop()`. Make it in the hub's greenlet or in a fiber of it.

    A gevent hub that the thread has already ends, with its greenlets. A greenlet that gevent starts becomes a fiber
    when it first acts as one, with the tags, user and lag of the fiber that started it, or that started its starter.
    """

    def __init__(self, hub: LoopHub) -> None:
        self.hub = hub
        self.thread = get_ident()
        self._scheduled = False
        self._stopped = False
        self._tick: Timer | None = None
        self._alarm: Timer | None = None
        self._alarm_at = inf
        self._dues: list[float] = []
        self._due_set: set[float] = set()
        former = _hubs._get_hub()
        if former is not None:
            former.destroy(destroy_loop=True)
        self._guest = _GuestHub(self)
        _hubs.set_hub(self._guest)
        self._descriptor = _descriptor_of(self._guest.loop)
        if self._descriptor is not None:
            hub.loop.add_reader(self._descriptor, self._turn)
        hub.call_soon(self._ticked)

    @property
    def turning(self) -> bool:
        """Whether gevent's hub is in the middle of a turn; for tests."""
        return not self._guest.idle

    def stir(self) -> None:
        """Schedule a turn, unless one is scheduled."""
        if not self._scheduled and not self._stopped:
            self._scheduled = True
            self.hub.call_soon(self._turn)

    def signal(self) -> None:
        """As `stir`, from any thread."""
        if get_ident() == self.thread:
            self.stir()
        elif not self._stopped:
            with suppress(RuntimeError):  # our loop has ended meanwhile
                self.hub.loop.call_soon_threadsafe(self.stir)

    def due(self, after: float) -> None:
        """A timer is about to start that fires in `after` seconds: plan a turn for then."""
        self.stir()
        if after <= 0:
            return
        slack = min(max(after * SLACK, LEAST_SLACK), MOST_SLACK)
        # Rounded up, and one step more: gevent's clock is not exactly ours.
        when = (floor((self.hub.time() + after) / slack) + 2) * slack
        if when not in self._due_set:
            self._due_set.add(when)
            heappush(self._dues, when)
            self._set_alarm()

    def stop(self) -> None:
        """Give the thread back; its next gevent call makes an ordinary hub."""
        self._stopped = True
        for timer in (self._tick, self._alarm):
            if timer is not None:
                timer.cancel()
        if self._descriptor is not None:
            self.hub.loop.remove_reader(self._descriptor)
        self._guest.guest_loop.guest = None
        if self._guest.idle:
            self._guest.destroy(destroy_loop=True)
        else:  # left in the middle of a callback: unsafe to unwind, so it is only forgotten
            _hubs.set_hub(None)

    def _turn(self) -> None:
        self._scheduled = False
        if self._stopped:
            return
        guest = self._guest
        guest.turn = True
        try:
            greenlet.switch(guest)
        finally:
            if not guest.idle:
                self.stir()

    def _ticked(self) -> None:
        if self._stopped:
            return
        self._tick = self.hub.call_at(self.hub.time() + TICK, self._ticked)
        self._turn()

    def _ring(self) -> None:
        """A timer of gevent's is due: give it a turn, then wait for the next."""
        now = self.hub.time()
        while self._dues and self._dues[0] <= now:
            self._due_set.discard(heappop(self._dues))
        self._alarm_at = inf
        self._set_alarm()
        self._turn()

    def _set_alarm(self) -> None:
        if self._dues and self._dues[0] < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = self._dues[0]
            self._alarm = self.hub.call_at(self._alarm_at, self._ring)


def _raise(error: BaseException) -> None:
    raise error


def _descriptor_of(loop: Any) -> int | None:
    """What to watch for gevent's events; None where its backend has nothing of the kind."""
    try:
        descriptor = loop.fileno()
    except (AttributeError, NotImplementedError, OSError):
        return None
    return descriptor if isinstance(descriptor, int) and descriptor >= 0 else None


def _adopt(one: greenlet) -> bool:
    """Make a greenlet that gevent started, and what that started, a fiber as far as Swell's code can tell."""
    held: dict[str, Any] = one.__dict__
    if "wake" in held:
        return True
    above = one.parent
    while above is not None and not isinstance(above, (_GuestHub, Fiber)):
        above = above.parent
    if above is None or isinstance(one, _GuestHub):
        return False
    if isinstance(above, Fiber):
        carried = (above.tags, above.user, above.lag)
    else:
        tree: dict[str, Any] = getattr(one, "spawn_tree_locals", None) or {}
        carried = tree.get(_CARRIED, (None, None, 0.0))
    held["tags"], held["user"], held["lag"] = carried
    held["wake"] = greenlet.switch.__get__(one)
    return True


_numbers = count(1)


def _minimal_ident(fiber: Fiber) -> int:
    """A small number of its own for each fiber, as gevent's greenlets have: test code keys dictionaries by it."""
    held: dict[str, Any] = fiber.__dict__
    if "_minimal_ident" not in held:
        held["_minimal_ident"] = next(_numbers)
    return held["_minimal_ident"]


def _carried(fiber: Fiber) -> dict[str, Any]:
    return {_CARRIED: (fiber.tags, fiber.user, fiber.lag)}


adopt_by(_adopt)
# gevent hands this attribute of the greenlet that spawns to the one that is spawned.
Fiber.spawn_tree_locals = property(_carried)  # type: ignore[attr-defined]
Fiber.minimal_ident = property(_minimal_ident)  # type: ignore[attr-defined]
