"""The module graph: ES modules, CommonJS, JSON, the host's modules, remote files, packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import (
    HostModule,
    JsContext,
    JsError,
    JsHost,
    JsImportError,
    JsProgram,
    JsSyntaxError,
    Resolver,
)

if TYPE_CHECKING:
    from .conftest import Scripts


def test_named_default_and_namespace_imports_of_es_modules(scripts: Scripts) -> None:
    """All forms of import see the other module's exports."""
    scripts.write({"lib.js": "export const a = 1; export default function () { return 2 }; export { a as 'b-c' };"})
    source = """
        import main, { a as x, 'b-c' as y } from './lib.js';
        import * as all from './lib.js';
        export default () => [main(), x, y, all.a, all.default()];
    """
    assert scripts.call(source) == [2, 1, 1, 1, 2]


def test_bindings_between_es_modules_are_live(scripts: Scripts) -> None:
    """An importer sees the exporter's later values."""
    scripts.write({"lib.js": "export let n = 1; export function up() { n++ }"})
    assert scripts.call("import { n, up } from './lib.js'; export default () => { up(); up(); return n }") == 3


def test_cyclic_imports(scripts: Scripts) -> None:
    """Two modules may need each other, as long as they do so after loading."""
    scripts.write(
        {
            "a.js": "import { b } from './b.js'; export const a = () => 'a' + b();",
            "b.js": "import { a } from './a.js'; export const b = () => 'b'; export const viaA = () => a();",
        }
    )
    assert scripts.call("import { viaA } from './b.js'; export default viaA") == "ab"


def test_reexports_of_all_kinds(scripts: Scripts) -> None:
    """Export from, export * and export * as."""
    scripts.write(
        {
            "deep.js": "export const one = 1; export const two = 2; export default 3;",
            "mid.js": "export * from './deep.js'; export { one as uno, default } from './deep.js';"
            "export * as ns from './deep.js';",
        }
    )
    source = "import three, { one, two, uno, ns } from './mid.js'; export default () => [one, two, uno, three, ns.two]"
    assert scripts.call(source) == [1, 2, 1, 3, 2]


def test_json_import_and_require(scripts: Scripts) -> None:
    """JSON files are data, with or without an import attribute."""
    scripts.write({"d.json": '{"k": [1, {"x": null}]}'})
    source = """
        import data from './d.json' with { type: 'json' };
        import { k } from './d.json';
        export default () => [data, k[0], data === data];
    """
    assert scripts.call(source) == [{"k": [1, {"x": None}]}, 1, True]
    assert scripts.call("const d = require('./d.json'); module.exports = () => d.k[0]", name="m.cjs") == 1


def test_bad_json_is_told_with_its_file(scripts: Scripts) -> None:
    """A JSON file that does not parse is an error when the script is loaded."""
    scripts.write({"d.json": "{nope}"})
    with pytest.raises(JsSyntaxError, match=r"d\.json: not valid JSON"):
        scripts.program("import d from './d.json'")


def test_commonjs_main_and_mixed_graph(scripts: Scripts) -> None:
    """CommonJS requires CommonJS and ES modules; ES modules import CommonJS by default and by name."""
    scripts.write(
        {
            "c.js": "exports.x = 5; exports.where = __filename.split('/').pop();",
            "f.js": "module.exports = function () { return 'f' };",
            "e.js": "export const e = 'esm'; export default 9;",
        }
    )
    source = """
        const c = require('./c.js'), f = require('./f.js'), e = require('./e.js');
        exports.default = () => [c.x, c.where, f(), e.e, e.default, c === require('./c.js')];
    """
    assert scripts.call(source) == [5, "c.js", "f", "esm", 9, True]
    source = """
        import c, { x, missing } from './c.js';
        import f from './f.js';
        import * as all from './c.js';
        export default () => [c.x, x, missing, f(), all.x, all.default === c];
    """
    assert scripts.call(source) == [5, 5, scripts.value("undefined"), "f", 5, True]


def test_commonjs_cycles_see_what_is_there(scripts: Scripts) -> None:
    """A require in a cycle gets the exports made so far."""
    scripts.write(
        {
            "a.js": "exports.early = 1; const b = require('./b.js'); exports.late = b.seen;",
            "b.js": "const a = require('./a.js'); exports.seen = [a.early, a.late];",
        }
    )
    source = "const a = require('./a.js'); exports.default = () => a.late"
    assert scripts.call(source) == [1, scripts.value("undefined")]


def test_reexport_of_commonjs_names(scripts: Scripts) -> None:
    """`export *` of CommonJS gives the names that its text assigns."""
    scripts.write({"c.js": "exports.x = 1; module.exports.y = 2;", "m.js": "export * from './c.js'"})
    assert scripts.call("import { x, y } from './m.js'; export default () => x + y") == 3


def test_require_of_a_missing_file_fails_where_it_runs(scripts: Scripts) -> None:
    """Optional requires in try/catch are common and must not stop the script from loading."""
    source = """
        let other = 'none';
        try { other = require('./nope.js'); } catch (e) { other = e.message; }
        exports.default = () => other;
    """
    assert "cannot find './nope.js'" in scripts.call(source)


def test_host_modules_have_default_and_names(scripts: Scripts) -> None:
    """Both shapes work whichever the host gave; a missing name is undefined, not an error."""
    modules = {"m": HostModule({"f": lambda _, x: x + 1, "data": {"k": [1]}})}
    source = """
        import m, { f, data, nothing } from 'm';
        import * as all from 'm';
        export { f as again } from 'm';
        export default () => [f(1), m.f(2), data.k[0], typeof nothing, all.f(3), all.default === m];
    """
    assert scripts.call(source, modules=modules) == [2, 3, 1, "undefined", 4, True]
    assert scripts.call("const { f } = require('m'); exports.default = () => f(1)", modules=modules) == 2


def test_host_module_in_javascript(scripts: Scripts) -> None:
    """A host module may be JavaScript around Python functions."""
    module = HostModule(
        {"add": lambda _, a, b: a + b},
        "class Sum { constructor() { this.n = 0 } add(x) { this.n = host.add(this.n, x); return this } }"
        "exports.default = { Sum };",
    )
    source = "import m, { Sum } from 'm'; export default () => [new Sum().add(2).add(3).n, m.Sum === Sum]"
    assert scripts.call(source, modules={"m": module}) == [5, True]


def test_code_between_imports_runs_after_all_imports(scripts: Scripts) -> None:
    """Imports are hoisted, wherever they stand."""
    scripts.write({"lib.js": "export const x = 1"})
    source = "const y = x + f(1); import { x } from './lib.js'; import { f } from 'm'; export default () => y"
    assert scripts.call(source, modules={"m": HostModule({"f": lambda _, x: x})}) == 2


def test_top_level_await(scripts: Scripts) -> None:
    """A module may await while it loads, and its importers wait for it."""
    scripts.write({"lib.js": "export const x = await new Promise(r => setTimeout(() => r(7), 50));"})
    assert scripts.call("import { x } from './lib.js'; export default () => x") == 7
    assert scripts.hub.now == pytest.approx(0.05)


def test_top_level_await_that_never_comes(scripts: Scripts) -> None:
    """A script that can never load says so instead of hanging."""
    with pytest.raises(JsError, match="top-level await"):
        scripts.call("await new Promise(() => {}); export default 1")


def test_dynamic_import(scripts: Scripts) -> None:
    """import() of literals and of computed names, ES modules, CommonJS and the host's."""
    scripts.write({"lib.js": "export const x = 1", "c.cjs": "exports.y = 2", "sub/late.js": "export default 3"})
    source = """
        export default async () => {
            const name = ['./sub', 'late.js'].join('/');
            const [a, b, c, d] = await Promise.all([import('./lib.js'), import('./c.cjs'), import(name), import('m')]);
            return [a.x, b.y, c.default, d.z];
        };
    """
    assert scripts.call(source, modules={"m": HostModule({"z": 4})}) == [1, 2, 3, 4]


def test_dynamic_import_of_nothing_rejects(scripts: Scripts) -> None:
    """A failed import() is a rejection that the script can catch."""
    source = "export default async () => { try { await import('./nope.js') } catch (e) { return e.message } }"
    assert "cannot find './nope.js'" in scripts.call(source)


def test_import_meta(scripts: Scripts) -> None:
    """import.meta tells where the module is and resolves names against it."""
    scripts.write({"sub/lib.js": "export const m = import.meta; export const r = import.meta.resolve('../x.txt');"})
    source = "import { m, r } from './sub/lib.js'; export default () => [m.url, m.filename, m.dirname, r]"
    folder = str(scripts.folder)
    assert scripts.call(source) == [
        f"file://{folder}/sub/lib.js",
        f"{folder}/sub/lib.js",
        f"{folder}/sub",
        f"file://{folder}/x.txt",
    ]


def test_absolute_and_file_url_specifiers(scripts: Scripts) -> None:
    """Absolute paths and file: URLs lead to the same module."""
    scripts.write({"lib.js": "export const o = {}"})
    path = f"{scripts.folder}/lib.js"
    source = f"import {{o as a}} from '{path}'; import {{o as b}} from 'file://{path}'; export default () => a === b"
    assert scripts.call(source) is True


def test_missing_file_tells_place_and_hint(scripts: Scripts) -> None:
    """The import's own line and column, and the file that was probably meant."""
    scripts.write({"lib.js": "export default 1"})
    with pytest.raises(JsImportError) as caught:
        scripts.program("// first\nimport x from './lib';\n")
    error = caught.value
    assert (error.line, error.column) == (2, 15)
    assert "did you mean ./lib.js?" in str(error)
    assert "import x from './lib';\n                  ^" in str(error)


def test_bare_names_are_refused_by_the_k6_manner(scripts: Scripts) -> None:
    """k6 knows no packages."""
    with pytest.raises(JsImportError, match="cannot import 'lodash': packages cannot be imported by name"):
        scripts.program("import _ from 'lodash'")


def test_hosts_can_advise(scripts: Scripts) -> None:
    """The host's own words for names it knows to be missing."""
    resolver = Resolver(advice=lambda name: f"{name} needs a browser" if name == "k6/browser" else None)
    with pytest.raises(JsImportError, match="k6/browser needs a browser"):
        scripts.program("import b from 'k6/browser'", resolver=resolver)


def test_missing_export_of_a_file_is_an_error(scripts: Scripts) -> None:
    """Unlike the host's modules, a user's module must have what is imported from it."""
    scripts.write({"lib.js": "export const a = 1"})
    with pytest.raises(JsImportError, match=r"main\.js:1:19: .*lib\.js has no export 'b'"):
        scripts.program("import { b } from './lib.js'; export default () => b")


def test_remote_imports_come_from_the_vendor_folder(scripts: Scripts) -> None:
    """Remote files and what they import relatively lie under <vendor>/<host>/<path>."""
    scripts.write(
        {
            "vendor/example.com/lib/a.js": "export { b } from './b.js'",
            "vendor/example.com/lib/b.js": "export const b = 'vendored'",
        }
    )
    resolver = Resolver(vendor=scripts.folder / "vendor")
    source = "import { b } from 'https://example.com/lib/a.js?x=1'; export default () => b"
    program = scripts.program(source, resolver=resolver)
    assert scripts.run(lambda: scripts.context(program).call("default")) == "vendored"


def test_remote_imports_by_the_host(scripts: Scripts) -> None:
    """A host's module can stand for a URL, whatever its version."""
    resolver = Resolver(equivalent=lambda url: "utils" if "/k6-utils/" in url else None)
    source = "import { one } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'; export default () => one"
    program = scripts.program(source, resolver=resolver, modules={"utils": HostModule({"one": 1})})
    assert scripts.run(lambda: scripts.context(program).call("default")) == 1


def test_unknown_remote_imports_are_refused(scripts: Scripts) -> None:
    """Nothing is downloaded; the message says where to put the file."""
    with pytest.raises(JsImportError, match=r"nothing is downloaded; save the file as .*example\.com/x\.js"):
        scripts.program("import x from 'https://example.com/x.js'")
    with pytest.raises(JsImportError, match="only https:// is allowed"):
        scripts.program("import x from 'http://example.com/x.js'")


def test_packages_in_the_node_manner(scripts: Scripts) -> None:
    """main, exports with conditions, subpaths, scopes, index files and extensionless requires."""
    scripts.write(
        {
            "node_modules/plain/package.json": '{"main": "lib/main"}',
            "node_modules/plain/lib/main.js": "module.exports = { name: 'plain', helper: require('./helper') };",
            "node_modules/plain/lib/helper.js": "module.exports = 'helper';",
            "node_modules/@s/mod/package.json": '{"exports": {".": {"import": "./m.mjs"}, "./x/*": "./src/*.js"}}',
            "node_modules/@s/mod/m.mjs": "export default 'scoped';",
            "node_modules/@s/mod/src/deep.js": "exports.d = 'deep';",
            "node_modules/bare/index.js": "exports.b = require('plain').name;",
            "steps/more.js": "exports.own = require('bare').b;",
        }
    )
    source = """
        const plain = require('plain'), { b } = require('bare'), { own } = require('./steps/more');
        const scoped = require('@s/mod').default, { d } = require('@s/mod/x/deep');
        module.exports = { default: () => [plain.name, plain.helper, b, own, scoped, d] };
    """
    program = scripts.program(source, resolver=Resolver(manner="node"))
    expected = ["plain", "helper", "plain", "plain", "scoped", "deep"]
    assert scripts.run(lambda: scripts.context(program).call("default")) == expected


def test_missing_package_is_told(scripts: Scripts) -> None:
    """The message names the package and what to do."""
    program = scripts.program("require('left-pad')", resolver=Resolver(manner="node"))
    with pytest.raises(JsError, match=r"cannot find the package 'left-pad'.*npm install left-pad"):
        scripts.run(lambda: scripts.context(program))


def test_node_prefix_leads_to_the_hosts_module(scripts: Scripts) -> None:
    """`node:crypto` and `crypto` are one."""
    modules = {"crypto": HostModule({"id": 1})}
    source = "exports.default = () => require('node:crypto').id"
    program = scripts.program(source, resolver=Resolver(manner="node"), modules=modules)
    assert scripts.run(lambda: scripts.context(program).call("default")) == 1


def test_module_state_is_per_context(scripts: Scripts) -> None:
    """Variables of modules live from call to call, in one user's context only."""
    program = scripts.program("let n = 0; export default () => ++n")

    def users() -> list[int]:
        first, second = scripts.context(program), scripts.context(program)
        return [first.call("default"), first.call("default"), second.call("default")]

    assert scripts.run(users) == [1, 2, 1]


def test_exports_are_listed(scripts: Scripts) -> None:
    """Names, kinds, async or not; JSON of an export; undefined exports."""
    program = scripts.program("export const o = {a: 1, f() {}}; export async function g() {} export let u;")
    context = JsContext(program)
    context.load()
    assert context.exports() == {"g": ("function", True), "o": ("object", False), "u": ("undefined", False)}
    assert context.export_json("o") == '{"a":1}'
    assert context.export_json("u") is None


def test_scripts_without_files(tmp_path) -> None:
    """Source from elsewhere (stdin) is resolved as if it lay where it is said to."""
    (tmp_path / "lib.js").write_text("export const x = 3")
    program = JsProgram(tmp_path / "-", JsHost(), source="import {x} from './lib.js'; export default () => x")
    context = JsContext(program)
    context.load()
    assert context.call("default") == 3


def test_hash_bang_and_byte_order_mark(scripts: Scripts) -> None:
    """Both may start a file."""
    assert scripts.call("#!/usr/bin/env k6\nexport default () => 1") == 1
    assert scripts.call("\ufeffexport default () => 2") == 2


def test_require_in_es_modules(scripts: Scripts) -> None:
    """As in k6, an ES module may use require() too, unless it has a name of its own for it."""
    scripts.write({"c.js": "exports.x = 5"})
    source = "import m from 'm'; const { x } = require('./c.js'); export default () => [x, require('m') === m]"
    assert scripts.call(source, modules={"m": HostModule({"a": 1})}) == [5, True]
    assert scripts.call("const require = (x) => x + 1; export default () => require(1)") == 2


def test_late_modules_are_shared(scripts: Scripts) -> None:
    """A module that one context imports late is compiled once and there for the others."""
    scripts.write({"late.js": "export let n = 0; export const up = () => ++n"})
    program = scripts.program("export default async () => (await import('./' + 'late.js')).up()")

    def users() -> list[int]:
        first, second = scripts.context(program), scripts.context(program)
        return [first.call("default"), first.call("default"), second.call("default")]

    assert scripts.run(users) == [1, 2, 1]
    assert program.files == [f"{scripts.folder}/main.js", f"{scripts.folder}/late.js"]
