"""Scripts of both engines run by the front door, and by real Artillery where that is installed."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from swell.dialects.artillery.documents import Document
from swell.dialects.artillery.lint import lint

from ..artillery.conftest import Runner
from .conftest import SocketWorld

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WS = """
config:
  target: ws://SERVER/room
  timeout: 2
  phases: [{duration: 1, arrivalCount: 3}]
  variables: {word: [alpha]}
  ws: {headers: {X-Own: "one"}}
scenarios:
  - engine: ws
    flow:
      - send: "quiet"
      - send: {a: 1, b: "{{ word }}"}
      - think: 1
      - send: {payload: quiet}
      - send: "bye"
"""

_SOCKETIO = """
config:
  target: http://SERVER
  timeout: 2
  phases: [{duration: 1, arrivalCount: 3}]
  socketio: {query: {q: "x y"}, extraHeaders: {X-Own: "one"}, transports: [websocket]}
scenarios:
  - engine: socketio
    flow:
      - get: {url: /json, capture: {json: $.name, as: name}}
      - emit: {channel: echo, data: "hello {{ name }}"}
        response: {channel: echoed, data: "hello Ann"}
      - namespace: /chat
        emit: {channel: ask}
        acknowledge: {match: {json: $.0.ns, value: /chat}}
      - emit: [echo, "a", "b"]
        response: {on: echoed, args: [a, b]}
      - emit: {channel: LAST, data: {n: 1}}
        response: {channel: echoed, data: {n: 2}}
"""
# Heartbeats and goodbyes, whose number depends on time.
_NOISE = ("3", "41", "41/chat,")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[SocketWorld]:
    """The server of a world, in a thread; `base` is its "host:port"."""
    world = SocketWorld(tmp_path)
    started = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(world._serve, "127.0.0.1", 0)
        world.base = "{}:{}".format(*server.sockets[0].getsockname()[:2])

    def live() -> None:
        world.loop.run_until_complete(serve())
        world.loop.call_soon(started.set)
        world.loop.run_forever()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    assert started.wait(20)
    yield world
    world.loop.call_soon_threadsafe(world.loop.stop)
    thread.join(20)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Runs scripts."""
    return Runner(tmp_path)


def test_the_front_door(served: SocketWorld, runner: Runner) -> None:
    """Both engines run as scenarios of a script; their metrics are in the report."""
    ran = runner.run(_WS.replace("SERVER", served.base))
    assert ran.code == 0, ran.out + ran.err
    assert (ran.counters["vusers.completed"], ran.counters["websocket.messages_sent"]) == (3, 12)
    assert ran.report["aggregate"]["summaries"]["websocket.connect_time"]["count"] == 3
    script = _SOCKETIO.replace("engine: socketio", "engine: socketio-v3")
    ran = runner.run(script.replace("SERVER", served.base).replace("LAST", "echo"))
    assert ran.code == 0, ran.out + ran.err
    counters = ran.counters
    assert (counters["vusers.failed"], counters["errors.data is not valid"]) == (3, 3)
    assert (counters["socketio.emit"], counters["http.requests"]) == (12, 3)
    assert ran.report["aggregate"]["summaries"]["socketio.response_time"]["count"] == 9


def test_quick(served: SocketWorld, runner: Runner) -> None:
    """`artillery quick` takes the address of a WebSocket."""
    ran = runner.command("quick", f"ws://{served.base}/", "--count", "2", "--num", "3", "--no-store", "-p", "quiet")
    assert ran.code == 0, ran.out + ran.err
    assert served.said == ["quiet"] * 6


def test_before_and_after_are_http(served: SocketWorld, runner: Runner) -> None:
    """Where `config.engine` is ws, `before` still makes requests, without a connection of its own."""
    script = """
config: {target: "http://SERVER", engine: ws, phases: [{duration: 1, arrivalCount: 2}]}
before: {flow: [{get: {url: /json, capture: {json: $.name, as: name}}}]}
scenarios: [{flow: [{send: "quiet {{ name }}"}]}]
"""
    ran = runner.run(script.replace("SERVER", served.base))
    assert ran.code == 0, ran.out + ran.err
    assert served.said == ["quiet Ann"] * 2
    assert len(served.heads) == 2


def test_lint() -> None:
    """Steps of both engines are known to the lint; what Artillery would refuse beside them is told."""
    flow = [
        {"namespace": "/a", "emit": {"channel": "x"}, "response": {"channel": "y"}, "acknowledge": {}},
        {"response": {"channel": "y"}, "namespace": "/a"},
        {"connect": {"target": "x"}},
        {"send": "x", "wait": {}},
    ]
    scenario = {"engine": "socketio", "socketio": {}, "flow": flow}
    found = lint([Document({"config": {}, "scenarios": [scenario]}, {}, "x.yml")], {}, [scenario])
    assert len(found) == 1
    assert "wait stands beside send" in found[0]


def test_unknown_engines_and_steps(served: SocketWorld, runner: Runner) -> None:
    """Mistakes have the file and the step, and nothing is sent."""
    ran = runner.run(_WS.replace("SERVER", served.base).replace('send: "bye"', "wait: 5"))
    assert ran.code == 1
    assert "wait is for a message" in ran.out + ran.err
    assert served.heads == []


@pytest.mark.parametrize(
    "script", [_WS, _SOCKETIO.replace("LAST", "none"), _SOCKETIO.replace("LAST", "echo")], ids=["ws", "late", "wrong"]
)
def test_like_artillery(served: SocketWorld, runner: Runner, script: str) -> None:
    """Real Artillery sends the same messages and counts the same VUs, messages, emits and errors."""
    text = script.replace("SERVER", served.base)
    real = runner.real(text)
    sent = Counter(each for each in served.said if each not in _NOISE)
    expected = {
        name: count
        for name, count in real.counters.items()
        if name.startswith(("vusers.", "errors.", "websocket.messages_sent", "socketio.emit", "http.requests"))
    }
    served.said.clear()
    ours = runner.run(text)
    assert ours.code == real.code
    assert {name: ours.counters.get(name) for name in expected} == expected
    assert Counter(each for each in served.said if each not in _NOISE) == sent


_FUNCTIONS = """
config:
  target: ws://SERVER/room
  processor: ./own.js
  phases: [{duration: 1, arrivalCount: 3}]
scenarios:
  - engine: ws
    flow:
      - function: ask
      - send: "{{ heard }}"
      - function: listen
      - send: three
      - think: 1
      - send: "{{ heard }}"
      - function: leave
"""
_OWN = """
module.exports = {
  ask(context, events, done) {
    context.ws.once('message', function hello(data) {
      context.vars.first = JSON.parse(data).type;
      context.ws.on('message', function echo(data) {
        const { value } = JSON.parse(data.toString());
        if (!value) return;
        context.ws.removeListener('message', echo);
        context.vars.heard = value + ' ' + context.ws.readyState;
        events.emit('counter', 'own.heard', 1);
        done();
      });
      context.ws.send('two');
    });
    context.ws.send('one');
  },
  listen(context, events, done) {
    context.ws.on('message', (data) => {
      const { value } = JSON.parse(data);
      if (value) context.vars.heard = value + '!';
    });
    done();
  },
  leave(context, events, done) {
    context.ws.on('close', (code) => { events.emit('counter', `own.closed.${code}`, 1); done(); });
    context.ws.send('bye');
  },
};
"""


def test_functions(served: SocketWorld, runner: Runner) -> None:
    """What functions do with `context.ws` is done, and counts are those of real Artillery where that is installed."""
    runner.write("own.js", _OWN)
    text = _FUNCTIONS.replace("SERVER", served.base)
    ours = runner.run(text)
    assert ours.code == 0, ours.out + ours.err
    sent = Counter(served.said)
    assert sent == Counter(dict.fromkeys(("one", "two", "one 1", "three", "three!", "bye"), 3))
    counted = {name: count for name, count in ours.counters.items() if name.startswith(("vusers.", "errors.", "own."))}
    assert (counted["own.heard"], counted["own.closed.4001"], counted["vusers.completed"]) == (3, 3, 3)
    served.said.clear()
    real = runner.real(text)
    assert Counter(served.said) == sent
    assert {name: real.counters.get(name) for name in counted} == counted
