"""k6/net/grpc against a server of grpcio on the same event loop."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from swell.dialects.javascript import JsError
from swell.dialects.k6.modules import grpc as module

if TYPE_CHECKING:
    from .conftest import World

pytest.importorskip("grpc")
pytest.importorskip("grpc_tools")

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2

from swell.dialects.k6.modules.grpc_protos import Protos, compile_files
from swell.dialects.k6.modules.grpc_reflection import _kinds  # pyright: ignore[reportPrivateUsage]

_SHOP = """syntax = "proto3";
package shop.v1;
import "parts/item.proto";
import "google/protobuf/timestamp.proto";
enum Size { SMALL = 0; LARGE = 1; }
message Query { string name = 1; int64 count = 2; repeated string tags = 3; map<string, Item> by_name = 4; Item item = 5;
  Size size = 6; google.protobuf.Timestamp at = 7; oneof which { string a = 8; int32 b = 9; } bytes raw = 10; double cost_each = 11; }
service Shop {
  rpc Echo (Query) returns (Query);
  rpc Fail (Query) returns (Query);
  rpc Slow (Query) returns (Query);
  rpc Count (Query) returns (stream Item);
  rpc Sum (stream Item) returns (Item);
  rpc Chat (stream Item) returns (stream Item);
}
"""
_ITEM = """syntax = "proto3";
package shop.v1;
message Item { string id = 1; int32 amount = 2; }
"""
_HEAD = """import grpc, { Client, Stream, StatusOK } from 'k6/net/grpc';
const client = new Client();
const loaded = client.load(['protos'], 'shop.proto');"""
_EMPTY = {
    "name": "",
    "count": "0",
    "tags": [],
    "byName": {},
    "item": None,
    "size": "SMALL",
    "at": None,
    "raw": "",
    "costEach": 0,
}


class Shop:
    """The server. `seen` has the metadata of each call."""

    def __init__(self, protos: Protos) -> None:
        self.protos = protos
        self.item = protos.method("shop.v1.Shop/Count").response
        self.seen: list[dict[str, Any]] = []
        self.cancelled = 0
        self.reflect = "v1"

    def handlers(self) -> list[Any]:
        found = {}
        for method in self.protos.methods.values():
            kind = ("stream" if method.sends_many else "unary") + "_" + ("stream" if method.receives_many else "unary")
            make = getattr(grpc, f"{kind}_rpc_method_handler")
            found[method.name] = make(
                getattr(self, method.name),
                request_deserializer=method.request.FromString,
                response_serializer=method.response.SerializeToString,
            )
        request, response = _kinds()
        reflection = grpc.stream_stream_rpc_method_handler(
            self.tell, request_deserializer=request.FromString, response_serializer=response.SerializeToString
        )
        name = f"grpc.reflection.{self.reflect}.ServerReflection"
        health = grpc.unary_unary_rpc_method_handler(self.health)
        return [
            grpc.method_handlers_generic_handler("shop.v1.Shop", found),
            grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": reflection}),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": health}),
        ]

    async def health(self, request: bytes, context: Any) -> bytes:
        if request:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return b"\x08\x01"

    async def tell(self, requests: Any, context: Any) -> Any:
        response = _kinds()[1]
        async for request in requests:
            answer = response()
            if request.list:
                answer.services.service.add(name="shop.v1.Shop")
                answer.services.service.add(name=f"grpc.reflection.{self.reflect}.ServerReflection")
            else:
                name = request.file_by_filename or "shop.proto"
                answer.files.content.append(self.protos.files[name])
            yield answer

    async def Echo(self, request: Any, context: Any) -> Any:
        self.seen.append(dict(context.invocation_metadata()))
        await context.send_initial_metadata([("x-head", "h"), ("x-head", "h2")])
        context.set_trailing_metadata([("x-tail", "t")])
        return request

    async def Fail(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")

    async def Slow(self, request: Any, context: Any) -> Any:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return request

    async def Count(self, request: Any, context: Any) -> Any:
        for amount in range(request.count):
            yield self.item(id=request.name, amount=amount)
        if request.name == "bad":
            await context.abort(grpc.StatusCode.ABORTED, "enough")

    async def Sum(self, requests: Any, context: Any) -> Any:
        total = 0
        async for item in requests:
            total += item.amount
        return self.item(id="sum", amount=total)

    async def Chat(self, requests: Any, context: Any) -> Any:
        async for item in requests:
            yield self.item(id=item.id.upper(), amount=item.amount * 2)


class Desk:
    """A world with a shop: `value` runs a script's function body with the server's address as `at`."""

    def __init__(self, world: World) -> None:
        self.world = world
        folder = world.folder / "protos"
        (folder / "parts").mkdir(parents=True)
        (folder / "shop.proto").write_text(_SHOP)
        (folder / "parts" / "item.proto").write_text(_ITEM)
        self.files = compile_files((str(folder),), ("shop.proto",))
        self.shop = Shop(Protos(self.files))

    def value(self, body: str, head: str = _HEAD, credentials: Any = None) -> Any:
        """What the function body returns."""

        async def run() -> Any:
            server = grpc.aio.server()
            server.add_generic_rpc_handlers(self.shop.handlers())
            if credentials is None:
                port = server.add_insecure_port("127.0.0.1:0")
            else:
                port = server.add_secure_port("127.0.0.1:0", credentials)
            await server.start()
            try:
                source = f"{head}\nexport default async function () {{ const at = '127.0.0.1:{port}'; {body} }}"
                return await asyncio.wait_for(self.world.run(source), 60)
            finally:
                await server.stop(None)

        return self.world.loop.run_until_complete(run())

    def connected(self, body: str) -> Any:
        """The same with a connection."""
        return self.value(f"client.connect(at, {{ plaintext: true }}); {body}")


@pytest.fixture
def desk(world: World) -> Desk:
    """A shop and its scripts."""
    return Desk(world)


def test_a_call_and_its_answer(desk: Desk) -> None:
    """Status, message with the fields that are not set, headers, trailers, metadata, one sample."""
    found = desk.connected(
        """const r = client.invoke('shop.v1.Shop/Echo', { name: 'ä', count: 5, item: { id: 'x' }, b: 3, tags: ['t'] },
            { metadata: { 'X-Mine': 'v' }, tags: { own: 'tag' } });
        const empty = client.invoke('/shop.v1.Shop/Echo');
        client.close();
        return [r.status === grpc.StatusOK, r, empty.message, loaded[0]];"""
    )
    ok, answer, empty, info = found
    assert ok is True
    assert answer["message"] == _EMPTY | {
        "name": "ä",
        "count": "5",
        "item": {"id": "x", "amount": 0},
        "b": 3,
        "tags": ["t"],
    }
    assert (answer["status"], answer["error"]) == (0, None)
    assert answer["headers"]["x-head"] == ["h", "h2"]
    assert answer["trailers"]["x-tail"] == ["t"]
    assert empty == _EMPTY
    assert desk.shop.seen[0]["x-mine"] == "v"
    assert (info["service"], info["package"], info["isClientStream"]) == ("Shop", "shop.v1", False)
    metric, value, tags = desk.world.vu.samples[0]
    assert (metric, tags["method"], tags["service"], tags["status"]) == (
        "grpc_req_duration",
        "Echo",
        "shop.v1.Shop",
        "0",
    )
    assert tags["own"] == "tag"
    assert tags["url"].endswith("/shop.v1.Shop/Echo")
    assert value > 0


def test_failures_are_answers(desk: Desk) -> None:
    """The status and the server's words; a call that takes too long ends with status 4."""
    found = desk.connected(
        """const a = client.invoke('shop.v1.Shop/Fail', {}), b = client.invoke('shop.v1.Shop/Slow', {}, { timeout: '100ms' });
        return [a.status, a.error, a.message, b.status, b.error.code, grpc.StatusNotFound, grpc.StatusDeadlineExceeded];"""
    )
    assert found == [5, {"code": 5, "message": "no such thing", "details": []}, None, 4, 4, 5, 4]
    assert [tags["status"] for _, _, tags in desk.world.vu.samples] == ["5", "4"]


def test_async_calls_run_at_once(desk: Desk) -> None:
    """Promises of asyncInvoke; answers can be left out."""
    found = desk.connected(
        """const all = await Promise.all([1, 2, 3].map((n) => client.asyncInvoke('shop.v1.Shop/Echo', { count: n })));
        const none = await client.asyncInvoke('shop.v1.Shop/Echo', { count: 1 }, { discardResponseMessage: true });
        return [all.map((r) => r.message.count), none.status, none.message];"""
    )
    assert found == [["1", "2", "3"], 0, None]


def test_health_checks(desk: Desk) -> None:
    """Without any definitions of the script's own."""
    found = desk.connected("return [client.healthCheck().message.status, client.healthCheck('other').status];")
    assert found == ["SERVING", 5]


def test_tls(desk: Desk) -> None:
    """Certificates of both sides as PEM, a key with a password; without the CA there is no connection."""
    authority = trustme.CA()
    server, own = authority.issue_cert("127.0.0.1"), authority.issue_cert("client")
    root = authority.cert_pem.bytes()
    chain = server.cert_chain_pems[0].bytes()
    credentials = grpc.ssl_server_credentials([(server.private_key_pem.bytes(), chain)], root, True)
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    locked = key.private_bytes(*form, serialization.BestAvailableEncryption(b"open"))
    tls = {
        "cacerts": [root.decode()],
        "cert": own.cert_chain_pems[0].bytes().decode(),
        "key": locked.decode(),
        "password": "open",
    }
    found = desk.value(
        f"""const tls = {json.dumps(tls)};
        client.connect(at, {{ tls }});
        const status = client.invoke('shop.v1.Shop/Echo', {{}}).status;
        try {{ client.connect(at); }} catch (e) {{ return [status, e.message]; }}""",
        credentials=credentials,
    )
    assert found[0] == 0
    assert "was refused" in found[1]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_reflection(desk: Desk, version: str) -> None:
    """connect() with reflect asks the server for its definitions, imports included."""
    desk.shop.reflect = version
    found = desk.value(
        "client.connect(at, { plaintext: true, reflect: true }); return client.invoke('shop.v1.Shop/Echo', { item: { amount: 2 } }).message.item;",
        "import { Client } from 'k6/net/grpc'; const client = new Client();",
    )
    assert found == {"id": "", "amount": 2}


def test_protosets(desk: Desk) -> None:
    """A descriptor set made by protoc is as good as its sources."""
    whole = descriptor_pb2.FileDescriptorSet()
    for content in desk.files.values():
        whole.file.add().ParseFromString(content)
    (desk.world.folder / "shop.protoset").write_bytes(whole.SerializeToString())
    found = desk.value(
        "client.connect(at, { plaintext: true }); return client.invoke('shop.v1.Shop/Echo', { a: 'x' }).message.a;",
        "import { Client } from 'k6/net/grpc'; const client = new Client(); client.loadProtoset('shop.protoset');",
    )
    assert found == "x"


def test_paths_are_those_of_the_main_script(desk: Desk) -> None:
    """A module in a folder of its own names them as the main script would, or as it sees them itself."""
    folder = desk.world.folder / "lib"
    folder.mkdir()
    (folder / "own.proto").write_text('syntax = "proto3"; message Own {} service S { rpc M (Own) returns (Own); }')
    (folder / "client.js").write_text(
        "import { Client } from 'k6/net/grpc'; export const client = new Client();"
        " client.load(['./protos'], 'shop.proto'); export const own = new Client().load(['../lib'], 'own.proto');"
    )
    found = desk.value(
        "client.connect(at, { plaintext: true }); return [client.invoke('shop.v1.Shop/Echo').status, own[0].fullMethod];",
        "import { client, own } from './lib/client.js';",
    )
    assert found == [0, "/S/M"]


@pytest.mark.parametrize(
    ("open_", "write", "expected"),
    [
        (
            "Chat",
            "s.write({ id: 'a', amount: 1 }); s.write({ id: 'b', amount: 2 }); s.end();",
            [["A", 2], ["B", 4], "end"],
        ),
        ("Count", "s.write({ name: 'n', count: 2 });", [["n", 0], ["n", 1], "end"]),
        ("Sum", "s.write({ amount: 1 }); s.write({ amount: 5 }); s.end();", [["sum", 6], "end"]),
    ],
)
def test_streams(desk: Desk, open_: str, write: str, expected: list[Any]) -> None:
    """All three kinds; the iteration waits for the end, and messages are counted."""
    found = desk.connected(
        f"""const seen = [], s = new Stream(client, 'shop.v1.Shop/{open_}', {{ tags: {{ t: '1' }} }});
        s.on('data', (m) => seen.push([m.id, m.amount]));
        s.on('error', (e) => seen.push(e));
        const over = new Promise((done) => s.on('end', () => {{ seen.push('end'); done(); }}));
        {write}
        await over;
        return seen;"""
    )
    assert found == expected
    counted = [metric for metric, _, _ in desk.world.vu.samples]
    assert counted.count("grpc_streams") == 1
    assert counted.count("grpc_streams_msgs_sent") == write.count("write")
    assert counted.count("grpc_streams_msgs_received") == len(expected) - 1
    assert counted.count("grpc_req_duration") == 1


def test_a_stream_that_fails(desk: Desk) -> None:
    """What was received, then the error, then the end."""
    found = desk.connected(
        """const seen = [], s = new Stream(client, 'shop.v1.Shop/Count');
        s.on('data', (m) => seen.push(m.amount)).on('error', (e) => seen.push([e.code, e.message]));
        s.on('end', () => seen.push('end'));
        s.write({ name: 'bad', count: 1 });
        await new Promise((done) => s.on('end', done));
        return seen;"""
    )
    assert found == [0, [10, "enough"], "end"]


def test_what_an_iteration_leaves_open_is_cancelled(desk: Desk) -> None:
    """end_iteration() ends streams that nobody reads to their end."""
    contexts: list[Any] = []
    desk.world.loaded = contexts.append
    desk.world.at_end = lambda: module.end_iteration(contexts[0])
    found = desk.connected(
        """const seen = [], s = new Stream(client, 'shop.v1.Shop/Chat');
        s.on('error', (e) => seen.push(e.code));
        s.write({ amount: 1 });
        await new Promise((done) => s.on('data', done));
        stop();
        await new Promise((done) => s.on('end', done));
        return seen;"""
    )
    assert found == [1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("client.invoke('shop.v1.Shop/Echo', {})", r"call client\.connect\(\) first"),
        (
            "client.connect(at, { plaintext: true }); client.invoke('shop.v1.Shop/Nope', {})",
            "Nope.* not found: there are shop",
        ),
        ("client.connect(at, { plaintext: true }); client.invoke('shop.v1.Shop/Chat', {})", "streaming method"),
        (
            "client.connect(at, { plaintext: true }); client.invoke('shop.v1.Shop/Echo', { nope: 1 })",
            "no message of type shop",
        ),
        (
            "client.connect(at, { plaintext: true }); client.invoke('shop.v1.Shop/Echo', {}, { nope: 1 })",
            "unknown parameter 'nope'",
        ),
        ("client.connect('127.0.0.1:1', { plaintext: true })", "cannot connect to 127"),
        ("client.connect(at, { plaintext: true, timeout: 'x' })", "timeout"),
        ("client.load([], 'shop.proto')", "init code only"),
        ("new Stream({}, 'x')", "needs a Client"),
    ],
)
def test_mistakes_are_told(desk: Desk, body: str, message: str) -> None:
    """Errors that say what to do."""
    with pytest.raises(JsError, match=message):
        desk.value(f"{body};")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("client.load(['protos'], 'nope.proto');", "there is no proto file nope.proto"),
        ("client.load(['protos'], 'broken.proto');", "broken.proto:2"),
        ("client.load([]);", "names of proto files"),
        ("client.loadProtoset('nope.set');", "cannot read"),
        ("client.loadProtoset('protos/shop.proto');", "no protoset"),
        ("client.connect('x:1');", "init code"),
    ],
)
def test_mistakes_in_init_code(desk: Desk, head: str, message: str) -> None:
    """They end the load with the file and the line of the proto file."""
    (desk.world.folder / "protos" / "broken.proto").write_text('syntax = "proto3";\nmessage {')
    with pytest.raises(JsError, match=message):
        desk.value("", f"import {{ Client }} from 'k6/net/grpc'; const client = new Client(); {head}")


def test_without_the_package_a_client_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the module works; making a client names the command."""
    for name in [name for name in sys.modules if name.startswith("swell.dialects.k6.modules.grpc_")]:
        monkeypatch.delitem(sys.modules, name)
    import swell.dialects.k6.modules as package

    monkeypatch.delattr(package, "grpc_client", raising=False)
    monkeypatch.setitem(sys.modules, "grpc", None)
    module._library.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(JsError, match=r"pip install 'swell\[grpc\]'"):
        world.value("import grpc from 'k6/net/grpc';", "new grpc.Client();")
