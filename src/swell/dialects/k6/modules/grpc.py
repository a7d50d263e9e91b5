"""k6/net/grpc: Client and Stream (grpc.js holds the script's side).

Rules: the packages grpcio and grpcio-tools are an extra; without them a client cannot be made, and the error says what
to install. Definitions are loaded in init code and shared by all VUs; connections belong to a VU. What an iteration
leaves open goes with `end_iteration`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.javascript import HostFunction, HostModule, JsThrow

if TYPE_CHECKING:
    from swell.dialects.k6.modules.grpc_client import Connection, Stream
    from swell.dialects.k6.modules.grpc_protos import Method, Protos
    from swell.dialects.k6.vu import K6Vu

__all__ = ["end_iteration", "modules"]

_INSTALL: Final = "k6/net/grpc needs the package grpcio, which is not installed: pip install 'swell[grpc]'"
_STATUSES: Final = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
)
_HEALTH: Final = "/grpc.health.v1.Health/Check"


class _Client:
    """A script's client."""

    __slots__ = ("connection", "files", "protos")

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.protos: Protos | None = None
        self.connection: Connection | None = None


class _State:
    """Clients and streams of one context, by the script's numbers."""

    __slots__ = ("clients", "streams")

    def __init__(self) -> None:
        self.clients: list[_Client] = []
        self.streams: dict[int, Stream] = {}


def modules() -> Mapping[str, HostModule]:
    """The module k6/net/grpc, also by its name in older versions."""
    calls: dict[str, Any] = {
        "client": _client,
        "connect": _connect,
        "close": _close,
        "open": _open,
        "write": _write,
        "end": _end,
    }
    exports: dict[str, object] = {name: HostFunction(call) for name, call in calls.items()}
    exports["invoke"] = HostFunction(_invoke)
    exports["load"] = HostFunction(_load, "caller")
    exports["loadProtoset"] = HostFunction(_load_protoset, "caller")
    exports["later"] = HostFunction(_invoke, "spawn")
    exports["next"] = HostFunction(_next, "spawn")
    exports["statuses"] = list(_STATUSES)
    source = resources.files(__package__ or "").joinpath("grpc.js").read_text("utf-8")
    module = HostModule(exports, source)
    return {"k6/net/grpc": module, "k6/experimental/grpc": module}


def _state(context: Any) -> _State:
    try:
        return context.k6_grpc
    except AttributeError:
        state = context.k6_grpc = _State()
        return state


def end_iteration(context: Any) -> None:
    """Cancel the streams that the script left open; harmless where there are none."""
    state: _State | None = getattr(context, "k6_grpc", None)
    if state is not None:
        for stream in state.streams.values():
            stream.cancel()
        state.streams.clear()


@lru_cache(1)
def _library() -> Any:
    """grpc_client.py, or JsThrow with what to install."""
    # Its own log would come in between ours, line by line; what is wrong is told by errors.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        from swell.dialects.k6.modules import grpc_client  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in {"grpc", "google"}:
            raise JsThrow("Error", _INSTALL) from None
        raise
    return grpc_client


def _protos() -> Any:
    _library()
    from swell.dialects.k6.modules import grpc_protos  # noqa: PLC0415 - an extra

    return grpc_protos


def _client(context: Any) -> int:
    _library()
    clients = _state(context).clients
    clients.append(_Client())
    return len(clients) - 1


# Definitions.


def _load(context: Any, caller: str, number: int, folders: Any, *files: Any) -> list[dict[str, Any]]:
    """client.load(importPaths, ...files)."""
    vu: K6Vu = context.state
    if vu.phase != "init":
        raise JsThrow("Error", "client.load() works in init code only: call it at the top of the script")
    if not files or not all(isinstance(each, str) for each in files):
        raise JsThrow("TypeError", "client.load() needs import paths and the names of proto files")
    given = cast("list[Any]", folders) if isinstance(folders, list) else []
    places = [_place(vu, caller, str(each)) for each in given or ["."]]
    return _add(context, number, _protos().compile_files(tuple(places), tuple(files)))


def _load_protoset(context: Any, caller: str, number: int, path: Any) -> list[dict[str, Any]]:
    vu: K6Vu = context.state
    if vu.phase != "init":
        raise JsThrow("Error", "client.loadProtoset() works in init code only: call it at the top of the script")
    place = _place(vu, caller, str(path))
    try:
        content = Path(place).read_bytes()
    except OSError as error:
        raise JsThrow("Error", f"cannot read {place}: {error.strerror}") from None
    return _add(context, number, _protos().descriptor_set(content))


def _place(vu: K6Vu, caller: str, path: str) -> str:
    """An absolute path: beside the main script, as in k6, or else beside the file that asks; also in an archive."""
    test = vu.worker.test
    name = path if path.startswith(("/", "file:", ".")) else f"./{path}"
    found: list[str] = []
    for beside in (test.script, caller):
        place = vu.worker.resolver.path(name, beside)
        if test.files_root and not place.startswith(test.files_root):
            place = f"{test.files_root}/{place.lstrip('/')}"
        if Path(place).exists():
            return place
        found.append(place)
    return found[0]


def _add(context: Any, number: int, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    client = _state(context).clients[number]
    client.files |= files
    client.protos = _protos().protos_of(tuple(client.files.items()))
    return [method.info() for method in cast("Any", client.protos).methods.values()]


# Connections and calls.


def _fields(given: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", given) if isinstance(given, dict) else {}


def _connect(context: Any, number: int, address: Any, params: Any) -> bool:
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "client.connect() does not work in init code")
    if not isinstance(address, str) or not address:
        raise JsThrow("TypeError", "client.connect() needs an address such as localhost:8080")
    library, chosen = _library(), _fields(params)
    client = _state(context).clients[number]
    _close(context, number)
    client.connection = library.connect(vu, address, chosen)
    if chosen.get("reflect"):
        call = library.call_of({"metadata": chosen.get("reflectMetadata")})
        _add(context, number, library.definitions(vu, client.connection, call))
    return True


def _close(context: Any, number: int) -> None:
    client = _state(context).clients[number]
    connection, client.connection = client.connection, None
    if connection is not None:
        _library().close(context.state, connection)


def _ready(context: Any, number: int, path: str) -> tuple[Protos, Connection, Method]:
    client = _state(context).clients[number]
    if client.connection is None:
        raise JsThrow("Error", "there is no gRPC connection: call client.connect() first")
    protos = client.protos
    if path == _HEALTH and (protos is None or path not in protos.methods):
        protos = _protos().health()
    elif protos is None:
        protos = _protos().protos_of(())
    assert protos is not None
    return protos, client.connection, protos.method(path)


def _invoke(context: Any, number: int, path: str, text: str, params: Any) -> str:
    library = _library()
    protos, connection, method = _ready(context, number, path)
    return library.invoke(context.state, protos, connection, method, text, call=library.call_of(_fields(params)))


# Streams.


def _open(context: Any, client: int, number: int, path: str, params: Any) -> None:
    library = _library()
    protos, connection, method = _ready(context, client, path)
    call = library.call_of(_fields(params), default_timeout=None)
    _state(context).streams[number] = library.Stream(context.state, protos, connection, method, call)


def _stream(context: Any, number: int) -> Stream | None:
    return _state(context).streams.get(number)


def _write(context: Any, number: int, text: str) -> None:
    stream = _stream(context, number)
    if stream is not None:
        stream.write(text)


def _end(context: Any, number: int) -> None:
    stream = _stream(context, number)
    if stream is not None:
        stream.end()


def _next(context: Any, number: int) -> str:
    stream = _stream(context, number)
    if stream is None:
        return '["error", {"code": 1, "message": "canceled by client (k6)", "details": []}]'
    event = stream.next()
    if event.startswith(('["end"', '["error"')):
        _state(context).streams.pop(number, None)
    return event
