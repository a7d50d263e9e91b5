# ruff: noqa: E501 - lines of JavaScript
"""Variables between us and Node: kinds, what stays in Node, long lists, and the memory of users that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import needs_node

if TYPE_CHECKING:
    from .conftest import NodeWorld

pytestmark = needs_node


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
