"""TypeScript: types vanish, positions stay, the few constructs with a meaning keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import HostModule, JsError, JsSyntaxError

if TYPE_CHECKING:
    from .conftest import Scripts

_CASES = {
    "annotations": ("const f = (a: number, b?: string): string => `${a}${b ?? '-'}`; return f(1);", "1-"),
    "as, satisfies, !": ("const o = {a: 1} as any as {a: number}; return (o satisfies object).a! + o!.a;", 2),
    "generics": ("function id<T extends object | number>(x: T): T { return x } return id<number>(4);", 4),
    "arrow generics": ("const id = <T,>(x: T): T => x; return id(5);", 5),
    "new with arguments": ("return new Map<string, Array<number>>([['a', [1]]]).get('a')![0];", 1),
    "type assertion": ("const x = <number>(<unknown>3); return x;", 3),
    "interfaces and aliases": ("interface A { b: string } type C = A | null; const c: C = null; return c;", None),
    "enum": (
        "enum E { A, B = 4, C, D = 'd', F = B | 8 } return [E.A, E.C, E[4], E.D, E.F, E['C']];",
        [0, 5, "B", "d", 12, 5],
    ),
    "const enum": ("const enum E { X = 1 << 3, Y } return E.X + E.Y;", 17),
    "class": (
        (
            "abstract class A<T> { abstract m(): T; protected readonly x: number = 1; static s?: string; y!: T;"
            " declare z: string; get q(): number { return this.x } }"
            " class B extends A<string> implements Iterable<string> { override m(): string { return 'm' + this.q }"
            " *[Symbol.iterator](): Iterator<string> { yield 'i' } } const b = new B();"
            " return [b.m(), [...b][0], 'z' in b, 'y' in b];"
        ),
        ["m1", "i", False, True],
    ),
    "parameter properties": (
        (
            "class P { constructor(private a: number, public readonly b = 2) {}"
            " sum(): number { return this.a + this.b } }"
            " class Q extends P { constructor(public c: string) { super(1); this.c += '!' } }"
            " const q = new Q('x'); return [q.sum(), q.c];"
        ),
        [3, "x!"],
    ),
    "overloads": (
        "function f(a: string): string; function f(a: number): number; function f(a: any) { return a } return f(1);",
        1,
    ),
    "this parameter": ("function f(this: {n: number}, k: number) { return this.n + k } return f.call({n: 1}, 2);", 3),
    "optional calls stay": ("const o: any = {}; return [o?.a, o.b?.(), o ? 1 : 2];", None),
    "catch type": ("try { throw 1 } catch (e: unknown) { return e as number }", 1),
    "type predicates": ("function is(a: any): a is string { return typeof a === 'string' } return is('x');", True),
    "index signatures": ("class K { [key: string]: any; a = 1 } return new K().a;", 1),
    "ternary is not a type": ("const a = true, b = (x: number) => x; return a ? (b)(1) : 2;", 1),
    "import type query": ("let v: typeof import('./none'); return 1;", 1),
    "keyof and templates": (
        "type K = keyof {a: 1}; type T = `a${string}`; const k: K = 'a'; return `${k as string}`;",
        "a",
    ),
    "async generics": ("const f = async <T>(x: T): Promise<T> => x; f(1); return 1;", 1),
}


@pytest.mark.parametrize("name", [name for name in _CASES if name != "optional calls stay"])
def test_constructs(scripts: Scripts, name: str) -> None:
    """Each construct runs as its JavaScript would."""
    body, expected = _CASES[name]
    assert scripts.call(f"export default function (): any {{ {body} }}", name="t.ts") == expected


def test_optional_chaining_is_no_type(scripts: Scripts) -> None:
    """Question marks of JavaScript stay."""
    body, _ = _CASES["optional calls stay"]
    got = scripts.call(f"export default function (): any {{ {body} }}", name="t.ts")
    assert [bool(item) for item in got] == [False, False, True]


def test_namespaces(scripts: Scripts) -> None:
    """Namespaces become objects; those of types only vanish; nested and dotted names work."""
    source = """
        namespace A.B { export const x = 1, y = 2; export function f(): number { return x + y } const hidden = 3;
            export namespace C { export enum E { One = 1 } export class K { v = hidden } } }
        namespace A.B { export const z = 9; }
        namespace T { export interface I {} }
        declare namespace G { const g: number }
        import Short = A.B.C;
        export default () => [A.B.f(), A.B.C.E.One, new Short.K().v, A.B.z, 'hidden' in A.B, typeof T];
    """
    assert scripts.call(source, name="t.ts") == [3, 1, 3, 9, False, "undefined"]


def test_type_imports_vanish(scripts: Scripts) -> None:
    """Imports that are types, or that only types use, need no module behind them."""
    scripts.write(
        {
            "types.ts": "export interface T { a: number } export type U = string; export const value = 1;",
            "barrel.ts": "export { T, value } from './types.ts'; export type { U } from './types.ts';",
        }
    )
    source = """
        import { Options } from 'k6/options';
        import type { Nothing } from './nowhere.ts';
        import { type T, value } from './types.ts';
        import { U, value as again } from './types.ts';
        import { T as T2, value as third } from './barrel.ts';
        export const options: Options = {};
        export type { T };
        interface Local {}
        export { Local, value };
        const t: T & T2 = { a: 1 }, u: U = 'u';
        export default (): any => [t.a, u, value + again + third];
    """
    assert scripts.call(source, name="t.ts") == [1, "u", 3]


def test_side_effect_imports_stay(scripts: Scripts) -> None:
    """An import without names runs the module also in TypeScript."""
    scripts.write({"effect.js": "globalThis.seen = 1"})
    assert scripts.call("import './effect.js'; export default () => (globalThis as any).seen", name="t.ts") == 1


def test_commonjs_typescript(scripts: Scripts) -> None:
    """`import x = require()` and `export =`."""
    scripts.write({"lib.cts": "const v: number = 6; export = { v };"})
    source = "import lib = require('./lib.cts'); exports.default = (): number => lib.v;"
    assert scripts.call(source, name="t.cts") == 6


def test_positions_stay(scripts: Scripts) -> None:
    """Line and column of an error are those of the TypeScript file."""
    source = (
        "import { Options } from 'k6/options';\n"
        "interface A {\n  b: string;\n}\n"
        "enum E {\n  One,\n  Two,\n}\n"
        "function fail(this: any, a: A, e?: E): never {\n"
        "  const x: any = null; return (x as any).boom;\n"
        "}\n"
        "export default function (): void { fail(null as any); }\n"
    )
    with pytest.raises(JsError) as caught:
        scripts.call(source, name="t.ts")
    assert [(f.function, f.line, f.column) for f in caught.value.frames][:1] == [("fail", 10, 32)]
    assert caught.value.frames[1].line == 12


def test_types_over_several_lines(scripts: Scripts) -> None:
    """Types may span lines anywhere, before an arrow too."""
    source = """
        const f = (
            a: {
                b: number;
            },
        ): Promise<
            number
        > => Promise.resolve(a.b);
        export default async function <
            T
        >(): Promise<number> { return await f({ b: 8 }) }
    """
    assert scripts.call(source, name="t.ts") == 8


def test_decorators_are_refused(scripts: Scripts) -> None:
    """They need a compiler: the message says so, with the place."""
    with pytest.raises(JsSyntaxError, match=r"t\.ts:2:1: decorators are not supported"):
        scripts.program("const dec: any = 1;\n@dec class A {}\nexport default 1", "t.ts")


def test_syntax_errors_in_typescript(scripts: Scripts) -> None:
    """What is left after stripping is checked as JavaScript is."""
    with pytest.raises(JsSyntaxError, match=r"t\.ts:2:"):
        scripts.program("const a: number = 1;\nconst b: number = ;\n", "t.ts")


def test_an_open_bracket_in_typescript(scripts: Scripts) -> None:
    """A module that ends too early says that, instead of stumbling over its `export`."""
    with pytest.raises(JsSyntaxError, match=r"t\.ts:2:1: the file ends too early"):
        scripts.program("export default function () { return 1\n", "t.ts")


def test_host_names_in_typescript(scripts: Scripts) -> None:
    """A value import of the host stays, a type beside it goes."""
    modules = {"k6/http": HostModule({"get": lambda _: 200})}
    source = "import http, { get, RefinedResponse } from 'k6/http'; export default (): number => http.get() + get();"
    assert scripts.call(source, name="t.ts", modules=modules) == 400


def test_javascript_is_not_touched(scripts: Scripts) -> None:
    """In .js files `a < b > (c)` is comparison."""
    assert scripts.value("(1 < 2 > (0))") is True
