"""Coroutines in fibers that end early: time limits, exceptions thrown in, failed siblings, killed users."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from swell.runtime.async_fiber import run_async
from swell.runtime.fiber import current_fiber
from swell.runtime.hub import LoopHub

if TYPE_CHECKING:
    from collections.abc import Callable


def test_throw_into_blocked_code(run: Callable[..., list[Any]]) -> None:
    """An exception thrown into the fiber of a coroutine comes out of its blocking wait."""

    def go(hub: LoopHub) -> str:
        async def code() -> str:
            fiber = current_fiber()
            hub.call_soon(fiber.throw, KeyError("x"))
            try:
                hub.wait()
            except KeyError as error:
                return str(error)
            return "nothing"

        return run_async(hub, code())

    assert run(go) == ["'x'"]


def test_timeout_cancels_a_blocking_wait(run: Callable[..., list[Any]]) -> None:
    """asyncio.timeout ends a blocking call, and the coroutine goes on after it."""

    def go(hub: LoopHub) -> str:
        async def code() -> str:
            try:
                async with asyncio.timeout(0.01):
                    hub.sleep(25)
            except TimeoutError:
                hub.sleep(0.001)
                return "timed out"
            return "not"

        return run_async(hub, code())

    assert run(go) == ["timed out"]


def test_task_group_failure_cancels_blocked_sibling(run: Callable[..., list[Any]]) -> None:
    """When one task of a group fails, a sibling stuck in a blocking wait is cancelled."""

    def go(hub: LoopHub) -> list[str]:
        log: list[str] = []

        async def stuck() -> None:
            try:
                hub.sleep(25)
            except asyncio.CancelledError:
                log.append("cancelled")
                raise

        async def fails() -> None:
            hub.sleep(0.001)
            raise ValueError("no")

        async def code() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(stuck())
                    group.create_task(fails())
            except* ValueError:
                log.append("failed")

        run_async(hub, code())
        return log

    assert run(go) == [["cancelled", "failed"]]


def test_child_cancelled_before_its_first_step(run: Callable[..., list[Any]]) -> None:
    """A child task cancelled at once ends as cancelled without a warning about a forgotten coroutine."""

    def go(hub: LoopHub) -> bool:
        async def child() -> None:
            hub.sleep(1)

        async def code() -> bool:
            task = asyncio.create_task(child())
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return task.cancelled()

        return run_async(hub, code())

    assert run(go) == [True]


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "awaiting"])
def test_kill_cancels_and_waits_for_cleanup(run: Callable[..., list[Any]], blocking: bool) -> None:
    """An exception thrown into the user's fiber cancels the coroutine, lets it clean up, and then goes on."""
    log: list[str] = []

    def go(hub: LoopHub) -> None:
        hub.loop.call_later(0.01, current_fiber().throw, _Killed())

        async def code() -> None:
            try:
                if blocking:
                    hub.sleep(25)
                else:
                    await asyncio.sleep(25)
            finally:
                await asyncio.sleep(0.001)
                hub.sleep(0.001)
                log.append("clean")

        run_async(hub, code())

    (result,) = run(go)
    assert isinstance(result, _Killed)
    assert log == ["clean"]


def test_second_kill_does_not_wait(run: Callable[..., list[Any]]) -> None:
    """A coroutine that swallows its cancellation is left behind by the second kill."""

    def go(hub: LoopHub) -> None:
        fiber = current_fiber()
        hub.loop.call_later(0.01, fiber.throw, _Killed("first"))
        hub.loop.call_later(0.05, fiber.throw, _Killed("second"))

        async def code() -> None:
            end = hub.time() + 0.2
            while hub.time() < end:
                try:
                    await asyncio.sleep(0.2)
                except asyncio.CancelledError:
                    continue

        run_async(hub, code())

    (result,) = run(go)
    assert str(result) == "second"


def test_cancelled_from_within_is_an_ordinary_error(run: Callable[..., list[Any]]) -> None:
    """A coroutine that cancels itself fails its task; it does not end the user as a kill would."""

    async def code() -> None:
        raise asyncio.CancelledError

    (result,) = run(lambda hub: run_async(hub, code()))
    assert isinstance(result, RuntimeError)
