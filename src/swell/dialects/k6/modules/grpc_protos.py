"""Protobuf definitions for k6/net/grpc: from .proto files, descriptor sets and reflection to messages as JSON.

Rules: what the same files define is built once per process and shared by all VUs. Files are compiled by protoc, in a
process of its own. JSON is protobuf's own mapping with fields that are not set included, as in k6. Imported only once a
script uses gRPC, and only where the extra is installed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, cast

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError

from swell.dialects.javascript import JsThrow

__all__ = ["Method", "Protos", "compile_files", "descriptor_set", "health", "protos_of"]

_COMPILE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service. `path`: "/package.Service/Method"."""

    path: str
    service: str
    name: str
    request: Any
    response: Any
    sends_many: bool
    receives_many: bool

    def info(self) -> dict[str, Any]:
        """As `client.load()` tells it."""
        package, _, service = self.service.rpartition(".")
        return {
            "package": package,
            "service": service,
            "fullMethod": self.path,
            "name": self.name,
            "isClientStream": self.sends_many,
            "isServerStream": self.receives_many,
        }


class Protos:
    """Definitions that belong together, and the methods in them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.pool = descriptor_pool.DescriptorPool()
        self.methods: dict[str, Method] = {}
        for content in self._ordered():
            self.pool.AddSerializedFile(content)
        for name in self.files:
            self._read(self.pool.FindFileByName(name))

    def _ordered(self) -> Iterable[bytes]:
        """The files, each after those it imports."""
        parsed = {name: descriptor_pb2.FileDescriptorProto.FromString(content) for name, content in self.files.items()}
        done: set[str] = set()
        waiting = list(parsed)
        while waiting:
            ready = [
                name for name in waiting if all(each in done or each not in parsed for each in parsed[name].dependency)
            ]
            if not ready:
                raise JsThrow("Error", f"proto files import each other: {', '.join(sorted(waiting))}")
            for name in ready:
                done.add(name)
                yield self.files[name]
            waiting = [name for name in waiting if name not in done]

    def _read(self, file: Any) -> None:
        for service in file.services_by_name.values():
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                self.methods[path] = Method(
                    path,
                    service.full_name,
                    method.name,
                    message_factory.GetMessageClass(method.input_type),
                    message_factory.GetMessageClass(method.output_type),
                    method.client_streaming,
                    method.server_streaming,
                )

    def method(self, path: str) -> Method:
        """The method of a path, with or without the slash before it. Raises JsThrow."""
        found = self.methods.get(path if path.startswith("/") else f"/{path}")
        if found is None:
            raise JsThrow("Error", f"method {path!r} not found: {self._known()}")
        return found

    def _known(self) -> str:
        names = [path[1:] for path in self.methods]
        if not names:
            return "no definitions were loaded (client.load() in init code, or connect() with reflect: true)"
        return f"there are {', '.join(names[:10])}{' and more' if len(names) > 10 else ''}"

    def message(self, kind: Any, text: str) -> Any:
        """A message from JSON. Raises JsThrow."""
        try:
            return json_format.Parse(text, kind(), descriptor_pool=self.pool)
        except (json_format.ParseError, ValueError, TypeError) as error:
            reason = str(error).replace("\n", " ")
            raise JsThrow("Error", f"this is no message of type {kind.DESCRIPTOR.full_name}: {reason}") from None

    def text(self, message: Any) -> str:
        """JSON of a message, with the fields that are not set."""
        plain = json_format.MessageToDict(message, always_print_fields_with_no_presence=True, descriptor_pool=self.pool)
        _fill(message, plain)
        return json.dumps(plain)


def _fill(message: Any, plain: Any) -> None:
    """Add messages that are not set, as null; of well-known types, whose JSON is no object, nothing."""
    if not isinstance(plain, dict) or message.DESCRIPTOR.full_name.startswith("google.protobuf."):
        return
    shown = cast("dict[str, Any]", plain)
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            continue
        if field.is_repeated:
            entry = field.message_type.GetOptions().map_entry
            if not entry:
                for inner, each in zip(getattr(message, field.name), shown.get(field.json_name, ()), strict=False):
                    _fill(inner, each)
        elif message.HasField(field.name):
            _fill(getattr(message, field.name), shown.get(field.json_name))
        elif field.containing_oneof is None:
            shown[field.json_name] = None


@lru_cache(64)
def protos_of(files: tuple[tuple[str, bytes], ...]) -> Protos:
    """The definitions in these files; one object per process. Raises JsThrow."""
    try:
        return Protos(dict(files))
    except (TypeError, KeyError) as error:
        raise JsThrow("Error", f"the proto files do not fit together: {error}") from None


@cache
def health() -> Protos:
    """The service of health checks, which servers seldom have in their own files."""
    name = "grpc.health.v1"
    file = descriptor_pb2.FileDescriptorProto(name="grpc/health/v1/health.proto", package=name, syntax="proto3")
    request = file.message_type.add(name="HealthCheckRequest")
    request.field.add(name="service", number=1, label=1, type=9)
    response = file.message_type.add(name="HealthCheckResponse")
    statuses = response.enum_type.add(name="ServingStatus")
    for number, status in enumerate(("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")):
        statuses.value.add(name=status, number=number)
    kind = f".{name}.HealthCheckResponse.ServingStatus"
    response.field.add(name="status", number=1, label=1, type=14, type_name=kind)
    service = file.service.add(name="Health")
    kinds = (f".{name}.HealthCheckRequest", f".{name}.HealthCheckResponse")
    service.method.add(name="Check", input_type=kinds[0], output_type=kinds[1])
    return Protos({file.name: file.SerializeToString()})


@lru_cache(64)
def compile_files(folders: tuple[str, ...], files: tuple[str, ...]) -> dict[str, bytes]:
    """Serialized descriptors of .proto files and their imports, by name. Raises JsThrow with protoc's message."""
    named = [_inside(file, folders) for file in files]
    with tempfile.TemporaryDirectory(prefix="swell-protoc-") as folder:
        out = Path(folder) / "set"
        command = [sys.executable, "-m", "grpc_tools.protoc", *(f"-I{each}" for each in folders)]
        command += [f"--descriptor_set_out={out}", "--include_imports", *named]
        environ = {**os.environ, "PYTHONWARNINGS": "ignore"}
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter
                command, capture_output=True, text=True, timeout=_COMPILE_SECONDS, check=False, env=environ
            )
        except subprocess.TimeoutExpired:
            raise JsThrow("Error", f"{', '.join(files)}: protoc did not finish in {_COMPILE_SECONDS:.0f} s") from None
        if done.returncode:
            raise JsThrow("Error", _told(done.stderr, files))
        return descriptor_set(out.read_bytes())


def _inside(file: str, folders: Sequence[str]) -> str:
    """A file by its name below an import path, as protoc wants it."""
    for folder in folders:
        path = Path(folder) / file
        if path.is_file():
            return os.path.relpath(path, folder) if Path(file).is_absolute() else file
    raise JsThrow("Error", f"there is no proto file {file} in {', '.join(folders)}")


def _told(stderr: str, files: Sequence[str]) -> str:
    if "No module named" in stderr:
        return "reading .proto files needs the package grpcio-tools: pip install 'swell[grpc]'"
    lines = [line for line in stderr.splitlines() if line.strip() and "Warning" not in line]
    return "; ".join(lines[:5]) or f"protoc could not read {', '.join(files)}"


def descriptor_set(content: bytes) -> dict[str, bytes]:
    """The files of a serialized FileDescriptorSet, by name. Raises JsThrow."""
    try:
        found = descriptor_pb2.FileDescriptorSet.FromString(content)
    except DecodeError:
        raise JsThrow(
            "Error", "this is no protoset: make one with protoc --include_imports --descriptor_set_out"
        ) from None
    return {file.name: file.SerializeToString() for file in found.file}
