"""Connections and calls of k6/net/grpc, on grpcio's asyncio interface.

Rules: everything runs on the worker's loop; a call stalls its fiber only, and a fiber that is ended cancels its call.
A call that fails is a response with its status, as in k6; what the script did wrong is an error. Imported only once a
script uses gRPC.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import grpc
import grpc.aio

from swell.dialects.javascript import JsThrow
from swell.dialects.k6.modules.grpc_protos import Method, Protos
from swell.dialects.k6.modules.grpc_reflection import reflected
from swell.dialects.k6.modules.grpc_routes import Route, Tls, credentials, reason, route_of
from swell.dialects.k6.option_values import OptionError, seconds

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["CANCELLED", "Call", "Connection", "Stream", "call_of", "close", "connect", "definitions", "invoke"]

CANCELLED: Final = "canceled by client (k6)"
"""What scripts are told, and look for, when their own side has ended a stream."""

_CONNECT_SECONDS: Final = 60.0
_CALL_SECONDS: Final = 120.0
_READY: Final = grpc.ChannelConnectivity.READY
_EOF: Final[Any] = vars(grpc.aio)["EOF"]  # the stubs leave it out
_FAILED: Final = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)


class Connection:
    """An open connection to `address`."""

    __slots__ = ("address", "channel")

    def __init__(self, address: str, channel: Any) -> None:
        self.address = address
        self.channel = channel


def connect(vu: K6Vu, address: str, params: Mapping[str, Any]) -> Connection:
    """Connect, and wait until it is there. Raises JsThrow."""
    limit = _duration("timeout", params.get("timeout"), _CONNECT_SECONDS)
    options: list[tuple[str, Any]] = [("grpc.primary_user_agent", str(vu.options.get("userAgent") or "swell"))]
    for name, option in (("maxReceiveSize", "receive"), ("maxSendSize", "send")):
        size = params.get(name)
        if size is not None:
            if not isinstance(size, int) or size < 0:
                raise JsThrow("TypeError", f"{name} is a number of bytes, not {size!r}")
            options.append((f"grpc.max_{option}_message_length", size))
    if params.get("authority"):
        options.append(("grpc.default_authority", str(params["authority"])))
    # Each VU has connections of its own, as in k6; grpc would share them between channels.
    options.append(("grpc.use_local_subchannel_pool", 1))
    tls = None if params.get("plaintext") else _tls(vu, params.get("tls"))
    return vu.hub.await_(_connect(vu.options, address, options, tls, limit))


async def _connect(
    rules: Mapping[str, Any], address: str, options: list[tuple[str, Any]], tls: Tls | None, limit: float
) -> Connection:
    channel: Any = None
    try:
        async with asyncio.timeout(limit):
            route = await route_of(rules, address)
            if route.target != address and "grpc.default_authority" not in dict(options):
                options.append(("grpc.default_authority", address))
            if tls is None:
                channel = grpc.aio.insecure_channel(route.target, options)
            else:
                made, more = await credentials(route, tls, address)
                channel = grpc.aio.secure_channel(route.target, made, [*options, *more])
            await _until_ready(channel, address, route, tls)
    except TimeoutError:
        await _drop(channel)
        raise JsThrow("Error", f"cannot connect to {address}: no connection after {limit:g} s") from None
    except BaseException:
        await _drop(channel)
        raise
    return Connection(address, channel)


async def _drop(channel: Any) -> None:
    if channel is not None:
        await channel.close()


async def _until_ready(channel: Any, address: str, route: Route, tls: Tls | None) -> None:
    """Wait for the first attempt's outcome. Raises JsThrow."""
    state = channel.get_state(try_to_connect=True)
    while state is not _READY:
        if state in _FAILED:
            raise JsThrow("Error", f"cannot connect to {address}: {await reason(route, tls)}")
        await channel.wait_for_state_change(state)
        state = channel.get_state(try_to_connect=True)


def close(vu: K6Vu, connection: Connection) -> None:
    """Close it; calls under way are cancelled."""
    vu.hub.await_(connection.channel.close())


def definitions(vu: K6Vu, connection: Connection, call: Call) -> dict[str, bytes]:
    """What the server tells of its services. Raises JsThrow."""
    return vu.hub.await_(reflected(connection.channel, call.metadata, call.timeout or _CONNECT_SECONDS))


def _tls(vu: K6Vu, tls: Any) -> Tls:
    given = cast("dict[str, Any]", tls) if isinstance(tls, dict) else {}
    authorities = given.get("cacerts")
    if isinstance(authorities, list):
        authorities = "\n".join(str(each) for each in cast("list[Any]", authorities))
    key = given.get("key")
    if key and given.get("password"):
        key = _opened(str(key), str(given["password"]))
    return Tls(
        str(authorities or ""),
        str(given.get("cert") or ""),
        str(key or ""),
        skip_verify=bool(vu.options.get("insecureSkipTLSVerify")),
    )


def _opened(key: str, password: str) -> str:
    """A private key without its password. Raises JsThrow."""
    try:
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise JsThrow(
            "Error", "a key with a password needs the package cryptography: pip install 'swell[crypto]'"
        ) from None
    try:
        found = form.load_pem_private_key(key.encode(), password.encode())
    except ValueError:
        raise JsThrow("Error", "tls.key cannot be opened with tls.password") from None
    return found.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()).decode()


def _duration(name: str, value: Any, default: float) -> float:
    try:
        found = seconds(name, value)
    except OptionError as error:
        raise JsThrow("TypeError", str(error)) from None
    return default if found is None else found


class Call:
    """What a call needs besides its message."""

    __slots__ = ("discard", "metadata", "tags", "timeout")

    def __init__(
        self, metadata: Sequence[tuple[str, str | bytes]], tags: dict[str, str], timeout: float | None, *, discard: bool
    ) -> None:
        self.metadata = metadata
        self.tags = tags
        self.timeout = timeout
        self.discard = discard


def call_of(params: Mapping[str, Any], *, default_timeout: float | None = _CALL_SECONDS) -> Call:
    """From a script's parameters. Raises JsThrow."""
    unknown = set(params) - {"metadata", "tags", "timeout", "discardResponseMessage"}
    if unknown:
        raise JsThrow("TypeError", f"unknown parameter {sorted(unknown)[0]!r} of a gRPC call")
    metadata: list[tuple[str, str | bytes]] = []
    given = cast("dict[str, Any]", params.get("metadata") or {})
    for name, value in given.items():
        for each in cast("list[Any]", value) if isinstance(value, list) else [value]:
            key = name.lower()
            if key.endswith("-bin"):
                metadata.append((key, each.encode() if isinstance(each, str) else bytes(each)))
            elif isinstance(each, str):
                metadata.append((key, each))
            else:
                raise JsThrow("TypeError", f"the metadata {name!r} must be a text")
    tags = {name: _text(value) for name, value in cast("dict[str, Any]", params.get("tags") or {}).items()}
    limit = params.get("timeout")
    timeout = default_timeout if limit is None else _duration("timeout", limit, 0.0)
    return Call(metadata, tags, timeout, discard=bool(params.get("discardResponseMessage")))


def _text(value: Any) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


class Exchange:
    """A call that is measured: its tags, and when it began. Samples are taken in the script's fiber, for its tags."""

    __slots__ = ("start", "tags", "vu")

    def __init__(self, vu: K6Vu, connection: Connection, method: Method, call: Call) -> None:
        url = f"{connection.address}{method.path}"
        self.vu = vu
        self.tags = {"url": url, "name": url, "service": method.service, "method": method.name, **call.tags}
        self.start = time.perf_counter()

    def count(self, metric: str) -> None:
        """One more of a counter."""
        self.vu.sample(metric, "counter", 1.0, self.tags)

    def over(self, code: Any, end: float) -> None:
        """Record how long it took, and how it ended."""
        tags = {"status": str(code.value[0]), **self.tags}
        self.vu.sample("grpc_req_duration", "trend", (end - self.start) * 1000.0, tags, is_time=True)


def invoke(vu: K6Vu, protos: Protos, connection: Connection, method: Method, text: str, *, call: Call) -> str:
    """One call with a message as JSON, and its answer as JSON. Raises JsThrow."""
    if method.sends_many or method.receives_many:
        raise JsThrow("Error", f"{method.path} is a streaming method: use new Stream(client, ...)")
    message = protos.message(method.request, text)
    exchange = Exchange(vu, connection, method, call)
    code, end, fields, answer = vu.hub.await_(_invoke(connection, method, message, call))
    exchange.over(code, end)
    shown = "null" if answer is None or call.discard else protos.text(answer)
    return f'{json.dumps(fields)[:-1]}, "message": {shown}}}'


async def _invoke(
    connection: Connection, method: Method, message: Any, call: Call
) -> tuple[Any, float, dict[str, Any], Any]:
    ask = connection.channel.unary_unary(
        method.path,
        request_serializer=method.request.SerializeToString,
        response_deserializer=None if call.discard else method.response.FromString,
    )
    going = ask(message, timeout=call.timeout, metadata=call.metadata)
    answer, error = None, None
    try:
        answer = await going
    except grpc.aio.AioRpcError as failure:
        error = _error(failure.code(), failure.details())
    end = time.perf_counter()
    code = await going.code()
    fields = {
        "status": code.value[0],
        "headers": _plain(await going.initial_metadata()),
        "trailers": _plain(await going.trailing_metadata()),
        "error": error,
    }
    return code, end, fields, answer


def _error(code: Any, details: str | None) -> dict[str, Any]:
    return {"code": code.value[0], "message": details or "", "details": []}


def _plain(metadata: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in metadata or ():
        found.setdefault(name, []).append(value if isinstance(value, str) else value.decode("latin-1"))
    return found


class Stream:
    """A stream of a script. Writing waits for nobody; `next` waits for an event.

    What the server sends is taken at once, whatever the script does meanwhile (sleep, mostly): so the stream is over
    when it is over, not when somebody looks.
    """

    def __init__(self, vu: K6Vu, protos: Protos, connection: Connection, method: Method, call: Call) -> None:
        self._protos = protos
        self._method = method
        self._call = call
        self._exchange = Exchange(vu, connection, method, call)
        self._waiting: asyncio.Queue[Any] = asyncio.Queue()
        self._events: asyncio.Queue[tuple[str, Any, Any, float]] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None
        self._ended = False
        self._exchange.count("grpc_streams")
        channel = connection.channel
        opens = channel.stream_stream if method.receives_many else channel.stream_unary
        if not method.sends_many:
            opens = channel.unary_stream if method.receives_many else channel.unary_unary
        self._open = opens(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        self._going: Any = None
        if method.sends_many:
            self._begin(self._messages())

    def _begin(self, sent: Any) -> None:
        self._going = self._open(sent, timeout=self._call.timeout, metadata=self._call.metadata)
        self._reading = asyncio.get_running_loop().create_task(self._read(self._going))

    async def _messages(self) -> Any:
        """What the script writes, until it ends its side."""
        while (message := await self._waiting.get()) is not None:
            yield message

    def write(self, text: str) -> None:
        """Send a message as JSON. Raises JsThrow for one that does not fit, and after `end`."""
        if self._ended:
            raise JsThrow("Error", "nothing can be written: this side of the stream has ended")
        message = self._protos.message(self._method.request, text)
        self._exchange.count("grpc_streams_msgs_sent")
        if self._method.sends_many:
            self._waiting.put_nowait(message)
        else:  # a method that takes one message begins with it
            self._ended = True
            self._begin(message)

    def end(self) -> None:
        """No more messages of this side."""
        if not self._ended:
            self._ended = True
            self._waiting.put_nowait(None)
            if self._going is None:  # nothing was ever sent
                self._tell("end", None)

    def next(self) -> str:
        """Wait for the next event: JSON of [name, value]; "end" and "error" are the last ones."""
        exchange = self._exchange
        name, value, code, at = exchange.vu.hub.await_(self._events.get())
        if name == "data":
            exchange.count("grpc_streams_msgs_received")
            return f'["data", {self._protos.text(value)}]'
        if code is not None:
            exchange.over(code, at)
        return json.dumps([name, value])

    def _tell(self, name: str, value: Any, code: Any = None) -> None:
        self._events.put_nowait((name, value, code, time.perf_counter()))

    async def _read(self, going: Any) -> None:
        """Take what the server sends, to the end."""
        try:
            self._tell("metadata", _plain(await going.initial_metadata()))
            if self._method.receives_many:
                while (message := await going.read()) is not _EOF:
                    self._tell("data", message)
            else:
                self._tell("data", await going)
            code, details = await going.code(), await going.details()
        except grpc.aio.AioRpcError as failure:
            code, details = failure.code(), failure.details()
        except asyncio.CancelledError:
            # Of the call: by `cancel`, or because the script closed the connection.
            code, details = grpc.StatusCode.CANCELLED, CANCELLED
        if code is grpc.StatusCode.OK:
            self._tell("end", None, code)
        else:
            self._tell("error", _error(code, details), code)

    def cancel(self) -> None:
        """Give it up."""
        self._ended = True
        if self._going is None:
            self._tell("error", _error(grpc.StatusCode.CANCELLED, CANCELLED))
        else:
            self._going.cancel()
