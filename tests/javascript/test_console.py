"""console: formatting as k6 does, levels, and where it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Scripts


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'plain', 'two'", "plain two"),
        ("1, true, null, undefined", "1 true null undefined"),
        ("{ a: 'x', 'b-c': 1 }", '{ a: "x", "b-c": 1 }'),
        ("[1, 'a', null, undefined]", '[ 1, "a", null, null ]'),
        ("{}, []", "{} []"),
        ("() => 1, { f() {} }", "[object Function] { f: [object Function] }"),
        ("new Error('bad'), { e: new TypeError('in') }", "Error: bad { e: TypeError: in }"),
        ("{ d: new Date(0) }", '{ d: "1970-01-01T00:00:00.000Z" }'),
        ("new Uint8Array([1, 2, 3])", "Uint8Array(3) [ 1, 2, 3 ]"),
        ("{ deep: { deeper: [{ x: 1 }] } }", "{ deep: { deeper: [ { x: 1 } ] } }"),
        ("(() => { const o = { a: 1 }; o.o = o; return o })()", "{ a: 1, o: [Circular] }"),
        ("'nul\\0 \\ud800'", "nul\0 \ud800"),
        ("10n, Symbol('s')", "10 Symbol(s)"),
        ("", ""),
    ],
)
def test_formatting(scripts: Scripts, arguments: str, expected: str) -> None:
    """Strings raw on top and quoted inside, the rest as literals."""
    scripts.call(f"export default () => {{ console.log({arguments}) }}")
    assert scripts.printed == [("info", expected)]


def test_levels(scripts: Scripts) -> None:
    """Log and info are one level; there are no others than k6's."""
    source = """
        export default () => {
            for (const name of ['log', 'info', 'debug', 'warn', 'error']) console[name](name);
            return [typeof console.table, Object.keys(console).length];
        };
    """
    assert scripts.call(source) == ["undefined", 5]
    assert scripts.printed == [
        ("info", "log"),
        ("info", "info"),
        ("debug", "debug"),
        ("warn", "warn"),
        ("error", "error"),
    ]


def test_without_a_sink_nothing_happens(scripts: Scripts) -> None:
    """A host may leave the console out."""
    assert scripts.call("export default () => { console.log('x'); return 1 }", console=None) == 1


def test_console_in_init_code_and_replaced(scripts: Scripts) -> None:
    """It works while a script loads, and scripts may put their own in its place."""
    scripts.call("console.log('init'); globalThis.console = { log() {} }; export default () => console.log('gone')")
    assert scripts.printed == [("info", "init")]
