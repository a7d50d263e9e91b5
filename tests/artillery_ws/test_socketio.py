"""The engine socketio: emits, responses, acknowledgements, namespaces, transports, failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import SocketWorld

POLLING: dict[str, Any] = {"socketio": {"transports": ["polling"]}}
UPGRADE: dict[str, Any] = {"socketio": {"transports": ["polling", "websocket"]}}
OLD: dict[str, Any] = {"socketio": {"EIO": 3}}
OLD_POLLING: dict[str, Any] = {"socketio": {"EIO": 3, "transports": ["polling"]}}


@pytest.mark.parametrize("config", [{}, POLLING, UPGRADE, OLD, OLD_POLLING], ids=str)
def test_emit_and_response(world: SocketWorld, config: dict[str, Any]) -> None:
    """The answer of an emit is found among other events, captured and measured, over each transport."""
    world.run(
        {"emit": {"channel": "echo", "data": "hello {{ n }}"}, "response": {"channel": "echoed", "data": "hello"}},
        {
            "emit": ["echo", {"id": 5}, "é"],
            "response": {"on": "echoed", "args": [{"id": 5}, "é"], "capture": {"json": "$.0.id", "as": "id"}},
        },
        {"emit": {"channel": "silent"}},
        engine="socketio",
        config=config,
        variables={"n": 3},
    )
    assert world.failures == [None]
    assert world.variables["id"] == 5
    assert world.variables["$"] == '[{"id":5},"é"]'
    metrics = world.metrics
    assert metrics.counters["socketio.emit"] == metrics.rates["socketio.emit_rate"] == 3
    assert metrics.counters["socketio.events_received"] == 4
    assert len(metrics.histograms["socketio.response_time"]) == 2
    assert len(metrics.histograms["socketio.connect_time"]) == 1
    assert world.errors == {}
    packets = world.socketio.sessions[0].packets
    assert '42["silent",null]' in packets
    # Pings go their own way, and may be the last.
    assert [each for each in packets if each not in {"2", "3"}][-1] in {"1", "41"}


@pytest.mark.parametrize("config", [{}, POLLING, UPGRADE, OLD], ids=str)
def test_acknowledgements_and_namespaces(world: SocketWorld, config: dict[str, Any]) -> None:
    """Acknowledgements come back to their emit; namespaces share the connection."""
    world.run(
        {
            "namespace": "/{{ where }}",
            "emit": {"channel": "ask", "data": [1]},
            "acknowledge": {
                "match": {"json": "$.0.name", "value": "Ann"},
                "capture": [{"json": "$.0.ns", "as": "ns"}, {"json": "$[1]", "as": "seven"}],
            },
        },
        {"emit": ["ask"], "acknowledge": {"capture": {"as": "whole"}}},
        {"emit": {"channel": "ask", "namespace": "/chat", "acknowledge": {"data": 7}}},
        engine="socketio",
        config=config,
        variables={"where": "admin"},
    )
    assert world.failures == [None]
    assert (world.variables["ns"], world.variables["seven"]) == ("/admin", 7)
    assert world.variables["whole"] == {"name": "Ann", "ns": "/", "got": []}
    assert len(world.socketio.sessions) == 1
    assert len(world.metrics.histograms["socketio.response_time"]) == 3


def test_requests_between(world: SocketWorld) -> None:
    """Steps of HTTP, loops, think and functions work beside; cookies of requests are sent with the handshake."""
    world.run(
        {"get": {"url": "/cookie"}},
        {"get": {"url": "/json", "capture": {"json": "$.name", "as": "name"}}},
        {"connect": {"query": {"name": "{{ name }}"}, "extraHeaders": {"X-Token": "t-{{ name }}"}}},
        {"loop": [{"emit": ["echo", "{{ $loopCount }}"], "response": {"channel": "echoed"}}], "count": 3},
        {"function": "note"},
        {"emit": ["echo", "{{ noted }}"], "response": {"channel": "echoed", "data": "yes"}},
        engine="socketio",
        processor="exports.note = (context, events, done) => { context.vars.noted = 'yes'; done(); };",
    )
    assert world.failures == [None]
    assert world.socketio.sessions[0].query["name"] == "Ann"
    head = world.heads[0].lower()
    assert "x-token: t-ann" in head
    assert "sid=abc" in head
    assert world.metrics.counters["http.requests"] == 2
    assert world.metrics.counters["socketio.emit"] == 4


def test_options(world: SocketWorld) -> None:
    """Query, path, auth and the target's namespace go where socket.io-client sends them."""
    world.run(
        {"emit": ["ask"], "acknowledge": {"match": {"json": "$.0.ns", "value": "/"}}},
        engine="socketio",
        config={
            "socketio": {
                "query": "a=1&b=x%20y",
                "auth": {"token": "{{ token }}"},
                "path": "/socket.io",
                "transports": ["websocket"],
            }
        },
        variables={"token": "good"},
        socketio={"extraHeaders": {"X-Own": "yes"}},
    )
    world.run({"connect": "{{ target }}/private"}, engine="socketio", config={"socketio": {"auth": {"token": "bad"}}})
    assert world.failures[0] is None
    session = world.socketio.sessions[0]
    assert session.query == {"a": "1", "b": "x y", "EIO": "4", "transport": "websocket"}
    assert sorted(session.packets[:2]) == ["3", '40{"token":"good"}']
    assert "x-own: yes" in world.heads[0].lower()
    assert world.errors == {"not authorized": 1}


def test_streams_of_events(world: SocketWorld) -> None:
    """Events add up with concat; several responses may be named; a step of its own takes what came before."""
    world.run(
        {"emit": ["stream"], "response": {"channel": "part", "concat": True, "data": "one two three"}},
        {
            "emit": ["count"],
            "response": [
                {"channel": "number", "match": {"json": "$.0.n", "value": 3}},
                {"channel": "number", "data": {"n": 1}},
            ],
        },
        {"namespace": "/greeting", "emit": ["silent"]},
        {"namespace": "/greeting", "response": {"channel": "welcome", "capture": {"json": "$.0.n", "as": "n"}}},
        engine="socketio",
    )
    assert world.failures == [None]
    assert world.variables["n"] == 1
    assert len(world.metrics.histograms["socketio.wait_time"]) == 1


@pytest.mark.parametrize("config", [{}, POLLING, OLD], ids=str)
def test_attachments(world: SocketWorld, config: dict[str, Any]) -> None:
    """Binary arguments are sent and received as attachments."""
    world.run(
        {"emit": ["upload", "{{ data }}"], "response": {"channel": "size", "data": ["upload", 4]}},
        {"emit": ["picture"], "response": {"channel": "picture", "capture": {"json": "$.0.data", "as": "bytes"}}},
        engine="socketio",
        config=config,
        variables={"data": b"\x00\xff12"},
    )
    assert world.failures == [None]
    assert world.variables["bytes"] == [1, 2]


def test_failures(world: SocketWorld) -> None:
    """What fails a VU is counted once, under a clear name."""
    short = {"timeout": 0.3}

    def run(*flow: Any, config: dict[str, Any] | None = None) -> None:
        world.run(*flow, engine="socketio", config={**short, **(config or {})})

    run({"emit": ["silent"], "response": {"channel": "never"}})
    run({"emit": ["echo", "a"], "response": {"channel": "echoed", "data": "b"}})
    run({"emit": ["echo", "a"], "response": {"channel": "echoed", "match": {"json": "$[0]", "value": "b"}}})
    run({"emit": ["ask"], "acknowledge": {"match": {"json": "$.0.name", "value": "Bob"}}})
    run({"emit": ["silent"], "acknowledge": {}})
    run({"emit": ["kick"], "response": {"channel": "never"}})
    run({"emit": ["vanish"], "response": {"channel": "never"}})
    run({"emit": ["a"]}, config={"target": "http://127.0.0.1:1"})
    run({"emit": ["a"]}, config={"target": "http://127.0.0.1:1", **POLLING})
    run({"emit": ["a"]}, config={"socketio": {"path": "/deny", "transports": ["websocket"]}})
    codes = [failure.code for failure in world.failures if failure is not None]
    assert codes == [
        "response timeout",
        "data is not valid",
        "Failed match",
        "Failed match",
        "response timeout",
        "io server disconnect",
        "transport close",
        "ECONNREFUSED",
        "ECONNREFUSED",
        "Unexpected server response: 403",
    ]
    assert sum(world.errors.values()) == len(codes)
    assert [text for level, text in world.logged if level == "warn" and "[polling, websocket]" in text] != []


def test_the_connection_ends_with_the_vu(world: SocketWorld) -> None:
    """Namespaces are left and the WebSocket is closed with 1000, also by a VU that fails."""
    world.run({"namespace": "/chat", "emit": ["silent"]}, engine="socketio")
    world.run({"get": {"url": "http://127.0.0.1:1/"}}, engine="socketio")
    world.run({"emit": ["echo"], "response": {"channel": "echoed"}}, engine="socketio", config=POLLING)
    assert world.socketio.closed[:3] == ["s0/", "s0/chat", "s1/"]
    assert world.socketio.closed[-2:] == ["s2/", "s2"]
    assert world.codes == [1000, 1000]


def test_upgrades_that_fail(world: SocketWorld) -> None:
    """Where the server offers no upgrade, or refuses the WebSocket, polling goes on."""
    for query in ({"no-upgrade": "1"}, {"deny": "1"}):
        world.run(
            {"emit": ["echo", 1], "response": {"channel": "echoed", "data": 1}},
            engine="socketio",
            config={"socketio": {"transports": ["polling", "websocket"], "query": query}},
        )
    assert world.failures == [None, None]
    assert len(world.heads) == 1


def test_mistakes(world: SocketWorld) -> None:
    """Steps that cannot be are told before the test begins."""
    for step, text in (
        ({"emit": {"data": 1}}, "emit needs a channel"),
        ({"emit": ["a"], "response": {"data": 1}}, "response needs a channel"),
        ({"emit": ["a"], "acknowledge": {"timeout": "soon"}}, "is no time"),
        ({"connect": 5}, "connect is a URL"),
        ({"send": "x"}, "'send'"),
    ):
        with pytest.raises(ValueError, match=text):
            world.run(step, engine="socketio")
    with pytest.raises(ValueError, match="no transport"):
        world.run({"emit": ["a"]}, engine="socketio", config={"socketio": {"transports": ["webtransport"]}})
