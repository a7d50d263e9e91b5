"""The modules k6, k6/metrics, k6/execution and k6/data, and the globals, as scripts see them in a real run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import K6

_HEAD = """
import http from 'k6/http';
import k6, { check, group, sleep, fail, randomSeed } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import exec, { vu, scenario } from 'k6/execution';
const base = __ENV.BASE;
const say = (...args) => console.log(...args);
const caught = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } };
"""


def run(k6: K6, body: str, head: str = "", *flags: str) -> list[str]:
    """What an iteration with this body prints."""
    ran = k6(f"{_HEAD}{head}\nexport default function (data) {{ {body} }}", *flags)
    assert ran.code == 0, ran.err
    return ran.logged


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("say(check(5, { 'is 5': (v) => v === 5, yes: true }))", "true"),
        ("say(check(5, { a: (v) => v === 4, b: 1 }))", "false"),
        ("say(check(5, { a: () => 'text', b: {} }))", "true"),
        ("say(caught(() => check(5, { a: () => { throw new RangeError('x') } })))", "RangeError: x"),
        ("say(caught(() => check(5, { 'a::b': true })).includes('::'))", "true"),
        ("say(caught(() => check(5, { a: async () => true })).includes('async'))", "true"),
        ("say(group('g', () => 7))", "7"),
        ("say(caught(() => group('', () => 1)).startsWith('Error'))", "true"),
        ("say(caught(() => group('a::b', () => 1)).startsWith('Error'))", "true"),
        ("say(caught(() => group('a', async () => 1)).includes('async'))", "true"),
        ("say(caught(() => group('a', () => { throw new Error('inner') })))", "Error: inner"),
        ("say(caught(() => fail('no')), caught(() => fail()))", "Error: no Error: "),
        ("say(typeof k6.check, typeof k6.sleep, k6.group === group)", "function function true"),
        ("randomSeed(3); const a = Math.random(); randomSeed(3); say(a === Math.random(), a < 1)", "true true"),
        ("const t = Date.now(); sleep(0.05); say(Date.now() - t >= 50)", "true"),
        ("say(typeof fetch, typeof process, typeof Buffer, typeof URL)", "undefined undefined undefined undefined"),
        ("say(typeof __ENV.PATH, __VU, __ITER, typeof global)", "string 1 0 object"),
        ("__ENV.NEW = 'x'; say(__ENV.NEW)", "x"),
        (
            "say('a', 1, null, undefined, { a: [1, 'b'], c: { d: null } })",
            'a 1 null undefined { a: [ 1, "b" ], c: { d: null } }',
        ),
        ("say(vu.idInTest, vu.idInInstance, vu.iterationInInstance, vu.iterationInScenario)", "1 1 0 0"),
        ("say(scenario.name, scenario.executor, scenario.iterationInTest)", "default per-vu-iterations 0"),
        ("say(Math.abs(scenario.startTime - Date.now()) < 5000, scenario.progress)", "true 0"),
        ("say(exec.instance.vusActive, exec.instance.vusInitialized, exec.instance.iterationsCompleted)", "1 1 0"),
        ("say(exec.instance.currentTestRunDuration >= 0)", "true"),
        ("say(exec.test.options.scenarios.default.executor)", "per-vu-iterations"),
        ("say(caught(() => { 'use strict'; exec.test.options.vus = 1 }).startsWith('TypeError'))", "true"),
        ("exec.vu.tags.mine = 5; say(exec.vu.tags.mine, exec.vu.metrics.tags.scenario)", "5 default"),
        ("say(caught(() => { exec.vu.tags.bad = {} }).startsWith('TypeError'))", "true"),
    ],
)
def test_what_a_line_of_script_does(k6: K6, body: str, expected: str) -> None:
    """One line of a script each."""
    assert run(k6, body) == [expected]


@pytest.mark.parametrize(
    ("init", "words"),
    [
        ("new Counter('1bad')", "1bad"),
        ("new Counter('a'); new Trend('a')", "twice"),
        ("new Trend('a', true); new Trend('a', false)", "twice"),
        ("new Counter('http_req_duration')", "http_req_duration"),
        ("check(1, { a: true })", "init"),
        ("group('a', () => 1)", "init"),
        ("http.get(base)", "init"),
        ("exec.scenario.name", "scenario"),
        ("exec.vu.tags.a = 1", "init"),
    ],
)
def test_what_init_code_must_not_do(k6: K6, init: str, words: str) -> None:
    """Mistakes of init code end with 107 and say what is wrong."""
    ran = k6(f"{_HEAD}{init}; export default () => {{}}")
    assert ran.code == 107, ran.err
    assert words in ran.err


def test_samples_of_own_metrics(k6: K6) -> None:
    """Each kind adds up as in k6; what is no number is warned of and left out."""
    body = """
    c.add(1); c.add(2.5, { tag: 'x' }); c.add('3');
    g.add(5); g.add(2); g.add(3);
    r.add(true); r.add(0); r.add(7);
    for (const v of [1, 2, 3, 4]) t.add(v);
    say(c.add(NaN), c.add(null), c.add(undefined), c.add('text'), c.add(1), c.name);
    """
    head = (
        "const c = new Counter('c'), g = new Gauge('g'), r = new Rate('r'), t = new Trend('t', true);"
        "export const options = { thresholds: { 'c{tag:x}': ['count==2.5'] } };"
    )
    ran = k6(f"{_HEAD}{head}\nexport default () => {{ {body} }}")
    assert ran.code == 0, ran.err
    assert ran.logged == ["false false false false true c"]
    assert ran.err.count("is no number") == 4
    assert ran.metric("c")["count"] == 7.5
    gauge = ran.metric("g")
    assert (gauge["value"], gauge["min"], gauge["max"]) == (3, 2, 5)
    assert ran.metric("r")["passes"] == 2
    assert {key: ran.metric("t")[key] for key in ("avg", "min", "med", "max")} == {
        "avg": 2.5,
        "min": 1,
        "med": 2.5,
        "max": 4,
    }


def test_throw_makes_wrong_samples_errors(k6: K6) -> None:
    """With the option throw a value that is no number is an exception."""
    assert (
        "no number"
        in k6(
            f"{_HEAD}const c = new Counter('c'); export default () => {{ c.add(NaN) }}",
            "--throw",
            "--fail-on-exceptions",
        ).err
    )


def test_tags_of_groups_checks_and_assignments(k6: K6) -> None:
    """Nested groups, tags of a check, of a request, and those that the script sets for all that follows."""
    source = (
        _HEAD
        + """
    const eq = (n) => [`count==${n}`];
    export const options = { iterations: 2, vus: 1, tags: { all: 'yes' }, thresholds: {
      'http_reqs{group:::a::b}': eq(2), 'http_reqs{group:::a}': eq(2), 'http_reqs{mine:7}': eq(4),
      'http_reqs{all:yes}': eq(6), 'http_reqs{own:z}': eq(2), 'http_reqs{name:N}': eq(2),
      'checks{kind:x}': ['rate==1'], 'checks{check:two}': ['rate==0'],
      'http_reqs{scenario:default}': eq(6) } };
    export default () => {
      group('a', () => {
        http.get(`${base}/1`);
        group('b', () => {
          http.get(`${base}/2`, { tags: { own: 'z', name: 'N' } }); check(1, { one: true }, { kind: 'x' });
        });
        exec.vu.tags.mine = 7;
      });
      http.get(`${base}/3`); check(1, { two: false });
    }
    """
    )
    ran = k6(source)
    assert ran.code == 0, ran.out
    groups = ran.summary["root_group"]["groups"]["a"]["groups"]["b"]
    assert groups["path"] == "::a::b"
    assert groups["checks"]["one"]["passes"] == 2


def test_tags_of_the_vu_are_on_its_iterations(k6: K6) -> None:
    """What exec.vu.tags says when an iteration ends is on `iterations` and `iteration_duration`; groups are not."""
    source = (
        _HEAD
        + """
    const eq = (n) => [`count==${n}`];
    export const options = { iterations: 4, vus: 1, thresholds: {
      iterations: eq(4), 'iterations{scenario:default}': eq(4), 'iterations{first:yes}': eq(1),
      'iterations{n:1}': eq(1), 'iterations{n:2}': eq(1), 'iterations{group:::g}': eq(0),
      'iteration_duration{n:2}': ['max>=20'] } };
    export default () => {
      if (__ITER === 0) exec.vu.metrics.tags.first = 'yes';
      if (__ITER === 1) { delete exec.vu.metrics.tags.first; exec.vu.tags = { n: 1 } }
      if (__ITER === 2) { exec.vu.tags.n = 2; group('g', () => { sleep(0.02); fail('in a group') }) }
      if (__ITER === 3) delete exec.vu.tags.n;
    }
    """
    )
    ran = k6(source)
    assert ran.code == 0, ran.out
    assert ran.metric("iteration_duration{n:2}")["max"] >= 20


def test_cookies_are_forgotten_between_iterations(k6: K6) -> None:
    """The jar is empty at the start of an iteration, unless noCookiesReset is set."""
    body = (
        "const r = http.get(`${base}/c`); say(r.json('headers.cookie') || 'none'); http.get(`${base}/cookie`);"
        "say(http.get(`${base}/d`).json('headers.cookie'))"
    )
    head = "export const options = { vus: 1, iterations: 2, noCookiesReset: %s };"
    assert run(k6, body, head % "false") == ["none", "sid=abc", "none", "sid=abc"]
    assert run(k6, body, head % "true") == ["none", "sid=abc", "sid=abc", "sid=abc"]


def test_iterations_wait_for_what_they_began(k6: K6) -> None:
    """Timers and promises belong to the iteration that began them."""
    body = (
        "setTimeout(() => say('timer'), 50); say('end');"
        "http.asyncRequest('GET', `${base}/x`).then((r) => say(r.status))"
    )
    assert sorted(run(k6, body)) == ["200", "end", "timer"]


def test_a_runaway_iteration_ends(k6: K6) -> None:
    """An endless recursion is an error of its iteration, and the test goes on."""
    ran = k6("const f = () => f() + 1; export default () => { f() }", "-i", "2")
    assert ran.code == 0
    assert ran.metric("iterations")["count"] == 2
    assert "Maximum call stack" in ran.err


def test_options_reach_the_client(k6: K6) -> None:
    """User agent, redirects and the rest of the HTTP options are those of the script and of the flags."""
    assert run(k6, "say(http.get(base).json('headers.user-agent'))", "", "--user-agent", "mine/1") == ["mine/1"]
    assert run(k6, "say(http.get(base).json('headers.user-agent'))")[0].startswith("Grafana k6/")


def test_console_output_goes_to_a_file(k6: K6) -> None:
    """--console-output takes what scripts print, and only that."""
    ran = k6("export default () => { console.log('hidden'); console.error('bad') }", "--console-output", "out.log")
    assert "hidden" not in ran.err
    lines = (k6.folder / "out.log").read_text().splitlines()
    assert [line.partition("level=")[2] for line in lines] == [
        "info msg=hidden source=console",
        "error msg=bad source=console",
    ]


@pytest.mark.parametrize(
    ("style", "line"), [("raw", "hello you"), ("json", '"msg": "hello you"'), ("text", 'msg="hello you"')]
)
def test_log_formats(k6: K6, style: str, line: str) -> None:
    """--log-format shapes the lines, --log-output says where they go."""
    ran = k6("export default () => console.log('hello you')", "--log-format", style, "--log-output", "file=x.log")
    assert line in (k6.folder / "x.log").read_text()
    assert "hello" not in ran.err


def test_inspect_and_archive(k6: K6) -> None:
    """Inspecting shows the options, an archive holds all files and runs elsewhere."""
    k6.write("data.json", "[1, 2, 3]")
    k6.write("lib.js", "export const n = 5;")
    k6.write(
        "a.js",
        "import { n } from './lib.js'; const d = JSON.parse(open('./data.json'));"
        "export const options = { vus: 2, iterations: 2 }; export default () => console.log(n, d.length, __ENV.X)",
    )
    shown = json.loads(k6.command("inspect", "a.js").out)
    assert (shown["vus"], shown["iterations"], shown["stages"]) == (2, 2, None)
    assert json.loads(k6.command("inspect", "--execution-requirements", "a.js").out)["maxVUs"] == 2
    assert k6.command("archive", "-O", "a.tar", "-e", "X=9", "a.js").code == 0
    for name in ("a.js", "lib.js", "data.json"):
        (k6.folder / name).unlink()
    ran = k6.command("run", "a.tar")
    assert ran.code == 0, ran.err
    assert ran.logged == ["5 3 9", "5 3 9"]


def test_new_scripts_run(k6: K6) -> None:
    """What `new` writes can be loaded."""
    assert k6.command("new", "made.js").code == 0
    assert k6.command("inspect", "made.js").code == 0


def test_every_run_is_stored_without_secrets(k6: K6) -> None:
    """A run is kept in the project's store; what -e brought in is not in it."""
    k6("export default () => {}", "-e", "API_TOKEN=tops3cret")
    stored = (k6.folder / ".swell" / "runs.db").read_bytes()
    assert b"test.js" in stored
    assert b"tops3cret" not in stored


def test_reports_of_ours(k6: K6) -> None:
    """--html, --junit, --markdown and --summary-json write their files."""
    ran = k6(
        "export default () => {}",
        "--html",
        "r.html",
        "--junit",
        "r.xml",
        "--markdown",
        "r.md",
        "--summary-json",
        "r.json",
    )
    assert ran.code == 0
    assert "<html" in (k6.folder / "r.html").read_text()
    document: dict[str, Any] = json.loads((k6.folder / "r.json").read_text())
    assert document["name"] == "test.js"
    assert (k6.folder / "r.xml").exists()
    assert (k6.folder / "r.md").exists()
