"""The master of a test in several processes: what Locust's is to test code, in the process that conducts the run.

Rules: a companion of the coordinator (`coordinator.companion`), called in its loop: listeners of the test that block
here stall the console, not the load. Statistics are read from the coordinator's own store. A shape is asked once a
second (`coordinator.steering`); what it answers goes to the workers in shares.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

from swell import __version__
from swell.coordinator.steering import SteerTarget
from swell.dialects.locust import log
from swell.dialects.locust.exception import StopTest
from swell.dialects.locust.loader import make_outputs
from swell.dialects.locust.log import setup_logging
from swell.dialects.locust.messages import Message
from swell.dialects.locust.runners import (
    STATE_CLEANUP,
    STATE_RUNNING,
    STATE_STOPPED,
    WORKLOAD,
    MasterRunner,
    WorkerNode,
    counts_text,
)
from swell.dialects.locust.shape_loop import ask
from swell.dialects.locust.testing import load_test
from swell.dialects.locust.version import LOCUST_VERSION
from swell.engine.worker import TIME_IS_UP
from swell.model.plan import SteeredUsers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.dialects.locust.outputs import RunOutputs
    from swell.dialects.locust.web_ui import WebAnswer, WebRequest
    from swell.metrics.snapshot import Snapshot
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan

__all__ = ["Master"]

_log = logging.getLogger("locust.main")
_runner_log = logging.getLogger("locust.runners")


class Master:
    """The test in this process. Raises TestFileError where it cannot be loaded."""

    def __init__(self, arguments: Sequence[str], plan: Plan, store: MetricStore, *, page: bool = False) -> None:
        self._plan = plan
        self._store = store
        test = load_test(arguments)
        self._options: Any = test.options
        profile = plan.workloads[0].profile
        if isinstance(profile, SteeredUsers) and profile.users:
            test.options.num_users, test.options.spawn_rate = profile.users, profile.spawn_rate
        if not self._options.skip_log_setup:
            setup_logging(self._options.loglevel, self._options.logfile)
        self._environment = test.make_environment()
        if page:
            from swell.dialects.locust.web_ui import WebUI  # noqa: PLC0415 - only with a page

            self._environment.web_ui = WebUI(self._environment)
        self._runner = MasterRunner(self._environment)
        self._environment.take_runner(self._runner)
        self._outputs: RunOutputs | None = None
        self._names: dict[int, str] = {}
        self._spawned: dict[int, int] = {}
        self._exited: set[int] = set()
        self._unhandled = False
        self._quitting_told = False
        self._stopping_told = False
        self.exit_code: int | None = None

    # What the coordinator calls.

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`: the event init."""
        runner, environment = self._runner, self._environment
        runner.send_to = send
        runner.end = end
        runner.shares_of = self._plan.processes
        _log.info("Starting Locust %s (Swell %s)", LOCUST_VERSION, __version__)
        environment.events.init.fire(environment=environment, runner=runner, web_ui=environment.web_ui)
        if log.unhandled_greenlet_exception:
            end("a listener of events.init failed")

    def receive(self, index: int, value: Any) -> None:
        """As `Companion.receive`."""
        kind, *rest = value
        answer = getattr(self, f"_on_{kind}", None)
        if answer is not None:
            answer(index, *rest)

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`: the output of each second."""
        if self._outputs is None:
            origin = time.time() - snapshot.second - 1
            self._environment.stats.attach(self._store, origin, time_metric=_time_metric(self._plan))
            self._outputs = make_outputs(self._environment)
            self._outputs.start(time.time())
        elif not index and self._runner.state != STATE_STOPPED:
            self._outputs.tick(time.time())

    def tick(self, elapsed: float) -> Sequence[SteerTarget] | None:
        """As `Steering.tick`: what the shape answers."""
        del elapsed
        runner, shape = self._runner, self._environment.shape_class
        if runner.shape_last_tick is None:
            _runner_log.info("Shape test starting.")
            shape.reset_time()
        answer = ask(shape)
        if answer is None:
            return None
        users, rate, classes = answer
        if answer != runner.shape_last_tick:
            _runner_log.info("Shape test updating to %d users at %.2f spawn rate", users, rate)
            runner.shape_last_tick = answer
            runner.announce(users, rate)
            self._spawned.clear()
            if classes is not None:
                runner.send_to_all(("remix", [cls.__name__ for cls in classes], None, None))
        return [SteerTarget(WORKLOAD, users, rate)]

    @property
    def steers(self) -> bool:
        """Whether a shape steers this test."""
        profile = self._plan.workloads[0].profile
        return self._environment.shape_class is not None and isinstance(profile, SteeredUsers) and not profile.users

    def answer_web(self, request: WebRequest) -> WebAnswer:
        """The answer of a route that the test has added to the page."""
        from swell.dialects.locust.web_ui import answer  # noqa: PLC0415 - only with a page

        return answer(self._environment.web_ui, request)

    def finish(self) -> None:
        """The run is over: test_stop, quitting, the closing tables, quit."""
        environment, events = self._environment, self._environment.events
        if self._names:
            self._tell_stopping()
            self._runner.update_state(STATE_STOPPED)
            events.test_stop.fire(environment=environment)
        self._tell_quitting()
        if environment.process_exit_code is not None:
            code = environment.process_exit_code
        elif self._runner.errors or self._runner.exceptions:
            code = self._options.exit_code_on_error
        else:
            code = 2 if log.unhandled_greenlet_exception or self._unhandled else 0
        _log.info("Shutting down (exit code %s)", code)
        if self._outputs is not None:
            self._outputs.close(time.time())
        events.quit.fire(exit_code=code)
        self.exit_code = code

    # What workers say.

    def _on_ready(self, index: int, client_id: str) -> None:
        environment = self._environment
        self._names[index] = client_id
        self._runner.clients[client_id] = WorkerNode(client_id)
        self._runner.worker_count = len(self._names)
        environment.events.worker_connect.fire(client_id=client_id)
        if len(self._names) < self._plan.processes:
            return
        _log.info("%s workers connected", len(self._names))
        profile = self._plan.workloads[0].profile
        if isinstance(profile, SteeredUsers):
            self._runner.target_user_count = profile.users
        try:
            environment.events.test_start.fire(environment=environment)
        except StopTest as stop:
            _runner_log.error(str(stop))
            self._runner.quit()
        if isinstance(profile, SteeredUsers) and profile.users:
            self._runner.announce(profile.users, profile.spawn_rate)

    def _on_users(self, index: int, state: str, counts: dict[str, int]) -> None:
        node = self._runner.clients[self._names[index]]
        node.state, node.user_classes_count = state, counts
        node.last_seen = time.time()

    def _on_spawned(self, index: int, counts: dict[str, int]) -> None:
        self._runner.clients[self._names[index]].user_classes_count = counts
        self._spawned[index] = sum(counts.values())
        if len(self._spawned) < self._plan.processes or self._stopping_told:
            return
        runner = self._runner
        total = sum(self._spawned.values())
        if total < runner.reachable_user_count:
            return
        self._spawned.clear()
        runner.target_user_classes_count = runner.user_classes_count
        _runner_log.info("All users spawned: %s", counts_text(runner.user_classes_count))
        self._environment.events.spawning_complete.fire(user_count=total)
        runner.update_state(STATE_RUNNING)
        if self._environment.reset_stats:
            self._environment.stats.reset_all()

    def _on_stopping(self, index: int, reason: str) -> None:
        del index
        if self._stopping_told:
            return
        if reason == TIME_IS_UP:
            _log.info("--run-time limit reached, shutting down")
        elif reason == "interrupted":
            self._tell_quitting()
        self._tell_stopping()

    def _on_exception(self, index: int, node: str, message: str, lines: str) -> None:
        del index
        self._runner.log_exception(node, message, lines)

    def _on_message(self, index: int, msg_type: str, data: Any, sender: str) -> None:
        del index
        self._runner.deliver(Message(msg_type, data, sender))

    def _on_report(self, index: int, data: dict[str, Any]) -> None:
        self._environment.events.worker_report.fire(client_id=self._names[index], data=data)

    def _on_exit(self, index: int, code: int, unhandled: bool) -> None:
        del code
        self._exited.add(index)
        self._unhandled = self._unhandled or unhandled

    # Once each.

    def _tell_stopping(self) -> None:
        if self._stopping_told:
            return
        self._stopping_told = True
        self._environment.events.test_stopping.fire(environment=self._environment)
        self._runner.final_user_classes_count = dict(self._runner.user_classes_count)
        self._runner.update_state(STATE_CLEANUP)

    def _tell_quitting(self) -> None:
        if not self._quitting_told:
            self._quitting_told = True
            try:
                self._environment.events.quitting.fire(environment=self._environment, reverse=True)
            except Exception:
                _log.error("quitting: %s", traceback.format_exc())


def _time_metric(plan: Plan) -> str:
    from swell.dialects.locust.measured import time_metric_of  # noqa: PLC0415 - heavy

    return time_metric_of(plan)
