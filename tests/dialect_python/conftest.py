"""Test files written on the fly, and a run of them on virtual time or on a real loop."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from swell.dialects.python.loader import LOADER, load
from swell.dialects.python.options import RunOptions
from swell.dialects.python.program import PythonProgram
from swell.engine.messages import (
    AbortRequested,
    AllDone,
    DoSetup,
    DoTeardown,
    Exit,
    Ready,
    ScriptFailed,
    SetupDone,
    Start,
    TeardownDone,
    Tick,
)
from swell.engine.worker import Worker
from swell.metrics.snapshot import decode
from swell.metrics.store import MetricStore
from swell.model.plan import Plan, Source
from swell.runtime import patch
from swell.runtime.hub import LoopHub
from swell.runtime.virtual import VirtualHub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEGIN = 101.0
"""Hub time of the start of a virtual run."""


class Rehearsal(msgspec.Struct):
    """What a run left behind. `ended` in seconds from its start, NaN if it never did."""

    programs: list[PythonProgram]
    plan: Plan
    store: MetricStore
    sent: list[Any]
    ended: float = float("nan")
    left_open: int = 0
    """Connections that the server still had some time after the end."""

    def count(self, metric: str, **tags: str) -> float:
        """The sum of all samples."""
        found = self.store.aggregate(metric, tags)
        return 0 if found is None else found.sum

    def errors(self) -> dict[str, int]:
        """Error messages and how often."""
        return {group.message: group.count for group in self.store.errors()}

    def failures(self) -> list[str]:
        """What workers said that could not go on."""
        return [message.text for message in self.sent if isinstance(message, ScriptFailed)]

    def aborts(self) -> list[str]:
        """Why the test wanted to end."""
        return [message.reason for message in self.sent if isinstance(message, AbortRequested)]


class Journal(ModuleType):
    """The module `journal` that test files write to: `note("what")` keeps (time from start, what)."""

    def __init__(self) -> None:
        super().__init__("journal")
        self.log: list[Any] = []
        self.clock: Callable[[], float] = lambda: 0.0

    def note(self, what: Any) -> None:
        """Keep what happened, and when."""
        self.log.append((round(self.clock(), 6), what))

    @property
    def what(self) -> list[Any]:
        """What happened, in order."""
        return [what for _, what in self.log]


@pytest.fixture
def journal() -> Iterator[Journal]:
    """A fresh journal."""
    made = Journal()
    sys.modules["journal"] = made
    yield made
    sys.modules.pop("journal", None)


@pytest.fixture(autouse=True)
def _clean_imports() -> Iterator[None]:
    """What a test file does to the import system is undone."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if "/pytest-" in file:
            del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Source]:
    """Writes a test file and gives its source."""

    def write(text: str, name: str = "load_test.py", **options: str) -> Source:
        path = tmp_path / name
        path.write_text("from swell import *\n" + textwrap.dedent(text), encoding="utf-8")
        return Source(loader=LOADER, path=str(path), options=options)

    return write


@pytest.fixture
def program(write: Callable[..., Source]) -> Callable[..., PythonProgram]:
    """Writes and loads a test file."""
    return lambda text, **options: load(write(text, **options))


@pytest.fixture
def rehearse(write: Callable[..., Source], journal: Journal) -> Callable[..., Rehearsal]:
    """Writes a test file and runs it on virtual time with `count` workers."""

    def rehearse(text: str, *, count: int = 1, until: float = 1e5, **options: Any) -> Rehearsal:
        source = write(text)
        options.setdefault("require_host", False)
        plan = load(source).plan(RunOptions(**options))
        programs = [load(plan.source) for _ in range(count)]
        hub = VirtualHub(start=BEGIN - 1.0)
        patch.install()
        patch.set_hub(hub)
        journal.clock = lambda: hub.time() - BEGIN
        workers: list[Worker] = []
        run = Rehearsal(programs, plan, MetricStore(), [])

        def send(message: Any) -> None:
            run.sent.append(message)
            done = sum(isinstance(each, type(message)) for each in run.sent)
            match message:
                case Tick(index, snapshot):
                    run.store.add(index, decode(snapshot))
                case Ready() if done == count:
                    hub.call_soon(workers[0].receive, DoSetup())
                case SetupDone(data):
                    for worker in workers:
                        hub.call_soon(worker.receive, Start(BEGIN, data))
                case AllDone() if done == count:
                    run.ended = hub.time() - BEGIN
                    hub.call_soon(workers[0].receive, DoTeardown())
                case TeardownDone():
                    for worker in workers:
                        hub.call_soon(worker.receive, Exit())

        for index, made in enumerate(programs):
            worker = Worker(plan, made, index=index, count=count, hub=hub, send=send, on_exit=lambda: None)
            workers.append(worker)
        for worker in workers:
            worker.open()
        try:
            hub.run(until=BEGIN + until)
        finally:
            patch.set_hub(None)
        return run

    return rehearse


_connections: set[asyncio.Task[Any]] = set()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An HTTP server in few lines: echoes the path; /404 is not found; says how often a connection was used."""
    served = 0
    task = asyncio.current_task()
    assert task is not None
    _connections.add(task)
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            served += 1
            status = b"404 Not Found" if path == b"/404" else b"200 OK"
            writer.write(
                b"HTTP/1.1 %b\r\nContent-Length: %d\r\nX-Served: %d\r\n\r\n%b" % (status, len(path), served, path)
            )
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        _connections.discard(task)
        writer.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def run_live(
    request: pytest.FixtureRequest, write: Callable[..., Source], journal: Journal
) -> Callable[..., Rehearsal]:
    """Writes a test file and runs it on a real loop of each kind, against a small HTTP server, to its end."""

    def run_live(text: str, **options: Any) -> Rehearsal:
        loop = pytest.importorskip(request.param).new_event_loop()
        try:
            return loop.run_until_complete(asyncio.wait_for(live(text, options), 60))
        finally:
            patch.set_hub(None)
            loop.close()

    async def live(text: str, options: dict[str, Any]) -> Rehearsal:
        hub = LoopHub(asyncio.get_running_loop())
        patch.set_hub(hub)
        patch.install()
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        options.setdefault("host", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        made = load(write(text))
        run = Rehearsal([made], made.plan(RunOptions(**options)), MetricStore(), [])
        ended = asyncio.Event()

        def send(message: Any) -> None:
            run.sent.append(message)
            match message:
                case Tick(index, snapshot):
                    run.store.add(index, decode(snapshot))
                case Ready():
                    hub.call_soon(worker.receive, DoSetup())
                case SetupDone(data):
                    hub.call_soon(worker.receive, Start(hub.time() + 0.05, data))
                case AllDone():
                    hub.call_soon(worker.receive, DoTeardown())
                case TeardownDone():
                    hub.call_soon(worker.receive, Exit())
                case ScriptFailed():
                    ended.set()

        worker = Worker(run.plan, made, index=0, count=1, hub=hub, send=send, on_exit=ended.set)
        journal.clock = hub.time
        worker.open()
        await ended.wait()
        server.close()
        for _ in range(500):
            if not _connections:
                break
            await asyncio.sleep(0.01)
        run.left_open = len(_connections)
        for task in tuple(_connections):
            task.cancel()
        await asyncio.sleep(0)
        return run

    return run_live
