"""A worker on virtual time with scripted users: what a plan does, without sockets and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from swell.engine.messages import AllDone, DoSetup, DoTeardown, Ready, SetupDone, Start, TeardownDone, Tick
from swell.engine.user import VirtualUser
from swell.engine.worker import Worker
from swell.metrics.snapshot import decode
from swell.metrics.store import MetricStore
from swell.model.plan import Plan, Profile, Share, Source, Workload
from swell.runtime.virtual import VirtualHub

SOURCE = Source(loader="none:none", path="virtual.py")


def plan_of(profile: Profile, **fields: Any) -> Plan:
    """A plan with one workload of one behaviour."""
    return plan_with(Workload(name="main", mix=(Share("user"),), profile=profile, **fields))


def plan_with(*workloads: Workload, **fields: Any) -> Plan:
    """A plan with these workloads."""
    return Plan(source=SOURCE, workloads=workloads, **fields)


class FakeProgram:
    """A program whose users do what `iterate(user)` says; it notes every start and stop with its time."""

    def __init__(
        self,
        iterate: Callable[[VirtualUser], None],
        *,
        pause: float = 0.0,
        on_start: Callable[[VirtualUser], None] | None = None,
        on_stop: Callable[[VirtualUser], None] | None = None,
        setup: Callable[[], Any] | None = None,
    ) -> None:
        self.iterate = iterate
        self.pause = pause
        self.on_start = on_start
        self.on_stop = on_stop
        self.on_setup = setup
        self.started: list[tuple[float, int]] = []
        self.stopped: list[tuple[float, int]] = []
        self.behaviours: list[str] = []
        self.calls: list[str] = []

    def start_worker(self, context: Any) -> None:
        self.calls.append("start_worker")

    def setup(self, context: Any) -> object:
        self.calls.append("setup")
        return self.on_setup() if self.on_setup else None

    def new_user(self, behaviour: str, user: VirtualUser) -> FakeScript:
        self.behaviours.append(behaviour)
        return FakeScript(self, user)

    def spawning_complete(self, user_count: int) -> None:
        self.calls.append(f"spawned {user_count}")

    def user_error(self, user: VirtualUser, error: BaseException) -> None:
        self.calls.append(f"error {error!r}")

    def teardown(self, context: Any) -> None:
        self.calls.append("teardown")

    def stop_worker(self, context: Any) -> None:
        self.calls.append("stop_worker")


class FakeScript:
    def __init__(self, program: FakeProgram, user: VirtualUser) -> None:
        self.program = program
        self.user = user

    def start(self) -> None:
        self.program.started.append((self.user.hub.time(), self.user.id))
        if self.program.on_start:
            self.program.on_start(self.user)

    def warm(self) -> None:
        self.program.calls.append("warm")

    def iterate(self) -> None:
        self.program.iterate(self.user)

    def pause(self) -> float:
        return self.program.pause

    def stop(self) -> None:
        self.program.stopped.append((self.user.hub.time(), self.user.id))
        if self.program.on_stop:
            self.program.on_stop(self.user)


class Outcome(msgspec.Struct):
    """What a virtual run left behind."""

    store: Any
    sent: list[Any]
    ended: float
    workers: list[Any]

    def total(self, metric: str, **tags: str) -> Any:
        return self.store.aggregate(metric, tags)

    def count(self, metric: str, **tags: str) -> float:
        found = self.total(metric, **tags)
        return 0 if found is None else found.sum


def run_virtual(
    plan: Plan,
    program: Any,
    *,
    count: int = 1,
    at: dict[float, Callable[[list[Worker]], None]] | None = None,
    until: float = 1e6,
    period: int = 1,
) -> Outcome:
    """Run a plan on `count` virtual workers to its end; `at` calls back at times from the start."""
    hub = VirtualHub(start=100.0)
    store = MetricStore()
    sent: list[Any] = []
    workers: list[Worker] = []
    ended: list[float] = []

    def send(message: Any) -> None:
        sent.append(message)
        match message:
            case Tick(index, snapshot):
                store.add(index, decode(snapshot))
            case Ready():
                if sum(isinstance(each, Ready) for each in sent) == count:
                    hub.call_soon(workers[0].receive, DoSetup())
            case SetupDone(data):
                for worker in workers:
                    hub.call_soon(worker.receive, Start(begin, data))
            case AllDone():
                if sum(isinstance(each, AllDone) for each in sent) == count:
                    ended.append(hub.time() - begin)
                    hub.call_soon(workers[0].receive, DoTeardown())
            case TeardownDone():
                pass

    begin = hub.time() + 1.0
    for index in range(count):
        workers.append(
            Worker(plan, program, index=index, count=count, hub=hub, send=send, on_exit=lambda: None, period=period)
        )
    for worker in workers:
        worker.open()
    for when, action in (at or {}).items():
        hub.call_at(begin + when, action, workers)
    hub.run(until=begin + until)
    return Outcome(store, sent, ended[0] if ended else float("nan"), workers)


@pytest.fixture
def virtual() -> Callable[..., Outcome]:
    """`run_virtual` as a fixture."""
    return run_virtual
