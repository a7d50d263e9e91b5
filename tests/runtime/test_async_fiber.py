"""Coroutines in fibers: asyncio as usual, and blocking calls that stall only their own user."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

import pytest
from greenlet import getcurrent

from swell.runtime.async_fiber import AsyncFiber, run_async
from swell.runtime.fiber import Fiber, current_fiber
from swell.runtime.hub import LoopHub
from swell.runtime.virtual import VirtualHub

if TYPE_CHECKING:
    from collections.abc import Callable


def test_result_and_task(run: Callable[..., list[Any]]) -> None:
    """A coroutine runs as a real Task in a fiber of its own, and its result comes back."""

    async def code() -> tuple[Any, Any]:
        await asyncio.sleep(0)
        return asyncio.current_task(), getcurrent()

    (result,) = run(lambda hub: run_async(hub, code()))
    assert isinstance(result[0], asyncio.Task)
    assert isinstance(result[1], AsyncFiber)


def test_blocking_and_awaiting_mixed(run: Callable[..., list[Any]]) -> None:
    """Blocking sleeps and awaits alternate in one coroutine, several users at once, each in its own order."""
    log: list[tuple[str, int]] = []

    def user(name: str) -> Callable[[LoopHub], str]:
        def go(hub: LoopHub) -> str:
            async def code() -> str:
                for step in range(5):
                    hub.sleep(0.001)
                    log.append((name, step))
                    await asyncio.sleep(0.001)
                return name

            return run_async(hub, code())

        return go

    assert run(user("a"), user("b")) == ["a", "b"]
    assert [step for name, step in log if name == "a"] == list(range(5))
    assert [name for name, _ in log] != sorted(name for name, _ in log), "one user stalled the other"


def test_current_task_survives_a_blocking_wait(run: Callable[..., list[Any]]) -> None:
    """After a blocking call the code is still inside a step of the same Task."""

    def go(hub: LoopHub) -> bool:
        async def code() -> bool:
            before = asyncio.current_task()
            hub.sleep(0.001)
            return before is asyncio.current_task()

        return run_async(hub, code())

    assert run(go) == [True]


def test_wake_value(run: Callable[..., list[Any]]) -> None:
    """`hub.wait()` in a coroutine returns what its fiber was woken with."""

    def go(hub: LoopHub) -> Any:
        async def code() -> Any:
            fiber = current_fiber()
            hub.call_soon(fiber.wake, "value")
            return hub.wait()

        return run_async(hub, code())

    assert run(go) == ["value"]


def test_task_group_with_blocking_children(run: Callable[..., list[Any]]) -> None:
    """Tasks that a coroutine starts may block too, run concurrently, and carry its user and tags."""

    def go(hub: LoopHub) -> list[Any]:
        fiber = current_fiber()
        fiber.user, fiber.tags, fiber.lag = "user", "tags", 0.5
        here = 0
        most = 0

        async def child(n: int) -> Any:
            nonlocal here, most
            here += 1
            most = max(most, here)
            hub.sleep(0.01)
            here -= 1
            found = current_fiber()
            return n, found.user, found.tags, found.lag

        async def code() -> list[Any]:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(child(n)) for n in range(3)]
            gathered = await asyncio.gather(child(3), child(4))
            return [most, *(task.result() for task in tasks), *gathered]

        return run_async(hub, code())

    (found,) = run(go)
    assert found == [3, *((n, "user", "tags", 0.5) for n in range(5))]


def test_exception_comes_out(run: Callable[..., list[Any]]) -> None:
    """What the coroutine raises is raised in the user's fiber, with the code's own frames."""

    async def code() -> None:
        await asyncio.sleep(0)
        raise LookupError("here")

    def go(hub: LoopHub) -> list[str]:
        try:
            run_async(hub, code())
        except LookupError as error:
            names: list[str] = []
            trace = error.__traceback__
            while trace is not None:
                names.append(trace.tb_frame.f_code.co_name)
                trace = trace.tb_next
            return names
        return []

    (names,) = run(go)
    assert names[-1] == "code"


def test_streams(run: Callable[..., list[Any]]) -> None:
    """Streams of asyncio work in a coroutine, with blocking calls in between, on both sides."""

    def go(hub: LoopHub) -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()

        async def code() -> bytes:
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            hub.sleep(0.001)
            writer.write(b"hello\n")
            answer = await reader.readline()
            hub.sleep(0.001)
            writer.close()
            server.close()
            return answer

        return run_async(hub, code())

    assert run(go) == [b"HELLO\n"]


def test_context_variables_follow_the_code(run: Callable[..., list[Any]]) -> None:
    """A context variable set in a coroutine is seen after waits and by child tasks, not by other users."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    def setter(hub: LoopHub) -> Any:
        async def child() -> str:
            await asyncio.sleep(0)
            hub.sleep(0.001)
            return variable.get()

        async def code() -> tuple[str, str]:
            variable.set("mine")
            hub.sleep(0.001)
            await asyncio.sleep(0.001)
            return variable.get(), await asyncio.create_task(child())

        return run_async(hub, code())

    def other(hub: LoopHub) -> Any:
        async def code() -> str:
            await asyncio.sleep(0.001)
            hub.sleep(0.001)
            return variable.get()

        return run_async(hub, code())

    assert run(setter, other) == [("mine", "mine"), "none"]


def test_many_nested_users(run: Callable[..., list[Any]]) -> None:
    """Two hundred users that mix waits of both kinds all come to their own result."""

    def user(n: int) -> Callable[[LoopHub], int]:
        def go(hub: LoopHub) -> int:
            async def inner(m: int) -> int:
                hub.sleep(0)
                await asyncio.sleep(0)
                return m

            async def code() -> int:
                parts = await asyncio.gather(*(inner(n + k) for k in range(3)))
                hub.sleep(0)
                return sum(parts)

            return sum(run_async(hub, code()) for _ in range(3))

        return go

    assert run(*(user(n) for n in range(200))) == [3 * (3 * n + 3) for n in range(200)]


def test_tasks_of_others_are_left_alone(run: Callable[..., list[Any]]) -> None:
    """Tasks started outside of async user code stay plain asyncio tasks."""

    def go(hub: LoopHub) -> Any:
        async def empty() -> None:
            pass

        async def plain() -> Any:
            return getcurrent()

        run_async(hub, empty())
        return hub.await_(plain())

    (found,) = run(go)
    assert not isinstance(found, Fiber)


def test_virtual_time() -> None:
    """On a virtual hub an async function that only blocks works; one that awaits says why it cannot."""
    hub = VirtualHub()
    results: list[Any] = []

    async def blocks() -> float:
        hub.sleep(3600)
        return hub.time()

    def go() -> None:
        results.append(run_async(hub, blocks()))
        with pytest.raises(RuntimeError, match="event loop"):
            run_async(hub, asyncio.sleep(1))

    hub.spawn(go)
    hub.run()
    assert results == [3600]
