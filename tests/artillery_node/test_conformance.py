# ruff: noqa: E501 - lines of JavaScript
"""One processor in Node under Swell and under real Artillery: the same requests, counters and exit code.

Skipped where Artillery is not installed: SWELL_TEST_ARTILLERY names its program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .conftest import needs_node

if TYPE_CHECKING:
    from tests.artillery.conftest import Ran, Runner, Server

pytestmark = needs_node

_SCRIPT = """
config:
  target: URL
  processor: ./p.js
  phases: [{duration: 1, arrivalCount: 4}]
  variables: {word: one, deep: {list: [1, 2]}}
before: {flow: [{function: prepare}, {get: {url: "/before/{{ prepared }}"}}]}
after: {flow: [{get: {url: "/after"}}]}
scenarios:
  - name: main
    beforeScenario: begin
    afterScenario: finish
    beforeRequest: always
    flow:
      - function: step
      - post: {url: "/first/{{ number }}", json: {list: "{{ deep.list }}"}, beforeRequest: sign, afterResponse: [read, readAsync], capture: {json: $.token, as: token}}
      - get: {url: "/skipped", ifTrue: never}
      - loop: [{get: {url: "/loop/{{ token }}/{{ turns }}"}}]
        whileTrue: more
      - function: fail
      - get: {url: /never}
"""
_PROCESSOR = """
const { AsyncLocalStorage } = require('async_hooks');
const storage = new AsyncLocalStorage();
let number = 0;
module.exports = {
  prepare(context, events, done) { context.vars.prepared = 'p1'; done(); },
  begin(context, events, done) { context.vars.number = ++number; events.emit('counter', 'began', 1); done(); },
  async step(context, events) {
    await storage.run(7, async () => { await null; context.vars.stored = storage.getStore(); });
    context.vars.deep = { list: [...context.vars.deep.list, context.vars.stored] };
    events.emit('histogram', 'stored', context.vars.stored);
  },
  always(req, context, events, next) { (req.headers ??= {})['x-always'] = context.vars.word; next(); },
  sign(req, context, events, next) { req.json.signed = `${req.method} ${typeof req.url}`; setTimeout(next, 5); },
  read(req, res, context, events, next) { context.vars.seen = [res.statusCode, JSON.parse(res.body).items.length, res.headers['content-type']].join(); next(); },
  async readAsync(req, res, context, events) { events.emit('counter', `seen.${context.vars.seen}`, 1); },
  never(vars) { return vars.word === 'two'; },
  more(context, next) { context.vars.turns = (context.vars.turns || 0) + 1; next(context.vars.turns < 3); },
  fail(context, events, done) {
    events.emit('rate', 'failures');
    if (context.vars.number % 2) return done(new Error('odd numbers fail'));
    return done(Object.assign(new Error('even numbers have a code'), { code: 'EEVEN' }));
  },
  finish(context, events, done) { events.emit('counter', 'finished', 1); done(); },
};
"""


def _shown(server: Server) -> list[tuple[str, str, str, str | None]]:
    seen = [(method, path, body, headers.get("x-always")) for method, path, body, headers in server.seen]
    server.seen.clear()
    return sorted(seen, key=str)


def _figures(ran: Ran) -> dict[str, Any]:
    return {name: value for name, value in ran.counters.items() if "bytes" not in name}


def test_same_as_artillery(runner: Runner, server: Server) -> None:
    """Hooks at all levels see and change the same; errors have the same names."""
    runner.write("p.js", _PROCESSOR)
    script = _SCRIPT.replace("URL", server.url)
    theirs = runner.real(script)
    counters, requests, report = _figures(theirs), _shown(server), theirs.report
    ours = runner.run(script)
    assert "runs in Node" in ours.out
    assert _shown(server) == requests
    assert _figures(ours) == counters
    assert ours.code == theirs.code
    for part in ("rates", "summaries"):
        assert set(ours.report["aggregate"][part]) == set(report["aggregate"][part])
