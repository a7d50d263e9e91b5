"""Small programs for the engine, without a dialect: what the coordinator's tests run in real workers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from swell.engine.script import AbortRun, WorkerContext
from swell.metrics.tags import TagSet
from swell.model.plan import Plan, Share, Source, Workload
from swell.model.profile_builders import constant_users


def plan_of(behaviour: str = "steady", *, users: int = 4, seconds: float = 60.0, **changes: Any) -> Plan:
    """A closed plan of one behaviour of this module."""
    workload = Workload(behaviour, (Share(behaviour),), constant_users(users, seconds), graceful_stop=0.5)
    options = changes.pop("options", {})
    return Plan(Source("tests.coordinator.programs:load", behaviour, options=options), (workload,), **changes)


def load(source: Source) -> Program:
    """The loader of these programs."""
    if source.path == "broken":
        raise ValueError("this program cannot be loaded")
    if source.path == "dies-loading":
        print("last words", flush=True)
        os._exit(7)
    return Program(source)


class Program:
    """Behaviours by name; options may name files that tell the test what has happened."""

    def __init__(self, source: Source) -> None:
        self.options = source.options

    def start_worker(self, context: WorkerContext) -> None:
        print(f"worker {context.index} is here")

    def setup(self, context: WorkerContext) -> object:
        if self.options.get("setup") == "fails":
            raise ValueError("no stock")
        return {"tickets": 3}

    def new_user(self, behaviour: str, user: Any) -> Script:
        return Script(behaviour, user, self.options)

    def teardown(self, context: WorkerContext) -> None:
        if "teardown_file" in self.options:
            Path(self.options["teardown_file"]).write_text(str(context.data))

    def stop_worker(self, context: WorkerContext) -> None:
        pass


class Script:
    """One user."""

    def __init__(self, behaviour: str, user: Any, options: dict[str, str]) -> None:
        self.behaviour = behaviour
        self.user = user
        self.options = options
        self.loops = user.recorder.series("loops", "counter", user.tags)

    def start(self) -> None:
        pass

    def warm(self) -> None:
        pass

    def iterate(self) -> None:
        user = self.user
        user.hub.sleep(0.02)
        user.recorder.add_sample((self.loops, user.hub.time(), 1.0))
        act = getattr(self, "_" + self.behaviour, None)
        if act is not None:
            act()

    def pause(self) -> float:
        return 0.0

    def stop(self) -> None:
        pass

    def _suicide(self) -> None:
        """Worker 1 kills itself."""
        if self.user.context.index == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    def _abort(self) -> None:
        raise AbortRun("stock is empty")

    def _block(self) -> None:
        """Stall the whole worker."""
        time.sleep(0)  # the patched one gives way ...
        end = time.perf_counter() + float(self.options.get("block", "60"))
        while time.perf_counter() < end:  # ... this does not
            pass

    def _linger(self) -> None:
        """An iteration that outlasts a short load."""
        self.user.hub.sleep(float(self.options["linger"]))

    def _meet(self) -> None:
        result = self.user.rendezvous("here", int(self.options["size"]), 20.0)
        name = "met" if result.complete else "missed"
        series = self.user.recorder.series(name, "counter", TagSet.of({}))
        self.user.recorder.add_sample((series, self.user.hub.time(), 1.0))
