"""The decisions of a run: a state machine over workers, fed with messages and time.

Rules: pure; no clock, no I/O. Each input returns the actions it leads to, in order. Times are hub seconds.
The order of a run is that of `engine.messages`. A lost worker never ends a run that others can go on with; a
worker that is silent is reported after `PATIENCE` and given up after `GIVE_UP`. Every state has a way out by
time, so that a run always ends.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from swell.coordinator.actions import Kill, LostWorker, Merge, Notice, Send, Silence
from swell.coordinator.rendezvous import RendezvousBoard
from swell.engine import messages as m

if TYPE_CHECKING:
    from collections.abc import Iterator

    from swell.coordinator.actions import Action

__all__ = ["ABORT_GRACE", "GIVE_UP", "INTERRUPT_GRACE", "PATIENCE", "Phase", "RunControl"]

START_DELAY = 0.3  # from the decision to start until the start: time for the message to reach every worker
RELEASE_DELAY = 0.02  # likewise for a rendezvous, on which users already wait
PATIENCE = 3.0  # silence beyond the expected second that counts as hanging
GIVE_UP = 30.0  # silence beyond that after which a worker is killed and counted as lost
INTERRUPT_GRACE = 0.5  # what running iterations get after Ctrl-C
ABORT_GRACE = 1.0  # ... and when a threshold or the test itself ends the run
STOP_SLACK = 10.0  # a worker that is not done this long after its grace is killed
EXIT_SLACK = 10.0  # likewise after Exit
TIMEOUT_SLACK = 5.0  # workers hold setup and teardown to their limits; this is for workers that cannot
SLOW_START = 15.0  # loading the test longer than this is worth a word ...
START_TIMEOUT = 300.0  # ... and longer than this is an error


class Phase(enum.Enum):
    """Where a run stands."""

    STARTING = "starting"
    SETUP = "setup"
    RUNNING = "running"
    STOPPING = "stopping"
    TEARDOWN = "teardown"
    LEAVING = "leaving"
    ENDED = "ended"


class _Worker:
    """What is known of one worker."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.pid = 0
        self.ready = False
        self.failed = False
        self.done = False
        self.gone = False
        self.ticks = 0
        self.heard = 0.0
        self.silent_since: float | None = None


class RunControl:
    """One run over `count` workers. `grace`: the longest graceful stop of the plan, seconds.

    `interrupt_grace`: what running iterations get after Ctrl-C; None: the plan's own grace. `last_words`: what users
    may take beyond any grace for their own end.
    """

    def __init__(
        self,
        count: int,
        *,
        grace: float = 30.0,
        interrupt_grace: float | None = INTERRUPT_GRACE,
        last_words: float = 0.0,
        setup_timeout: float = 60.0,
        teardown_timeout: float = 60.0,
    ) -> None:
        self.phase = Phase.STARTING
        self.start_at: float | None = None
        """Hub time of the start of the load; None before it is decided."""
        self.load_ended_at: float | None = None
        """Hub time when the last user was gone."""
        self.stopped_at: float | None = None
        """Hub time when the users were told to end before the plan's end; None if they were not."""
        self.end_reason = ""
        """Why the test itself ended the load, as planned; empty if it did not."""
        self.interrupts = 0
        self.stop_reason = ""
        """Why the run ended before its plan did; empty if it did not."""
        self.script_error: tuple[str, str] | None = None
        """Phase and text of the error that kept the test from running."""
        self.teardown_error = ""
        self.lost: list[LostWorker] = []
        self.silences: list[Silence] = []
        self._workers = [_Worker(index) for index in range(count)]
        self._board = RendezvousBoard()
        self._grace = grace
        self._interrupt_grace = interrupt_grace
        self._last_words = last_words
        self._setup_timeout = setup_timeout
        self._teardown_timeout = teardown_timeout
        self._deadline: float | None = None
        self._clock: float | None = None
        self._warned_of_start = False
        self._end_at_start: str | None = None

    # what others may ask

    @property
    def ended(self) -> bool:
        """True when there is nothing left to wait for."""
        return self.phase is Phase.ENDED

    @property
    def loading(self) -> bool:
        """True while users run."""
        return self.phase in {Phase.RUNNING, Phase.STOPPING}

    @property
    def whole_seconds(self) -> int:
        """Seconds of the load that every worker still answering has reported."""
        counts = [w.ticks for w in self._alive() if not w.done and w.silent_since is None]
        return min(counts) if counts else max((w.ticks for w in self._workers), default=0)

    # inputs

    def begin(self, now: float) -> list[Action]:
        """The workers have been started."""
        self._clock = now
        self._deadline = now + SLOW_START
        return []

    def on_message(self, index: int, message: m.FromWorker, now: float) -> list[Action]:
        """Worker `index` said something."""
        worker = self._workers[index]
        if worker.gone:
            return []
        return list(self._answer(worker, message, now))

    def on_gone(self, index: int, reason: str, now: float) -> list[Action]:
        """The channel of worker `index` is closed; `reason` in words for people."""
        worker = self._workers[index]
        if worker.gone:
            return []
        worker.gone = True
        if self.phase is Phase.LEAVING:
            return list(self._end_when_all_left())
        return list(self._lose(worker, reason, now))

    def on_clock(self, now: float) -> list[Action]:
        """Time went by; to be called several times a second."""
        since = now - (self._clock if self._clock is not None else now)
        self._clock = now
        if since > 1.0:
            # This process itself was held up (suspended machine, debugger): that is no worker's silence.
            for worker in self._workers:
                worker.heard += since
            if self._deadline is not None:
                self._deadline += since
        actions: list[Action] = []
        if self.loading:
            for worker in self._alive():
                actions += self._watch(worker, now)
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            actions += self._overdue(now)
        return actions

    def on_interrupt(self, now: float) -> list[Action]:
        """Ctrl-C or SIGTERM: the first stops gracefully, the second at once."""
        self.interrupts += 1
        if self.interrupts > 1 or self.phase is Phase.LEAVING:
            self.phase = Phase.ENDED
            return [Kill(w.index) for w in self._alive()]
        self.stop_reason = self.stop_reason or "interrupted"
        if self.phase in {Phase.STARTING, Phase.SETUP}:
            return list(self._leave(now))
        if self.phase is Phase.TEARDOWN:
            return [Notice("warning", "interrupted: teardown still runs; press Ctrl-C again to skip it")]
        notice = Notice("warning", "interrupted: ending the users; press Ctrl-C again to stop at once")
        return [notice, *self._stop(self._interrupt_grace, now)]

    def on_stop(self, reason: str, now: float, grace: float | None = ABORT_GRACE) -> list[Action]:
        """The run shall end early: a threshold with abort, a full disk."""
        if self.phase is not Phase.RUNNING:
            return []
        self.stop_reason = reason
        return [*self._stop(grace, now)]

    def on_shape_end(self, now: float) -> list[Action]:
        """The load shape says that the test is over: a regular end, with the plan's own grace."""
        return list(self._stop(None, now)) if self.phase is Phase.RUNNING else []

    def on_program_end(self, reason: str, now: float) -> list[Action]:
        """The test itself says that it is over: a regular end; before the start it ends right after it."""
        if self.phase in {Phase.STARTING, Phase.SETUP}:
            self._end_at_start = reason
            return []
        if self.phase is not Phase.RUNNING:
            return []
        self.end_reason = reason
        return list(self._stop(None, now, reason))

    # answers to messages

    def _answer(self, worker: _Worker, message: m.FromWorker, now: float) -> Iterator[Action]:
        match message:
            case m.Ready():
                worker.ready, worker.pid = True, message.pid
                yield from self._set_up_when_ready(now)
            case m.SetupDone():
                if self.phase is Phase.SETUP:
                    yield from self._start(message.data, now)
            case m.Tick():
                worker.ticks += not message.partial
                yield from self._hear(worker, now)
                yield Merge(worker.index, message.snapshot)
            case m.RendezvousWaiting():
                yield from self._rendezvous(message, now)
            case m.AbortRequested():
                yield Notice("warning", f"the test ended the run: {message.reason or 'no reason given'}")
                yield from self.on_stop(f"the test ended the run: {message.reason}".rstrip(": "), now)
            case m.EndRequested():
                yield from self.on_program_end(message.reason, now)
            case m.FromProgram():
                pass  # the shell hands it on
            case m.AllDone():
                worker.done = True
                yield from self._tear_down_when_done(now)
            case m.TeardownDone():
                self.teardown_error = message.error
                if message.error:
                    yield Notice("error", f"teardown failed:\n{message.error}")
                yield from self._leave(now)
            case m.ScriptFailed():
                worker.failed = True
                yield from self._script_failed(message.phase, message.text, now)

    def _set_up_when_ready(self, now: float) -> Iterator[Action]:
        if self.phase is Phase.STARTING and all(w.ready for w in self._workers):
            self.phase = Phase.SETUP
            self._deadline = now + self._setup_timeout + TIMEOUT_SLACK
            yield Send(0, m.DoSetup())

    def _start(self, data: Any, now: float) -> Iterator[Action]:
        self.phase = Phase.RUNNING
        self._deadline = None
        self.start_at = now + START_DELAY
        for worker in self._alive():
            worker.heard = self.start_at
            yield Send(worker.index, m.Start(self.start_at, data))
        if self._end_at_start is not None:
            self.end_reason = self._end_at_start
            yield from self._stop(None, now, self._end_at_start)

    def _rendezvous(self, message: m.RendezvousWaiting, now: float) -> Iterator[Action]:
        released = self._board.report(message.index, message.name, message.size, message.waiting, message.released)
        for index, count in released.items():
            yield Send(index, m.Release(message.name, now + RELEASE_DELAY, count))

    def _script_failed(self, phase: str, text: str, now: float) -> Iterator[Action]:
        if self.phase in {Phase.STARTING, Phase.SETUP}:
            self.script_error = (phase, text)
            yield from self._leave(now)
        else:
            yield Notice("error", f"the test failed in {phase}:\n{text}")

    # silence and loss

    def _hear(self, worker: _Worker, now: float) -> Iterator[Action]:
        worker.heard = now
        if worker.silent_since is not None:
            seconds = now - worker.silent_since
            at = worker.silent_since - (self.start_at or worker.silent_since)
            self.silences.append(Silence(worker.index, at, seconds))
            worker.silent_since = None
            yield Notice("info", f"worker {worker.index} answers again after {seconds:.0f} s")

    def _watch(self, worker: _Worker, now: float) -> Iterator[Action]:
        """Notice silence. `heard` + 1 s is when the next tick is expected."""
        if worker.done:
            return
        late = now - (worker.heard + 1.0)
        if late > PATIENCE and worker.silent_since is None:
            worker.silent_since = worker.heard
            yield Notice(
                "error",
                f"worker {worker.index} hangs: nothing heard for {late + 1.0:.0f} s "
                "(does the test block without giving way, for instance in a long computation?)",
            )
        if late > GIVE_UP:
            worker.gone = True
            yield Kill(worker.index)
            yield from self._lose(worker, f"hung: nothing heard for {late + 1.0:.0f} s, killed", now)

    def _lose(self, worker: _Worker, reason: str, now: float) -> Iterator[Action]:
        self._board.forget(worker.index)
        if self.phase in {Phase.STARTING, Phase.SETUP}:
            text = f"worker {worker.index} ended before the start: {reason}"
            yield from self._script_failed("start", text, now)
        elif self.phase is Phase.TEARDOWN and worker.index == 0:
            self.teardown_error = f"worker 0 ended during teardown: {reason}"
            yield Notice("error", self.teardown_error)
            yield from self._leave(now)
        elif self.loading:
            at = now - self.start_at if self.start_at is not None else 0.0
            self.lost.append(LostWorker(worker.index, max(0.0, at), reason, worker.pid))
            left = sum(1 for _ in self._alive())
            rest = f"{left} of {len(self._workers)} {'goes' if left == 1 else 'go'} on" if left else "none is left"
            hint = ". Out of memory?" if reason.endswith("SIGKILL") else ""
            yield Notice("error", f"worker {worker.index} is lost: {reason}; {rest}{hint}")
            yield from self._tear_down_when_done(now)

    def _overdue(self, now: float) -> Iterator[Action]:
        """The deadline of the current phase has passed."""
        match self.phase:
            case Phase.STARTING:
                if not self._warned_of_start:
                    self._warned_of_start = True
                    self._deadline = now + START_TIMEOUT - SLOW_START
                    yield Notice("info", f"still loading the test after {SLOW_START:.0f} s")
                else:
                    text = f"the test was not loaded after {START_TIMEOUT:.0f} s"
                    yield from self._script_failed("start", text, now)
            case Phase.SETUP:
                text = f"setup took longer than {self._setup_timeout:.0f} s (setup_timeout)"
                yield from self._script_failed("setup", text, now)
            case Phase.STOPPING:
                for worker in [w for w in self._alive() if not w.done]:
                    worker.gone = True
                    yield Kill(worker.index)
                    yield from self._lose(worker, "did not stop when told to, killed", now)
            case Phase.TEARDOWN:
                limit = f"{self._teardown_timeout:.0f} s (teardown_timeout)"
                self.teardown_error = f"teardown took longer than {limit}"
                yield Notice("error", self.teardown_error)
                yield from self._leave(now)
            case Phase.LEAVING:
                for worker in self._alive():
                    yield Kill(worker.index)
                self.phase = Phase.ENDED
            case _:
                pass

    # the way out

    def _stop(self, grace: float | None, now: float, reason: str = "") -> Iterator[Action]:
        self.phase = Phase.STOPPING
        self.stopped_at = now
        self._deadline = now + (self._grace if grace is None else grace) + self._last_words + STOP_SLACK
        for worker in self._alive():
            if not worker.done:
                yield Send(worker.index, m.Stop(reason or self.stop_reason or "over", grace))

    def _tear_down_when_done(self, now: float) -> Iterator[Action]:
        if not self.loading or not all(w.done for w in self._alive()):
            return
        self.load_ended_at = now
        if self._workers[0].gone:
            if any(True for _ in self._alive()):
                self.teardown_error = "teardown did not run: worker 0, which holds its data, is lost"
                yield Notice("error", self.teardown_error)
            yield from self._leave(now)
            return
        self.phase = Phase.TEARDOWN
        self._deadline = now + self._teardown_timeout + TIMEOUT_SLACK
        yield Send(0, m.DoTeardown())

    def _leave(self, now: float) -> Iterator[Action]:
        self.phase = Phase.LEAVING
        self._deadline = now + EXIT_SLACK
        for worker in self._alive():
            # One that could not load has nothing to end in order, and one that still loads does not listen.
            usable = worker.ready and not worker.failed
            yield Send(worker.index, m.Exit()) if usable else Kill(worker.index)
        yield from self._end_when_all_left()

    def _end_when_all_left(self) -> Iterator[Action]:
        if not any(True for _ in self._alive()):
            self.phase = Phase.ENDED
        return iter(())

    def _alive(self) -> Iterator[_Worker]:
        return (w for w in self._workers if not w.gone)
