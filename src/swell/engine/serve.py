"""Runs one worker on a real event loop, at the other end of a channel.

Rules: it blocks until the worker is told to exit or its channel closes, whichever comes first; a closed channel means
that nobody listens any more, so the worker drops everything. The test file is loaded here, after the loop and the
patches exist, so that what it imports already waits in a friendly way.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from typing import TYPE_CHECKING, Any, Protocol

from swell.engine.health import HealthWatch
from swell.engine.memory import Collector
from swell.engine.messages import ScriptFailed
from swell.engine.tracebacks import user_traceback
from swell.engine.worker import Worker
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages
from swell.runtime import blocking, patch
from swell.runtime.hub import LoopHub, new_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.engine.script import Program
    from swell.model.plan import Plan, Source

__all__ = ["WorkerChannel", "load_program", "serve_worker"]

# What nearly every run imports with its first users and health records, and what arrivals import.
_NEEDED = ("encodings.idna", "psutil", "swell.http.session")
_FOR_ARRIVALS = ("numpy.random",)


class WorkerChannel(Protocol):
    """The worker's end of the line to its coordinator."""

    async def open(self, on_message: Callable[[Any], object], on_close: Callable[[], object]) -> None:
        """Attach to the running loop."""
        ...

    def send(self, message: object) -> None:
        """Queue one message."""
        ...

    async def close(self) -> None:
        """Send what is queued, then close."""
        ...


def load_program(source: Source) -> Program:
    """Call the source's loader. What the loader raises is for people and passes through."""
    module, _, function = source.loader.partition(":")
    return getattr(importlib.import_module(module), function)(source)


def _load_for_the_run(plan: Plan) -> None:
    """Import what a run needs anyway, so that no import (60 ms together) delays the first arrivals of the load."""
    arrivals = any(isinstance(each.profile, ArrivalStages | ArrivalRuns | ArrivalSequence) for each in plan.workloads)
    for name in (*_NEEDED, *(_FOR_ARRIVALS if arrivals else ())):
        importlib.import_module(name)


def serve_worker(plan: Plan, index: int, count: int, channel: WorkerChannel) -> None:
    """Be worker `index` of `count` until told to exit. Works in the main thread and in any other."""
    loop = new_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_serve(plan, index, count, channel))
    finally:
        # Such as a look-up of a name that nobody waits for any more.
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        blocking.uninstall()
        patch.set_hub(None)
        asyncio.set_event_loop(None)
        loop.close()


async def _serve(plan: Plan, index: int, count: int, channel: WorkerChannel) -> None:
    ended = asyncio.Event()
    hub = LoopHub(asyncio.get_running_loop())
    patch.set_hub(hub)
    patch.install()
    worker: Worker | None = None
    early: list[Any] = []

    def deliver(message: Any) -> None:
        if worker is None:
            early.append(message)
        else:
            worker.receive(message)

    await channel.open(deliver, ended.set)

    # Before the test file: what is imported from now on may be a reason to make blocking calls cooperative.
    _load_for_the_run(plan)
    try:
        program = load_program(plan.source)
    except Exception as error:
        text = str(error) if getattr(error, "for_people", False) else user_traceback(error)
        channel.send(ScriptFailed(index, "load", text))
        await ended.wait()
        return

    # A worker in a thread shares its process: it counts its own CPU only and leaves the collector alone.
    in_thread = threading.current_thread() is not threading.main_thread()
    watch = HealthWatch(thread=in_thread)
    worker = Worker(
        plan,
        program,
        index=index,
        count=count,
        hub=hub,
        send=channel.send,
        on_exit=ended.set,
        watch=watch,
        collector=None if in_thread else Collector(),
    )
    worker.open()
    for message in early:
        worker.receive(message)
    await ended.wait()
    watch.close()
    await channel.close()
