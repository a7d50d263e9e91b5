"""k6/websockets: the WebSocket of browsers on the VU's event loop."""

from __future__ import annotations

import pytest

from swell.dialects.javascript import JsError

from .conftest import World

HEAD = "import { WebSocket, Blob } from 'k6/websockets'; import http from 'k6/http';\nconst seen = [];\n"
END = "\nexport default function (base) { if (seen.length) return seen; run(base); }"


def after(world: World, body: str, *, head: str = HEAD) -> list[object]:
    """What a function body put into `seen` by the end of its iteration."""
    result = world.call(f"{head}function run(base) {{ {body} }}{END}", times=2)
    assert isinstance(result, list)
    return result


def test_a_conversation(world: World) -> None:
    """The iteration is over only when the socket is closed; events have their fields, states their numbers."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/echo`);
        seen.push(ws.readyState, ws.url === `${base}/echo`, ws.protocol, ws.bufferedAmount, ws.binaryType);
        ws.onopen = (e) => { seen.push(e.type, ws.readyState, e.target === ws); ws.send('grüße'); };
        ws.onmessage = (e) => {
          seen.push(e.type, e.data, e.origin === ws.url, typeof e.timestamp);
          ws.close(4001, 'bye');
          seen.push(ws.readyState);
        };
        ws.onclose = (e) => seen.push(e.type, e.code, e.reason, e.wasClean, ws.readyState);
        ws.onerror = (e) => seen.push('error');
        """,
    )
    assert result == [
        *(0, True, "", 0, "blob"),
        *("open", 1, True),
        *("message", "grüße", True, "number", 2),
        *("close", 4001, "", True, 3),
    ]
    samples = world.samples
    assert samples.values("ws_sessions") == samples.values("ws_msgs_sent") == samples.values("ws_msgs_received") == [1]
    assert len(samples.values("ws_session_duration")) == 1


def test_binary_messages(world: World) -> None:
    """Binary data is a Blob unless binaryType says "arraybuffer"; both can be sent, and views of buffers."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/echo`);
        const bytes = new Uint8Array([0, 1, 2, 255]);
        let count = 0;
        ws.addEventListener('open', () => { ws.send(bytes.buffer); });
        ws.addEventListener('message', async (e) => {
          count++;
          if (count === 1) {
            seen.push(e.data instanceof Blob, e.data.size, Array.from(new Uint8Array(await e.data.arrayBuffer())));
            ws.binaryType = 'arraybuffer';
            ws.send(new Blob(['ab', new Uint8Array([99]), new Blob(['d'])]));
          } else if (count === 2) {
            seen.push(e.data instanceof ArrayBuffer, String.fromCharCode(...new Uint8Array(e.data)));
            ws.send(bytes.subarray(1, 3));
          } else {
            seen.push(Array.from(new Uint8Array(e.data)));
            ws.close();
          }
        });
        """,
    )
    assert result == [True, 4, [0, 1, 2, 255], True, "abcd", [1, 2]]


def test_blobs(world: World) -> None:
    """A Blob has size, type, text, bytes and slices."""
    source = """export default async function () {
      const blob = new Blob(['grü', 'ße'], { type: 'Text/Plain' });
      const part = blob.slice(0, 3, 'x');
      const size = (await blob.bytes()).length;
      return [blob.size, blob.type, await blob.text(), size, await part.text(), part.type];
    }"""
    assert world.call(HEAD + source) == [7, "text/plain", "grüße", 7, "gr\ufffd", "x"]


def test_many_at_once(world: World) -> None:
    """One VU has several connections at the same time, and timers beside them."""
    result = after(
        world,
        """
        let open = 0, most = 0;
        for (let i = 0; i < 5; i++) {
          const ws = new WebSocket(`${base}/count/20`);
          let got = 0;
          ws.onopen = () => { most = Math.max(most, ++open); };
          ws.onmessage = () => { if (++got === 20) setTimeout(() => ws.close(), 20); };
          ws.onclose = () => { open--; if (open === 0) seen.push(most, got); };
        }
        """,
    )
    assert result == [5, 20]


def test_each_event_is_a_turn_of_its_own(world: World) -> None:
    """Promises that a handler starts come before the next event."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/count/3`);
        ws.onmessage = (e) => {
          const { index } = JSON.parse(e.data);
          Promise.resolve().then(() => {}).then(() => {}).then(() => seen.push(`after ${index}`));
          seen.push(index);
          if (index === 2) ws.close();
        };
        """,
    )
    assert result == [0, "after 0", 1, "after 1", 2, "after 2"]


def test_listeners(world: World) -> None:
    """Several listeners are called in order, after the handler property; they can be removed; properties read back."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/echo`);
        const gone = () => seen.push('gone');
        seen.push(ws.onopen);
        ws.addEventListener('open', () => seen.push('first'));
        ws.addEventListener('open', gone);
        ws.addEventListener('open', () => { seen.push('second'); ws.close(); });
        ws.removeEventListener('open', gone);
        ws.onopen = () => seen.push('property');
        seen.push(typeof ws.onopen);
        """,
    )
    assert result == [None, "function", "property", "first", "second"]


def test_pings(world: World) -> None:
    """ping() is answered by a pong event and measured; the server's ping is an event."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/ping`);
        ws.onping = (e) => { seen.push(e.type); ws.ping(); };
        ws.addEventListener('pong', (e) => { seen.push(e.type); ws.close(); });
        """,
    )
    assert result == ["ping", "pong"]
    assert len(world.samples.values("ws_ping")) == 1


def test_the_server_closes(world: World) -> None:
    """Code and reason of the server are in the close event."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/close/4321`);
        ws.onopen = () => ws.send('go');
        ws.onclose = (e) => seen.push(e.code, e.reason, e.wasClean);
        ws.onerror = () => seen.push('error');
        """,
    )
    assert result == [4321, "enough", True]


def test_the_server_vanishes(world: World) -> None:
    """A broken connection is an error event, then a close event with 1006."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/drop`);
        ws.onopen = () => ws.send('go');
        ws.onclose = (e) => seen.push(e.code, e.wasClean);
        ws.onerror = (e) => {
          const { error } = e;
          seen.push(e.type, error.error().includes('without a closing handshake'), `${error}` === error.message);
        };
        """,
    )
    assert result == ["error", True, True, 1006, False]
    assert world.samples.kinds == ["ws_dropped"]


def test_it_does_not_open(world: World) -> None:
    """A refused handshake and a missing server are an error event and a close event each; the iteration goes on."""
    result = after(
        world,
        """
        for (const url of [`${base}/deny`, 'ws://127.0.0.1:1/']) {
          const ws = new WebSocket(url);
          ws.onopen = () => seen.push('open');
          ws.onerror = (e) => seen.push(e.error.message);
          ws.onclose = (e) => seen.push([e.code, ws.readyState]);
        }
        """,
    )
    assert sorted(map(str, result)) == sorted(
        map(
            str,
            [
                f"{world.base[5:]} opened no WebSocket: it answered 404 Not Found",
                [1006, 3],
                "127.0.0.1:1 refused the connection",
                [1006, 3],
            ],
        )
    )


def test_errors_that_nobody_hears_of(world: World) -> None:
    """Without an error handler the log has the error, without secrets of the URL."""
    after(world, "const ws = new WebSocket('ws://127.0.0.1:1/?token=abcdef123'); ws.onclose = () => seen.push(1);")
    assert len(world.vu.logged) == 1
    level, text = world.vu.logged[0]
    assert level == "warn"
    assert "refused the connection" in text
    assert "abcdef" not in text


def test_closing_before_it_is_open(world: World) -> None:
    """close() while connecting: no open event, but a close event."""
    result = after(
        world,
        """
        const ws = new WebSocket(`${base}/echo`);
        ws.close();
        seen.push(ws.readyState);
        ws.onopen = () => seen.push('open');
        ws.onclose = () => seen.push('close');
        """,
    )
    assert result == [2, "close"]


def test_params(world: World) -> None:
    """Subprotocols, headers, tags, jar and compression."""
    result = after(
        world,
        """
        const web = base.replace('ws', 'http');
        http.get(`${web}/login`);
        const jar = new http.CookieJar();
        jar.set(`${web}/echo`, 'mine', 'yes');
        const text = 'same '.repeat(1000);
        const wishes = { headers: { 'X-A': 'b' }, tags: { name: 'chat', team: 'red' } };
        const one = new WebSocket(`${base}/echo`, ['v2.chat', 'v1.chat'], wishes);
        const two = new WebSocket(`${base}/echo`, null, { jar, compression: 'deflate' });
        for (const ws of [one, two]) {
          ws.onopen = () => ws.send(text);
          ws.onmessage = (e) => { seen.push(`${ws.protocol} ${e.data === text}`); ws.close(); };
        }
        """,
    )
    assert sorted(map(str, result)) == [" true", "v2.chat true"]
    one, two = sorted(world.peers, key=lambda peer: peer.header("X-A"), reverse=True)
    assert one.header("Sec-WebSocket-Protocol") == "v2.chat, v1.chat"
    assert one.header("Cookie").startswith("sid=1")
    assert two.header("Cookie") == "mine=yes"
    tags = next(each for each in world.samples.tags("ws_sessions") if each["name"] == "chat")
    assert tags["team"] == "red"
    assert tags["url"] == "chat"
    assert tags["subproto"] == "v2.chat"


def test_exceptions_of_handlers_end_the_iteration(world: World) -> None:
    """An exception in a handler fails the iteration; what was open is closed with 1001 and counted."""
    source = """export default function (base) {
      const ws = new WebSocket(`${base}/echo`);
      ws.onopen = () => { throw new Error('no way'); };
    }"""
    with pytest.raises(JsError, match="no way") as caught:
        world.call(HEAD + source)
    assert caught.value.frames[0].line == 5
    assert len(world.samples.values("ws_session_duration")) == 1


def test_a_rejection_of_an_async_handler_ends_the_iteration(world: World) -> None:
    """So does a promise that is rejected and not caught."""
    source = """export default function (base) {
      const ws = new WebSocket(`${base}/echo`);
      ws.onopen = async () => { await null; throw new Error('too late'); };
    }"""
    with pytest.raises(JsError, match="too late"):
        world.call(HEAD + source)


def test_an_iteration_that_ends_while_connecting(world: World) -> None:
    """A WebSocket that opens after its iteration failed is closed at once."""
    source = """export default function (base) {
      new WebSocket(`${base}/mute`);
      throw new Error('early');
    }"""
    with pytest.raises(JsError, match="early"):
        world.call(HEAD + source)
    assert world.open_now == 0


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("new WebSocket()", "needs a URL"),
        ("new WebSocket('ftp://host/')", "ws:// or wss://"),
        ("new WebSocket('/path')", "ws:// or wss://"),
        ("new WebSocket(`${base}/echo`, ['a', 'a'])", "named twice"),
        ("new WebSocket(`${base}/echo`, null, 'x')", "must be an object"),
        ("new WebSocket(`${base}/echo`).send('x')", "not open yet"),
        ("new WebSocket(`${base}/echo`).ping()", "needs an open WebSocket"),
        ("new WebSocket(`${base}/echo`).binaryType = 'text'", "arraybuffer"),
        ("new WebSocket(`${base}/echo`).addEventListener('nothing', () => {})", "has no event nothing"),
        ("new WebSocket(`${base}/echo`, ['a b'])", "is no name of a subprotocol"),
        ("const ws = new WebSocket(`${base}/echo`); ws.onopen = () => ws.close(1006)", "no close code"),
    ],
)
def test_mistakes(world: World, code: str, message: str) -> None:
    """Wrong use is an exception that says what is right."""
    with pytest.raises(JsError) as caught:
        world.call(HEAD + f"export default function (base) {{ {code}; }}")
    assert message in str(caught.value)


def test_init_code(world: World) -> None:
    """There are no connections in init code."""
    with pytest.raises(JsError, match="init context"):
        world.call(HEAD + "new WebSocket('ws://127.0.0.1:1'); export default () => {};", phase="init")


def test_the_experimental_name(world: World) -> None:
    """k6/experimental/websockets is the same module; the log says once that it has moved."""
    head = HEAD.replace("k6/websockets", "k6/experimental/websockets")
    result = after(
        world, "const ws = new WebSocket(`${base}/echo`); ws.onopen = () => { seen.push(1); ws.close(); };", head=head
    )
    assert result == [1]
    assert [text for _, text in world.vu.logged if "deprecated" in text] == [
        "k6/experimental/websockets is deprecated; import k6/websockets, which is the same"
    ]
