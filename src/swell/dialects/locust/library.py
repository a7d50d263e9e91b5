"""Locust as a library: `Environment(...).create_local_runner()` in a program of its own, run by `swell python FILE`.

Rules: users run on the engine in another thread of this process; the program's own thread starts, watches and ends them
as it does Locust's greenlets. Each `start` after a `stop` is a run of its own, with statistics that begin anew.
Listeners of requests and tests run in the thread of the users. Nothing is printed, stored or judged by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.log import note_unhandled
from swell.dialects.locust.pausing import wait_until
from swell.dialects.locust.program import LocustProgram
from swell.dialects.locust.runners import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_RUNNING,
    STATE_STOPPED,
    WORKLOAD,
    LocalRunner,
    shares,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.library_page import LibraryPage
    from swell.dialects.locust.users import User
    from swell.engine.script import WorkerContext
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Plan, Source

__all__ = ["LibraryRunner", "take_program"]

_LOADER = "swell.dialects.locust.library:take_program"
_OVER = frozenset({STATE_INIT, STATE_STOPPED})
_PATIENCE = 60.0

_waiting: list[LocustProgram] = []


def take_program(source: Source) -> LocustProgram:
    """The loader of the run's plan: gives what `LibraryRunner` made. Called in the thread that runs the users."""
    from swell.dialects.locust.loader import load_clients  # noqa: PLC0415 - only where users run
    from swell.runtime import blocking  # noqa: PLC0415 - as above

    file = Path(source.path)
    if file.is_file():
        blocking.prepare(file.read_bytes(), file.parent)
    program = _waiting.pop()
    load_clients(program.environment.user_classes)
    return program


class LibraryRunner(LocalRunner):
    """The runner of a program that uses Locust as a library."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.greenlet = _Background(self)
        self.page: LibraryPage | None = None
        """The page, once the program has asked for one."""
        self.ended = False
        """Whether `quit` was called."""
        self._jobs: queue.SimpleQueue[Plan | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._worker: int | None = None
        self._run: _Run | None = None
        self._failed = False

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: Iterable[type[User]] | None = None
    ) -> None:
        """As `Runner.start`; comes back when `test_start` is over, or (`wait`) when all users run."""
        if self._run is not None and self.state not in _OVER and self.state != STATE_CLEANUP:
            self.announce(user_count, spawn_rate)
            if user_classes is not None:
                self._run.send(("remix", [cls.__name__ for cls in user_classes], None, None))
            self._run.send(("steer", int(user_count), float(spawn_rate), None))
        else:
            classes = list(self.user_classes if user_classes is None else user_classes)
            self.begin(self.plan_of(user_count, spawn_rate, classes))
            wait_until(lambda: self.state not in _OVER or self._failed, _PATIENCE)
        if wait:
            wait_until(lambda: self.state == STATE_RUNNING or self._failed)

    def plan_of(self, user_count: int, spawn_rate: float, classes: Iterable[type[User]]) -> Plan:
        """The plan of one run. ValueError for numbers that make none."""
        from swell.model.plan import Plan, Source, SteeredUsers, Workload  # noqa: PLC0415 - only where users run

        if spawn_rate <= 0 or user_count < 0:
            raise ValueError(f"users must be 0 or more and the spawn rate above 0, not {user_count} and {spawn_rate}")
        environment = self.environment
        shape = environment.shape_class is not None and not user_count
        users = SteeredUsers(int(user_count), float(spawn_rate), None, batched=True)
        if shape:
            users = SteeredUsers(0, float("inf"), None, batched=True)
        grace = float(environment.stop_timeout or 0.0)
        file = getattr(sys.modules.get("__main__"), "__file__", None) or ""
        return Plan(
            source=Source(_LOADER, str(file)),
            workloads=(Workload(WORKLOAD, shares(classes), users, graceful_stop=grace, graceful_ramp_down=grace),),
            host=environment.host or "",
            setup_timeout=3600.0,
            teardown_timeout=3600.0,
        )

    def begin(self, plan: Plan) -> None:
        """Have a run begun in the thread of the runs."""
        _refuse_patched_threads()
        self.state = STATE_INIT
        self._failed = False
        self.environment.stats.clear_all()
        self.exceptions.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        self._jobs.put(plan)

    def serve_page(self, page: LibraryPage) -> None:
        """Show the runs on a page from now on."""
        _refuse_patched_threads()
        self.page = page
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()

    def spawn_users(self, user_classes_spawn_count: Mapping[str, int], wait: bool = False) -> list[Any]:
        """As `Runner.spawn_users`; out of the program's own thread they come soon, and are not given back."""
        if threading.get_ident() == self._worker:
            return super().spawn_users(user_classes_spawn_count, wait)
        if self._run is not None:
            self._run.send(("spawn", dict(user_classes_spawn_count), None, None))
        return []

    def start_shape(self) -> None:
        """Run the environment's shape, as Locust does with one."""
        self.start(0, 1)

    def stop(self) -> None:
        """End the run and wait for it; in a task it comes back when the end has begun."""
        self._stop("the program called runner.stop()")

    def quit(self) -> None:
        """As `stop`; `greenlet.join()` comes back then."""
        self.ended = True
        self._stop("the program called runner.quit()")

    def _stop(self, reason: str) -> None:
        if threading.get_ident() == self._worker:
            self._end(reason)
        elif self._run is not None:
            self._run.end(reason)
            wait_until(lambda: self._run is None)

    # The thread of the runs.

    def _serve(self) -> None:
        page = self.page
        while True:
            page = self.page
            plan = self._next() if page is None else page.next_plan(self._next_now)
            if plan is not None:
                self._conduct(plan)

    def _next(self) -> Plan | None:
        with contextlib.suppress(queue.Empty):
            # A page may come at any time.
            return self._jobs.get(timeout=0.2)
        return None

    def _next_now(self) -> Plan | None:
        with contextlib.suppress(queue.Empty):
            return self._jobs.get_nowait()
        return None

    def _conduct(self, plan: Plan) -> None:
        from swell.coordinator.conduct import conduct  # noqa: PLC0415 - only where users run
        from swell.coordinator.judge import Judge  # noqa: PLC0415 - as above
        from swell.coordinator.transports.threads import ThreadWorker  # noqa: PLC0415 - as above
        from swell.metrics.store import MetricStore  # noqa: PLC0415 - as above

        self._run = run = _Run()
        page = self.page
        _waiting.append(_LibraryProgram(self.environment, several=False, make_outputs=None))
        store = MetricStore()
        try:
            outcome = conduct(
                plan,
                transport=ThreadWorker(),
                workers=1,
                store=store,
                judge=Judge(plan),
                observers=() if page is None else [page.live],
                companion=run if page is None else page.live.companion(run),
                steering=None if page is None else page.live.steering(None),
                interrupt_grace=None,
            )
            if outcome.script_error is not None:
                print(outcome.script_error[1], file=sys.stderr)  # noqa: T201 - for people
                self._failed = True
        except Exception as error:
            note_unhandled()
            print(f"swell: the users could not be run: {error}", file=sys.stderr)  # noqa: T201 - for people
            self._failed = True
        finally:
            if page is None:
                store.close()
            self.update_state(STATE_STOPPED)
            self._run = self._worker = None

    def entered(self, ident: int) -> None:
        """The users run in the thread `ident`."""
        self._worker = ident


class _Run:
    """The coordinator's side of one run: a way into it, for any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._send: Callable[[int, object], None] = lambda _index, _value: None
        self._end: Callable[[str], None] = lambda _reason: None

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`."""
        self._loop, self._send, self._end = asyncio.get_running_loop(), send, end

    def receive(self, index: int, value: object) -> None:
        """As `Companion.receive`."""

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`."""

    def send(self, value: object) -> None:
        """Send to the program."""
        self._call(self._send, 0, value)

    def end(self, reason: str) -> None:
        """End the run in order."""
        self._call(self._end, reason)

    def _call(self, function: Callable[..., None], *args: object) -> None:
        wait_until(lambda: self._loop is not None, _PATIENCE)
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the run is over
            self._loop.call_soon_threadsafe(lambda: function(*args))


class _LibraryProgram(LocustProgram):
    """One run: the runner is there already, and `init`, `quitting` and `quit` are the program's own to fire."""

    def take_runner(self) -> Any:
        """The runner that the program made."""
        runner: LibraryRunner = self.environment.runner
        runner.entered(threading.get_ident())
        return runner

    def tell_init(self) -> None:
        """The program fires `init`, if it wants it fired."""

    def stop_worker(self, context: WorkerContext) -> None:
        """As `Program.stop_worker`."""
        self.teardown(context)

    def teardown(self, context: WorkerContext) -> None:
        """As `Program.teardown`: the event test_stop."""
        del context
        if not self.has_ended():
            self.environment.events.test_stop.fire(environment=self.environment)


class _Background:
    """What a program waits for: `runner.greenlet.join()`."""

    def __init__(self, runner: LibraryRunner) -> None:
        self._runner = runner

    def join(self, timeout: float | None = None, raise_error: bool = False) -> bool:
        """Wait until `runner.quit()` was called and all users have ended; whether that is so."""
        del raise_error
        runner = self._runner
        try:
            return wait_until(lambda: runner.ended and runner.state in _OVER, timeout)
        except KeyboardInterrupt:
            runner.quit()
            raise

    def kill(self, *_: Any, **__: Any) -> None:
        """As `runner.quit`."""
        self._runner.quit()

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function beside the users, in a greenlet."""
        gevent: Any = importlib.import_module("gevent")  # what the program itself uses
        return gevent.spawn(function, *args, **kwargs)


def _refuse_patched_threads() -> None:
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        raise SystemExit(
            "swell: gevent.monkey.patch_all() has replaced the threads that Swell runs users in: leave it out of the "
            "program. Blocking calls of users are made cooperative without it."
        )
