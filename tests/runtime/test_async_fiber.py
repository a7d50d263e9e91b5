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
