"""Runaway scripts are stopped, nothing they do ends the process, and others go on meanwhile."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import HostModule, JsContext, JsError, JsHost, JsLimitError, JsLimits, JsProgram, Pulse
from swell.runtime.hub import LoopHub, new_loop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Scripts

_SHORT = JsLimits(run_seconds=0.15, slice_seconds=0.01, memory=24 * 1024 * 1024)


class Stop(BaseException):
    """What an engine throws into a fiber to end its user."""


def _stop(_: object) -> None:
    raise Stop("now")


_MODULES = {
    "m": HostModule(
        {
            "back": lambda _, f, *a: f(*a),
            "nap": lambda context, seconds: context.hub.sleep(seconds),
            "stop": _stop,
        }
    )
}


def _limit(scripts: Scripts, body: str, limits: JsLimits = _SHORT) -> JsLimitError:
    source = f"import {{ back, nap, stop }} from 'm';\nexport default function main() {{ {body} }}"
    with pytest.raises(JsLimitError) as caught:
        scripts.call(source, modules=_MODULES, limits=limits)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        "for (;;) {}",
        "try { for (;;) {} } catch { return 1 } finally { return 2 }",
        "while (true) { try { while (true) {} } catch {} }",
        "return /^(a+)+$/.test('a'.repeat(50) + 'b')",
        "back(() => { for (;;) {} })",
        "while (true) back(() => 1)",
        "[1].forEach(() => { for (;;) {} })",
        "return Promise.resolve().then(() => { for (;;) {} })",
        "return (async () => { await 1; for (;;) {} })()",
        "setTimeout(() => { for (;;) {} }, 1); return new Promise((r) => setTimeout(r, 9))",
        "const again = () => { Promise.resolve().then(again) }; again(); return new Promise(() => {})",
        "function* g() { for (;;) yield 1 } for (const x of g());",
        "Error.prototype.toString = () => { throw 1 }; InternalError.prototype.x = 1; for (;;) {}",
    ],
)
def test_endless_running_is_stopped(scripts: Scripts, body: str) -> None:
    """Whatever form the loop has, and no catch or finally of the script sees the stop."""
    error = _limit(scripts, body)
    assert error.limit == "time"
    assert "ran for more than 0.15 s" in error.message


def test_the_place_of_the_loop_is_told(scripts: Scripts) -> None:
    """The frames say in which function it was."""
    assert _limit(scripts, "\n\n  for (;;) {}").frames[0].function == "main"


def test_waiting_does_not_count(scripts: Scripts) -> None:
    """A script may live for hours as long as it waits in between."""
    source = """
        import { nap } from 'm';
        export default () => {
            let n = 0;
            for (let i = 0; i < 500; i++) { nap(60); for (let k = 0; k < 2000; k++) n++ }
            return n;
        };
    """
    assert scripts.call(source, modules=_MODULES, limits=JsLimits(run_seconds=5.0)) == 1_000_000
    assert scripts.hub.now == pytest.approx(30_000)


def test_endless_recursion(scripts: Scripts) -> None:
    """A stack overflow is a RangeError that scripts can catch, and a clear message if they do not."""
    error = _limit(scripts, "const f = () => f() + 1; f()")
    assert error.limit == "stack"
    assert "endless recursion" in str(error)
    source = (
        "export default () => { const f = () => f() + 1; try { f() } catch (e) { return e instanceof RangeError } }"
    )
    assert scripts.call(source) is True


@pytest.mark.parametrize(
    "body",
    [
        "const f = () => back(f); f()",
        "const f = () => { back(() => 1); return f() + 1 }; f()",
        "const f = () => [1].map(() => back(() => f())); f()",
        "const o = { toJSON: () => back(() => JSON.stringify(o)) }; JSON.stringify(o)",
        "const p = new Proxy({}, { get: (t, k) => p[k + 1] }); return p.x",
        "const a = []; a[0] = a; let d = []; for (let i = 0; i < 1e5; i++) d = [d]; JSON.stringify(d)",
    ],
)
def test_recursion_through_the_host(scripts: Scripts, body: str) -> None:
    """Nested calls share one stack limit, so that recursion never overruns the real stack."""
    with pytest.raises(JsError) as caught:
        scripts.call(
            f"import {{ back }} from 'm';\nexport default () => {{ {body} }}",
            modules=_MODULES,
            limits=JsLimits(run_seconds=60.0),
        )
    assert "call stack" in str(caught.value)


def test_nested_calls_do_not_use_up_the_stack(scripts: Scripts) -> None:
    """Many callbacks one after the other, at changing depths, are no recursion."""
    source = """
        import { back } from 'm';
        const down = (n) => (n ? down(n - 1) : back(() => 1));
        export default () => { let s = 0; for (let i = 0; i < 3000; i++) s += down(i % 40); return s };
    """
    assert scripts.call(source, modules=_MODULES, limits=JsLimits(run_seconds=60.0)) == 3000


@pytest.mark.parametrize(
    "body",
    [
        "const a = []; for (;;) a.push(new Array(1000).fill(a.length))",
        "let s = 'x'; for (;;) s += s + 'y'",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, {})",
        "return new Uint8Array(1e9).length",
        "const a = []; for (;;) a.push(new ArrayBuffer(1e6))",
    ],
)
def test_memory_is_limited(scripts: Scripts, body: str) -> None:
    """A script cannot take more than its share; it is an error of the script."""
    with pytest.raises(JsError) as caught:
        scripts.call(f"export default () => {{ {body} }}", limits=JsLimits(run_seconds=60.0, memory=_SHORT.memory))
    message = str(caught.value)
    assert any(text in message for text in ("24 MB", "string too long"))


def test_context_goes_on_after_limits(scripts: Scripts) -> None:
    """After each kind of stop the context works as before."""
    source = """
        export const loop = () => { for (;;) {} };
        export const deep = () => deep() + 1;
        export const much = () => { const a = []; for (;;) a.push(new Array(1000).fill(1)) };
        let n = 0;
        export const fine = () => ++n;
    """
    program = scripts.program(source, limits=_SHORT)

    def user() -> list[Any]:
        context = scripts.context(program)
        seen: list[Any] = []
        for name in ("loop", "deep", "much"):
            with pytest.raises(JsLimitError) as caught:
                context.call(name)
            seen += [caught.value.limit, context.call("fine")]
        return seen

    assert scripts.run(user) == ["time", 1, "stack", 2, "memory", 3]


@pytest.mark.parametrize(
    "body",
    [
        "try { stop() } catch { seen('catch') } finally { seen('finally') }",
        "back(() => { try { back(stop) } finally { seen('finally') } })",
        "return (async () => { try { await 1; stop() } catch { seen('catch') } finally { seen('finally') } })()",
        "return new Promise((_, no) => { try { stop() } catch { seen('catch') } })",
        "setTimeout(() => { try { stop() } catch { seen('catch') } }, 1); return new Promise((r) => setTimeout(r, 5))",
        "[3, 1, 2].sort(() => stop())",
        "JSON.stringify({ toJSON() { stop() } })",
    ],
)
def test_what_the_engine_throws_passes_the_script(scripts: Scripts, body: str) -> None:
    """An exception that ends the user cannot be caught by a script, and nothing of the script runs after it."""
    seen: list[str] = []
    modules = {"m": HostModule({**_MODULES["m"].exports, "seen": lambda _, what: seen.append(what)})}
    program = scripts.program(
        f"import {{ back, stop, seen }} from 'm'; export default () => {{ {body} }}; export const ok = () => 1",
        modules=modules,
    )

    def user() -> Any:
        context = scripts.context(program)
        with pytest.raises(Stop):
            context.call("default")
        return context.call("ok", wait="drained")

    assert scripts.run(user) == 1
    assert seen == []


def test_fatal_exceptions_are_the_hosts_choice(scripts: Scripts) -> None:
    """Ordinary exceptions that the host lists pass through as well."""
    modules = {"m": HostModule({"end": lambda _: (_ for _ in ()).throw(KeyError("end"))})}
    source = "import { end } from 'm'; export default () => { try { end() } catch { return 'caught' } }"
    with pytest.raises(KeyError):
        scripts.call(source, modules=modules, fatal=(KeyError,))


def test_scripts_cannot_run_code_while_an_error_is_told(scripts: Scripts) -> None:
    """Getters and toString() of thrown values may call the host and throw; neither ends the process."""
    source = """
        import { back } from 'm';
        class Odd extends Error { get message() { return back(() => 'lazy') } toString() { return back(() => 'x') } }
        export default () => { throw new Odd() };
        const odd = { toString() { return back(() => 'x') }, get stack() { throw back(() => 1) } };
        export const two = () => { throw odd };
        const name = { get() { return back(() => 'N') } };
        export const three = () => { Object.defineProperty(Error.prototype, 'name', name); for (;;) {} };
        export const four = () => { RangeError.prototype.constructor = 1; const f = () => f() + 1; f() };
    """
    program = scripts.program(source, modules=_MODULES, limits=_SHORT)
    context = scripts.context(program)
    with pytest.raises(JsError, match="lazy"):
        context.call("default")
    for name in ("two", "three", "four"):
        with pytest.raises(JsError):
            context.call(name)


def test_globals_with_traps_do_no_harm(scripts: Scripts) -> None:
    """A script may break its own globals; the process survives."""
    source = """
        import { back } from 'm';
        Object.defineProperty(globalThis, 'console', { get() { return back(() => 1) } });
        globalThis.Promise = null; globalThis.Error = 1; Map.prototype.set = null; JSON.parse = null;
        export default async () => { await 1; return { a: new Date(0) } };
        export const fine = () => 1;
    """
    context = scripts.context(scripts.program(source, modules=_MODULES))
    with suppress(JsError):  # what it gets from its broken globals is its own business
        context.call("default", [{"x": [1]}])
    assert context.call("fine") == 1


def test_others_run_while_one_loops(tmp_path: Path) -> None:
    """On a real loop: users that sleep wake up many times while another one never waits."""
    (tmp_path / "main.js").write_text(
        "import { nap, note } from 'm'; export const loop = () => { for (;;) {} };"
        "export const calm = () => { for (let i = 0; i < 20; i++) { nap(0.001); note() } }"
    )
    order: list[str] = []
    modules = {
        "m": HostModule(
            {"nap": lambda c, s: c.hub.sleep(s), "note": lambda _: order.append("note")},
        )
    }
    program = JsProgram(
        tmp_path / "main.js", JsHost(modules=modules, limits=JsLimits(run_seconds=2.0, slice_seconds=0.005))
    )
    loop = new_loop()
    hub = LoopHub(loop)
    pulse = Pulse(hub)
    left = [2]

    def live(name: str) -> None:
        context = JsContext(program, hub=hub, pulse=pulse)
        context.load()
        try:
            context.call(name)
        except JsLimitError:
            order.append("stopped")
        left[0] -= 1
        if not left[0]:
            loop.stop()

    hub.spawn(live, "loop")
    hub.spawn(live, "calm")
    loop.run_forever()
    loop.close()
    assert order == ["note"] * 20 + ["stopped"]


def test_a_looping_user_can_be_ended_from_outside(tmp_path: Path) -> None:
    """Something thrown into the fiber during its pauses stops even a loop that never calls the host."""
    (tmp_path / "main.js").write_text("export default () => { try { for (;;) {} } catch {} }")
    program = JsProgram(tmp_path / "main.js", JsHost(limits=JsLimits(run_seconds=60.0)))
    loop = new_loop()
    hub = LoopHub(loop)
    seen: list[str] = []

    def live() -> None:
        context = JsContext(program, hub=hub, pulse=Pulse(hub))
        context.load()
        try:
            context.call("default")
        except Stop:
            seen.append("ended")
        loop.stop()

    fiber = hub.spawn(live)

    def end() -> None:
        # A fiber that pauses waits for its own turn: thrown in before it, the stop comes first.
        fiber.throw(Stop("now"))

    loop.call_later(0.05, end)
    loop.run_forever()
    loop.close()
    assert seen == ["ended"]


def test_closing(scripts: Scripts) -> None:
    """A closed context refuses calls; a running one refuses to be closed."""
    closers: list[Callable[[], None]] = []
    modules = {"m": HostModule({"close": lambda context: context.close()})}
    program = scripts.program(
        "import { close } from 'm'; export default () => close(); export const ok = () => 1", modules=modules
    )
    context = scripts.context(program)
    with pytest.raises(JsError, match="cannot be closed while it runs"):
        context.call("default")
    assert context.call("ok") == 1
    context.close()
    context.close()
    with pytest.raises(RuntimeError, match="closed"):
        context.call("ok")
    assert not closers
