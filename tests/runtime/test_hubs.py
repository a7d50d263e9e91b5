"""Both hubs keep the same promises; the virtual one also keeps time."""

from __future__ import annotations

import asyncio
import time

import pytest

from swell.runtime import patch
from swell.runtime.fiber import current_fiber, in_fiber
from swell.runtime.hub import LoopHub, new_loop
from swell.runtime.virtual import VirtualHub


def run_on_loop(body) -> None:
    """Run `body(hub)` in a fiber of a real loop, until it returns."""
    loop = new_loop()
    errors: list[BaseException] = []

    async def main() -> None:
        hub = LoopHub(loop)
        done = asyncio.Event()

        def fiber() -> None:
            try:
                body(hub)
            except BaseException as error:
                errors.append(error)
            finally:
                done.set()

        hub.spawn(fiber)
        await done.wait()

    loop.run_until_complete(main())
    loop.close()
    if errors:
        raise errors[0]


def run_on_virtual(body) -> None:
    """Run `body(hub)` in a fiber on virtual time."""
    hub = VirtualHub()
    errors: list[BaseException] = []

    def fiber() -> None:
        try:
            body(hub)
        except BaseException as error:
            errors.append(error)

    hub.spawn(fiber)
    hub.run()
    if errors:
        raise errors[0]


both = pytest.mark.parametrize("run", [run_on_loop, run_on_virtual])


@both
def test_sleep_is_never_short(run) -> None:
    """A sleep lasts at least as long as asked, on the hub's own clock."""

    def body(hub) -> None:
        for seconds in (0.0, 0.0004, 0.003, 0.0016):
            begun = hub.time()
            hub.sleep(seconds)
            assert hub.time() - begun >= seconds - 1e-9

    run(body)


@both
def test_fibers_sleep_side_by_side(run) -> None:
    """A sleeping fiber does not hold up another one."""

    def body(hub) -> None:
        order: list[str] = []

        def other() -> None:
            order.append("other")

        hub.spawn(other)
        hub.sleep(0.01)
        order.append("me")
        assert order == ["other", "me"]

    run(body)


@both
def test_wake_brings_a_value(run) -> None:
    """`wait` returns what the fiber was woken with; a thrown exception is raised there."""

    def body(hub) -> None:
        fiber = current_fiber()
        hub.call_soon(fiber.wake, "hello")
        assert hub.wait() == "hello"
        hub.call_soon(fiber.throw, KeyError("x"))
        with pytest.raises(KeyError):
            hub.wait()

    run(body)


@both
def test_timers_never_fire_early(run) -> None:
    """A timer fires at its time or later, and a cancelled one never."""

    def body(hub) -> None:
        fiber = current_fiber()
        fired: list[float] = []
        due = hub.time() + 0.0104
        hub.call_at(due, lambda: fired.append(hub.time()))
        hub.call_at(due, lambda: fired.append(-1)).cancel()
        hub.call_at(due + 0.005, fiber.wake)
        hub.wait()
        assert len(fired) == 1
        assert fired[0] >= due

    run(body)


def test_virtual_time_jumps() -> None:
    """A day passes at once, in order, and stops exactly where it was told to."""
    hub = VirtualHub()
    seen: list[float] = []
    for hour in range(24, 0, -1):
        hub.call_at(hour * 3600.0, lambda: seen.append(hub.time()))
    hub.run(until=20 * 3600.0)
    assert seen == [hour * 3600.0 for hour in range(1, 21)]
    assert hub.time() == 20 * 3600.0


def test_await_runs_coroutines() -> None:
    """A fiber can wait for a coroutine; its result and its error come back."""

    async def good() -> int:
        await asyncio.sleep(0.001)
        return 7

    async def bad() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    def body(hub) -> None:
        assert hub.await_(good()) == 7
        with pytest.raises(ValueError, match="no"):
            hub.await_(bad())

    run_on_loop(body)


def test_await_is_refused_on_virtual_time() -> None:
    """The virtual hub says plainly that it runs no coroutines."""

    async def never() -> None:
        raise AssertionError

    def body(hub) -> None:
        with pytest.raises(RuntimeError, match="real event loop"):
            hub.await_(never())

    run_on_virtual(body)


def test_time_sleep_stalls_one_fiber_only() -> None:
    """The patched time.sleep gives the others their turn inside a fiber, and is the real one elsewhere."""
    patch.install()
    order: list[str] = []

    def body(hub) -> None:
        patch.set_hub(hub)
        hub.spawn(lambda: order.append("other"))
        time.sleep(0.005)
        order.append("me")
        with pytest.raises(ValueError, match="non-negative"):
            time.sleep(-1)
        patch.set_hub(None)

    run_on_loop(body)
    assert order == ["other", "me"]
    assert not in_fiber()
    time.sleep(0.001)


def test_current_fiber_outside_a_run() -> None:
    """Outside of a fiber the error says where such calls work."""
    with pytest.raises(RuntimeError, match="inside a running test"):
        current_fiber()
