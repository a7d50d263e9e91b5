# ruff: noqa: E501 - lines of JavaScript
"""JavaScript processors: what functions do with variables and metrics, how they fail, and how they wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import World


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
