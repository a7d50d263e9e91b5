# ruff: noqa: E501 - lines of JavaScript
"""Calls of functions in Node: hooks of every kind, metrics, request bodies, many calls at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
