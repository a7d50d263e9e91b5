# ruff: noqa: E501 - lines of JavaScript
"""JavaScript processors: what they import and require, and what is said when one cannot be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.mistakes import ScriptError

if TYPE_CHECKING:
    from .conftest import World


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
