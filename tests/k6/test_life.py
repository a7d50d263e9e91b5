"""The life of a test: init, setup, iterations, teardown, handleSummary, and what scripts may be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import K6

_HEAD = """
import http from 'k6/http';
import { check } from 'k6';
const base = __ENV.BASE;
"""


def test_one_iteration_is_the_default(k6: K6) -> None:
    """Without options there is one VU and one iteration; its request, check and figures are in the summary."""
    ran = k6(_HEAD + "export default () => { check(http.get(`${base}/a`), { ok: (r) => r.status === 200 }) }")
    assert ran.code == 0
    assert ran.metric("iterations")["count"] == 1
    assert ran.metric("http_reqs")["count"] == 1
    assert ran.metric("checks")["passes"] == 1
    assert "checks_succeeded...: 100.00% 1 out of 1" in ran.out
    assert k6.server.paths() == ["/a"]


def test_setup_data_reaches_vus_and_teardown(k6: K6) -> None:
    """What setup returns arrives as a copy of its JSON; a VU that changes it sees its own change later."""
    source = (
        _HEAD
        + """
    export const options = { vus: 1, iterations: 2 };
    export function setup() { return { list: [1], when: new Date(0), gone: undefined, f: () => 1 } }
    export default function (data) { console.log(JSON.stringify(data)); data.list.push(2) }
    export function teardown(data) { console.log('end ' + JSON.stringify(data)) }
    """
    )
    when = '"when":"1970-01-01T00:00:00.000Z"'
    assert k6(source).logged == [
        f'{{"list":[1],{when}}}',
        f'{{"list":[1,2],{when}}}',
        f'end {{"list":[1],{when}}}',
    ]


def test_setup_and_teardown_can_be_left_out(k6: K6) -> None:
    """With --no-setup and --no-teardown neither runs, and there is no data."""
    source = """
    export function setup() { console.log('setup'); return 1 }
    export default (data) => console.log(typeof data);
    export function teardown() { console.log('teardown') }
    """
    assert k6(source, "--no-setup", "--no-teardown").logged == ["undefined"]


def test_requests_of_setup_belong_to_its_group(k6: K6) -> None:
    """Samples of setup carry the group ::setup."""
    source = (
        _HEAD
        + """
    export const options = { thresholds: { 'http_reqs{group:::setup}': ['count==1'], 'http_reqs': ['count==2'] } };
    export function setup() { http.get(`${base}/s`) }
    export default () => { http.get(`${base}/d`) }
    """
    )
    ran = k6(source)
    assert ran.code == 0
    assert ran.metric("http_reqs{group:::setup}")["count"] == 1


def test_exceptions_count_as_iterations(k6: K6) -> None:
    """An iteration that throws is complete, and the next one runs; the error names the script's line."""
    ran = k6("export default () => {\n  null.x;\n}", "--iterations", "3")
    assert ran.code == 0
    assert ran.metric("iterations")["count"] == 3
    assert "test.js:2" in ran.err


def test_handle_summary_writes_files(k6: K6) -> None:
    """Texts and buffers go to files and streams; the usual summary is not printed."""
    source = """
    export const options = { summaryTrendStats: ['avg', 'p(99)', 'count'] };
    export default () => {}
    export function handleSummary(data) {
      return { stdout: 'own text', 'a.json': JSON.stringify(data), 'b.bin': new Uint8Array([1, 2]).buffer };
    }
    """
    ran = k6(source)
    assert ran.code == 0
    assert "own text" in ran.out
    assert "TOTAL RESULTS" not in ran.out
    data = json.loads((k6.folder / "a.json").read_text())
    assert data["metrics"]["iterations"]["values"]["count"] == 1
    assert set(data["metrics"]["iteration_duration"]["values"]) == {"avg", "p(99)", "count"}
    assert (k6.folder / "b.bin").read_bytes() == b"\x01\x02"


@pytest.mark.parametrize("body", ["throw new Error('bad summary')", "return undefined", "return 5", ""])
def test_handle_summary_that_fails(k6: K6, body: str) -> None:
    """An error, or nothing, leads to the usual summary and changes no exit code."""
    ran = k6(f"export default () => {{}}; export function handleSummary() {{ {body} }}")
    assert ran.code == 0
    assert "TOTAL RESULTS" in ran.out
    assert ("bad summary" in ran.err) == ("bad" in body)


def test_a_summary_file_that_cannot_be_written(k6: K6) -> None:
    """A missing folder costs a message, never the exit code."""
    ran = k6("export default () => {}; export const handleSummary = () => ({ 'no/such/x.json': '1' })")
    assert ran.code == 0
    assert "no/such/x.json" in ran.err


def test_script_without_default_but_exec(k6: K6) -> None:
    """Scenarios name exported functions; the default one is not needed."""
    source = """
    export const options = { scenarios: {
      a: { executor: 'per-vu-iterations', exec: 'one' },
      b: { executor: 'shared-iterations', vus: 2, iterations: 4, exec: 'two', env: { WHO: 'me' },
           tags: { kind: 'x' } } } };
    export function one() { console.log('one', __ENV.WHO) }
    export async function two() { await null; console.log('two', __ENV.WHO) }
    """
    ran = k6(source)
    assert ran.code == 0
    assert sorted(ran.logged) == ["one undefined", *["two me"] * 4]


def test_commonjs_and_typescript(k6: K6) -> None:
    """CommonJS exports work, and types are stripped, imports of types included."""
    common = (
        "const { sleep } = require('k6'); module.exports.options = { iterations: 2, vus: 1 };"
        "module.exports.default = function () { console.log('cjs', __ITER) }"
    )
    assert k6(common).logged == ["cjs 0", "cjs 1"]
    typed = (
        "import { Options } from 'k6/options'; import type { Response } from 'k6/http';"
        "export const options: Options = { iterations: 1 }; interface A { b: number }"
        "export default function (): void { const a: A = { b: 2 }; console.log(a.b as number) }"
    )
    assert k6(typed, name="test.ts").logged == ["2"]


def test_script_from_stdin(k6: K6) -> None:
    """A script can come from standard input."""
    ran = k6.command("run", "-", stdin="export default () => console.log('piped')")
    assert ran.code == 0
    assert ran.logged == ["piped"]


def test_module_state_stays_with_the_vu(k6: K6) -> None:
    """Variables of the module live as long as the VU: the next iteration finds them."""
    source = (
        "let n = 0; export const options = { vus: 2, iterations: 6 };"
        "export default () => { n += 1; console.log(n === __ITER + 1) }"
    )
    assert k6(source).logged == ["true"] * 6


def test_open_reads_once_and_only_in_init_code(k6: K6) -> None:
    """open() is relative to the file that calls it, gives text or bytes, and is refused in iterations."""
    k6.write("data/users.json", '[{"n": 1}, {"n": 2}]')
    k6.write("lib/read.js", "export const text = open('../data/users.json');")
    source = """
    import { SharedArray } from 'k6/data'; import { text } from './lib/read.js';
    const users = new SharedArray('users', () => JSON.parse(open('./data/users.json')));
    const bytes = open('data/users.json', 'b');
    export default () => {
      console.log(users.length, users[1].n, text.length, bytes.byteLength);
      try { open('./data/users.json') } catch (e) { console.log('refused') }
    }
    """
    assert k6(source).logged == ["2 2 20 20", "refused"]


def test_missing_data_file_is_told(k6: K6) -> None:
    """A file that open() cannot read ends the test with 107 and its path."""
    ran = k6("const x = open('./nothing.csv'); export default () => {}")
    assert ran.code == 107
    assert "nothing.csv" in ran.err
