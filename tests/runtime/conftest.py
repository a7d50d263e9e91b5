"""Functions run in fibers of a real event loop of each kind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.runtime.hub import LoopHub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Iterator[asyncio.AbstractEventLoop]:
    """A new loop of each kind."""
    made = pytest.importorskip(request.param).new_event_loop()
    yield made
    made.close()


@pytest.fixture
def run(loop: asyncio.AbstractEventLoop) -> Callable[..., list[Any]]:
    """Runs each function in a fiber of one hub; returns their results or exceptions."""

    def run(*functions: Callable[[LoopHub], Any]) -> list[Any]:
        hub = LoopHub(loop)
        results: list[Any] = [None] * len(functions)
        left = len(functions)

        def one(index: int) -> None:
            nonlocal left
            try:
                results[index] = functions[index](hub)
            except BaseException as error:
                results[index] = error
            left -= 1
            if not left:
                loop.call_soon(loop.stop)

        for index in range(len(functions)):
            hub.spawn(one, index)
        loop.call_later(30, loop.stop)
        loop.run_forever()
        assert left == 0, "a fiber never came to its end"
        return results

    return run
