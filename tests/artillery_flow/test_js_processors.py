# ruff: noqa: E501 - lines of JavaScript
"""JavaScript processors: hooks of every style, variables, metrics, errors, waiting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.mistakes import ScriptError

if TYPE_CHECKING:
    from .conftest import World


def test_hooks_of_all_styles(world: World) -> None:
    """Callback, async, promise and async-with-done functions all work, and change variables and requests."""
    world.run(
        {"function": "callback"},
        {"function": "asynchronous"},
        {"function": "promise"},
        {"function": "both"},
        {"function": "plain"},
        {
            "post": {
                "url": "/echo",
                "json": {"n": "{{ n }}", "name": "{{ user.name }}"},
                "beforeRequest": "before",
                "afterResponse": ["after", "afterAsync"],
                "capture": {"json": "$.method", "as": "method"},
            }
        },
        processor="""
            'use strict';
            let shared = 0;
            module.exports = { callback, asynchronous, promise, both, plain, before, after, afterAsync };
            function callback(context, events, done) { context.vars.a = 1; shared += 1; return done(); }
            async function asynchronous(context, events) { await new Promise((r) => setTimeout(r, 5)); context.vars.b = [1, 2]; }
            function promise(context, events) { return Promise.resolve().then(() => { context.vars.c = { d: null }; }); }
            async function both(context, events, done) { context.vars.e = 'e\\u00e9'; return done(); }
            function plain(context) { context.vars.user.name = context.vars.user.name.toUpperCase(); context.vars.f = shared; }
            function before(req, context, events, next) {
              req.headers['X-Hook'] = context.vars.e.length + req.method;
              req.json.extra = true;
              context.vars.n = 41 + 1;
              return next();
            }
            function after(req, res, context, events, next) {
              context.vars.seen = [res.statusCode, JSON.parse(res.body).path, res.headers['content-type'], context.vars.method, req.url];
              next();
            }
            async function afterAsync(req, res, context) { context.vars.last = typeof res.timings.phases.firstByte; }
        """,
        variables={"user": {"name": "ann", "age": 3}},
    )
    assert world.failures == [None]
    variables = world.variables
    assert (variables["a"], variables["b"], variables["c"], variables["e"], variables["f"]) == (
        1,
        [1, 2],
        {"d": None},
        "e\u00e9",
        1,
    )
    assert variables["user"] == {"name": "ANN", "age": 3}
    assert json.loads(world.seen[0]["body"]) == {"n": 42, "name": "ANN", "extra": True}
    assert world.seen[0]["headers"]["x-hook"] == "2POST"
    assert variables["seen"] == [200, "/echo", "application/json", "POST", f"{world.base}/echo"]
    assert variables["last"] == "number"


def test_es_modules_with_imports(world: World) -> None:
    """ES modules, default exports, local imports and Node's built-ins work."""
    (world.folder / "helper.js").write_text("exports.twice = (n) => n * 2;")
    world.run(
        {"function": "one"},
        {"function": "two"},
        processor="""
            import { createHash, createHmac, randomUUID } from 'node:crypto';
            import * as path from 'path';
            import fs from 'fs';
            import helper from './helper.js';
            export function one(context, events, done) {
              context.vars.hash = createHash('sha256').update('abc').digest('hex').slice(0, 8);
              context.vars.mac = createHmac('sha1', 'key').update('a').update(Buffer.from('bc')).digest('base64');
              context.vars.uuid = randomUUID().length;
              context.vars.path = path.join('a', '..', 'b', path.basename('/x/y.txt', '.txt'));
              context.vars.file = fs.readFileSync(new URL('./helper.js', import.meta.url).pathname, 'utf8').length;
              context.vars.twice = helper.twice(21);
              context.vars.text = Buffer.from('a\\u00e9').toString('base64') + Buffer.from('6162', 'hex');
              done();
            }
            export default { two: async (context) => { context.vars.url = new URL('/x?y=1', 'http://h').searchParams.get('y'); } };
        """,
    )
    assert world.failures == [None]
    found = {name: world.variables[name] for name in ("hash", "mac", "uuid", "path", "file", "twice", "text", "url")}
    assert found == {
        "hash": "ba7816bf",
        "mac": "T9CyFSdu8S8rPkyOysKBFJi2Vvw=",
        "uuid": 36,
        "path": "b/y",
        "file": 29,
        "twice": 42,
        "text": "YcOpab",
        "url": "1",
    }


def test_events_and_exit(world: World) -> None:
    """counter, histogram, rate, error and customStat are counted; console and log are told."""
    world.run(
        {"function": "f"},
        processor="""
            exports.f = (context, ee, done) => {
              ee.emit('counter', 'my.count', 3);
              ee.emit('counter', 'my.count', 1);
              ee.emit('histogram', 'my.time', 12.5);
              ee.emit('rate', 'my.rate');
              ee.emit('error', 'mine');
              ee.emit('customStat', { stat: 'old', value: 7 });
              console.log('hello', { a: 1 });
              global.artillery.log('there');
              done();
            };
        """,
    )
    counters = world.metrics.counters
    assert (counters["my.count"], counters["errors.mine"], world.metrics.rates["my.rate"]) == (4, 1, 1)
    assert world.metrics.histograms["my.time"] == [12.5]
    assert world.metrics.histograms["old"] == [7]
    assert [text for level, text in world.logged if level == "log"][-1] == "there"


def test_errors_fail_the_user(world: World) -> None:
    """Errors thrown, rejected or handed to the callback are counted by their message, and end the VU."""
    source = """
        module.exports = {
          thrown(context, ee, done) { throw new Error('boom'); },
          async rejected() { await null; throw new Error('late'); },
          handed(context, ee, done) { done(new Error('given')); },
          code(context, ee, done) { const e = new Error('x'); e.code = 'EMINE'; setTimeout(() => done(e), 1); },
          never(context, ee, done) { },
          later(context, ee, done) { setTimeout(() => { null.x; }, 1); },
        };
    """
    for name in ("thrown", "rejected", "handed", "code", "never", "later"):
        world.run({"function": name}, {"get": {"url": "/echo"}}, processor=source)
    codes = [failure.code for failure in world.failures if failure is not None]
    assert codes[:4] == ["boom", "late", "given", "EMINE"]
    assert "never calls its callback" in codes[4]
    assert "never calls its callback" in codes[5]
    assert world.seen == []
    assert any("processor.js:3" in text for level, text in world.logged if level == "warn")


def test_conditions_and_on_error(world: World) -> None:
    """whileTrue, ifTrue and onError call functions of the processor."""
    world.run(
        {"loop": [{"get": {"url": "/n/{{ $loopCount }}"}}], "whileTrue": "more"},
        {"get": {"url": "/never", "ifTrue": "no"}},
        {"get": {"url": "http://127.0.0.1:1/"}},
        processor="""
            module.exports = {
              more(context, next) { context.vars.n = (context.vars.n || 0) + 1; return next(context.vars.n < 3); },
              no: (vars) => vars.n > 100,
              failed(err, req, context, ee, done) { context.vars.err = [err.message, req.method]; done(); },
            };
        """,
        onError="failed",
    )
    assert world.paths == ["GET /n/0", "GET /n/1", "GET /n/2"]
    assert world.variables["err"] == ["ECONNREFUSED", "GET"]


def test_scenario_hooks_and_templates(world: World) -> None:
    """beforeScenario, afterScenario, scenario-wide request hooks, and functions called from templates."""
    world.run(
        {"get": {"url": "/a/{{ token }}", "beforeRequest": "mine"}},
        {"get": {"url": "/b/{{ $makeId(4) }}"}},
        processor="""
            module.exports = {
              first: (context, ee, done) => { context.vars.token = 't'; context.vars.order = ['first']; done(); },
              last: async (context) => { context.vars.order.push('last'); },
              wide: (req, context, ee, next) => { context.vars.order.push('wide'); next(); },
              mine: (req, context, ee, next) => { context.vars.order.push('mine'); next(); },
              $makeId: (n) => 'x'.repeat(n),
            };
        """,
        beforeScenario="first",
        afterScenario=["last"],
        beforeRequest="wide",
    )
    assert world.paths == ["GET /a/t", "GET /b/xxxx"]
    assert world.variables["order"] == ["first", "wide", "mine", "wide", "last"]


def test_waiting_functions_do_not_hold_up_others(world: World) -> None:
    """Functions of many VUs wait at the same time in one context."""
    world.run(
        {"function": "wait"},
        {"get": {"url": "/done"}},
        processor="""
            let now = 0, most = 0;
            exports.wait = async (context) => {
              most = Math.max(most, ++now);
              await new Promise((resolve) => setTimeout(resolve, 50));
              now -= 1;
              context.vars.most = most;
            };
        """,
        users=20,
    )
    assert world.failures == [None] * 20
    assert world.variables["most"] == 20


def test_fetch_http_and_axios(world: World) -> None:
    """A processor's own requests go through our client and are not in Artillery's metrics."""
    world.run(
        {"function": "f"},
        processor="""
            const axios = require('axios'), http = require('http');
            exports.f = async (context) => {
              const target = context.vars.target;
              const a = await fetch(`${target}/json`, { method: 'POST', body: JSON.stringify({ x: 1 }), headers: { A: 'b' } });
              context.vars.a = [a.status, a.ok, (await a.json()).id];
              const b = await axios.post(`${target}/echo`, { y: 2 }, { params: { q: 'z' }, headers: { Authorization: 'T' } });
              context.vars.b = [b.status, b.data.path, b.data.body, b.data.headers.authorization];
              try { await axios.get(`${target}/status/404`); } catch (e) { context.vars.c = [e.response.status, e.isAxiosError]; }
              context.vars.d = await new Promise((resolve) => {
                http.get(`${target}/json`, (res) => { let t = ''; res.on('data', (d) => { t += d; }); res.on('end', () => resolve(JSON.parse(t).name)); });
              });
              context.vars.e = await fetch('http://127.0.0.1:1/').catch((error) => /ECONNREFUSED/.test(error.message));
            };
        """,
    )
    assert world.failures == [None]
    found = [world.variables.get(name) for name in "abcde"]
    assert found == [[200, True, 7], [200, "/echo?q=z", '{"y":2}', "T"], [404, True], "Ann", True]
    assert world.metrics.counters["http.requests"] == 0


def test_packages(world: World) -> None:
    """uuid, lodash, jsonwebtoken and the user's own pure packages can be required."""
    package = world.folder / "node_modules" / "tiny"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "tiny", "main": "lib.js"}')
    (package / "lib.js").write_text("module.exports = (a) => a + '!';")
    world.run(
        {"function": "f"},
        processor="""
            const { v4: uuidv4, validate } = require('uuid'), _ = require('lodash'), jwt = require('jsonwebtoken'), tiny = require('tiny');
            exports.f = (context, ee, done) => {
              context.vars.uuid = validate(uuidv4());
              context.vars.lodash = [_.get({ a: [{ b: 1 }] }, 'a[0].b'), _.sample([4]), _.random(5, 5), _.pick({ a: 1, b: 2 }, ['a'])];
              const token = jwt.sign({ sub: 'x' }, 'secret', { expiresIn: '1h' });
              context.vars.jwt = [jwt.verify(token, 'secret').sub, token.split('.').length];
              context.vars.tiny = tiny('a');
              done();
            };
        """,
    )
    assert world.failures == [None]
    assert [world.variables[name] for name in ("uuid", "lodash", "jwt", "tiny")] == [
        True,
        [1, 4, 5, {"a": 1}],
        ["x", 3],
        "a!",
    ]


def test_variables_of_every_kind(world: World) -> None:
    """Values keep their types both ways; deleting, spreading and listing variables work."""
    world.run(
        {"function": "f"},
        {"function": "g"},
        processor="""
            exports.f = (context, ee, done) => {
              const { vars } = context;
              vars.kinds = ['text', 'number', 'float', 'yes', 'none', 'list', 'missing'].map((k) => vars[k] === null ? 'null' : typeof vars[k]);
              vars.copy = Object.keys({ ...vars }).includes('text');
              vars.big = vars.large + 1;
              delete vars.gone;
              vars.made = new Map([[1, 2]]);
              vars.fn = () => 7;
              vars.date = new Date(0);
              context.mine = 'kept';
              done();
            };
            exports.g = (context, ee, done) => {
              context.vars.later = [context.vars.fn(), context.vars.date.getTime(), context.mine, context.vars.made.get(1), 'gone' in context.vars];
              done();
            };
        """,
        variables={
            "text": "a\0b",
            "number": 5,
            "float": 1.5,
            "yes": True,
            "none": None,
            "list": [1],
            "large": 2**40,
            "gone": 1,
        },
    )
    assert world.failures == [None]
    assert world.variables["kinds"] == ["string", "number", "number", "boolean", "null", "object", "undefined"]
    assert world.variables["copy"] is True
    assert world.variables["big"] == 2**40 + 1
    assert "gone" not in world.variables
    assert world.variables["date"] == "1970-01-01T00:00:00.000Z"
    assert world.variables["later"] == [7, 0, "kept", 2, False]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("module.exports = {", "processor.js"),
        ("const x = require('mongodb');", "needs Node"),
        ("import x from './missing.js'; export const f = x;", "missing.js"),
        ("throw new Error('at the top');", "at the top"),
    ],
)
def test_what_cannot_be_loaded_says_why(world: World, source: str, message: str) -> None:
    """Mistakes in a processor are told with their place before the test starts."""
    with pytest.raises(ScriptError) as told:
        world.run({"function": "f"}, processor=source)
    assert message in str(told.value)


def test_hooks_after_see_what_was_sent(world: World) -> None:
    """AfterResponse gets the request rendered: JSON, URL and headers as they went out."""
    world.run(
        {
            "post": {
                "url": "/echo/{{ n }}",
                "json": {"id": "{{ n }}", "r": "{{ $randomString() }}"},
                "headers": {"X-N": "{{ n }}"},
                "afterResponse": "after",
            }
        },
        processor="""
            exports.after = (req, res, context, ee, next) => {
              context.vars.same = JSON.stringify(req.json) === JSON.parse(res.body).body;
              context.vars.seen = [req.url.endsWith('/echo/7'), req.headers['x-n'], req.method, res.request.uri.pathname];
              next();
            };
        """,
        variables={"n": 7},
    )
    assert world.variables["same"] is True
    assert world.variables["seen"] == [True, "7", "POST", "/echo/7"]


def test_whole_files_are_read_by_functions(world: World) -> None:
    """A long list reaches the script once as text, and every call sees it."""
    rows = [{"id": number, "name": f"n{number}\u00e9"} for number in range(300)]
    world.run(
        {"function": "f"},
        {"function": "f"},
        processor="""
            exports.f = (context, ee, done) => {
              const { users } = context.vars;
              context.vars.sum = (context.vars.sum || 0) + users.reduce((s, u) => s + u.id, 0);
              context.vars.last = users[299].name;
              done();
            };
        """,
        variables={"users": rows},
    )
    assert world.failures == [None]
    assert world.variables["sum"] == 2 * sum(range(300))
    assert world.variables["last"] == "n299\u00e9"
    assert world.variables["users"] is rows


def test_a_response_outlives_its_hook(world: World) -> None:
    """What a hook leaves behind still sees the response; one that kept it past that is told, not left with nothing."""
    world.run(
        {"post": {"url": "/echo/1", "json": {"a": 1}, "afterResponse": "after"}},
        {"think": 0.05},
        {"get": {"url": "/echo/2", "afterResponse": "later"}},
        processor="""
            let seen = '', kept;
            exports.after = (req, res, context, ee, next) => {
              setTimeout(() => { seen = req.method + JSON.parse(res.body).path + req.json.a + res.headers['content-type']; }, 5);
              kept = res;
              next();
            };
            exports.later = (req, res, context, ee, next) => {
              context.vars.seen = seen;
              context.vars.status = kept.statusCode;
              try { context.vars.body = kept.rawBody; } catch (error) { context.vars.error = error.message; }
              next();
            };
        """,
    )
    assert world.failures == [None]
    assert world.variables["seen"] == "POST/echo/11application/json"
    assert world.variables["status"] == 200
    assert "body" not in world.variables
    assert "is long over" in world.variables["error"]
