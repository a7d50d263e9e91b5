# ruff: noqa: E501 - lines of JavaScript
"""Processors in Node: hooks of every kind, variables, metrics, errors, many calls at once, memory, the end of Node."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.flow import node_sidecar
from swell.engine.script import AbortRun

from .conftest import needs_node

if TYPE_CHECKING:
    from .conftest import NodeWorld

pytestmark = needs_node


def test_hooks_of_all_styles_in_their_order(world: NodeWorld) -> None:
    """Callback, async, promise, async-with-done and plain functions work at every place where a script names one."""
    world.run(
        {"function": "callback"},
        {"function": "promise"},
        {"function": "both"},
        {"function": "plain"},
        {
            "post": {
                "url": "/echo/{{ $twice(21) }}",
                "json": {"n": "{{ n }}", "name": "{{ user.name }}"},
                "ifTrue": "wanted",
                "beforeRequest": ["before", "raw"],
                "afterResponse": "after",
                "capture": {"json": "$.method", "as": "method"},
            }
        },
        {"get": {"url": "/never", "ifTrue": "unwanted"}},
        {"loop": [{"get": "/loop"}], "whileTrue": "more"},
        {"get": {"url": "http://127.0.0.1:1/", "onError": "failed"}},
        processor="""
            const note = (context, name) => { (context.order ??= []).push(name); context.vars.order = context.order; };
            exports.first = async (context, events) => note(context, 'first');
            exports.callback = (context, events, done) => { note(context, 'callback'); setTimeout(done, 5); };
            exports.promise = (context) => Promise.resolve().then(() => note(context, 'promise'));
            exports.both = async (context, events, done) => { note(context, 'both'); return done(); };
            exports.plain = (context) => note(context, 'plain');
            exports.wanted = (vars) => vars.order.length === 5;
            exports.unwanted = (vars) => false;
            exports.$twice = (n) => n * 2;
            exports.before = (req, context, events, next) => {
              note(context, 'before'); req.headers['X-Hook'] = 'h'; req.json.extra = true; context.vars.n = 42; next();
            };
            exports.raw = async (req, context) => { context.vars.seen = [req.url, req.method]; };
            exports.after = (req, res, context, events, next) => {
              note(context, 'after');
              context.vars.answer = [res.statusCode, JSON.parse(res.body).path, res.headers['content-type'], req.url === res.url, typeof res.timings.phases.firstByte, res.request.uri.pathname, res.rawBody.length > 10, context.vars.method];
              next();
            };
            exports.more = (context, next) => { note(context, 'more'); next(context.vars.$loopCount < 3); };
            exports.failed = (error, req, context, events, done) => { note(context, `failed ${error.code}`); done(); };
        """,
        variables={"user": {"name": "ann"}},
        beforeScenario="first",
        onError="failed",
    )
    assert [failure and failure.code for failure in world.failures] == ["ECONNREFUSED"]
    body = json.loads(world.seen[0]["body"])
    assert body == {"n": 42, "name": "ann", "extra": True}
    assert world.seen[0]["headers"]["x-hook"] == "h"
    assert world.paths[0] == "POST /echo/42"
    assert "GET /never" not in world.paths
    found = world.variables
    assert found["seen"] == [f"{world.base}/echo/{{{{ $twice(21) }}}}", "POST"]
    assert found["answer"] == [200, "/echo/42", "application/json", True, "number", "/echo/42", True, "POST"]
    order = list(found["order"])
    assert order[:7] == ["first", "callback", "promise", "both", "plain", "before", "after"]
    assert order[-1] == "failed ECONNREFUSED"


def test_variables_keep_their_kinds(world: NodeWorld) -> None:
    """Variables go both ways with their types; deleted ones are gone; reading one changes nothing."""
    world.run(
        {"function": "look"},
        {"get": {"url": "/json", "capture": {"json": "$.items", "as": "items"}}},
        {"function": "again"},
        processor="""
            exports.look = (context, ee, done) => {
              const v = context.vars;
              v.kinds = ['text', 'whole', 'float', 'yes', 'none', 'list', 'gone', 'missing'].map((n) => (v[n] === null ? 'null' : typeof v[n]));
              v.names = Object.keys(v).filter((n) => !n.startsWith('$') && n !== 'target');
              v.has = ['text' in v, 'missing' in v, v.hasOwnProperty('text'), { ...v }.whole, v.$env.PATH === process.env.PATH, v.exact > 1e18];
              v.list.push(2); v.odd = 'a\\nb\\u2028\\ud800\\u0000\\ud83d\\ude00'; v.nothing = undefined;
              delete v.gone; v.whole += 1; v.none = 0; v.now = new Date(0);
              done();
            };
            exports.again = (context, ee, done) => {
              const v = context.vars;
              v.later = [v.list.length, v.odd.length, v.now instanceof Date, v.items.length, 'gone' in v, context.scenario.name, context._uid === v.$uuid];
              done();
            };
        """,
        variables={
            "text": "t\u00e9",
            "whole": 2**40,
            "float": 1.5,
            "yes": True,
            "none": None,
            "list": [1],
            "gone": 1,
            "exact": 2**62 + 1,
        },
        name="the scenario",
    )
    assert world.failures == [None]
    found = world.variables
    assert found["kinds"] == ["string", "number", "number", "boolean", "null", "object", "number", "undefined"]
    assert found["has"] == [True, False, True, 2**40, True, True]
    assert found["names"] == ["text", "whole", "float", "yes", "none", "list", "gone", "exact", "kinds"]
    assert found["whole"] == 2**40 + 1
    assert found["exact"] == 2**62 + 1
    assert found["none"] == 0
    assert found["list"] == [1, 2]
    assert found["odd"] == "a\nb\u2028\ud800\0\U0001f600"
    assert "gone" not in found
    assert "nothing" not in found
    assert found["now"] == "1970-01-01T00:00:00.000Z"
    assert found["later"] == [2, 8, True, 3, False, "the scenario", True]


def test_what_json_cannot_carry_stays_in_node(world: NodeWorld) -> None:
    """Functions and clients in context.vars are there for later functions of the VU, and templates do not see them."""
    world.run(
        {"function": "keep"},
        {"get": "/a/{{ fn }}/{{ plain }}"},
        {"function": "use"},
        processor="""
            exports.keep = (context, ee, done) => {
              const client = { calls: 0 }; client.self = client;
              Object.assign(context.vars, { fn: () => 7, client, big: 5n, plain: 'p' });
              context.own = new Map([['k', 1]]);
              done();
            };
            exports.use = (context, ee, done) => {
              const { fn, client, big } = context.vars;
              context.vars.used = [fn(), ++client.self.calls, String(big), context.own.get('k')];
              done();
            };
        """,
    )
    assert world.failures == [None]
    assert world.variables["used"] == [7, 1, "5", 1]
    assert not {"fn", "client", "big"} & set(world.variables)
    assert world.paths == ["GET /a/undefined/p"]


def test_metrics_logs_and_exit_code(world: NodeWorld) -> None:
    """Every kind of metric is counted before the function is done; what is printed is told, in its order."""
    world.run(
        {"function": "f"},
        processor="""
            exports.f = (context, ee, done) => {
              ee.emit('counter', 'my.count', 3); ee.emit('counter', 'my.count');
              ee.emit('histogram', 'my.time', 12.5); ee.emit('summary', 'my.time', 1);
              ee.emit('rate', 'my.rate'); ee.emit('error', 'my error'); ee.emit('customStat', { stat: 'old', value: 4 });
              console.log('one %s', { a: 1 }); process.stdout.write('two\\nthr'); process.stdout.write('ee\\n');
              console.warn('four'); console.error('five'); artillery.log('six');
              require('child_process').execSync('echo seven', { stdio: 'inherit' });
              context.vars.text = artillery.util.template('{{ a.b }}-{{ $randomNumber(3,3) }}', { vars: { a: { b: 1 } } });
              context.vars.run = artillery.testRunId;
              artillery.suggestedExitCode = 7;
              try { process.exit(3); } catch (error) { context.vars.exit = error.message; }
              done();
            };
        """,
    )
    assert world.failures == [None]
    assert world.metrics.counters["my.count"] == 4
    assert world.metrics.counters["errors.my error"] == 1
    assert world.metrics.histograms["my.time"] == [12.5, 1.0]
    assert world.metrics.histograms["old"] == [4.0]
    assert world.metrics.rates["my.rate"] == 1
    assert [text for text in world.lines() if text != "seven"] == ["one { a: 1 }", "two", "three", "six"]
    assert "seven" in world.lines()
    assert (world.lines("warn"), world.lines("error")) == (["four"], ["five"])
    assert (world.variables["text"], world.variables["run"]) == ("1-3", "t1")
    assert "cannot end the test" in world.variables["exit"]
    assert world.processors[0].exit_code == 7  # type: ignore[attr-defined]


@pytest.mark.parametrize("runtime", ["node", "embedded"])
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("exports.f = (context, ee, done) => { throw new Error('thrown'); };", "thrown"),
        ("exports.f = (context, ee, done) => done(new Error('handed over'));", "handed over"),
        ("exports.f = (context, ee, done) => done('text');", "text"),
        ("exports.f = async () => { throw Object.assign(new Error('m'), { code: 'ECODE' }); };", "ECODE"),
        ("exports.f = () => Promise.reject(undefined);", "rejected"),
        ("exports.f = async () => { null.x; };", ""),
        ("exports.f = (context, ee, done) => { /* never */ };", "processor function f: it never calls its callback"),
    ],
)
def test_errors_fail_the_vu(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, runtime: str, source: str, code: str
) -> None:
    """Errors are counted once under the same name as in the embedded engine, and the flow ends there."""
    monkeypatch.setattr(node_sidecar, "_IDLE_LIMIT", 0.1)
    world.runtime = runtime
    world.run({"function": "f"}, {"get": "/never"}, processor=source)
    errors = {name: n for name, n in world.metrics.counters.items() if name.startswith("errors.")}
    (failure,) = world.failures
    assert failure is not None
    assert errors == {f"errors.{failure.code}": 1}
    assert failure.code == code or not code
    assert world.seen == []


def test_errors_have_their_line(world: NodeWorld) -> None:
    """The file and line of an error are told, once, however many VUs it fails."""
    world.run({"function": "f"}, processor="\n\nexports.f = () => { throw new Error('here'); };\n", users=5)
    assert world.lines("warn") == [f"processor function f ({world.folder}/processor.js:3): here"]
    assert world.metrics.counters["errors.here"] == 5


def test_calls_of_many_users_wait_side_by_side(world: NodeWorld) -> None:
    """A call that waits stalls its own VU only: all users are in it at once; shared state is the module's."""
    world.run(
        {"function": "meet"},
        processor="""
            let here = 0, most = 0, waiting = [];
            exports.meet = (context, ee, done) => {
              here += 1; most = Math.max(most, here); waiting.push(done);
              context.vars.most = most;
              if (here === 40) for (const each of waiting) each();
            };
        """,
        users=40,
    )
    assert world.failures == [None] * 40
    assert world.variables["most"] == 40


def test_calls_of_one_user_side_by_side(world: NodeWorld) -> None:
    """Functions of parallel steps share the variables of their VU, and none of their changes is lost."""
    world.run(
        {
            "parallel": [
                {"function": "slow"},
                {"function": "fast"},
                {"get": {"url": "/json", "capture": {"json": "$.id", "as": "id"}}},
            ]
        },
        {"function": "sum"},
        processor="""
            const { setTimeout: sleep } = require('timers/promises');
            exports.slow = async (context) => { const o = context.vars.o; await sleep(60); o.slow = 1; context.vars.a = 1; };
            exports.fast = async (context) => { context.vars.o.fast = 1; context.vars.b = 2; };
            exports.sum = (context, ee, done) => { context.vars.sum = context.vars.a + context.vars.b + context.vars.id; done(); };
        """,
        variables={"o": {}},
    )
    assert world.variables["sum"] == 10
    assert world.variables["o"] == {"slow": 1, "fast": 1}


def test_whole_files_cross_once(world: NodeWorld) -> None:
    """A large list that all VUs have is sent once; each VU may change its own copy."""
    rows = [{"id": number, "name": f"n{number}\u00e9"} for number in range(300)]
    world.run(
        {"function": "pick"},
        processor="""
            exports.pick = (context, ee, done) => {
              context.vars.seen = [context.vars.rows.length, context.vars.rows[7].name];
              if (context._uid) context.vars.rows.pop();
              done();
            };
        """,
        variables={"rows": rows},
        users=3,
    )
    assert world.failures == [None] * 3
    assert world.variables["seen"] == [300, "n7\u00e9"]
    assert len(world.variables["rows"]) == 299
    assert len(rows) == 300


def test_memory_of_ended_users_is_freed(world: NodeWorld) -> None:
    """Contexts of VUs that ended can be collected in Node."""
    world.run(
        {"function": "remember"},
        {"function": "count"},
        processor="""
            require('v8').setFlagsFromString('--expose-gc');
            const gc = require('vm').runInNewContext('gc'), refs = [];
            exports.remember = (context, ee, done) => { context.ballast = new Array(1000).fill(context._uid); refs.push(new WeakRef(context)); setTimeout(done, 20 * refs.length % 100); };
            exports.count = async (context) => {
              await new Promise((resolve) => setImmediate(resolve));
              gc();
              context.vars.alive = refs.filter((ref) => ref.deref()).length;
            };
        """,
        users=1,
    )
    processor = world.processors[0]
    for _ in range(5):
        world.in_fiber(lambda: None)
    assert world.variables["alive"] == 1
    assert processor.vus == {}  # type: ignore[attr-defined]
    assert processor._mirrors == {}  # type: ignore[attr-defined]


def test_bodies_of_bytes_and_forms(world: NodeWorld) -> None:
    """Hooks may set Buffers, typed arrays and forms of the form-data package as the body."""
    package = world.folder / "node_modules" / "form-data"
    package.mkdir(parents=True)
    (package / "index.js").write_text(
        "module.exports = class { append(n, v) { this.v = `${n}=${v}`; } getBuffer() { return Buffer.from(this.v); }"
        " getHeaders() { return { 'content-type': 'multipart/form-data; boundary=b' }; } };"
    )
    world.run(
        {"post": {"url": "/one", "beforeRequest": "buffer"}},
        {"post": {"url": "/two", "beforeRequest": "typed"}},
        {"post": {"url": "/three", "beforeRequest": "form"}},
        processor="""
            const FormData = require('form-data');
            exports.buffer = (req, context, ee, next) => { req.body = Buffer.from([0, 255]); next(); };
            exports.typed = (req, context, ee, next) => { req.body = new Uint8Array([65, 66]); next(); };
            exports.form = (req, context, ee, next) => { const form = new FormData(); form.append('a', 'b'); req.body = form; next(); };
        """,
    )
    assert world.failures == [None]
    assert [each["body"] for each in world.seen] == ["\0\u00ff", "AB", "a=b"]
    assert world.seen[2]["headers"]["content-type"] == "multipart/form-data; boundary=b"


def test_uncaught_errors_are_told(world: NodeWorld) -> None:
    """What is thrown outside of any call is told, and Node goes on."""
    world.run(
        {"function": "f"},
        {"function": "g"},
        processor="""
            exports.f = (context, ee, done) => { setTimeout(() => { throw new Error('late'); }, 1); Promise.reject(new Error('lost')); setTimeout(done, 30); };
            exports.g = (context, ee, done) => { context.vars.alive = true; done(); };
        """,
    )
    assert world.variables["alive"] is True
    told = "\n".join(world.lines("error"))
    assert "processor: uncaught Error: late" in told
    assert "processor: uncaught Error: lost" in told


def test_a_node_that_dies_ends_the_run(world: NodeWorld) -> None:
    """The first VU that notices ends the run with how Node died; the exit code is a crash's."""
    with pytest.raises(AbortRun, match=r"Node process was killed by SIGKILL"):
        world.run({"function": "f"}, processor="exports.f = () => process.kill(process.pid, 'SIGKILL');")
    assert world.processors[0].exit_code == 11  # type: ignore[attr-defined]


def test_a_node_that_hangs_ends_the_run(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that computes for ever is noticed, Node is killed, and that is said."""
    monkeypatch.setattr(node_sidecar, "_PATIENCE", 2.0)
    with pytest.raises(AbortRun, match="has not answered for 2 s"):
        world.run({"function": "f"}, processor="exports.f = () => { for (;;); };")


def test_patience_is_for_silence_only(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that waits longer than a silent Node may is waited for."""
    monkeypatch.setattr(node_sidecar, "_PATIENCE", 1.0)
    world.run({"function": "f"}, processor="exports.f = (context, ee, done) => setTimeout(done, 2500);")
    assert world.failures == [None]


def test_a_node_that_will_not_end_is_killed(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end a Node that still computes is killed after a while, with an error and the exit code of a crash."""
    monkeypatch.setattr(node_sidecar, "_CLOSE_LIMIT", 0.5)
    world.run(
        {"function": "f"},
        processor="exports.f = (context, ee, done) => { done(); setTimeout(() => { for (;;); }, 1); };",
    )
    processor = world.processors[0]
    pid = processor.process.pid  # type: ignore[attr-defined]
    world.loop.run_until_complete(_sleep(0.2))
    world.close()
    assert processor.exit_code == 11  # type: ignore[attr-defined]
    assert "did not end" in world.lines("error")[-1]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def test_functions_beside_a_websocket(world: NodeWorld) -> None:
    """Functions of a WebSocket's VU run in Node, also the one that says where to connect; `context.ws` is refused."""
    world.run(
        {"connect": {"function": "where"}},
        {"function": "fine"},
        {"send": "{{ same }}"},
        {"function": "f"},
        processor="""
            exports.where = (params, context, done) => { params.target = context.vars.target.replace('http', 'ws') + '/chat'; done(); };
            exports.fine = (context, ee, done) => { context.vars.same = { ...context }.vars === context.vars; done(); };
            exports.f = (context) => context.ws.send('x');
        """,
        engine="ws",
    )
    assert world.paths == ["WS /chat"]
    assert world.variables["same"] is True
    (failure,) = world.failures
    assert failure is not None
    assert failure.code == "context.ws needs Swell's own engine: --processor-runtime embedded"
