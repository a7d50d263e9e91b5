"""Values between Python and scripts, both ways."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swell.dialects.javascript import PROMISE, UNDEFINED, HostFunction, HostModule, JsContext, JsError, Json, JsProgram
from swell.dialects.javascript.values import decode, encode

if TYPE_CHECKING:
    from .conftest import Scripts


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("undefined", UNDEFINED),
        ("null", None),
        ("[undefined, null]", [UNDEFINED, None]),
        ("{ a: undefined, b: null }", {"b": None}),
        ("1 + 1", 2),
        ("2 ** 40", 2.0**40),
        ("[2 ** 40, -1.5]", [2**40, -1.5]),
        ("'é😀'", "é😀"),
        ("'a\\0b'", "a\0b"),
        ("'x'.repeat(9000) + 'y'.repeat(9000)", "x" * 9000 + "y" * 9000),
        ("'\\ud800'", "\ud800"),
        ("10n ** 30n", 10**30),
        ("5n", 5),
        ("new Date(1500)", datetime.fromtimestamp(1.5, UTC)),
        ("new Date(NaN)", None),
        ("new Uint8Array([1, 0, 255])", b"\x01\x00\xff"),
        ("new Uint8Array([1, 2, 3]).buffer", b"\x01\x02\x03"),
        ("new Uint8Array([1, 2, 3, 4]).subarray(1, 3)", b"\x02\x03"),
        ("new Map([['a', 1], [2, [3]]])", {"a": 1, 2: [3]}),
        ("new Set([1, 'b'])", [1, "b"]),
        ("{ toJSON() { return 'json' } }", "json"),
        ("/a+/g", "a+"),
        ("[new String('s'), new Number(1)]", ["s", 1]),
        ("{ '\\u0001': 'u', v: 1 }", {"\x01": "u", "v": 1}),
        ("Promise.resolve(3)", 3),
        ("({ then(f) { f(4) } })", 4),
        ("[Promise.resolve(3)]", [PROMISE]),
        ("new (class A { x = 1; #y = 2; z() {} })()", {"x": 1}),
    ],
)
def test_from_script(scripts: Scripts, expression: str, expected: Any) -> None:
    """What Python gets for a JavaScript value."""
    got = scripts.value(expression)
    assert got == expected
    assert type(got) is type(expected)


def test_odd_numbers_from_script(scripts: Scripts) -> None:
    """NaN, infinities and negative zero arrive."""
    nan, high, low, zero = scripts.value("[NaN, Infinity, -Infinity, -0]")
    assert math.isnan(nan)
    assert (high, low) == (math.inf, -math.inf)
    assert math.copysign(1, zero) == -1
    assert math.isnan(scripts.value("NaN"))


def test_typed_arrays_both_ways(scripts: Scripts) -> None:
    """Other typed arrays are memoryviews of their elements."""
    view = scripts.value("new Float32Array([1.5, -2])")
    assert (view.format, list(view)) == ("f", [1.5, -2.0])
    source = "export default (x) => [x.constructor.name, x[1]]"
    assert scripts.call(source, view) == ["Float32Array", -2]


def test_errors_are_values_too(scripts: Scripts) -> None:
    """An Error that is returned, not thrown."""
    error = scripts.value("new RangeError('far')")
    assert isinstance(error, JsError)
    assert (error.name, error.message) == ("RangeError", "far")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (UNDEFINED, "undefined"),
        (True, "boolean true"),
        (7, "number 7"),
        (2**40, f"number {2**40}"),
        (2**60, f"bigint {2**60}"),
        (-(2**70), f"bigint {-(2**70)}"),
        (1.5, "number 1.5"),
        (math.nan, "number NaN"),
        (math.inf, "number Infinity"),
        ("é\0\ud800", 'string "é\\u0000\\ud800"'),
        ("x" * 2_000_000, f'string "{"x" * 2_000_000}"'),
        (b"\x00\x01", "ArrayBuffer 0,1"),
        (bytearray(b"\x02"), "Uint8Array 2"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "Date 1000"),
        ([1, (2, None)], "Array [1,[2,null]]"),
        ({"a": {"b": b""}, "\x01": 1}, 'Object {"a":{"b":{}},"\\u0001":1}'),
        ({1}, "Set 1"),
        (Json('{"raw": [1]}'), 'Object {"raw":[1]}'),
        (ValueError("bad"), "Error bad"),
    ],
)
def test_to_script(scripts: Scripts, value: Any, expected: str) -> None:
    """What a script sees of a Python value."""
    source = """
        export default (v) => {
            if (v === null || v === undefined) return String(v);
            if (typeof v === 'string') return `string ${JSON.stringify(v)}`;
            if (typeof v !== 'object') return `${typeof v} ${v}`;
            const name = v.constructor.name;
            if (name === 'Error') return `Error ${v.message}`;
            if (name === 'Date') return `Date ${+v}`;
            if (name === 'Set') return `Set ${[...v]}`;
            if (name === 'ArrayBuffer') return `ArrayBuffer ${new Uint8Array(v)}`;
            if (name === 'Uint8Array') return `Uint8Array ${v}`;
            return `${name} ${JSON.stringify(v)}`;
        };
    """
    assert scripts.call(source, value) == expected


def test_no_word_for_it(scripts: Scripts) -> None:
    """Python objects without a JavaScript form are refused in Python; symbols and cycles in the script."""
    with pytest.raises(TypeError, match="a Python object cannot be handed to a script"):
        scripts.call("export default (x) => x", object())
    with pytest.raises(JsError, match="a cyclic object"):
        scripts.call("export default () => { const a = []; a.push(a); return a }")
    with pytest.raises(JsError, match="a symbol"):
        scripts.value("[Symbol('x')]")


def test_python_callables_become_functions(scripts: Scripts) -> None:
    """Callbacks for scripts, also nested in objects, and errors from them."""
    got: list[Any] = []
    source = "export default (o) => o.nested.f(1, undefined, { a: [2] }) + 1"
    assert scripts.call(source, {"nested": {"f": lambda *a: got.append(a) or 41}}) == 42
    assert got == [(1, UNDEFINED, {"a": [2]})]


def test_functions_of_scripts_can_be_called_and_let_go(scripts: Scripts) -> None:
    """Functions in Python's hands work until dropped; the context forgets dropped ones."""
    program = scripts.program("export default (n) => ({ add: (x) => x + n, list: [(y) => y * n] })")

    def user() -> list[Any]:
        context = scripts.context(program)
        parts = [context.call("default", [k]) for k in range(3)]
        results = [part["add"](10) + part["list"][0](2) for part in parts]
        before = context.memory()
        for _ in range(300):
            context.call("default", [1])
        return [results, context.memory() - before < 20_000]

    assert scripts.run(user) == [[10, 13, 16], True]


def test_functions_belong_to_their_context(scripts: Scripts) -> None:
    """A function of one context cannot be called in another."""
    program = scripts.program("export default () => 1")
    first, second = scripts.context(program), scripts.context(program)
    function = first.export("default")
    with pytest.raises(ValueError, match="its own context"):
        second.call(function)


def test_host_function_results(scripts: Scripts) -> None:
    """None is undefined, Json("null") is null, everything else converts."""
    given: dict[str, Any] = {"none": None, "null": Json("null"), "list": [1, None], "big": 2**60, "bytes": b"\x05"}
    module = HostModule({"give": lambda _, name: given[name]})
    source = """
        import { give } from 'm';
        export default () => [give('none') === undefined, give('null') === null, give('list')[1] === null,
            typeof give('big'), new Uint8Array(give('bytes'))[0]];
    """
    assert scripts.call(source, modules={"m": module}) == [True, True, True, "bigint", 5]


def test_undefined_arguments(scripts: Scripts) -> None:
    """Left out arguments take Python's defaults, explicit undefined is told apart from null."""
    module = HostModule({"see": lambda _, a, b=5, c=6: repr([a, b, c])})
    source = "import { see } from 'm'; export default () => [see(1), see(null, undefined, 2)]"
    assert scripts.call(source, modules={"m": module}) == ["[1, 5, 6]", "[None, UNDEFINED, 2]"]


def test_raw_functions(scripts: Scripts) -> None:
    """Raw functions get primitives as they are; unfit texts are repaired or refused, never cut."""
    module = HostModule({"see": HostFunction(lambda _, *a: repr(a), "raw")})
    source = """
        import { see } from 'm';
        export default () => {
            const long = 'a'.repeat(9000) + 'b'.repeat(9000);
            let refused = '';
            try { see('x\\0y') } catch (e) { refused = e.name }
            return [see(1, 1.5, true, null, 'é'), see('\\ud800'), see(long).length, refused];
        };
    """
    expected = ["(1, 1.5, True, None, 'é')", "('\ufffd',)", 18_005, "TypeError"]
    assert scripts.call(source, modules={"m": module}) == expected


def test_large_integers_from_raw_functions(scripts: Scripts) -> None:
    """Integers beyond 32 bits are numbers too, and surrogates from Python do no harm."""
    module = HostModule({"big": HostFunction(lambda _: 2**40, "raw"), "odd": HostFunction(lambda _: "a\ud800", "raw")})
    source = "import { big, odd } from 'm'; export default () => [big(), odd()]"
    assert scripts.call(source, modules={"m": module}) == [2**40, "a\ufffd"]


def test_many_arguments(scripts: Scripts) -> None:
    """Fifteen of any kind; plain ones without end."""
    module = HostModule({"count": lambda _, *a: len(a)})
    source = (
        "import { count } from 'm'; export default () => [count(...Array(40).fill(1)), count(...Array(15).fill({}))]"
    )
    assert scripts.call(source, modules={"m": module}) == [40, 15]


_plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(_plain)
def test_marked_json_is_lossless_in_python(value: Any) -> None:
    """Encoding and decoding give the value back."""
    text, marked = encode(value)
    assert decode(text, marked, lambda *_: None) == value


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> JsContext:
    """A script that gives back what it gets."""
    path = tmp_path_factory.mktemp("echo") / "echo.js"
    path.write_text("export default (x) => x")
    context = JsContext(JsProgram(path))
    context.load()
    return context


@given(_plain)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_survive_a_script(echo: JsContext, value: Any) -> None:
    """What goes through a script comes back equal."""
    assert echo.call("default", [value]) == value
