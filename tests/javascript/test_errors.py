"""Errors of scripts, told in the user's own lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import HostModule, JsError, JsProgram, JsSyntaxError, JsThrow
from swell.dialects.javascript.errors import excerpt, parse_stack

if TYPE_CHECKING:
    from .conftest import Scripts


def _error(scripts: Scripts, source: str, **host: object) -> JsError:
    with pytest.raises(JsError) as caught:
        scripts.call(source, **host)
    return caught.value


def _raise(error: BaseException) -> None:
    raise error


def test_uncaught_error_has_place_and_stack(scripts: Scripts) -> None:
    """Name, message, and the user's frames from the inside out."""
    scripts.write({"lib.js": "export function deep(o) {\n  return o.x.y;\n}\n"})
    error = _error(scripts, "import { deep } from './lib.js';\nexport default function main() {\n  deep({});\n}\n")
    assert error.title == "TypeError: cannot read property 'y' of undefined"
    places = [(f.function, f.file.rsplit("/", 1)[1], f.line) for f in error.frames]
    assert places == [("deep", "lib.js", 2), ("main", "main.js", 3)]
    assert str(error).splitlines()[1] == f"    at deep ({scripts.folder}/lib.js:2:10)"


def test_columns_survive_rewriting(scripts: Scripts) -> None:
    """Columns on the first line, after import() and in CommonJS are the user's."""
    modules = {"m": HostModule({"f": lambda _: None})}
    cases = {
        "export default () => nope;": 22,
        "import { f } from 'm'; export default () => nope;": 45,
        "export default async () => { await import('m'); nope }": 49,
        "const u = import.meta.url; export default () => nope;": 49,
        "const é = '😀'; export default () => nope;": 37,
    }
    got = {source: _error(scripts, source, modules=modules).frames[0].column for source in cases}
    assert got == cases
    program = scripts.program("exports.default = () => nope;", "c.js")
    with pytest.raises(JsError) as caught:
        scripts.run(lambda: scripts.context(program).call("default"))
    assert (caught.value.frames[0].line, caught.value.frames[0].column) == (1, 25)


def test_frames_of_our_own_never_show(scripts: Scripts) -> None:
    """Host modules in JavaScript and the bridge are not the user's business."""
    module = HostModule({}, "exports.run = (f) => f();")
    error = _error(
        scripts,
        "import { run } from 'm';\nexport default function top() { run(() => { throw new Error('x') }) }",
        modules={"m": module},
    )
    assert [frame.function for frame in error.frames] == ["", "top"]


def test_error_in_init_code(scripts: Scripts) -> None:
    """Loading fails with the error of the module that failed."""
    scripts.write({"lib.js": "\n\nnull.x;\n"})
    error = _error(scripts, "import './lib.js'; export default 1")
    assert error.frames[0].line == 3


def test_thrown_values_that_are_no_errors(scripts: Scripts) -> None:
    """They are shown as console would show them."""
    assert _error(scripts, "export default () => { throw 'plain' }").title == "plain"
    assert _error(scripts, "export default () => { throw { a: [1] } }").title == "{ a: [ 1 ] }"
    assert _error(scripts, "export default () => { throw null }").title == "null"
    assert _error(scripts, "export default () => { throw undefined }").title == "undefined"


def test_own_error_classes_and_causes(scripts: Scripts) -> None:
    """The class's name counts; causes are kept."""
    source = """
        class Wrong extends Error { constructor(m, o) { super(m, o); this.name = 'Wrong' } }
        export default () => { throw new Wrong('outer', { cause: new TypeError('inner') }) };
    """
    error = _error(scripts, source)
    assert (error.name, error.message) == ("Wrong", "outer")
    assert isinstance(error.__cause__, JsError)
    assert error.__cause__.title == "TypeError: inner"


def test_nobody_can_be_shown_worse_than_broken(scripts: Scripts) -> None:
    """Values whose every look throws are still an error, not a crash."""
    source = "export default () => { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }) }"
    assert _error(scripts, source).title == "an error that cannot be shown"


def test_python_errors_reach_scripts(scripts: Scripts) -> None:
    """As Error with the message, TypeError as itself, JsThrow as the named one; all can be caught."""
    modules = {
        "m": HostModule(
            {
                "value": lambda _: _raise(ValueError("bad value")),
                "type": lambda _: _raise(TypeError("bad type")),
                "range": lambda _: _raise(JsThrow("RangeError", "far")),
                "own": lambda _: _raise(JsThrow("GoError", "own name")),
            }
        )
    }
    source = """
        import * as m from 'm';
        const shown = (f) => { try { f() } catch (e) { return `${e.name}|${e.message}|${e instanceof Error}` } };
        export default () => [shown(m.value), shown(m.type), shown(m.range), shown(m.own)];
    """
    assert scripts.call(source, modules=modules) == [
        "Error|bad value|true",
        "TypeError|bad type|true",
        "RangeError|far|true",
        "GoError|own name|true",
    ]


def test_uncaught_python_errors_come_back_as_cause(scripts: Scripts) -> None:
    """The JavaScript error says where, its cause is the Python exception itself."""
    original = ValueError("bad")
    error = _error(
        scripts,
        "import { f } from 'm';\nexport default () => f();",
        modules={"m": HostModule({"f": lambda _: _raise(original)})},
    )
    assert error.__cause__ is original
    assert error.frames[0].line == 2


def test_script_errors_pass_through_python(scripts: Scripts) -> None:
    """JS -> Python -> JS: the inner error is the one that is told."""
    modules = {"m": HostModule({"run": lambda _, f: f()})}
    error = _error(
        scripts,
        "import { run } from 'm';\nexport default () => run(() => {\n  throw new TypeError('in') });",
        modules=modules,
    )
    assert error.title == "TypeError: in"
    assert error.frames[0].line == 3


def test_unhandled_rejections_fail_the_call(scripts: Scripts) -> None:
    """A rejection nobody handled is an error of the call; a late handler in the same turn is fine."""
    error = _error(scripts, "export default () => { Promise.reject(new Error('lost')) }")
    assert error.title == "Uncaught (in promise) Error: lost"
    assert error.in_promise
    assert error.frames[0].line == 1
    source = (
        "export default () => { const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => 2)); return 3 }"
    )
    assert scripts.call(source) == 3
    assert (
        scripts.call("export default async () => { try { await (async () => { throw 1 })() } catch { return 4 } }") == 4
    )


def test_rejected_promise_of_the_call(scripts: Scripts) -> None:
    """The function's own promise: an ordinary error."""
    error = _error(scripts, "export default async () => { await 1; throw new RangeError('late') }")
    assert (error.title, error.in_promise) == ("RangeError: late", False)


def test_syntax_errors_tell_place_and_line(scripts: Scripts) -> None:
    """File, line, column and the line itself with a mark."""
    with pytest.raises(JsSyntaxError) as caught:
        scripts.program("const a = 1;\nconst b = ;\n")
    error = caught.value
    assert (error.line, error.column) == (2, 11)
    assert str(error) == (
        f"{scripts.folder}/main.js:2:11: unexpected token in expression: ';'\n    const b = ;\n              ^"
    )


def test_syntax_error_in_an_imported_file(scripts: Scripts) -> None:
    """The file that is wrong is named, not the importer."""
    scripts.write({"lib.js": "export const a = {;"})
    with pytest.raises(JsSyntaxError, match=r"lib\.js:1:19"):
        scripts.program("import { a } from './lib.js'; export default a")


def test_file_that_ends_too_early(scripts: Scripts) -> None:
    """A missing brace is told at the end of the user's file, in CommonJS too."""
    with pytest.raises(JsSyntaxError) as caught:
        scripts.program("exports.f = function () {\n  return 1;\n", "c.js")
    assert caught.value.line <= 3
    with pytest.raises(JsSyntaxError):
        scripts.program("export function f() {\n")


def test_program_after_a_failed_import_is_whole(scripts: Scripts) -> None:
    """A late import of a broken file leaves no half of it behind."""
    scripts.write({"bad.js": "export const = 1", "good.js": "export const x = 1"})
    source = """
        export default async () => {
            const seen = [];
            for (const name of ['./bad.js', './bad.js', './good.js'])
                try { seen.push((await import(name)).x) } catch (e) { seen.push(e.name) }
            return seen;
        };
    """
    assert scripts.call(source) == ["SyntaxError", "SyntaxError", 1]


def test_missing_main_file(tmp_path) -> None:
    """Reading the main file is the caller's first mistake to hear of."""
    with pytest.raises(OSError, match="nope"):
        JsProgram(tmp_path / "nope.js")


def test_stack_text_is_parsed() -> None:
    """The engine's frames; ours and those without a place are dropped."""
    stack = (
        "    at f (/a/b.js:3:5)\n    at <anonymous> (/a/b c.js:4:6)\n    at apply (native)\n"
        "    at x (swell:core:1:2)\n    at <eval> (<input>:1:1)\n    at /a/top.js:9:1\n"
    )
    assert [str(frame) for frame in parse_stack(stack)] == [
        "at f (/a/b.js:3:5)",
        "at /a/b c.js:4:6",
        "at /a/top.js:9:1",
    ]


def test_excerpts_stay_short() -> None:
    """Minified lines are cut around the place."""
    text = excerpt("x" * 5000 + "!" + "y" * 5000, 1, 5001).splitlines()
    assert len(text[0]) <= 104
    assert text[0][text[1].index("^")] == "!"
    assert excerpt("one", 7, 1) == ""
