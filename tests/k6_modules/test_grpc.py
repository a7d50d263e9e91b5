# ruff: noqa: E501 - scripts keep their lines
"""k6/net/grpc: definitions, calls and their answers, and mistakes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import JsError
from swell.dialects.k6.modules import grpc as module

if TYPE_CHECKING:
    from .conftest import World
    from .grpc_shop import Desk

pytest.importorskip("grpc")
pytest.importorskip("grpc_tools")

from google.protobuf import descriptor_pb2

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
