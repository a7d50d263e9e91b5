"""The program of a k6 script in one worker: setup, teardown, and scripts for users.

Rules: implements `engine.script.Program`. VUs are made before the load, and handed from scenario to scenario. What the
other side of a run must know (the data of setup, test.abort, test.fail) goes there as plain data.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import UNDEFINED, JsError
from swell.dialects.k6.inspect_requirements import seconds_of
from swell.dialects.k6.planning import largest_vus
from swell.dialects.k6.script import K6Script
from swell.engine.script import AbortRun, UserKilled
from swell.model.slices import slice_count
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.k6.instance import K6Instance
    from swell.dialects.k6.vu import K6Vu, Phase
    from swell.engine.script import WorkerContext
    from swell.engine.user import VirtualUser

__all__ = ["K6Program", "SetupError"]


class SetupError(Exception):
    """An error of a script's setup, teardown or init code; the text is the script's own stack."""

    for_people = True

    def __str__(self) -> str:
        return str(self.args[0])


class K6Program:
    """One worker's side of a k6 test."""

    def __init__(self, instance: K6Instance) -> None:
        self.instance = instance
        instance.program_side = self
        self._started_at = 0.0
        self._wall = 0.0
        self.completed = 0
        self.interrupted = 0
        self._scenario_counts: dict[str, int] = {}
        self._numbers: dict[int, int] = {}

    # What the engine calls.

    def start_worker(self, context: WorkerContext) -> None:
        """As `Program.start_worker`: make the VUs that the scenarios will need."""
        instance = self.instance
        instance.join(context)
        wanted = 0
        for name in instance.test.scenarios:
            wanted = max(wanted, self._planned_from(name))
        try:
            instance.prepare_vus(slice_count(wanted, context.index, context.count))
        except JsError as error:
            raise self._failure(error) from None

    def _planned_from(self, name: str) -> int:
        """VUs that are needed when this scenario starts: its own, and those of scenarios that run then."""
        scenarios = self.instance.test.scenarios
        at = seconds_of(scenarios[name]["startTime"])
        return sum(largest_vus(each) for each in scenarios.values() if seconds_of(each["startTime"]) <= at < _end(each))

    def setup(self, context: WorkerContext) -> object:
        """As `Program.setup`: the JSON of what setup returned; None without one."""
        test = self.instance.test
        if test.options.get("noSetup"):
            return None
        found = self._phase("setup", None)
        if isinstance(found, str):
            context.control.post(("setup", found))
            return found
        return None

    def load_started(self, at: float) -> None:
        """As in `Program`: the load begins at hub time `at`."""
        hub = self.instance.hub
        assert hub is not None
        self._started_at = at
        self._wall = time.time() + (at - hub.time())

    def new_user(self, behaviour: str, user: VirtualUser) -> K6Script:
        """As `Program.new_user`."""
        return K6Script(self, behaviour, user)

    def spawning_complete(self, user_count: int) -> None:
        """As `Program.spawning_complete`: nothing to do."""

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        """As `Program.user_error`: an iteration ended by an error."""
        del user
        self.instance.uncaught(error.stack if isinstance(error, JsError) else f"{type(error).__name__}: {error}")

    def teardown(self, context: WorkerContext) -> None:
        """As `Program.teardown`."""
        if not self.instance.test.options.get("noTeardown"):
            self._phase("teardown", context.data)

    def stop_worker(self, context: WorkerContext) -> None:
        """As `Program.stop_worker`: nothing to do."""

    def _phase(self, name: Phase, data: Any) -> Any:
        """Call setup or teardown in a VU of its own; UNDEFINED if the script has none."""
        instance = self.instance
        try:
            vu = instance.new_vu(0, phase=name)
        except JsError as error:
            raise self._failure(error) from None
        context = vu.context
        assert context is not None
        try:
            if name not in context.call("names"):
                return UNDEFINED
            fiber = current_fiber()
            vu.base = fiber.tags
            return context.call("phase", [name, data], wait="drained")
        except JsError as error:
            if isinstance(error.__cause__, (AbortRun, UserKilled)):
                raise error.__cause__ from None
            raise self._failure(error) from None
        finally:
            vu.close_connections()

    def _failure(self, error: JsError) -> SetupError:
        redact = self.instance.redact
        return SetupError(error.stack if redact is None else redact(error.stack))

    # What k6/execution asks.

    def begin_iteration(self, vu: K6Vu, scenario: str) -> None:
        """Count an iteration of a scenario that begins now."""
        count = self._scenario_counts.get(scenario, -1) + 1
        self._scenario_counts[scenario] = count
        self._numbers[vu.number] = count

    def note_interrupted(self) -> None:
        """Count an iteration that was cut off."""
        self.interrupted += 1
        worker = self.instance.worker
        assert worker is not None
        worker.control.post(("interrupted", 1))

    def scenario_field(self, vu: K6Vu, name: str) -> Any:
        """A property of exec.scenario."""
        user = vu.user
        assert user is not None
        scenario = user.workload.name
        test = self.instance.test.scenarios[scenario]
        worker = self.instance.worker
        assert worker is not None
        start = self._started_at + seconds_of(test["startTime"])
        match name:
            case "name":
                return scenario
            case "executor":
                return test["executor"]
            case "startTime":
                return (self._wall + seconds_of(test["startTime"])) * 1000.0
            case "progress":
                return self._progress(test, worker.hub.time() - start, scenario)
            case "iterationInInstance":
                return self._numbers.get(vu.number, 0)
            case _:
                return self.instance.number_in_test(self._numbers.get(vu.number, 0))

    def _progress(self, test: dict[str, Any], elapsed: float, scenario: str) -> float:
        done = self._scenario_counts.get(scenario, 0)
        worker = self.instance.worker
        assert worker is not None
        match test["executor"]:
            case "shared-iterations":
                share = done * worker.count / test["iterations"]
            case "per-vu-iterations":
                share = done * worker.count / (test["iterations"] * test["vus"])
            case _:
                length = _length(test)
                share = elapsed / length if length else 0.0
        return min(1.0, max(0.0, share))

    def instance_field(self, name: str) -> Any:
        """A property of exec.instance."""
        instance = self.instance
        hub = instance.hub
        match name:
            case "currentTestRunDuration":
                return (
                    max(0.0, (hub.time() - self._started_at) * 1000.0) if hub is not None and self._started_at else 0.0
                )
            case "iterationsCompleted":
                return self.completed
            case "iterationsInterrupted":
                return self.interrupted
            case "vusActive":
                return instance.active
            case _:
                return instance.made


def _end(scenario: dict[str, Any]) -> float:
    """Seconds from the start of the test to the end of a scenario's graceful stop."""
    grace = seconds_of(scenario.get("gracefulStop"))
    return max(seconds_of(scenario["startTime"]) + _length(scenario) + grace, seconds_of(scenario["startTime"]) + 1e-9)


def _length(scenario: dict[str, Any]) -> float:
    """Seconds of a scenario without graceful stops; infinite if it runs until it is told to stop."""
    match scenario["executor"]:
        case "shared-iterations" | "per-vu-iterations":
            return seconds_of(scenario["maxDuration"])
        case "ramping-vus" | "ramping-arrival-rate":
            return sum(seconds_of(stage["duration"]) for stage in scenario["stages"])
        case _:
            return seconds_of(scenario["duration"]) or float("inf")
