"""k6/ws: one WebSocket that the VU stays in."""

from __future__ import annotations

import pytest

from swell.dialects.javascript import JsError

from .conftest import World

HEAD = "import ws from 'k6/ws'; import http from 'k6/http';\n"


def test_a_conversation(world: World) -> None:
    """connect() blocks until the socket is closed; events come in order; the response has status 101."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          const res = ws.connect(`${base}/echo`, { tags: { kind: 'chat' } }, function (socket) {
            seen.push('begin');
            socket.on('open', () => { seen.push('open'); socket.send('grüße'); });
            socket.on('message', (text) => {
              seen.push(text);
              if (text === 'grüße') socket.sendBinary(new Uint8Array([1, 2, 255]).buffer);
            });
            socket.on('binaryMessage', (data) => {
              seen.push(data instanceof ArrayBuffer, Array.from(new Uint8Array(data)));
              socket.close();
              seen.push('after close');
            });
            socket.on('close', (code) => seen.push(`closed ${code}`));
            seen.push('set up');
          });
          seen.push(res.status, res.url === `${base}/echo`, res.headers.Upgrade, res.body, res.error);
          return seen;
        }"""
    )
    assert result == [
        "begin",
        "set up",
        "open",
        "grüße",
        True,
        [1, 2, 255],
        "closed 1001",
        "after close",
        101,
        True,
        "websocket",
        "",
        "",
    ]
    samples = world.samples
    assert len(samples.values("ws_connecting")) == len(samples.values("ws_session_duration")) == 1
    assert samples.values("ws_sessions") == [1]
    assert samples.values("ws_msgs_sent") == samples.values("ws_msgs_received") == [1, 1]
    assert samples.tags("ws_msgs_sent")[0] == {
        "scenario": "default",
        "kind": "chat",
        "name": f"{world.base}/echo",
        "url": f"{world.base}/echo",
        "status": "101",
    }


def test_params_may_be_missing(world: World) -> None:
    """connect(url, function) and connect(url, null, function) are the same."""
    source = """export default function (base) {
      let count = 0;
      const run = (s) => s.on('open', () => { count++; s.close(); });
      ws.connect(`${base}/echo`, run);
      ws.connect(`${base}/echo`, null, run);
      return count;
    }"""
    assert world.call(HEAD + source) == 2


def test_timers(world: World) -> None:
    """setTimeout, setInterval and setLoop run between events, in order of time, until the socket is closed."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          ws.connect(`${base}/echo`, null, function (socket) {
            let ticks = 0;
            socket.setTimeout(() => seen.push('late'), 100000);
            socket.setTimeout(() => { seen.push('second'); }, 20);
            socket.setTimeout(() => { seen.push('first'); socket.send('x'); }, 10);
            socket.setInterval(() => { if (++ticks === 3) { seen.push('third tick'); socket.close(4000); } }, 30);
            socket.setLoop(() => {}, 5);
            socket.on('message', (text) => seen.push(text));
            socket.on('close', (code) => seen.push(code));
          });
          return seen;
        }"""
    )
    assert [each for each in result if each != "x"] == ["first", "second", "third tick", 4000]
    assert "late" not in result


def test_messages_do_not_starve_timers(world: World) -> None:
    """A flood of messages leaves room for what is due."""
    result = world.call(
        HEAD
        + """export default function (base) {
          let got = 0, ticks = 0, last = -1, ordered = true;
          ws.connect(`${base}/count/2000`, null, function (socket) {
            socket.setInterval(() => ticks++, 1);
            socket.on('message', (text) => {
              const { index } = JSON.parse(text);
              ordered = ordered && index === last + 1;
              last = index;
              if (++got === 2000) socket.close();
            });
          });
          return [got, ordered, ticks > 0];
        }"""
    )
    assert result == [2000, True, True]


def test_pings(world: World) -> None:
    """Pings of both sides: the server's is answered and told, ours is answered and measured."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          ws.connect(`${base}/ping`, null, function (socket) {
            socket.on('ping', () => { seen.push('ping'); socket.ping(); });
            socket.on('pong', () => { seen.push('pong'); socket.close(); });
          });
          return seen;
        }"""
    )
    assert result == ["ping", "pong"]
    assert len(world.samples.values("ws_ping")) == 1


def test_the_server_closes(world: World) -> None:
    """The close handler gets the server's code; no error."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          ws.connect(`${base}/close/4321`, null, function (socket) {
            socket.on('open', () => socket.send('go'));
            socket.on('close', (code) => seen.push(code));
            socket.on('error', (e) => seen.push(e.error()));
          });
          return seen;
        }"""
    )
    assert result == [4321]


def test_the_server_vanishes(world: World) -> None:
    """A connection that breaks is an error event and then a close with 1006; the run counts it as an error."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          ws.connect(`${base}/drop`, null, function (socket) {
            socket.on('open', () => socket.send('go'));
            socket.on('close', (code) => seen.push(code));
            socket.on('error', (e) => seen.push(e.error(), `${e}` === e.error(), e != 'websocket: close sent'));
          });
          return seen;
        }"""
    )
    assert len(result) == 4
    assert "without a closing handshake" in result[0]
    assert result[1:] == [True, True, 1006]
    assert world.samples.kinds == ["ws_dropped"]


def test_sending_after_the_close(world: World) -> None:
    """What is sent after close() is an error event with the text that scripts look for."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          ws.connect(`${base}/echo`, null, function (socket) {
            socket.on('open', () => { socket.close(); socket.send('too late'); socket.close(); });
            socket.on('error', (e) => seen.push(e.error()));
            socket.on('close', () => seen.push('close'));
          });
          return seen;
        }"""
    )
    assert result == ["close", "websocket: close sent"]


def test_a_refused_handshake(world: World) -> None:
    """The response has the server's status and the error, the error handler is called, the log says so."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const seen = [];
          const res = ws.connect(`${base}/deny`, null, function (socket) {
            socket.on('open', () => seen.push('open'));
            socket.on('error', (e) => seen.push(e.error()));
          });
          return [res.status, res.body, res.headers['X-Why'], res.error !== '', ...seen];
        }"""
    )
    assert result[:4] == [404, "no room", "gone", True]
    assert "it answered 404 Not Found" in result[4]
    assert len(result) == 5
    assert world.vu.logged[0][0] == "warn"
    assert world.samples.tags("ws_sessions")[0]["status"] == "404"
    assert world.samples.kinds == ["ws_handshake"]


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/", "nonsense"])
def test_nobody_there(world: World, url: str) -> None:
    """Without an answer the status is 0; `r && r.status === 101` is false, as in k6."""
    source = f"const r = ws.connect('{url}', null, () => {{}}); return [r.status, r.error !== ''];"
    assert world.call(f"{HEAD}export default () => {{ {source} }}") == [0, True]


def test_throw(world: World) -> None:
    """With the option `throw` a WebSocket that does not open is an exception."""
    source = "export default (base) => ws.connect(`${base}/deny`, null, () => {});"
    with pytest.raises(JsError, match="404"):
        world.call(HEAD + source, {"throw": True})


def test_exceptions_of_handlers_end_the_iteration(world: World) -> None:
    """An exception passes through connect(), with the script's line, and the connection is closed with 1001."""
    source = """export default function (base) {
      ws.connect(`${base}/echo`, null, function (socket) {
        socket.on('open', () => { throw new Error('no way'); });
      });
    }"""
    with pytest.raises(JsError, match="no way") as caught:
        world.call(HEAD + source)
    assert caught.value.frames[0].line == 4
    assert len(world.samples.values("ws_session_duration")) == 1


def test_params(world: World) -> None:
    """Headers, subprotocol by header, the name tag, cookies of the VU's jar and of another one, compression."""
    result = world.call(
        HEAD
        + """export default function (base) {
          const web = base.replace('ws', 'http');
          http.get(`${web}/login`);
          const jar = new http.CookieJar();
          jar.set(`${web}/echo`, 'mine', 'yes');
          const text = 'same '.repeat(1000);
          const echoed = [];
          const headers = { 'X-A': 1, 'Sec-WebSocket-Protocol': 'graphql-ws', Authorization: 'Bearer x' };
          for (const params of [
            { headers, tags: { name: 'chat' } },
            { jar, compression: 'deflate' },
          ]) {
            ws.connect(`${base}/echo?token=secretsecret`, params, (socket) => {
              socket.on('open', () => socket.send(text));
              socket.on('message', (got) => { echoed.push(got === text); socket.close(); });
            });
          }
          return [...echoed, Object.keys(jar.cookiesForURL(`${web}/echo`)).sort()];
        }"""
    )
    assert result == [True, True, ["mine", "ws"]]
    first, second = world.peers
    assert first.header("X-A") == "1"
    assert first.header("Authorization") == "Bearer x"
    assert first.header("Cookie") == "sid=1"
    assert second.header("Cookie") == "mine=yes"
    assert "permessage-deflate" in second.header("Sec-WebSocket-Extensions")
    one, two = world.samples.tags("ws_sessions")
    assert one["name"] == one["url"] == "chat"
    assert one["subproto"] == "graphql-ws"
    assert "secretsecret" not in two["url"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ws.connect(base)", "needs a function"),
        ("ws.connect(`${base}/echo`, 'x', () => {})", "must be an object"),
        ("ws.connect(`${base}/echo`, { compression: 'gzip' }, () => {})", 'must be \\"deflate\\"'),
        ("ws.connect(`${base}/echo`, null, (s) => s.on('nothing', () => {}))", "has no event nothing"),
        ("ws.connect(`${base}/echo`, null, (s) => s.on('open'))", "needs a function"),
        ("ws.connect(`${base}/echo`, null, (s) => s.setTimeout(() => {}, 0))", "above 0 ms"),
        ("ws.connect(`${base}/echo`, null, (s) => s.sendBinary('x'))", "needs an ArrayBuffer"),
        ("ws.connect(`${base}/echo`, null, (s) => s.close(1006))", "no close code"),
    ],
)
def test_mistakes(world: World, call: str, message: str) -> None:
    """Wrong use is an exception that says what is right."""
    with pytest.raises(JsError) as caught:
        world.call(HEAD + f"export default function (base) {{ {call}; }}")
    assert message.replace("\\", "") in str(caught.value)


def test_init_code(world: World) -> None:
    """There are no connections in init code."""
    with pytest.raises(JsError, match="init context"):
        world.call(HEAD + "ws.connect('ws://127.0.0.1:1', null, () => {}); export default () => {};", phase="init")
