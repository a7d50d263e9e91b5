"""Promises, timers and operations of the host, on the context's own queue and the hub's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import PROMISE, UNDEFINED, HostFunction, HostModule, JsContext, JsError, JsThrow

if TYPE_CHECKING:
    from swell.dialects.javascript import JsOperation

    from .conftest import Scripts


def _later(context: JsContext, seconds: float, value: Any) -> JsOperation:
    operation = context.operation()
    context.hub.call_at(context.hub.time() + seconds, operation.resolve, value)
    return operation


def _refused(context: JsContext) -> JsOperation:
    operation = context.operation()
    context.hub.call_at(context.hub.time() + 1, operation.reject, JsThrow("TypeError", "refused"))
    return operation


def _slow(context: JsContext, seconds: float) -> str:
    context.hub.sleep(seconds)
    return f"slept {seconds:g}"


def _slow_failure(context: JsContext) -> None:
    context.hub.sleep(1)
    raise ValueError("slow failure")


_MODULES = {
    "m": HostModule(
        {
            "later": HostFunction(_later, "promise"),
            "refused": HostFunction(_refused, "promise"),
            "slow": HostFunction(_slow, "spawn"),
            "slowFailure": HostFunction(_slow_failure, "spawn"),
            "nap": lambda context, seconds: context.hub.sleep(seconds),
            "now": lambda context: context.hub.time(),
        }
    )
}
_IMPORT = "import { later, refused, slow, slowFailure, nap, now } from 'm';\n"


def _call(scripts: Scripts, body: str, **more: Any) -> Any:
    return scripts.call(f"{_IMPORT}export default async () => {{ {body} }}", modules=_MODULES, **more)


def test_await_of_operations(scripts: Scripts) -> None:
    """Promises of the host are settled with values or errors, at their time."""
    assert _call(scripts, "const a = await later(5, { x: [1] }); return [a.x[0], now()]") == [1, 5]
    assert _call(scripts, "try { await refused() } catch (e) { return e.name + e.message }") == "TypeErrorrefused"


def test_operations_run_side_by_side(scripts: Scripts) -> None:
    """Started together, they take the time of the longest."""
    assert _call(scripts, "return [await Promise.all([slow(3), slow(2), later(1, 'x')]), now()]") == [
        ["slept 3", "slept 2", "x"],
        3,
    ]
    assert _call(scripts, "return Promise.race([slow(3), later(1, 'x')])") == "x"


def test_errors_of_spawned_functions_reject(scripts: Scripts) -> None:
    """What a spawned host function raises is the rejection."""
    assert _call(scripts, "return slowFailure().catch((e) => e.message)") == "slow failure"
    with pytest.raises(JsError, match="slow failure") as caught:
        _call(scripts, "await slowFailure()")
    assert isinstance(caught.value.__cause__, ValueError)


def test_timers_run_in_order(scripts: Scripts) -> None:
    """By due time, then by the order they were set; arguments are passed."""
    body = """
        const seen = [];
        setTimeout((x) => seen.push(x, now()), 20, 'b');
        setTimeout(() => seen.push('a'), 10);
        setTimeout(() => seen.push('a2'), 10);
        const cleared = setTimeout(() => seen.push('never'), 5);
        clearTimeout(cleared); clearTimeout(undefined); clearTimeout(99999);
        await new Promise((resolve) => setTimeout(resolve, 30));
        return seen;
    """
    assert _call(scripts, body) == ["a", "a2", "b", 0.02]


def test_intervals_repeat_until_cleared(scripts: Scripts) -> None:
    """An interval may clear itself."""
    body = """
        const seen = [];
        await new Promise((resolve) => {
            const id = setInterval(() => {
                seen.push(now());
                if (seen.length === 3) { clearInterval(id); resolve() }
            }, 500);
        });
        return seen;
    """
    assert _call(scripts, body, wait="drained") == [0.5, 1, 1.5]


def test_bad_timer_callbacks(scripts: Scripts) -> None:
    """Strings and nothing are no callbacks; odd delays count as 1 ms."""
    with pytest.raises(JsError, match="must be a function"):
        _call(scripts, "setTimeout('code', 1)")
    _call(scripts, "setTimeout(() => {}); setTimeout(() => {}, -5); setTimeout(() => {}, 'x')", wait="drained")
    assert scripts.hub.now == pytest.approx(0.001)


def test_settled_and_drained(scripts: Scripts) -> None:
    """A call ends when its promise is settled; on request only when nothing is left to happen."""
    source = """
        const seen = [];
        const later = () => { seen.push('t'); setTimeout(() => seen.push('u'), 10) };
        export default () => { setTimeout(later, 10); return 1 };
        export const look = () => seen;
    """
    program = scripts.program(source)

    def user() -> list[Any]:
        context = scripts.context(program)
        settled = [context.call("default", wait="settled"), context.call("look")]
        return [*settled, context.call("default", wait="drained"), context.call("look")]

    assert scripts.run(user) == [1, [], 1, ["t", "t", "u", "u"]]


def test_drained_waits_for_operations(scripts: Scripts) -> None:
    """Promises nobody awaits are waited for as well, as k6 does at the end of an iteration."""
    _call(scripts, "later(7, 1)", wait="drained")
    assert scripts.hub.now == pytest.approx(7)


def test_wait_for_a_condition(scripts: Scripts) -> None:
    """A call can last until the host has what it waits for: a Node-style callback."""
    program = scripts.program(
        "export default (vars, done) => { setTimeout(() => { vars.x = 1; done(null, 'ok') }, 100) }"
    )
    done: list[Any] = []

    def user() -> Any:
        context = scripts.context(program)
        return context.call("default", [{}, lambda *a: done.append(a)], wait=lambda: bool(done))

    assert scripts.run(user) is UNDEFINED
    assert done == [(None, "ok")]


def test_promise_that_nothing_settles(scripts: Scripts) -> None:
    """The call ends with PROMISE instead of hanging."""
    assert _call(scripts, "await new Promise(() => {})") is PROMISE
    assert _call(scripts, "await new Promise(() => {})", wait="drained") is PROMISE


def test_blocking_calls_inside_async_code(scripts: Scripts) -> None:
    """A host call that blocks holds up its own context's timers only until it is back."""
    body = (
        "const seen = []; setTimeout(() => seen.push('t'), 100); nap(5); seen.push('n'); await later(1, 0); return seen"
    )
    assert _call(scripts, body) == ["n", "t"]


def test_results_that_come_during_a_blocking_call(scripts: Scripts) -> None:
    """They are kept, and delivered when the script is back in its loop."""
    assert _call(scripts, "const p = later(1, 'early'); nap(5); return [await p, now()]") == ["early", 5]


def test_microtasks_run_before_timers(scripts: Scripts) -> None:
    """Reactions of promises come first."""
    body = """
        const seen = [];
        setTimeout(() => seen.push('timer'), 1);
        queueMicrotask(() => seen.push('micro'));
        Promise.resolve().then(() => seen.push('then'));
        seen.push('now');
        await new Promise((r) => setTimeout(r, 2));
        return seen;
    """
    assert _call(scripts, body) == ["now", "micro", "then", "timer"]


def test_errors_in_timers_and_microtasks_fail_the_call(scripts: Scripts) -> None:
    """And what else was waiting is gone."""
    source = """
        let late = 0;
        const fail = () => { throw new Error('in timer') };
        export default () => { setTimeout(() => { late++ }, 20); setTimeout(fail, 10) };
        export const micro = () => { queueMicrotask(() => { throw new Error('in micro') }) };
        export const look = () => late;
    """
    program = scripts.program(source)

    def user() -> Any:
        context = scripts.context(program)
        with pytest.raises(JsError, match="in timer"):
            context.call("default", wait="drained")
        with pytest.raises(JsError, match="in micro"):
            context.call("micro", wait="drained")
        return context.call("look", wait="drained")

    assert scripts.run(user) == 0


def test_late_results_of_a_failed_call_are_dropped(scripts: Scripts) -> None:
    """Operations of a call that failed do not leak into the next one."""
    source = _IMPORT + (
        "let got = 0; export default () => { later(1, 0).then(() => got++); throw new Error('x') };"
        "export const look = () => { nap(3); return got };"
    )
    program = scripts.program(source, modules=_MODULES)

    def user() -> Any:
        context = scripts.context(program)
        with pytest.raises(JsError, match="x"):
            context.call("default")
        return context.call("look", wait="drained")

    assert scripts.run(user) == 0


def test_async_generators_and_for_await(scripts: Scripts) -> None:
    """Beyond what k6 has, but scripts for Node use it."""
    body = """
        async function* g() { yield await later(1, 'a'); yield 'b' }
        const seen = [];
        for await (const x of g()) seen.push(x);
        return seen;
    """
    assert _call(scripts, body) == ["a", "b"]


def test_waiting_needs_a_running_test(scripts: Scripts) -> None:
    """Without a hub a script loads and runs, but cannot wait."""
    context = JsContext(scripts.program("export default () => { setTimeout(() => {}, 1) }"))
    context.load()
    with pytest.raises(JsError, match="only in a running test"):
        context.call("default")


def test_interruption_while_waiting(scripts: Scripts) -> None:
    """What is thrown into the fiber while the script waits for a promise ends the call, and leaves it whole."""
    program = scripts.program(
        _IMPORT + "export default async () => { await later(50, 1) }; export const ok = () => 2", modules=_MODULES
    )
    seen: list[Any] = []

    def live() -> None:
        context = scripts.context(program)
        try:
            context.call("default")
        except KeyboardInterrupt:
            seen.append(context.call("ok", wait="drained"))

    fiber = scripts.hub.spawn(live)
    scripts.hub.call_at(10, fiber.throw, KeyboardInterrupt)
    scripts.hub.run()
    assert seen == [2]


def test_leftovers_of_a_failed_call_do_not_run_on(scripts: Scripts) -> None:
    """Reactions that were queued when a call failed come to nothing, endless chains of them included."""
    source = (
        _IMPORT
        + """
        const again = () => { Promise.resolve().then(again) };
        let ran = 0;
        export default () => { again(); Promise.resolve().then(() => { now(); ran++ }); throw new Error('x') };
        export const look = () => ran;
    """
    )
    program = scripts.program(source, modules=_MODULES)

    def user() -> Any:
        context = scripts.context(program)
        with pytest.raises(JsError, match="x"):
            context.call("default")
        return context.call("look", wait="drained")

    assert scripts.run(user) == 0
