"""One worker: runs its slice of a plan and sends a snapshot of each second to its coordinator.

Rules: it knows no transport (`send` takes messages, `receive` gives them) and no clock but its hub's, so the same
worker runs in a thread, in a child process, on another machine, and on virtual time. Everything happens in the hub's
greenlet; user code happens in fibers. A worker that has nothing more to do says so once, after its last sample.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

import msgspec

from swell.engine.arrivals import ArrivalSchedule
from swell.engine.closed import SteeredSchedule
from swell.engine.control import Control
from swell.engine.crew import Crew, CrewCounts
from swell.engine.messages import (
    AbortRequested,
    AllDone,
    DoSetup,
    DoTeardown,
    Exit,
    Ready,
    Release,
    ScriptFailed,
    SetArrivals,
    SetupDone,
    SetUsers,
    Start,
    Stop,
    TeardownDone,
    Tick,
    ToProgram,
)
from swell.engine.pulse import BEAT, Pulse
from swell.engine.rendezvous import RendezvousDesk
from swell.engine.schedule import make_schedule
from swell.engine.script import AbortRun, UserKilled, WorkerContext
from swell.engine.tracebacks import user_traceback
from swell.metrics import snapshot as snapshots
from swell.metrics.recorder import Recorder
from swell.metrics.tags import TagSet
from swell.model import profiles
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from swell.engine.health import HealthWatch
    from swell.engine.memory import Collector
    from swell.engine.messages import FromWorker, ToWorker
    from swell.engine.schedule import Schedule
    from swell.engine.script import Program
    from swell.engine.user import VirtualUser
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Plan, Share, Workload
    from swell.runtime.hub import Hub, Timer

__all__ = ["Worker"]

# What `before_stop` is told when the duration of the plan is over.
TIME_IS_UP = "time is up"

# Samples written at the end of a second belong to it, not to the next one.
JUST_BEFORE = 1e-6


class Worker:
    """Slice `index` of `count` of a plan. Call `open` first; `on_exit` is called when the worker may end.

    `period` is the whole seconds that one snapshot covers: 1, except on virtual time, where it may be longer.
    """

    def __init__(
        self,
        plan: Plan,
        program: Program,
        *,
        index: int,
        count: int,
        hub: Hub,
        send: Callable[[FromWorker], None],
        on_exit: Callable[[], None],
        watch: HealthWatch | None = None,
        collector: Collector | None = None,
        period: int = 1,
    ) -> None:
        self.recorder = Recorder(keep_points=plan.raw_samples, first_points=plan.exact_samples)
        self.context = WorkerContext(plan, hub, self.recorder, index, count)
        self.program = program
        self._hub = hub
        self._send = send
        self._on_exit = on_exit
        self._watch = watch
        self._collector = collector
        # Without a watch (on virtual time) nobody asks how late the loop is.
        self.context.control = Control(self)
        self._pulse = Pulse(hub, self.recorder.absorb, interval=BEAT if watch is not None else 1.0)
        self._desk = RendezvousDesk(self.context, send)
        self._schedules: dict[str, Schedule] = {}
        self._running = 0
        self._begun = math.nan
        self._second = 0
        self._period = period
        self._tick_timer: Timer | None = None
        self._end_timer: Timer | None = None
        self._stopping = False
        self._unsent: tuple[Snapshot, list[float], CrewCounts, bool] | None = None

    def open(self) -> None:
        """Let the program get ready, then say `Ready` (or `ScriptFailed`)."""
        self._in_fiber("start", self._open, math.inf)

    def receive(self, message: ToWorker) -> None:
        """Do what the coordinator says."""
        match message:
            case DoSetup():
                self._in_fiber("setup", self._setup, self.context.plan.setup_timeout)
            case Start(at, data):
                self._start(at, data)
            case SetUsers(workload, users, spawn_rate):
                schedule = self._schedules.get(workload)
                if isinstance(schedule, SteeredSchedule):
                    schedule.set_users(users, spawn_rate)
            case SetArrivals(workload, profile):
                schedule = self._schedules.get(workload)
                if isinstance(schedule, ArrivalSchedule):
                    schedule.set_profile(profile)
            case Release(name, at, count):
                self._desk.release(name, at, count)
            case Stop(reason, grace):
                self._stop(grace, reason)
            case ToProgram(value):
                take = getattr(self.program, "receive", None)
                if take is not None:
                    self._in_fiber("message", lambda: take(value), math.inf)
            case DoTeardown():
                self._in_fiber("teardown", self._teardown, self.context.plan.teardown_timeout)
            case Exit():
                self._in_fiber("stop", self._exit, self.context.plan.teardown_timeout)

    # The parts of a run that call user code, each in a fiber of its own.

    def _in_fiber(self, phase: str, body: Callable[[], None], timeout: float) -> None:
        def run() -> None:
            timer = None
            if math.isfinite(timeout):
                timer = self._hub.call_at(self._hub.time() + timeout, fiber.throw, UserKilled())
            try:
                body()
            except UserKilled:
                self._phase_failed(phase, f"{phase} took longer than {timeout:g} s ({phase}_timeout)")
            except AbortRun as abort:
                self._phase_failed(phase, f"{phase} ended the run: {abort}")
            except BaseException as error:
                self._phase_failed(phase, user_traceback(error))
            finally:
                if timer is not None:
                    timer.cancel()

        fiber = self._hub.spawn(run)
        fiber.tags = TagSet.of({**self.context.plan.tags, "group": f"::{phase}"})

    def _phase_failed(self, phase: str, text: str) -> None:
        if phase == "teardown":
            self._send(TeardownDone(text))
        elif phase == "stop":
            self._on_exit()
        else:
            self._send(ScriptFailed(self.context.index, phase, text))

    def _open(self) -> None:
        self.program.start_worker(self.context)
        self._send(Ready(self.context.index, os.getpid()))

    def _setup(self) -> None:
        self._send(SetupDone(self.program.setup(self.context)))

    def _teardown(self) -> None:
        try:
            self.program.teardown(self.context)
        finally:
            # What teardown did is measured too, as setup is; no users, so the crews have nothing to add.
            self._send(Tick(self.context.index, snapshots.encode(self.recorder.flush()), partial=True))
        self._send(TeardownDone())

    def _exit(self) -> None:
        try:
            self.program.stop_worker(self.context)
        finally:
            self._on_exit()

    # What the program asks for (`control.Control`).

    def call_soon(self, callback: Callable[..., object], *args: object) -> None:
        """Run the callback in the hub, after what was asked for before."""
        self._hub.call_soon(callback, *args)

    def tell(self, message: FromWorker) -> None:
        """Send a message to the coordinator."""
        self._send(message)

    def users(self, workload: str) -> Collection[VirtualUser]:
        """As `WorkerControl.users`."""
        schedule = self._schedules.get(workload)
        return schedule.crew.users if schedule is not None else ()

    def unsent(self) -> Snapshot | None:
        """As `WorkerControl.unsent`."""
        return None if self._unsent is None else self._unsent[0]

    def remix(self, workload: str, mix: tuple[Share, ...]) -> None:
        """As `WorkerControl.remix`."""
        schedule = self._schedules.get(workload)
        if isinstance(schedule, SteeredSchedule):
            # For all workers from the same user on, so that together they deal it once.
            schedule.crew.remix(mix, schedule.count * self.context.count)

    def add_users(self, workload: str, behaviours: Sequence[str]) -> None:
        """As `WorkerControl.add_users`."""
        schedule = self._schedules.get(workload)
        if isinstance(schedule, SteeredSchedule):
            schedule.add(behaviours)

    # The load.

    def _start(self, at: float, data: object) -> None:
        self.context.data = data
        self._begun = self.recorder.origin = at
        if self._collector is not None:
            self._collector.start()
        plan = self.context.plan
        first_id = 1
        for workload in plan.workloads:
            crew = Crew(
                workload,
                self.context,
                self.program,
                first_id=first_id,
                pulse=self._pulse,
                rendezvous=self._desk,
                abort=self._abort,
                on_left=self._user_left,
            )
            first_id += _most_users(workload)
            self._schedules[workload.name] = make_schedule(crew, self._schedule_done)
        self._running = len(self._schedules)
        self._pulse.start()
        for schedule in self._schedules.values():
            schedule.begin(at + schedule.crew.workload.start_time)
        if plan.duration is not None:
            self._end_timer = self._hub.call_at(at + plan.duration, self._stop, None, TIME_IS_UP)
        self._arm_tick()
        load_started = getattr(self.program, "load_started", None)
        if load_started is not None:
            load_started(at)
        if not self._running:
            self._hub.call_soon(self._finish)

    def _abort(self, reason: str) -> None:
        self._send(AbortRequested(self.context.index, reason))

    def _user_left(self, user: VirtualUser) -> None:
        schedule = self._schedules.get(user.workload.name)
        if schedule is not None:
            schedule.user_left(user)

    def _stop(self, grace: float | None, reason: str = "") -> None:
        if math.isnan(self._begun):
            self._send(AllDone(self.context.index))
            return
        before = getattr(self.program, "before_stop", None)
        if before is None or self._stopping:
            self._stop_schedules(grace)
            return
        self._stopping = True
        # What the program does now may rest on what was measured until now.
        now = self._hub.time()
        if now > self._begun:
            self._flush_until(now)
            self._flush(now, partial=True)
            self._send_snapshot()

        def run() -> None:
            left = grace
            try:
                left = before(reason, grace)
            finally:
                # From the hub: a fiber must not throw into another one.
                self._hub.call_soon(self._stop_schedules, left)

        self._in_fiber("stop", run, math.inf)

    def _stop_schedules(self, grace: float | None) -> None:
        for schedule in self._schedules.values():
            schedule.stop(grace)

    def _schedule_done(self) -> None:
        self._running -= 1
        if self._running == 0:
            # In the next turn: the fiber of the last user is still on its way out.
            self._hub.call_soon(self._finish)

    # The second's end.

    def _arm_tick(self) -> None:
        self._tick_timer = self._hub.call_at(self._begun + self._second + self._period, self._tick)

    def _tick(self) -> None:
        # After a stall several seconds may be due: each gets its snapshot.
        self._flush_until(self._hub.time())
        self._arm_tick()

    def _flush_until(self, now: float) -> None:
        while (end := self._begun + self._second + self._period) <= now:
            self._second += self._period
            self._flush(end)

    def _flush(self, until: float, *, partial: bool = False) -> None:
        """Bin what was measured until then. It is sent a turn later: two short stalls instead of one long one."""
        self._send_snapshot()
        lags: list[float] = []
        users = free = dropped = 0
        for schedule in self._schedules.values():
            counts = schedule.crew.collect(until - JUST_BEFORE, partial=partial)
            lags += counts.lags
            users += counts.users
            free += counts.free_users
            dropped += counts.dropped
        snapshot = self.recorder.flush(until)
        snapshot.users = users
        snapshot.dropped = dropped
        self._unsent = snapshot, self._pulse.take(), CrewCounts(users, free, dropped, lags), partial
        self._hub.call_soon(self._send_snapshot)

    def _send_snapshot(self) -> None:
        if self._unsent is None:
            return
        (snapshot, late, crew, partial), self._unsent = self._unsent, None
        rss = 0
        if self._watch is not None:
            health = self._watch.measure(
                late, crew.lags, users=crew.users, free_users=crew.free_users, dropped=crew.dropped
            )
            snapshot.health = msgspec.to_builtins(health)
            rss = health.rss
        measured = getattr(self.program, "measured", None)
        if measured is not None:
            measured(snapshot)
        self._send(Tick(self.context.index, snapshots.encode(snapshot), partial))
        if self._collector is not None:
            self._collector.collect(rss)

    def _finish(self) -> None:
        for timer in (self._tick_timer, self._end_timer):
            if timer is not None:
                timer.cancel()
        now = max(self._hub.time(), self._begun)
        self._flush_until(now)
        self._flush(now + 2 * JUST_BEFORE)
        self._send_snapshot()
        self._pulse.stop()
        if self._collector is not None:
            self._collector.stop()
        self._send(AllDone(self.context.index))


def _most_users(workload: Workload) -> int:
    """How many user ids a workload may need over the whole test."""
    profile = workload.profile
    if isinstance(profile, ArrivalStages | ArrivalRuns | ArrivalSequence):
        if workload.fresh_users:
            return math.ceil(profiles.expected_arrivals(profile))
        return workload.policy.max_users
    return profiles.peak_users(profile)
