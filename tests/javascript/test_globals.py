"""Globals: what scripts find, what they do not, and what a host may add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import HostFunction, JsError

if TYPE_CHECKING:
    from .conftest import Scripts


def test_what_k6_lacks_is_not_there(scripts: Scripts) -> None:
    """Scripts that probe with typeof take the path they take under k6."""
    names = ["URL", "URLSearchParams", "structuredClone", "atob", "btoa", "fetch", "process", "Buffer", "window"]
    assert scripts.call(f"export default () => {names}.map((n) => typeof globalThis[n])") == ["undefined"] * len(names)


def test_what_is_there(scripts: Scripts) -> None:
    """Global is globalThis, performance.now() grows, lazily made classes look as usual."""
    source = """
        export default () => [global === globalThis, performance.now() >= 0, typeof TextEncoder, typeof setInterval,
            new TextEncoder() instanceof TextEncoder, Object.keys(globalThis).includes('$swell')];
    """
    assert scripts.call(source) == [True, True, "function", "function", True, False]


def test_global_alias_is_optional(scripts: Scripts) -> None:
    """k6's base compatibility mode has no `global`."""
    assert scripts.value("typeof global", global_alias=False) == "undefined"


def test_text_encoder(scripts: Scripts) -> None:
    """UTF-8, whatever the text holds."""
    assert scripts.value("new TextEncoder().encode('aé😀\\0')") == "aé😀\0".encode()
    assert scripts.value("new TextEncoder().encode('\\ud800').length") == 3
    source = "export default () => { const b = new Uint8Array(4); return [new TextEncoder().encodeInto('aé😀', b), b] }"
    assert scripts.call(source) == [{"read": 2, "written": 3}, b"a\xc3\xa9\x00"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("new TextDecoder().decode(new Uint8Array([97, 195, 169]))", "aé"),
        ("new TextDecoder().decode(new Uint8Array([97, 195, 169]).buffer)", "aé"),
        ("new TextDecoder().decode()", ""),
        ("new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))", "a"),
        ("new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))", "\ufeffa"),
        ("new TextDecoder().decode(new Uint8Array([255, 97]))", "\ufffda"),
        ("new TextDecoder('utf-16le').decode(new Uint8Array([97, 0, 98, 0]))", "ab"),
        ("new TextDecoder('UTF8').encoding", "utf-8"),
        (("(() => { const d = new TextDecoder(); return d.decode(new Uint8Array([195]), { stream: true })"
         " + d.decode(new Uint8Array([169])) })()"), "é"),
    ],
)  # fmt: skip
def test_text_decoder(scripts: Scripts, expression: str, expected: str) -> None:
    """Labels, marks, streams and bad bytes."""
    assert scripts.value(expression) == expected


def test_text_decoder_refuses(scripts: Scripts) -> None:
    """Fatal decoders throw TypeError, unknown labels RangeError."""
    with pytest.raises(JsError, match="TypeError"):
        scripts.value("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))")
    with pytest.raises(JsError, match="RangeError: the encoding 'nope' is unknown"):
        scripts.value("new TextDecoder('nope')")


def test_base64_as_an_extra(scripts: Scripts) -> None:
    """Atob and btoa, if the host wants them."""
    assert scripts.value("atob(btoa('hi'))", extras=frozenset({"base64"})) == "hi"


def test_structured_clone_as_an_extra(scripts: Scripts) -> None:
    """Deep copies with cycles, Dates, Maps, Sets, buffers; functions are refused."""
    source = """
        export default () => {
            const a = { d: new Date(5), m: new Map([[1, { x: 1 }]]), s: new Set([1]), l: [1, , 3] };
            a.b = new Uint8Array([1, 2]);
            a.self = a;
            const b = structuredClone(a);
            b.m.get(1).x = 2; b.b[0] = 9;
            let refused = '';
            try { structuredClone({ f() {} }) } catch (e) { refused = e.name }
            return [b !== a, b.self === b, +b.d, a.m.get(1).x, a.b[0], b.s.has(1), b.l.length, refused];
        };
    """
    got = scripts.call(source, extras=frozenset({"structuredClone"}))
    assert got == [True, True, 5, 1, 1, True, 3, "DataCloneError"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("new URL('https://u:p@h.com:8080/a/b?x=1&y=a%20b#f').host", "h.com:8080"),
        (("[...['protocol','username','password','hostname','port','pathname','search','hash','origin']]"
         ".map((k) => new URL('https://u:p@H.com:443/a?x#f')[k])"),
         ["https:", "u", "p", "h.com", "", "/a", "?x", "#f", "https://h.com"]),
        ("new URL('../c?d', 'http://h/a/b/x').href", "http://h/a/c?d"),
        ("new URL('//o/p', 'http://h/a').href", "http://o/p"),
        ("new URL('?q', 'http://h/a?b').href", "http://h/a?q"),
        ("new URL('http://h').href", "http://h/"),
        ("new URL('http://h/a b/ü').pathname", "/a%20b/%C3%BC"),
        (("(() => { const u = new URL('http://h/?a=1'); u.searchParams.append('b', 'x y'); u.pathname = '/z';"
         " u.hash = 'k'; return `${u}` })()"), "http://h/z?a=1&b=x+y#k"),
        ("(() => { const u = new URL('http://h/?a=1'); u.search = '?c=2'; return u.searchParams.get('c') })()", "2"),
        ("JSON.stringify({ u: new URL('http://h/') })", '{"u":"http://h/"}'),
        ("new URLSearchParams({ a: '1', b: 'x&y' }).toString()", "a=1&b=x%26y"),
        ("new URLSearchParams([['a', 1], ['a', 2]]).getAll('a')", ["1", "2"]),
        ("[...new URLSearchParams('?a=1&b=c+d&e')].join(';')", "a,1;b,c d;e,"),
        (("(() => { const p = new URLSearchParams('a=1&b=2&a=3'); p.delete('b'); p.set('a', 9); p.append('c', 'ü');"
         " p.sort(); return [`${p}`, p.has('c'), p.get('zz'), p.size] })()"), ["a=9&c=%C3%BC", True, None, 2]),
        ("(() => { try { new URL('nope') } catch (e) { return e.name } })()", "TypeError"),
        ("URL.canParse('http://x')", True),
    ],
)  # fmt: skip
def test_url_as_an_extra(scripts: Scripts, expression: str, expected: Any) -> None:
    """URL and URLSearchParams, if the host wants them."""
    assert scripts.value(expression, extras=frozenset({"URL"})) == expected


def test_hosts_globals(scripts: Scripts) -> None:
    """Functions and data, mutable per context, and set from Python."""
    program = scripts.program(
        "export default () => { __ENV.N = (__ENV.N || 0) + 1; return [__ENV.N, twice(4), __VU, typeof raw] }",
        globals={"__ENV": {"A": "b"}, "twice": lambda _, x: 2 * x, "raw": HostFunction(lambda _: 1, "raw"), "__VU": 0},
    )

    def user() -> list[Any]:
        first, second = scripts.context(program), scripts.context(program)
        first.set_global("__VU", 7)
        return [first.call("default"), first.call("default"), second.call("default")]

    assert scripts.run(user) == [[1, 8, 7, "function"], [2, 8, 7, "function"], [1, 8, 0, "function"]]


def test_functions_that_know_their_caller(scripts: Scripts) -> None:
    """open() and the like resolve names against the file that calls them."""
    scripts.write({"sub/lib.js": "export const here = open('x'); export const later = () => open('y')"})
    source = "import { here, later } from './sub/lib.js'; export default () => [here, later(), open('z')]"
    got = scripts.call(source, globals={"open": HostFunction(lambda _, file, name: f"{file}:{name}", "caller")})
    folder = scripts.folder
    assert got == [f"{folder}/sub/lib.js:x", f"{folder}/sub/lib.js:y", f"{folder}/main.js:z"]
