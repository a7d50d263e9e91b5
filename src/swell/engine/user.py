"""A virtual user: one simulated person, its fiber, and the measured run of its iterations.

Rules: everything here runs in the user's own fiber except `request_stop`, `resume` and `kill`, which the schedules
call from the hub, never from another fiber (a throw does not come back there). A user ends exactly once, and always
through `_leave`. What a script raises never reaches the hub: it is counted, and the user goes on or ends in good
order.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from swell.engine.script import AbortRun, StopVirtualUser, UserKilled
from swell.engine.tracebacks import exit_reason
from swell.runtime.fiber import replaceable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from swell.engine.crew import Crew
    from swell.engine.rendezvous import Released
    from swell.engine.script import Script, WorkerContext
    from swell.metrics.recorder import Recorder
    from swell.metrics.tags import TagSet
    from swell.model.plan import Workload
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub, Timer

__all__ = ["Quota", "VirtualUser"]

# How often a fiber that swallows the kill is killed again.
MAX_KILLS = 3

# Who pauses for so many seconds gives its fiber back. That takes 3 us more than to keep it, so that for shorter pauses,
# of which a worker can serve few users, it does not pay.
LONG_PAUSE = 0.5

# A user whose iterations never wait lets the others in after this many seconds without a turn of the loop.
FAIR_TURN = 0.02

_UNSEEDED = random.Random()


class Quota(Protocol):
    """The iterations that a user may still run."""

    def take(self) -> bool:
        """Take one; False when none is left."""
        ...

    @property
    def empty(self) -> bool:
        """Whether none is left."""
        ...


class VirtualUser:
    """One user. `id` counts from 1 over the whole test, `index` from 0 within its workload over the whole test.

    `tags`: what its iterations are counted under; a script may put others in their place.
    """

    __slots__ = (
        "_kills",
        "_own",
        "_random",
        "_scoped",
        "_timer",
        "behaviour",
        "context",
        "crew",
        "ended",
        "fiber",
        "hub",
        "id",
        "index",
        "iteration",
        "pausing",
        "recorder",
        "script",
        "stopping",
        "tags",
        "workload",
    )

    def __init__(self, crew: Crew, index: int, behaviour: str, tags: TagSet) -> None:
        self.crew = crew
        self.id = crew.first_id + index
        self.index = index
        self.behaviour = behaviour
        self.tags = tags
        self.workload: Workload = crew.workload
        self.context: WorkerContext = crew.context
        self.hub: Hub = crew.context.hub
        self.recorder: Recorder = crew.context.recorder
        self.iteration = 0
        self.stopping = False
        self.ended = False
        self.script: Script | None = None
        self.fiber: Fiber | None = None
        """None before it begins, while it pauses (unless gevent knows its fiber) and when it has ended."""
        self._own: tuple[TagSet, Context | None] = tags, None
        self._random: random.Random | None = None
        self.pausing = False
        self._scoped = False
        self._timer: Timer | None = None
        self._kills = 0

    # What scripts may use.

    @property
    def random(self) -> random.Random:
        """This user's own random numbers: the same for the same plan seed and user, whatever the others do."""
        if self._random is None:
            seed = self.context.plan.seed
            # Without a seed one generator serves all: a generator of its own is 2.5 KB.
            self._random = _UNSEEDED if seed is None else random.Random(f"{seed}/{self.id}")
        return self._random

    def sleep(self, seconds: float) -> None:
        """Pause between iterations; raises StopVirtualUser when the user is to end meanwhile."""
        if self.stopping:
            raise StopVirtualUser
        self.pausing = True
        try:
            self.hub.sleep(seconds)
        finally:
            self.pausing = False

    def rendezvous(self, name: str, size: int, timeout: float | None = None) -> Released:
        """Wait until `size` users of the whole test wait on `name`, then go on with them at one moment."""
        return self.crew.rendezvous.wait(self, name, size, timeout)

    def abort(self, reason: str) -> None:
        """End the whole run in good order; raises AbortRun to leave the task."""
        raise AbortRun(reason)

    @contextmanager
    def iteration_scope(self) -> Generator[None]:
        """Count what happens inside as one iteration; for scripts that loop within `iterate`."""
        start = self.hub.time()
        self._scoped = True
        try:
            yield
        except UserKilled:
            self.crew.interrupted += 1
            raise
        except BaseException:
            self._finished(start)
            raise
        self._finished(start)

    # The life of a user, in its fiber.

    def run_closed(self, quota: Quota | None = None) -> None:
        """Iterate, pause, repeat, until told to stop or until the quota is used up; or go on with that."""
        parked = False
        try:
            if self.script is None and not self._start():
                return
            try:
                script = self.script
                assert script is not None
                while not self.stopping and (quota is None or quota.take()):
                    self._iterate()
                    if quota is not None and quota.empty:
                        break
                    pause = script.pause()
                    if pause <= 0 or self.stopping:
                        continue
                    if pause >= LONG_PAUSE and replaceable():
                        parked = True
                        self._park(pause, quota)
                        return
                    self.sleep(pause)
            finally:
                if not parked:
                    self._stop()
        except (StopVirtualUser, UserKilled):
            pass
        except AbortRun as abort:
            self.crew.abort(str(abort))
        except SystemExit as end:
            self.crew.abort(exit_reason(end))
        except Exception as error:
            self.crew.script_error(self, error, "wait_time")
        finally:
            if not parked:
                self._leave()

    def _park(self, pause: float, quota: Quota | None) -> None:
        """Pause without a fiber: another one will go on with `run_closed`."""
        fiber = self.fiber
        assert fiber is not None
        self._own = fiber.tags, fiber.gr_context or None
        self.fiber = None
        self.pausing = True
        self._timer = self.hub.call_at(self.hub.time() + pause, self._go_on, quota)

    def _go_on(self, quota: Quota | None = None) -> None:
        """In the hub: begin; or the pause is over, or the user is to end."""
        self._stop_timer()
        self.pausing = False
        tags, context = self._own
        self.crew.fibers.run(self, tags, context, self.run_closed, quota)

    def run_open(self, intended: float | None, next_arrival: Callable[[VirtualUser], float | None]) -> None:
        """Serve arrivals: each number is the time at which an iteration should have started; None ends the user."""
        fiber = self.fiber
        assert fiber is not None
        time = self.hub.time
        try:
            if not self._start():
                return
            try:
                if intended is None:
                    self._warm()
                    intended = next_arrival(self)
                while intended is not None:
                    now = time()
                    fiber.lag = now - intended if now > intended else 0.0
                    self.crew.started_late(fiber.lag, now)
                    self._iterate()
                    intended = None if self.stopping else next_arrival(self)
            finally:
                self._stop()
        except (StopVirtualUser, UserKilled):
            pass
        except AbortRun as abort:
            self.crew.abort(str(abort))
        except SystemExit as end:
            self.crew.abort(exit_reason(end))
        finally:
            self._leave()

    def _start(self) -> bool:
        """Make the script and run its start. False: the user ends here, without stop()."""
        try:
            self.script = self.crew.program.new_user(self.behaviour, self)
            self.script.start()
        except StopVirtualUser:
            self._stop()
            return False
        except (AbortRun, UserKilled):
            raise
        except Exception as error:
            self.crew.script_error(self, error, "on_start")
            return False
        return True

    def _warm(self) -> None:
        assert self.script is not None
        try:
            self.script.warm()
        except (StopVirtualUser, AbortRun, UserKilled):
            raise
        except Exception as error:  # what is wrong will be wrong again in the first iteration
            self.crew.script_error(self, error, "warm")

    def _iterate(self) -> None:
        script = self.script
        assert script is not None
        crew = self.crew
        start = self.hub.time()
        self._scoped = False
        try:
            script.iterate()
        except UserKilled:
            if not self._scoped:
                crew.interrupted += 1
            raise
        except (StopVirtualUser, AbortRun, SystemExit):
            if not self._scoped:
                self._finished(start)
            raise
        except Exception as error:
            crew.script_error(self, error, "task")
        if not self._scoped:
            self._finished(start)
        elif self.hub.time() - crew.pulse.last > FAIR_TURN:
            self.hub.sleep(0)

    def _finished(self, start: float) -> None:
        end = self.hub.time()
        crew = self.crew
        self.iteration += 1
        if self.tags is crew.tags:
            crew.iterations += 1
            crew.add_sample((crew.duration_series, end, (end - start) * 1000.0))
        else:
            crew.finished_apart(self.tags, end, end - start)
        if end - crew.pulse.last > FAIR_TURN:
            self.hub.sleep(0)

    def _stop(self) -> None:
        self.stopping = True
        script = self.script
        if script is None:
            return
        try:
            script.stop()
        except (StopVirtualUser, UserKilled):
            pass
        except AbortRun as abort:
            self.crew.abort(str(abort))
        except SystemExit as end:
            self.crew.abort(exit_reason(end))
        except Exception as error:
            self.crew.script_error(self, error, "on_stop")

    def _leave(self) -> None:
        self._stop_timer()
        self.stopping = self.ended = True
        self.script = None
        self.fiber = None
        self.crew.left(self)

    # What schedules call, from the hub.

    def begin_closed(self, quota: Quota | None = None) -> None:
        """Start with `run_closed`, in one of the next turns of the loop."""
        self.crew.starts.add(self._begin, quota)

    def _begin(self, quota: Quota | None) -> None:
        if not self.ended:
            self._go_on(quota)

    def begin_open(self, intended: float | None, next_arrival: Callable[[VirtualUser], float | None]) -> None:
        """Start with `run_open`, in the next turn of the loop."""
        fiber = self.fiber = self.hub.spawn(self.run_open, intended, next_arrival)
        fiber.tags, fiber.user = self.tags, self

    def request_stop(self, grace: float) -> None:
        """End after the running iteration, a pause at once; kill after `grace` seconds."""
        if self.ended:
            return
        self.stopping = True
        if self.fiber is not None and self.pausing:
            self.fiber.throw(StopVirtualUser())
        elif self.pausing:
            self._go_on()
        elif self.fiber is None:  # its turn to begin has not come
            self._leave()
        if not self.ended:
            self._stop_timer()
            self._timer = self.hub.call_at(self.hub.time() + grace, self.kill)

    def resume(self) -> bool:
        """Take back a `request_stop` if the iteration still runs. True: the user goes on."""
        if self.ended or self._kills:
            return False
        self._stop_timer()
        self.stopping = False
        return True

    def kill(self) -> None:
        """Throw the user out of whatever it waits for. Its on_stop gets the workload's `last_words` seconds."""
        if self.ended:
            return
        fiber = self.fiber
        self.stopping = True
        self._kills += 1
        if self._kills > MAX_KILLS:
            # It waits in a `finally` that never ends; forget it, the worker's end collects the fiber.
            self._leave()
            return
        self._stop_timer()
        if fiber:
            fiber.throw(UserKilled())
        elif self.pausing:
            self._go_on()
        else:  # its turn to begin has not come
            self._leave()
            if fiber is not None:
                fiber.throw()
        if not self.ended:
            self._timer = self.hub.call_at(self.hub.time() + self.workload.last_words, self.kill)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
