"""What scripts for the engine `socketio-v3` have beside those of Artillery's own, and steps that users add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import SocketWorld

if TYPE_CHECKING:
    from typing import Any

_OPTIONS: dict[str, Any] = {"engines": {"socketio-v3": {"transports": ["websocket"], "query": {"v": "3"}}}}
_PROCESSOR = """
module.exports = {
  signIn(context, events, done) {
    context.socketio = { auth: { user: context.vars.name } };
    context.extraHeaders = { 'X-Token': `t-${context.vars.name}` };
    done();
  },
};
"""


def test_options_of_the_engine(world: SocketWorld) -> None:
    """They stand under config.engines, and go over those of config.socketio."""
    world.run(
        {"emit": ["echo", "a"], "response": {"on": "echoed", "args": ["a"]}},
        engine="socketio-v3",
        config={**_OPTIONS, "socketio": {"query": {"v": "2"}, "extraHeaders": {"X-Own": "one"}}},
    )
    assert world.failures == [None]
    (session,) = world.socketio.sessions
    assert session.query["v"] == "3"
    assert "X-Own: one" in world.heads[0]


def test_a_function_before_the_first_emit(world: SocketWorld) -> None:
    """The connection is opened by the step that needs it, with what a function has set until then."""
    world.run(
        {"function": "signIn"},
        {"emit": ["echo", "a"], "response": {"on": "echoed"}},
        engine="socketio-v3",
        config=_OPTIONS,
        processor=_PROCESSOR,
        variables={"name": "ann"},
    )
    assert world.failures == [None]
    assert '40{"user":"ann"}' in world.socketio.sessions[0].packets
    assert "X-Token: t-ann" in world.heads[0]
    world.run({"think": 0}, engine="socketio-v3", config=_OPTIONS)
    assert len(world.socketio.sessions) == 1


def test_reconnect(world: SocketWorld) -> None:
    """An emit with `reconnect` has a new connection, with the headers of now, and only its namespace."""
    world.run(
        {"emit": ["echo", "a"], "response": {"on": "echoed"}},
        {"function": "signIn"},
        {"emit": ["echo", "b"], "reconnect": True, "namespace": "/chat", "response": {"on": "echoed", "args": "b"}},
        {"emit": ["echo", "c"], "response": {"on": "echoed", "args": "c"}},
        engine="socketio-v3",
        config=_OPTIONS,
        processor=_PROCESSOR,
        variables={"name": "ann"},
    )
    assert world.failures == [None]
    assert len(world.socketio.sessions) == 2
    assert "X-Token" not in world.heads[0]
    assert "X-Token: t-ann" in world.heads[1]
    opened = [each for each in world.socketio.sessions[1].packets if each.startswith("40")]
    assert opened == ['40/chat,{"user":"ann"}', '40{"user":"ann"}']


def test_connect_to_a_namespace(world: SocketWorld) -> None:
    """A step `connect` may name the one that is connected; its auth counts there."""
    world.run(
        {"connect": {"auth": {"token": "good"}}, "namespace": "/private"},
        {"emit": ["ask"], "namespace": "/private", "acknowledge": {"match": {"json": "$.0.ns", "value": "/private"}}},
        engine="socketio-v3",
        config=_OPTIONS,
    )
    assert world.failures == [None]
    opened = [each for each in world.socketio.sessions[0].packets if each.startswith("40")]
    assert opened == ['40/private,{"token":"good"}']


def test_a_single_argument(world: SocketWorld) -> None:
    """It is captured from as such or in its list; in Artillery's own engine only in its list."""
    emit = {"emit": ["echo", {"token": "x"}]}
    for path in ("$.token", "$.0.token"):
        response = {"response": {"on": "echoed", "capture": {"json": path, "as": "token"}}}
        world.run({**emit, **response}, engine="socketio-v3", config=_OPTIONS)
        assert world.failures == [None]
        assert world.variables["token"] == "x"
        world.failures.clear()
    response = {"response": {"on": "echoed", "capture": {"json": "$.token", "as": "token"}, "timeout": "200ms"}}
    world.run({**emit, **response}, engine="socketio", config={"socketio": {"transports": ["websocket"]}})
    assert world.failures != [None]


def test_disconnect(world: SocketWorld) -> None:
    """A step of both engines; a later step that needs it opens another connection."""
    world.run({"connect": {}}, {"disconnect": {}}, {"think": 0}, engine="socketio", config=_OPTIONS)
    assert world.failures == [None]
    assert world.socketio.closed == ["s0/"]
    world.failures.clear()
    world.codes.clear()
    world.run({"send": "quiet"}, {"disconnect": {}}, {"send": "quiet"}, engine="ws")
    assert world.failures == [None]
    assert world.codes == [1000, 1000]
