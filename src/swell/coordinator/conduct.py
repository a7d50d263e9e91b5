"""Conducts a run: the shell around `RunControl` that owns loop, clock, signals and transport.

Rules: it carries out what the decision core says and decides nothing itself, but for judging thresholds and
asking the steering once a second. Whatever an observer, the storage or the steering does wrong, the run
ends in good order and what was measured is kept. Must run in the main thread to see Ctrl-C; elsewhere
signals are left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import threading
import time
from typing import TYPE_CHECKING

from swell.coordinator.actions import Kill, Merge, Notice, Send
from swell.coordinator.control import INTERRUPT_GRACE, RunControl
from swell.coordinator.state import LiveRun, Outcome
from swell.coordinator.steering import steer_actions
from swell.coordinator.transports.base import WorkerEvents
from swell.engine.messages import FromProgram, ToProgram
from swell.metrics import snapshot as snapshots
from swell.metrics.load_view import LoadView
from swell.model.profiles import duration as profile_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from swell.coordinator.actions import Action
    from swell.coordinator.companion import Companion
    from swell.coordinator.judge import Judge
    from swell.coordinator.state import Observer
    from swell.coordinator.steering import ArrivalTarget, Steering, SteerTarget
    from swell.coordinator.transports.base import Transport
    from swell.engine.messages import FromWorker
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan

__all__ = ["conduct", "longest_grace", "planned_duration"]

_STEP = 0.1  # between two looks at the clock
_REFRESH = 0.25  # between two looks of observers
_ROUNDING = 1e-6  # a load of 59.9999999 s has 60 whole seconds


def planned_duration(plan: Plan) -> float | None:
    """Seconds of load by the plan, graceful stops not counted; None if it runs until told to stop."""
    lengths: list[float] = []
    for workload in plan.workloads:
        length = profile_duration(workload.profile)
        if length is None:
            return plan.duration
        lengths.append(workload.start_time + length)
    planned = max(lengths, default=0.0)
    return planned if plan.duration is None else min(planned, plan.duration)


def longest_grace(plan: Plan) -> float:
    """The longest time that running iterations may get at the end, seconds."""
    return max((w.graceful_stop for w in plan.workloads), default=0.0)


def conduct(
    plan: Plan,
    *,
    transport: Transport,
    workers: int,
    store: MetricStore,
    judge: Judge,
    observers: Sequence[Observer] = (),
    steering: Steering | None = None,
    companion: Companion | None = None,
    interrupt_grace: float | None = INTERRUPT_GRACE,
    keep: Callable[[int, bytes], object] | None = None,
) -> Outcome:
    """Run the plan on `workers` workers of `transport`; blocks until it is over. OSError if none can be
    started.

    The store holds what was measured, also when the run ended badly. `interrupt_grace`: what running iterations get
    after Ctrl-C, seconds; None: the plan's own grace. `keep` gets each worker's snapshots as they come and must not
    wait.
    """
    conductor = _Conductor(
        plan,
        transport=transport,
        workers=workers,
        store=store,
        judge=judge,
        observers=observers,
        steering=steering,
        companion=companion,
        interrupt_grace=interrupt_grace,
        keep=keep,
    )
    return asyncio.run(conductor.run())


class _Conductor:
    """One call of `conduct`."""

    def __init__(
        self,
        plan: Plan,
        *,
        transport: Transport,
        workers: int,
        store: MetricStore,
        judge: Judge,
        observers: Sequence[Observer],
        steering: Steering | None,
        companion: Companion | None,
        interrupt_grace: float | None,
        keep: Callable[[int, bytes], object] | None,
    ) -> None:
        self._plan = plan
        self._transport = transport
        self._workers = workers
        self._store = store
        self._view = LoadView(store)
        self._judge = judge
        self._observers = list(observers)
        self._steering = steering
        self._companion = companion
        self._keep = keep
        self._steered: dict[str, SteerTarget | ArrivalTarget] = {}
        self._next_steer = 0
        self._control = RunControl(
            workers,
            grace=longest_grace(plan),
            interrupt_grace=interrupt_grace,
            last_words=max((w.last_words for w in plan.workloads), default=0.0),
            setup_timeout=plan.setup_timeout,
            teardown_timeout=plan.teardown_timeout,
        )
        self._live = LiveRun(plan, workers, store, planned_duration(plan))
        self._changed = asyncio.Event()
        self._storage_error = ""
        self._aborted_by_criterion = False
        self._signal = 0
        self._started = time.time()

    async def run(self) -> Outcome:
        """The whole run."""
        events = WorkerEvents(message=self._on_message, gone=self._on_gone, output=self._on_output)
        with self._signals():
            try:
                if self._companion is not None:
                    self._companion.open(self._send_to_program, self._end_by_companion)
                await self._transport.start(self._plan, self._workers, events)
                self._do(self._control.begin(time.perf_counter()))
                await self._loop()
            finally:
                await self._transport.close()
                for observer in self._observers:
                    with contextlib.suppress(Exception):
                        observer.close()
        return self._outcome()

    async def _loop(self) -> None:
        control = self._control
        shown = 0.0
        while not control.ended:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _STEP)
            now = time.perf_counter()
            self._do(control.on_clock(now))
            self._look(now)
            if now - shown >= _REFRESH:
                shown = now
                self._tell(lambda observer: observer.refresh(self._live))

    def _look(self, now: float) -> None:
        """Bring the live record up to date; judge and steer when a second is over."""
        control, live = self._control, self._live
        live.phase = control.phase
        live.lost = control.lost
        if control.start_at is None:
            return
        if control.load_ended_at is None:
            live.elapsed = now - control.start_at
        if control.loading:
            self._steer(live.elapsed)
        seconds = control.whole_seconds
        if seconds > live.seconds:
            live.seconds = seconds
            # Windows lie within the load: what still runs after its end is not under load.
            results = self._judge.update(self._view, int(min(seconds, self._load_seconds() + _ROUNDING)))
            if results is not None:
                live.results = results
                reason = self._judge.abort_reason(results, seconds) if control.loading else ""
                if reason:
                    self._aborted_by_criterion = True
                    self._notice("error", f"ending the run: {reason}")
                    self._do(control.on_stop(reason, now))

    def _load_seconds(self) -> float:
        """How long the load lasts, or will: until its planned end, an early stop, or the end of the last user."""
        control = self._control
        if control.start_at is None:
            return 0.0
        ends = [at - control.start_at for at in (control.stopped_at, control.load_ended_at) if at is not None]
        if self._live.planned is not None:
            ends.append(self._live.planned)
        return max(0.0, min(ends, default=math.inf))

    def _steer(self, elapsed: float) -> None:
        if self._steering is None or elapsed < self._next_steer:
            return
        self._next_steer = int(elapsed) + 1
        now = time.perf_counter()
        try:
            targets = self._steering.tick(elapsed)
        except Exception as error:
            reason = f"the load shape failed: {type(error).__name__}: {error}"
            self._notice("error", reason)
            self._do(self._control.on_stop(reason, now, grace=None))
            return
        if targets is None:
            self._do(self._control.on_shape_end(now))
            return
        changed = [target for target in targets if self._steered.get(target.workload) != target]
        self._steered.update({target.workload: target for target in changed})
        self._do(steer_actions(changed, self._workers))

    # what workers say

    def _on_message(self, index: int, message: FromWorker) -> None:
        if isinstance(message, FromProgram) and self._companion is not None:
            self._companion.receive(index, message.value)
        self._do(self._control.on_message(index, message, time.perf_counter()))
        self._changed.set()

    def _send_to_program(self, index: int, value: object) -> None:
        self._transport.send(index, ToProgram(value))

    def _end_by_companion(self, reason: str) -> None:
        self._do(self._control.on_program_end(reason, time.perf_counter()))
        self._changed.set()

    def _on_gone(self, index: int, reason: str) -> None:
        self._live.health.forget(index)
        self._do(self._control.on_gone(index, reason, time.perf_counter()))
        self._changed.set()

    def _on_output(self, index: int, line: str) -> None:
        self._tell(lambda observer: observer.output(index, line))

    # what is to be done

    def _do(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Send(index, message):
                    self._transport.send(index, message)
                case Merge(index, data):
                    self._merge(index, data)
                case Kill(index):
                    self._transport.kill(index)
                case Notice(level, text):
                    self._notice(level, text)

    def _merge(self, index: int, data: bytes) -> None:
        snapshot = snapshots.decode(data)
        self._live.health.add(index, snapshot.second, snapshot.health)
        if self._keep is not None:
            self._keep(index, data)
        if self._companion is not None:
            self._companion.measured(index, snapshot)
        try:
            self._store.add(index, snapshot)
        except OSError as error:
            if not self._storage_error:
                self._storage_error = f"what was measured can no longer be stored: {error}"
                self._notice("error", f"ending the run: {self._storage_error}")
                self._do(self._control.on_stop(self._storage_error, time.perf_counter()))

    def _notice(self, level: str, text: str) -> None:
        self._tell(lambda observer: observer.notice(level, text))

    def _tell(self, say: Callable[[Observer], object]) -> None:
        """Tell all observers; one that fails (a closed terminal, a bug) is not asked again."""
        for observer in list(self._observers):
            try:
                say(observer)
            except Exception:
                self._observers.remove(observer)

    @contextlib.contextmanager
    def _signals(self) -> Generator[None]:
        """Ctrl-C and termination become inputs of the decision core while the run lasts."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        for number in numbers:
            loop.add_signal_handler(number, self._interrupted, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _interrupted(self, number: int) -> None:
        self._signal = self._signal or number
        self._do(self._control.on_interrupt(time.perf_counter()))
        self._changed.set()

    def _outcome(self) -> Outcome:
        control = self._control
        duration = 0.0
        if control.start_at is not None:
            end = control.load_ended_at if control.load_ended_at is not None else time.perf_counter()
            duration = max(0.0, end - control.start_at)
        self._store.finish(duration)
        return Outcome(
            started=self._started,
            ended=time.time(),
            duration=duration,
            interrupted=control.interrupts > 0,
            signal=self._signal,
            stop_reason=control.stop_reason,
            end_reason=control.end_reason,
            aborted_by_criterion=self._aborted_by_criterion,
            script_error=control.script_error,
            teardown_error=control.teardown_error,
            storage_error=self._storage_error,
            lost=control.lost,
            silences=control.silences,
            results=self._judge.finish(self._view, min(duration, self._load_seconds()), afresh=bool(control.silences)),
            health=self._live.health,
        )
