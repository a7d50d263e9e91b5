# ruff: noqa: E501 - scripts keep their lines
"""A gRPC shop, served on the event loop of the scripts that call it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from swell.dialects.k6.modules.grpc_protos import Protos, compile_files
from swell.dialects.k6.modules.grpc_reflection import _kinds  # pyright: ignore[reportPrivateUsage]

if TYPE_CHECKING:
    from .conftest import World

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
