"""`context.ws`: the WebSocket of a VU in functions of its processor, JavaScript and Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import SocketWorld


def test_a_function_sends_and_waits(world: SocketWorld) -> None:
    """send, on('message') with a Buffer, off, and the state; what is sent and heard is counted as for steps."""
    world.run(
        {"function": "ask"},
        {"send": {"payload": "{{ heard }}", "match": {"json": "$.value", "value": "{{ heard }}"}}},
        engine="ws",
        processor="""
        module.exports = { ask(context, events, done) {
          const { ws } = context;
          context.vars.state = [ws.readyState, ws.OPEN, ws.readyState === ws.constructor.OPEN, ws === context.ws];
          function heard(data, binary) {
            const message = JSON.parse(data);
            if (message.type !== 'echo') return;
            ws.off('message', heard);
            context.vars.heard = `${message.value}!`;
            context.vars.kind = [Buffer.isBuffer(data), binary];
            done();
          }
          ws.on('message', heard);
          ws.send(JSON.stringify({ a: 1 }), (error) => { context.vars.error = error === undefined; });
        } };
        """,
    )
    assert world.failures == [None]
    assert world.variables["state"] == [1, 1, True, True]
    assert world.variables["heard"] == '{"a":1}!'
    assert world.variables["kind"] == [True, False]
    assert world.variables["error"] is True
    assert world.said == ['{"a":1}', '{"a":1}!']
    assert world.metrics.counters["websocket.messages_sent"] == 2


def test_a_listener_goes_on(world: SocketWorld) -> None:
    """It hears while later steps run, and what it changes is there for them; it may answer the server."""
    world.run(
        {"function": "listen"},
        {"send": {"payload": "one", "match": {"json": "$.value", "value": "one"}}},
        {"wait": {"match": {"json": "$.value", "value": "answer to one"}}},
        {"send": "{{ last }}"},
        {"send": {"payload": "end", "match": {"json": "$.value", "value": "end"}}},
        engine="ws",
        processor="""
        export async function listen(context) {
          context.ws.onmessage = ({ data, type, target }) => {
            const { value } = JSON.parse(data);
            if (value === 'one' && type === 'message' && target === context.ws) context.ws.send(`answer to ${value}`);
            if (value) context.vars.last = value;
          };
          context.ws.addEventListener('message', () => { throw new Error('thrown in a listener'); }, { once: true });
        }
        """,
        suffix=".mjs",
    )
    assert world.failures == [None]
    assert world.said == ["one", "answer to one", "answer to one", "end"]
    assert sum("thrown in a listener" in text for _, text in world.logged) == 1


def test_closing(world: SocketWorld) -> None:
    """A function closes with its code; then the state is 2 or 3, sending fails for the function and for a step."""
    world.run(
        {"function": "leave"},
        {"function": "late"},
        {"send": "never"},
        engine="ws",
        processor="""
        module.exports = {
          leave(context, events, done) {
            context.ws.on('close', (code, reason) => { context.vars.closed = [code, `${reason}`]; done(); });
            context.ws.send('bye');
          },
          late(context, events, done) {
            context.vars.state = context.ws.readyState;
            context.ws.send('x', (error) => { context.vars.said = error.message; done(); });
          },
        };
        """,
    )
    assert [failure and failure.code for failure in world.failures] == ["WebSocket is not open: readyState 3 (CLOSED)"]
    assert world.variables["closed"] == [4001, "enough"]
    assert world.variables["state"] == 3
    assert "WebSocket is not open: readyState 3" in world.variables["said"]
    assert world.errors == {"WebSocket is not open: readyState 3 (CLOSED)": 1}


def test_bytes_and_a_close_of_ones_own(world: SocketWorld) -> None:
    """Buffers go as binary messages, and come back as such."""
    world.run(
        {"function": "binary"},
        engine="ws",
        processor="""
        module.exports = { binary(context, events, done) {
          const { ws } = context;
          ws.on('message', (data, isBinary) => {
            if (!isBinary) return;
            context.vars.bytes = [...data];
            ws.close(4000, 'done');
            done();
          });
          ws.send(Buffer.from([1, 2, 250]));
        } };
        """,
    )
    assert world.failures == [None]
    assert world.variables["bytes"] == [1, 2, 250]
    assert world.said == [b"\x01\x02\xfa"]
    assert world.codes == [4000]


def test_a_listener_hears_the_end(world: SocketWorld) -> None:
    """What comes while the connection is closed at the end of the flow is heard too, and the close itself."""
    world.run(
        {"function": "listen"},
        {"send": "last"},
        engine="ws",
        users=5,
        processor="""
        module.exports = { listen(context, events, done) {
          context.ws.on('message', (data) => {
            if (JSON.parse(data).value === 'last') events.emit('counter', 'own.last', 1);
          });
          context.ws.on('close', (code) => events.emit('counter', `own.closed.${code}`, 1));
          done();
        } };
        """,
    )
    assert world.failures == [None] * 5
    assert world.metrics.counters["own.last"] == 5
    assert world.metrics.counters["own.closed.1000"] == 5


def test_each_vu_has_its_own(world: SocketWorld) -> None:
    """Many VUs of one worker hear only their own connections; nothing is left that waits."""
    world.run(
        {"function": "mine"},
        engine="ws",
        users=20,
        processor="""
        module.exports = { mine(context, events, done) {
          const mine = context.vars.$uuid;
          context.ws.on('message', (data) => {
            const { value } = JSON.parse(data);
            if (value === undefined) return;
            if (value !== mine) done(new Error('of another'));
            else done();
          });
          context.ws.send(mine);
        } };
        """,
    )
    assert world.failures == [None] * 20
    assert len(set(world.said)) == 20


def test_none_without_the_engine(world: SocketWorld) -> None:
    """A VU of HTTP has no `context.ws`; a function may put something of its own there."""
    source = "module.exports = { f(context, events, done) {\n  context.vars.seen = [typeof context.ws];\n"
    source += "  context.ws = { a: 1 }; context.vars.own = context.ws.a; done();\n} };"
    world.run({"function": "f"}, processor=source)
    assert world.failures == [None]
    assert (world.variables["seen"], world.variables["own"]) == (["undefined"], 1)


def test_python(world: SocketWorld) -> None:
    """send, receive with a time limit, open, close; None for VUs without a WebSocket."""
    world.run(
        {"function": "talk"},
        engine="ws",
        suffix=".py",
        processor="""
import json

def talk(context, events):
    ws = context.ws
    ws.send({"a": 1})
    while json.loads(message := ws.receive()).get("type") != "echo":
        pass
    context.vars["heard"] = json.loads(message)["value"]
    try:
        ws.receive(timeout=0.05)
    except TimeoutError as error:
        context.vars["late"] = str(error)
    ws.send("bye")
    try:
        ws.receive()
    except ConnectionError as error:
        context.vars["gone"] = str(error)
    context.vars["open"] = ws.open
""",
    )
    assert world.failures == [None]
    assert world.variables["heard"] == '{"a":1}'
    assert world.variables["late"] == "no message came for 0.05 s"
    assert "4001, enough" in world.variables["gone"]
    assert world.variables["open"] is False


def test_sending_after_the_end(world: SocketWorld) -> None:
    """In JavaScript it is lost unless a callback asks, as in Node; in Python it fails the VU, once."""
    script = "exports.f = (context) => { context.ws.close(); context.ws.send('x'); context.ws.send(null); };"
    world.run({"function": "f"}, engine="ws", processor=script)
    assert list(world.errors) == ["context.ws.send() takes text or bytes, not null"]
    python = "def f(context, events):\n    context.ws.close()\n    context.ws.send('x')\n"
    world.run({"function": "f"}, engine="ws", suffix=".py", processor=python)
    assert world.errors["WebSocket is not open: readyState 2 (CLOSING)"] == 1
