"""Many contexts in many fibers: blocking host calls interleave in any order, nested ones included."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import HostFunction, HostModule, JsContext
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from .conftest import Scripts


def test_a_thousand_contexts_interleave(scripts: Scripts) -> None:
    """JS -> Python -> JS -> Python, five deep, each level waiting a random time, with promises and timers between."""
    pick = random.Random(7)

    def nap(context: JsContext) -> None:
        context.hub.sleep(pick.random())

    def nest(context: JsContext, depth: int, function: Any) -> int:
        nap(context)
        result = function(depth - 1)
        nap(context)
        return result + 1

    def spawned(context: JsContext, value: int) -> int:
        nap(context)
        return value

    modules = {"m": HostModule({"nap": nap, "nest": nest, "spawned": HostFunction(spawned, "spawn")})}
    source = """
        import { nap, nest, spawned } from 'm';
        const mine = [];
        const go = (id, n) => (n <= 0 ? (nap(), id * 10) : nest(n, (k) => go(id, k)));
        export default async (id) => {
            const deep = go(id, 5);
            const both = await Promise.all([spawned(id), spawned(-id)]);
            mine.push(id);
            await new Promise((r) => setTimeout(r, 5));
            return [deep, both, mine.every((x) => x === id), mine.length];
        };
    """
    program = scripts.program(source, modules=modules)
    results: dict[int, Any] = {}

    def live(number: int) -> None:
        context = scripts.context(program)
        for _ in range(2):
            results[number] = context.call("default", [number], wait="drained")
        context.close()

    for number in range(1000):
        scripts.hub.spawn(live, number)
    scripts.hub.run()
    assert results == {n: [n * 10 + 5, [n, -n], True, 2] for n in range(1000)}


def test_one_fiber_at_a_time(scripts: Scripts) -> None:
    """A second fiber that calls into a busy context is told so."""
    modules = {"m": HostModule({"nap": lambda context: context.hub.sleep(5)})}
    program = scripts.program("import { nap } from 'm'; export default () => { nap(); return 1 }", modules=modules)
    context = scripts.context(program)
    seen: list[Any] = []

    def live() -> None:
        try:
            seen.append(context.call("default"))
        except RuntimeError as error:
            seen.append(str(error))

    scripts.hub.spawn(live)
    scripts.hub.spawn(live)
    scripts.hub.run()
    assert seen == ["this script's context is busy: one fiber at a time may call into it", 1]


def test_a_context_may_move_between_fibers(scripts: Scripts) -> None:
    """One call after the other may come from different fibers."""
    program = scripts.program("let n = 0; export default () => ++n")
    context = scripts.context(program)
    assert [scripts.run(lambda: context.call("default")) for _ in range(3)] == [1, 2, 3]


def test_spawned_functions_carry_the_fibers_marks(scripts: Scripts) -> None:
    """Tags, user and lag follow into the fiber of a spawned host function."""
    seen: list[Any] = []

    def look(_: JsContext) -> None:
        fiber = current_fiber()
        seen.append((fiber.tags, fiber.user, fiber.lag))

    modules = {"m": HostModule({"look": HostFunction(look, "spawn")})}
    program = scripts.program("import { look } from 'm'; export default () => look()", modules=modules)

    def user() -> None:
        fiber = current_fiber()
        fiber.tags, fiber.user, fiber.lag = "tags", "user", 0.5
        scripts.context(program).call("default")

    scripts.run(user)
    assert seen == [("tags", "user", 0.5)]


def test_host_functions_get_their_context(scripts: Scripts) -> None:
    """The state of a context is the host's, one per user."""
    modules = {"m": HostModule({"who": lambda context: context.state})}
    program = scripts.program("import { who } from 'm'; export default () => who()", modules=modules)

    def users() -> list[str]:
        return [scripts.context(program, state=name).call("default") for name in ("a", "b")]

    assert scripts.run(users) == ["a", "b"]


@pytest.mark.parametrize("count", [50])
def test_contexts_are_freed(scripts: Scripts, count: int) -> None:
    """Closing frees the engine's memory at once, without Python's collector."""
    program = scripts.program("export const data = new Array(100000).fill(0).map((_, i) => 'text' + i)")
    import gc

    gc.disable()
    try:
        for _ in range(count):
            context = scripts.context(program)
            assert context.memory() > 3_000_000
            context.close()
            with pytest.raises(AttributeError):
                context.memory()
    finally:
        gc.enable()
