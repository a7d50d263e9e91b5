"""The program of an Artillery test in one worker: before, after, and a VU for each arrival.

Rules: implements `engine.script.Program`. What a VU does is the flow's (`flow.vuser`); which variables it starts with
is decided here. `before` and `after` run in the first worker, and what they do is not measured, as in Artillery; the
variables of `before` go to all VUs as plain data.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.behaviours import behaviour_names
from swell.dialects.artillery.flow.processor import load_processor
from swell.dialects.artillery.flow.vuser import FlowTest, Vuser, VuserFailed
from swell.dialects.artillery.metrics import ArtilleryMetrics, NoMetrics
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.payload import read_payloads, variables_of_row
from swell.dialects.artillery.processors import processor_path
from swell.dialects.artillery.script import VuserScript
from swell.dialects.artillery.shapes import list_of, mapping_of
from swell.http.session import Session
from swell.metrics.recorder import Recorder
from swell.metrics.redaction import redact_text

if TYPE_CHECKING:
    import random

    from swell.dialects.artillery.metrics import MetricSink
    from swell.dialects.artillery.settings import ArtilleryTest
    from swell.engine.script import WorkerContext
    from swell.engine.user import VirtualUser

__all__ = ["ArtilleryProgram"]


class ArtilleryProgram:
    """One worker's side of a test. Raises ScriptError for what cannot be read."""

    def __init__(self, test: ArtilleryTest) -> None:
        self.test = test
        self.payloads = read_payloads(test.config)
        config = test.config
        self._inline = mapping_of(config.get("variables"))
        self.indices = {name: index for index, name in enumerate(behaviour_names(test.scenarios))}
        self.flow: FlowTest | None = None
        self.metrics: MetricSink = NoMetrics()
        self._context: WorkerContext | None = None
        self._shared = self._common_variables()

    # What the engine calls.

    def start_worker(self, context: WorkerContext) -> None:
        """As `Program.start_worker`."""
        self._context = context
        self.metrics = ArtilleryMetrics(context.recorder, context.hub)
        test, processor = self.test, None
        path = processor_path(test.config)
        if path is not None:
            processor = load_processor(
                path,
                hub=context.hub,
                log=self.log,
                session_factory=self.session,
                test_id=test.test_id,
                runtime=test.processor_runtime,
                note=self._note,
            )
        self.flow = FlowTest(
            test.config, Path(test.config_file).parent, test.scenarios, processor, strict=test.strict_compat
        )

    def setup(self, context: WorkerContext) -> object:
        """As `Program.setup`: run `before`; its variables as JSON."""
        if self.test.before is None:
            return None
        variables = self._hook(context, self.test.before, "before", {})
        return json.dumps({name: value for name, value in variables.items() if _is_plain(value)})

    def load_started(self, at: float) -> None:
        """As in `Program`: the load begins at hub time `at`."""
        context = self._context
        assert context is not None
        context.control.post(("started", time.time() + at - context.hub.time()))
        if isinstance(context.data, str):
            self._shared |= json.loads(context.data)

    def new_user(self, behaviour: str, user: VirtualUser) -> VuserScript:
        """As `Program.new_user`."""
        return VuserScript(self, self.indices[behaviour], user)

    def spawning_complete(self, user_count: int) -> None:
        """As `Program.spawning_complete`: nothing to do."""

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        """As `Program.user_error`: nothing more to do."""

    def teardown(self, context: WorkerContext) -> None:
        """As `Program.teardown`: run `after`."""
        if self.test.after is not None:
            before: dict[str, Any] = json.loads(context.data) if isinstance(context.data, str) else {}
            self._hook(context, self.test.after, "after", before)

    def stop_worker(self, context: WorkerContext) -> None:
        """As `Program.stop_worker`."""
        processor = self.flow.processor if self.flow is not None else None
        if processor is None:
            return
        processor.close()
        code = getattr(processor, "exit_code", None)
        if code:
            context.control.post(("exit", int(code)))

    # What VUs start with.

    def variables(self, number: int, chance: random.Random) -> dict[str, Any]:
        """The variables of the VU with this number (from 0), later ones over earlier ones."""
        found = dict(self._shared)
        if self.payloads:
            found |= variables_of_row(self.payloads, number, chance)
        for name, value in self._inline.items():
            choices = list_of(value)
            found[name] = chance.choice(choices) if choices else value
        return found

    def session(self) -> Session:
        """An HTTP client with connections and cookies of its own."""
        context = self._context
        assert context is not None
        return Session(context.hub, context.recorder, context.plan.http)

    def log(self, level: str, text: str) -> None:
        """A line of a script, or about it; debug lines only where DEBUG is set, as in Artillery."""
        if level == "debug" and not os.environ.get("DEBUG"):
            return
        print(f"WARNING: {text}" if level == "warn" else text, flush=True)  # noqa: T201 - what the script asks for

    def _note(self, text: str) -> None:
        """Something to tell about the test, which all workers find; the first one tells it."""
        context = self._context
        assert context is not None
        if context.index == 0 and context.control is not None:
            context.control.post(("note", text))

    def _common_variables(self) -> dict[str, Any]:
        test = self.test
        environment = dict(os.environ)
        named = {"$environment": test.environment} if test.environment else {}
        return {
            "target": test.config.get("target"),
            **named,
            "$processEnvironment": environment,
            "$env": environment,
            "$testId": test.test_id,
            "$dirname": str(Path(test.config_file).parent),
            "$scenarioFile": test.script,
        }

    def _hook(
        self, context: WorkerContext, hook: dict[str, Any], name: str, variables: dict[str, Any]
    ) -> dict[str, Any]:
        """Run `before` or `after` as a VU; its variables. Raises ScriptError."""
        found = {**self._shared, **self._first_variables(), **variables}
        aside = Recorder()
        assert self.flow is not None
        vuser = Vuser(
            self.flow,
            hub=context.hub,
            session_factory=lambda: Session(context.hub, aside, context.plan.http),
            metrics=NoMetrics(),
            random=_chance(context),
            variables=found,
            log=self.log,
        )
        try:
            vuser.run({"name": name, "engine": "http", **hook})
        except Exception as error:
            told = error.detail if isinstance(error, VuserFailed) else str(error)
            raise ScriptError(f'"{name}" failed: {redact_text(told)}') from None
        return vuser.variables

    def _first_variables(self) -> dict[str, Any]:
        context = self._context
        assert context is not None
        return self.variables(0, _chance(context))


def _chance(context: WorkerContext) -> random.Random:
    import random  # noqa: PLC0415 - used once or twice a run

    seed = context.plan.seed
    return random.Random() if seed is None else random.Random(f"{seed}/hooks")


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
