"""The program of a locustfile in one worker: Locust's life of a test, on Swell's engine.

Rules: implements `engine.script.Program`. In a test of one process everything that Locust does in its one process
happens here, in Locust's order: init, test_start, spawning, then test_stopping, test_stop, quitting, exit code, closing
tables, quit (after Ctrl-C quitting comes first). In a test of several each has its own init, test_start, test_stop and
quitting, and the rest is the master's (`master`). The exit code goes to the front door by `WorkerControl.post`.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

from swell import __version__
from swell.dialects.locust import log
from swell.dialects.locust.enders import Enders
from swell.dialects.locust.exception import StopTest
from swell.dialects.locust.measured import time_metric_of
from swell.dialects.locust.messages import Message
from swell.dialects.locust.recording import make_recorder
from swell.dialects.locust.runners import (
    STATE_CLEANUP,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    LocalRunner,
    WorkerRunner,
    counts_text,
    shares,
)
from swell.dialects.locust.script import LocustScript
from swell.dialects.locust.shape_loop import ShapeLoop
from swell.dialects.locust.stats_feed import StatsFeed
from swell.dialects.locust.version import LOCUST_VERSION
from swell.dialects.locust.web_ui import answer, last_answers
from swell.engine.script import AbortRun, StopVirtualUser
from swell.engine.worker import TIME_IS_UP
from swell.model.plan import SteeredUsers
from swell.runtime.fiber import Fiber, current_fiber

if TYPE_CHECKING:
    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.outputs import RunOutputs
    from swell.engine.script import WorkerContext
    from swell.engine.user import VirtualUser
    from swell.metrics.snapshot import Snapshot

__all__ = ["LocustProgram"]

_REPORT_SECONDS = 3
_log = logging.getLogger("locust.main")
_runner_log = logging.getLogger("locust.runners")
_user_log = logging.getLogger("locust.user.task")


class LocustProgram:
    """A loaded test. `several`: this is one of several worker processes of `swell locust`. `make_outputs`: makes what
    is printed and written (None: nothing, and users end with the plan's own grace, as in `swell run`).
    """

    def __init__(self, environment: Environment, *, several: bool, make_outputs: Any) -> None:
        self.environment = environment
        self._several = several
        self._make_outputs = make_outputs
        self._outputs: RunOutputs | None = None
        self._feed: StatsFeed | None = None
        self._context: WorkerContext | None = None
        self._exit_code: int | None = None
        self._quitting_told = False
        self._begun = False
        self._stopping = False
        self._enders = Enders()
        self._end_asked = False
        self._ended = False
        self._shape: ShapeLoop | None = None
        self.runner: Any = None

    # What the engine calls.

    def start_worker(self, context: WorkerContext) -> None:
        """As `Program.start_worker`: the runner, the events init and test_start."""
        environment, events = self.environment, self.environment.events
        self._context = context
        self._feed = StatsFeed(time_metric=time_metric_of(context.plan))
        self._feed.show_in(environment.stats, context)
        environment.enter(context)
        events.request.set_recorder(make_recorder(context))
        runner = self.runner = self.take_runner()
        runner.control = context.control
        runner.end = self._end
        runner.worker_index, runner.worker_count = context.index, context.count
        if self._several:
            runner.post = context.control.post
            context.control.post(("ready", runner.client_id))
        events.user_error.add_listener(self._count_exception)
        self._join()
        self.tell_init()
        profile = context.plan.workloads[0].profile
        if not self._several:
            runner.target_user_count = profile.users if isinstance(profile, SteeredUsers) else 0
        self._filter()
        try:
            if not self._end_asked:  # in init
                events.test_start.fire(environment=environment)
        except StopTest as stop:
            _log.error(str(stop))
            _log.warning("Stopping Locust...")
            self._end("test_start raised StopTest")
        except StopVirtualUser:
            pass
        for cls in environment.user_classes:
            if environment.host:
                cls.host = environment.host

    def take_runner(self) -> Any:
        """The runner of this process."""
        return self.environment.take_runner((WorkerRunner if self._several else LocalRunner)(self.environment))

    def tell_init(self) -> None:
        """The event init. Raises AbortRun if a listener fails."""
        environment = self.environment
        if not self._several:
            _log.info("Starting Locust %s (Swell %s)", LOCUST_VERSION, __version__)
        environment.events.init.fire(environment=environment, runner=self.runner, web_ui=environment.web_ui)
        if log.unhandled_greenlet_exception:
            raise AbortRun("a listener of events.init failed; its traceback is above")

    def setup(self, context: WorkerContext) -> object:
        """As `Program.setup`: Locust has none."""
        del context
        return None

    def load_started(self, at: float) -> None:
        """As `Program.load_started`."""
        context, runner = self._context, self.runner
        assert context is not None
        self._begun = True
        now = time.time()
        origin = now + at - context.hub.time()
        self.environment.stats.begin(origin)
        if not self._several and self._make_outputs is not None:
            self._outputs = outputs = self._make_outputs(self.environment)
            outputs.start(now)
        workload = context.plan.workloads[0]
        profile = workload.profile
        runner.workload = workload.name
        # Listeners of init and test_start may have changed weights since the plan was made.
        mix = shares(self.environment.user_classes)
        if mix != workload.mix and {each.behaviour for each in mix} == {each.behaviour for each in workload.mix}:
            context.control.remix(workload.name, mix)
        if isinstance(profile, SteeredUsers):
            if self.environment.shape_class is not None and not profile.users:
                if not self._several:
                    self._shape = ShapeLoop(self.environment, self._end)
                    context.hub.call_at(at, self._spawn, self._shape.run)
            else:
                runner.target_user_count = profile.users
                runner.update_state(STATE_SPAWNING)
                if not self._several:
                    runner.announce(profile.users, profile.spawn_rate)
        if not self._several and self._shape is None and self._make_outputs is not None:
            if run_time := self.environment.parsed_options.run_time:
                _log.info("Run time limit set to %s seconds", run_time)
            else:
                _log.info("No run time limit set, use CTRL+C to interrupt")

    def new_user(self, behaviour: str, user: VirtualUser) -> LocustScript:
        """As `Program.new_user`."""
        runner = self.runner
        try:
            return LocustScript(runner.user_classes_by_name[behaviour], user, self.environment)
        except StopTest as stop:
            if runner.state != STATE_CLEANUP:
                _log.error(str(stop))
                _log.warning("Stopping Locust...")
                self._end("a user could not be made")
            raise
        except StopVirtualUser:
            raise
        except Exception:
            log.note_unhandled()
            raise

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        """As `Program.user_error`: the event user_error, then the log."""
        script = user.script
        trace = traceback.format_exc()
        if not isinstance(script, LocustScript):
            _log.critical("Unhandled exception while a user of class %s was made: \n%s", user.behaviour, trace)
            return
        if script.phase == "stop":
            log.note_unhandled()
            _user_log.error("Uncaught exception in on_stop: \n%s", trace)
            return
        instance = script.instance if script.phase == "start" else script.stack[-1]
        self.environment.events.user_error.fire(user_instance=instance, exception=error, tb=error.__traceback__)
        _user_log.error("%s\n%s", error, trace)
        if not self.environment.catch_exceptions:
            user.stopping = True

    def spawning_complete(self, user_count: int) -> None:
        """As `Program.spawning_complete`."""
        # At once: the new users have not had their first turn, in Locust neither.
        self._spawn(self._tell_spawned, user_count, at_once=True)

    def measured(self, snapshot: Snapshot) -> None:
        """As `Program.measured`: what the statistics read, and what is printed each second."""
        assert self._feed is not None
        with self.environment.stats.guard:
            self._feed.add(snapshot)
        self.environment.stats.look()
        runner = self.runner
        if snapshot.health:
            runner.current_cpu_usage = float(snapshot.health.get("cpu", 0.0)) * 100.0
            runner.current_memory_usage = int(snapshot.health.get("rss", 0))
        if self._several:
            runner.control.post(("users", runner.state, runner.user_classes_count))
            if snapshot.second % _REPORT_SECONDS == 0:
                self._spawn(self._report)
        elif self._outputs is not None and not self._ended:
            self._outputs.tick(time.time())

    def receive(self, value: Any) -> None:
        """As `Program.receive`: a message of the master."""
        kind, msg_type, data, sender = value
        runner = self.runner
        if kind == "message":
            self._join()
            runner.deliver(Message(msg_type, data, sender))
        elif kind == "remix":
            runner.control.remix(runner.workload, shares([runner.user_classes_by_name[name] for name in msg_type]))
        elif kind == "steer":
            runner.control.steer(runner.workload, msg_type, data)
        elif kind == "spawn":
            runner.spawn_users(msg_type)
        elif kind == "web":
            self._spawn(self._answer_web, msg_type, data)

    def before_stop(self, reason: str, grace: float | None) -> float | None:
        """As `Program.before_stop`: what Locust does before it stops the users."""
        self._join()
        self._stopping = True
        if self._several:
            self.runner.control.post(("stopping", reason))
        elif reason == "interrupted":
            self._tell_quitting()
        elif reason == TIME_IS_UP:
            _log.info("--run-time limit reached, shutting down")
        runner = self.runner
        self.environment.events.test_stopping.fire(environment=self.environment)
        runner.final_user_classes_count = dict(runner.user_classes_count)
        runner.update_state(STATE_CLEANUP)
        assert self._context is not None
        self._enders.begun(self._context.hub)
        return grace if self._make_outputs is None else self.environment.stop_timeout

    def teardown(self, context: WorkerContext) -> None:
        """As `Program.teardown`: the end of the test."""
        del context
        self._finish()

    def stop_worker(self, context: WorkerContext) -> None:
        """As `Program.stop_worker`: the end, where it has not come yet."""
        del context
        self._finish()

    # The end.

    def has_ended(self) -> bool:
        """Whether the end has come already; it has now."""
        ended, self._ended = self._ended, True
        if not ended:
            self._join()
            self.runner.update_state(STATE_STOPPED)
        return ended

    def _finish(self) -> None:
        if self.has_ended():
            return
        events, environment = self.environment.events, self.environment
        if self._begun:
            events.test_stop.fire(environment=environment)
            if self._several:
                self._report()  # what the test has gathered since the last one
        assert self._context is not None
        self._enders.ended(self._context.hub)
        self._tell_quitting()
        if answers := last_answers(environment.web_ui):
            self.runner.control.post(("web_last", answers))  # nobody can ask the test any more
        code = self.exit_code
        if not self._several:
            _log.info("Shutting down (exit code %s)", code)
            if self._outputs is not None:
                self._outputs.close(time.time())
        events.quit.fire(exit_code=code)
        self._context.control.post(("exit", code, log.unhandled_greenlet_exception))
        logging.shutdown()
        if self._feed is not None:
            self._feed.store.close()

    def _tell_quitting(self) -> None:
        if not self._quitting_told:
            self._quitting_told = True
            self.environment.events.quitting.fire(environment=self.environment, reverse=True)

    @property
    def exit_code(self) -> int:
        """What Locust would exit with now."""
        environment = self.environment
        if environment.process_exit_code is not None:
            return environment.process_exit_code
        if self.runner.errors or self.runner.exceptions:
            return environment.parsed_options.exit_code_on_error
        return 2 if log.unhandled_greenlet_exception else 0

    # Small parts.

    def _end(self, reason: str) -> None:
        context = self._context
        assert context is not None
        self._end_asked = True
        context.control.end(reason)
        if self._begun and not self._stopping:
            self._enders.wait(context.hub)

    def _join(self) -> None:
        """Give code that runs for no user something to stand on."""
        from swell.dialects.python.current import PhaseUser  # noqa: PLC0415 - one way only

        fiber = current_fiber()
        if fiber.user is None:
            assert self._context is not None
            fiber.user = PhaseUser(self._context, self.environment)  # type: ignore[arg-type]

    def _spawn(self, function: Any, *args: Any, at_once: bool = False) -> None:
        """Run a part of the test's code in a fiber of its own."""
        context = self._context
        assert context is not None

        def run() -> None:
            self._join()
            try:
                function(*args)
            except StopVirtualUser as stop:
                _log.error(str(stop))
                self._end("the test raised StopTest")
            except Exception:
                log.note_unhandled()
                _log.critical("Unhandled exception: \n%s", traceback.format_exc())

        if at_once:
            Fiber(run, context.hub.greenlet).switch()
        else:
            context.hub.spawn(run)

    def _tell_spawned(self, user_count: int) -> None:
        runner = self.runner
        homeless = any(hasattr(cls, "rest") and cls.host is None for cls in runner.user_classes)
        if runner.state in {STATE_CLEANUP, STATE_STOPPED} or homeless:
            return
        counts = runner.user_classes_count
        runner.target_user_classes_count = counts
        if not self._several:
            _runner_log.info("All users spawned: %s", counts_text(counts))
        if self._several:
            # On workers too it is the number of all users that is told.
            user_count = max(user_count, runner.reachable_user_count)
            runner.control.post(("spawned", counts))
        self.environment.events.spawning_complete.fire(user_count=user_count)
        if runner.state in {STATE_CLEANUP, STATE_STOPPED}:
            return  # a listener has ended the test
        runner.update_state(STATE_RUNNING)
        if self.environment.reset_stats:
            _log.info("Resetting stats\n")
            self.environment.stats.reset_all()

    def _answer_web(self, number: int, request: Any) -> None:
        """A request of the page for a route of the test."""
        self.runner.control.post(("web", number, answer(self.environment.web_ui, request)))

    def _report(self) -> None:
        """What the test adds to the reports to its master."""
        runner = self.runner
        data: dict[str, Any] = {"user_count": runner.user_count, "user_classes_count": runner.user_classes_count}
        self.environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
        runner.control.post(("report", data))

    def _filter(self) -> None:
        self.environment.filter_tasks()

    def _count_exception(self, user_instance: Any, exception: BaseException, tb: Any) -> None:
        del user_instance
        node = self.runner.client_id if self._several else "local"
        lines = "".join(traceback.format_tb(tb))
        self.runner.log_exception(node, str(exception), lines)
        if self._several:
            self.runner.control.post(("exception", node, str(exception), lines))
