"""The engine ws: where it connects, what it sends, which messages are answers, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import SocketWorld


def test_payloads(world: SocketWorld) -> None:
    """Texts go as they are, objects as JSON with the types of variables, undefined as nothing, bytes as binary."""
    world.run(
        {"send": "hello {{ n }}"},
        {"send": {"a": "{{ n }}", "b": ["{{ n }}x"]}},
        {"send": "{{ data }}"},
        {"send": "{{ missing }}"},
        {"send": 5},
        {"send": {"payload": "no answer wanted"}},
        {"send": "{{ raw }}"},
        engine="ws",
        variables={"n": 3, "data": {"k": None}, "raw": b"\x00\x01"},
    )
    assert world.failures == [None]
    assert world.said == [
        "hello 3",
        '{"a":3,"b":["3x"]}',
        '{"k":null}',
        "",
        "5",
        '{"payload":"no answer wanted"}',
        b"\x00\x01",
    ]
    metrics = world.metrics
    assert metrics.counters["websocket.messages_sent"] == metrics.rates["websocket.send_rate"] == 7
    assert metrics.counters["websocket.connections"] == 1
    assert metrics.histograms["websocket.response_time"] == []


def test_answers(world: SocketWorld) -> None:
    """A send takes the first fitting message after it, a wait also what came before; each message answers one step."""
    world.run(
        {
            "send": {
                "payload": "a",
                "match": {"json": "$.type", "value": "echo"},
                "capture": {"json": "$.value", "as": "a"},
            }
        },
        {"send": {"payload": "b", "capture": {"regexp": '"value": "(.)"', "group": 1, "as": "b"}}},
        {"wait": {"match": {"json": "$.type", "value": "hello"}}},
        {"wait": {"capture": {"json": "$.type", "as": "first"}}},
        {"wait": {"capture": {"json": "$.type", "as": "second"}}},
        {"wait": {"match": {"json": "$.type", "value": "hello"}, "timeout": "100ms"}},
        engine="ws",
    )
    assert [failure and failure.code for failure in world.failures] == ["response timeout"]
    assert (world.variables["a"], world.variables["b"]) == ("a", "b")
    assert (world.variables["first"], world.variables["second"]) == ("noise", "noise")
    metrics = world.metrics
    assert metrics.counters["websocket.messages_received"] == metrics.rates["websocket.receive_rate"] == 5
    assert len(metrics.histograms["websocket.response_time"]) == 2
    assert len(metrics.histograms["websocket.wait_time"]) == 3


def test_steps_of_all_engines(world: SocketWorld) -> None:
    """Loops, parallel, functions, think, requests and captures work together, each VU on its own connection."""
    world.run(
        {"get": {"url": "/json", "capture": {"json": "$.id", "as": "id"}}},
        {
            "loop": [{"send": {"payload": {"n": "{{ $loopCount }}"}, "capture": {"regexp": "echo", "as": "e"}}}],
            "count": 3,
        },
        {
            "parallel": [
                {"send": {"payload": "p1", "match": {"json": "$.value", "value": "p1"}}},
                {"send": {"payload": "p2", "match": {"json": "$.value", "value": "p2"}}},
            ]
        },
        {"function": "note"},
        {"think": 0.01},
        {"send": "{{ noted }} {{ id }}"},
        engine="ws",
        users=2,
        processor="exports.note = (context, events, done) => { context.vars.noted = 'yes'; done(); };",
    )
    assert world.failures == [None, None]
    assert world.said.count("yes 7") == 2
    assert len(world.heads) == 2
    assert world.metrics.counters["websocket.messages_sent"] == 12


def test_where_to_connect(world: SocketWorld) -> None:
    """`config.ws`, the step connect and beforeScenario say it; a second connect opens a new connection."""
    world.run(
        {"connect": {"target": "{{ target }}/{{ room }}", "subprotocols": ["b"]}},
        {"send": "quiet"},
        {"connect": "/second"},
        engine="ws",
        config={"ws": {"headers": {"X-Token": "{{ token }}"}, "subprotocols": ["a", "c"], "rejectUnauthorized": False}},
        variables={"token": "t1"},
        processor="exports.first = (context, events, done) => { context.vars.room = 'r7'; done(); };",
        beforeScenario="first",
    )
    assert world.failures == [None]
    first, second = (head.lower() for head in world.heads)
    assert first.startswith("get /r7 ")
    assert "x-token: t1" in first
    assert "sec-websocket-protocol: b\r\n" in first
    assert second.startswith("get /second ")
    assert "sec-websocket-protocol: a, c\r\n" in second
    assert world.codes == [1000, 1000]


def test_functions_that_connect(world: SocketWorld) -> None:
    """A processor's function, in JavaScript or Python, changes the address, headers and subprotocols, or refuses."""
    world.run(
        {"connect": {"function": "where"}},
        engine="ws",
        processor="""
            exports.where = (params, context, done) => {
              params.target = params.target + '/js';
              params.subprotocols = ['s1'];
              params.options.headers['x-js'] = context.vars.n;
              setTimeout(done, 1);
            };
        """,
        variables={"n": 4},
        config={"ws": {"headers": {"x-config": "yes"}}},
    )
    world.run(
        {"connect": {"function": "where"}},
        engine="ws",
        processor="def where(params, context):\n    params['target'] += '/python'\n",
        suffix=".py",
    )
    world.run(
        {"connect": {"function": "where"}},
        engine="ws",
        processor="exports.where = (params, context, done) => done(new Error('no ticket'));",
    )
    heads = [head.lower() for head in world.heads]
    assert heads[0].startswith("get /js ")
    assert "x-js: 4\r\n" in heads[0]
    assert "x-config: yes" in heads[0]
    assert "sec-websocket-protocol: s1" in heads[0]
    assert heads[1].startswith("get /python ")
    assert [failure and failure.code for failure in world.failures] == [None, None, "no ticket"]
    assert world.errors == {"no ticket": 1}


def test_failures(world: SocketWorld) -> None:
    """What fails a VU is counted once, under the code of Node's client."""

    def run(*flow: Any, **config: Any) -> None:
        world.run(*flow, engine="ws", config={"timeout": 0.3, **config})

    run({"connect": "/deny"})
    run({"connect": "ws://127.0.0.1:1/"})
    run({"connect": "ftp://127.0.0.1/"})
    run({"connect": {"target": "{{ target }}/none", "subprotocols": ["x"]}})
    hello = {"wait": {"match": {"json": "$.type", "value": "hello"}, "timeout": 10}}
    run(hello, {"send": {"payload": "quiet", "capture": {"json": "$.x", "as": "x"}}})
    run({"send": {"payload": "a", "capture": {"json": "$.x", "as": "x"}}})
    run({"send": {"payload": "drop", "capture": {"json": "$.x", "as": "x"}}})
    run({"send": "bye"}, {"loop": [{"send": "quiet"}, {"think": "5ms"}], "count": 1000})
    codes = [failure.code for failure in world.failures if failure is not None]
    assert codes[2].startswith("Invalid URL: ftp://")
    assert [*codes[:2], *codes[3:]] == [
        "Unexpected server response: 403",
        "ECONNREFUSED",
        "Server sent no subprotocol",
        "response timeout",
        "Failed capture or match",
        "WebSocket closed",
        "WebSocket is not open: readyState 3 (CLOSED)",
    ]
    assert sum(world.errors.values()) == len(codes)


def test_what_is_not_strict(world: SocketWorld) -> None:
    """A capture or match that is not strict takes the next message, whatever it is."""
    world.run(
        {"send": {"payload": "a", "match": {"json": "$.type", "value": "none", "strict": False}}},
        {"wait": None},
        engine="ws",
    )
    assert world.failures == [None]


def test_mistakes(world: SocketWorld) -> None:
    """Steps that cannot be are told before the test begins."""
    for step, text in (
        ({"wait": 5}, "see think"),
        ({"connect": 5}, "connect is a URL"),
        ({"wait": {"timeout": "soon"}}, "is no time"),
        ({"emit": {"channel": "x"}}, "'emit'"),
    ):
        with pytest.raises(ValueError, match=text):
            world.run(step, engine="ws")
