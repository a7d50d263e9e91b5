# ruff: noqa: E501 - lines of JavaScript
"""JavaScript processors: hooks of every style, around requests and scenarios, and functions named by conditions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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
