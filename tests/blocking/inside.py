"""Runs one case in a process of its own, on a hub with cooperative blocking calls: the patches cannot be undone.

`python -m tests.blocking.inside MODULE CASE LOOP ARGUMENTS`, the arguments as JSON; the last line printed is the result
as JSON. A case is a function `case(stage, **arguments)` that runs in a fiber.
"""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import importlib
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import psutil

from swell.http.session import Session
from swell.metrics.tags import TagSet
from swell.model.plan import HttpOptions
from swell.runtime import blocking, patch
from swell.runtime.fiber import Fiber, current_fiber, in_fiber
from swell.runtime.hub import LoopHub
from tests.http.conftest import Ledger


class Stage:
    """What a case may use."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.hub = LoopHub(loop)
        self.ledger = Ledger()

    def start(self, function: Callable[[], Any], **tags: str) -> Fiber:
        """A fiber that nobody waits for."""
        fiber = self.hub.spawn(function)
        fiber.tags = TagSet.of(tags)
        return fiber

    def together(self, functions: Iterable[Callable[[], Any]]) -> list[Any]:
        """Run each in a fiber of its own; their results, or what they raised in words, when all have ended."""
        caller = current_fiber()
        waiting = list(functions)
        results: list[Any] = [None] * len(waiting)
        left = len(waiting)

        def one(index: int) -> None:
            nonlocal left
            try:
                results[index] = waiting[index]()
            except BaseException as error:
                results[index] = f"{type(error).__name__}: {error}"
            left -= 1
            if not left:
                self.hub.call_soon(caller.wake)

        for index in range(len(waiting)):
            self.start(lambda index=index: one(index))
        self.hub.wait()
        return results

    def session(self) -> Session:
        return Session(self.hub, self.ledger, HttpOptions())  # type: ignore[arg-type]


class Crowd:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


def open_files() -> int:
    """How many descriptors this process has."""
    gc.collect()
    return psutil.Process().num_fds()


def native_wait(seconds: float) -> str:
    """A wait that no patch reaches; says where it ran."""
    import ctypes

    ctypes.CDLL(None).usleep(int(seconds * 1e6))
    return "fiber" if in_fiber() else "thread"


def main(module: str, case: str, loop_kind: str, arguments: str) -> None:
    faulthandler.dump_traceback_later(50, exit=True)
    loop: asyncio.AbstractEventLoop = importlib.import_module(loop_kind).new_event_loop()
    result: Any = None

    async def live() -> None:
        nonlocal result
        stage = Stage(loop)
        patch.set_hub(stage.hub)
        given = json.loads(arguments)
        assert blocking.install(threads_as_fibers=given.pop("threads_as_fibers", False))
        function = getattr(importlib.import_module(module), case)
        ended = loop.create_future()

        def run() -> None:
            try:
                ended.set_result(function(stage, **given))
            except BaseException as error:
                ended.set_exception(RuntimeError(repr(error)).with_traceback(error.__traceback__))

        stage.start(run)
        result = await ended

    loop.run_until_complete(live())
    blocking.uninstall()
    patch.set_hub(None)
    loop.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
