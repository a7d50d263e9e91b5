"""The engine ws against a small WebSocket server: queues of messages, captures, latency, failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import World


def test_messages_queue_up(world: World) -> None:
    """What comes waits until a step wants it; a send takes the first answer that fits."""
    world.run(
        {"send": "plain"},
        {"send": {"id": "{{ n }}"}},
        {"wait": {"capture": {"json": "$.type", "as": "first"}}},
        {
            "send": {
                "payload": {"ask": "{{ n }}"},
                "match": {"json": "$.value", "value": '{"ask":5}'},
                "capture": {"json": "$.value", "as": "got"},
            }
        },
        engine="ws",
        variables={"n": 5},
    )
    assert world.failures == [None]
    assert world.variables["first"] == "hello"
    assert world.variables["got"] == '{"ask":5}'
    counters = world.metrics.counters
    assert counters["websocket.messages_sent"] == world.metrics.rates["websocket.send_rate"] == 3
    assert counters["websocket.messages_received"] == 7
    assert len(world.metrics.histograms["websocket.response_time"]) == 1
    assert len(world.metrics.histograms["websocket.wait_time"]) == 1
    assert len(world.metrics.histograms["websocket.connect_time"]) == 1


def test_connecting(world: World) -> None:
    """A URL, a mapping with headers and subprotocols, and a function say where to connect."""
    world.run({"connect": "/chat/{{ n }}"}, {"send": "x"}, engine="ws", variables={"n": 1})
    world.run(
        {"connect": {"target": "{{ target }}/two", "headers": {"X-A": "{{ n }}"}, "subprotocols": ["json"]}},
        engine="ws",
        variables={"n": 7},
    )
    world.run(
        {"connect": {"function": "where"}},
        engine="ws",
        processor="""
            exports.where = (ws, context, done) => { ws.target += '/three'; ws.headers = { 'x-a': 'js' }; done(); };
        """,
    )
    assert world.failures == [None, None, None]
    assert [(each["path"], each["headers"]["x-a"]) for each in world.seen] == [
        ("/chat/1", ""),
        ("/two", "7"),
        ("/three", "js"),
    ]


def test_failures(world: World) -> None:
    """Refusals, drops and answers that never come fail the VU under clear names."""
    world.run({"connect": "/deny"}, engine="ws")
    world.run({"send": "drop"}, {"think": 0.05}, {"wait": {"capture": {"json": "$.never", "as": "x"}}}, engine="ws")
    world.run(
        {"send": {"payload": "a", "capture": {"json": "$.never", "as": "x"}}},
        engine="ws",
        config={"http": {"timeout": 0.3}},
    )
    world.run({"connect": "ws://127.0.0.1:1/"}, engine="ws")
    codes = [failure.code for failure in world.failures if failure is not None]
    assert codes == [
        "Unexpected server response: 403",
        "Failed capture or match",
        "Failed capture or match",
        "ECONNREFUSED",
    ]
