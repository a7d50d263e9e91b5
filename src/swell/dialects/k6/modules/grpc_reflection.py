"""What a gRPC server tells of itself by server reflection: the definitions of its services.

Rules: asks for version 1 and falls back to 1alpha; both have one shape, which is built here. Files that another file
imports are asked for by name, until all are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from swell.dialects.javascript import JsThrow

__all__ = ["reflected"]

_EOF: Final[Any] = vars(grpc.aio)["EOF"]  # the stubs leave it out
_VERSIONS: Final = ("v1", "v1alpha")
_SELF: Final = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")
_TEXT: Final = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_BYTES: Final = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
_NUMBER: Final = descriptor_pb2.FieldDescriptorProto.TYPE_INT32
_MESSAGE: Final = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
# Messages: their fields as (name, number, type or name of a message, repeated).
_SHAPES: Final[dict[str, tuple[tuple[str, int, int | str, bool], ...]]] = {
    "Request": (("file_by_filename", 3, _TEXT, False), ("symbol", 4, _TEXT, False), ("list", 7, _TEXT, False)),
    "Files": (("content", 1, _BYTES, True),),
    "Service": (("name", 1, _TEXT, False),),
    "Services": (("service", 1, "Service", True),),
    "Problem": (("code", 1, _NUMBER, False), ("message", 2, _TEXT, False)),
    "Response": (("files", 4, "Files", False), ("services", 6, "Services", False), ("problem", 7, "Problem", False)),
}


@cache
def _kinds() -> tuple[Any, Any]:
    """The classes of requests and responses."""
    file = descriptor_pb2.FileDescriptorProto(name="swell/reflection.proto", package="swell", syntax="proto2")
    for name, fields in _SHAPES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            added: Any = message.field.add(name=field, number=number, label=3 if repeated else 1)
            added.type = _MESSAGE if isinstance(kind, str) else kind
            if isinstance(kind, str):
                added.type_name = f".swell.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"swell.{name}")) for name in ("Request", "Response")
    ]
    return found[0], found[1]


async def reflected(channel: Any, metadata: Sequence[tuple[str, str | bytes]], timeout: float) -> dict[str, bytes]:
    """Serialized file descriptors by name. Raises JsThrow."""
    for version in _VERSIONS:
        try:
            return await _ask(channel, version, metadata, timeout)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED or version == _VERSIONS[-1]:
                reason = error.details() or error.code().name
                raise JsThrow("Error", f"the server does not tell its services by reflection: {reason}") from None
    raise AssertionError("unreachable")


async def _ask(
    channel: Any, version: str, metadata: Sequence[tuple[str, str | bytes]], timeout: float
) -> dict[str, bytes]:
    request, response = _kinds()
    path = f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo"
    opens = channel.stream_stream(
        path, request_serializer=request.SerializeToString, response_deserializer=response.FromString
    )
    call = opens(metadata=metadata, timeout=timeout)
    found: dict[str, bytes] = {}

    async def ask(**fields: str) -> Any:
        await call.write(request(**fields))
        answer = await call.read()
        if answer is _EOF:
            raise JsThrow("Error", "the server ended its reflection early")
        return answer

    async def take(**fields: str) -> None:
        answer = await ask(**fields)
        for content in answer.files.content:
            file = descriptor_pb2.FileDescriptorProto.FromString(content)
            found[file.name] = content

    try:
        listed = await ask(list="*")
        for service in listed.services.service:
            if service.name not in _SELF:
                await take(symbol=service.name)
        while missing := _missing(found):
            before = len(found)
            for name in missing:
                await take(file_by_filename=name)
            if len(found) == before:
                raise JsThrow("Error", f"the server does not tell the file {missing[0]} that others import")
        await call.done_writing()
    finally:
        call.cancel()
    return found


def _missing(found: dict[str, bytes]) -> list[str]:
    wanted: dict[str, None] = {}
    for content in found.values():
        wanted |= dict.fromkeys(descriptor_pb2.FileDescriptorProto.FromString(content).dependency)
    return [name for name in wanted if name not in found]
