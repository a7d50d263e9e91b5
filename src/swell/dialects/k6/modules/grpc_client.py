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
from swell.dialects.k6.option_values import OptionError, seconds

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["Call", "Connection", "Stream", "call_of", "close", "connect", "definitions", "invoke"]

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
    credentials = None if params.get("plaintext") else _credentials(vu, params.get("tls"))
    return vu.hub.await_(_connect(address, options, credentials, limit))


async def _connect(address: str, options: list[tuple[str, Any]], credentials: Any, limit: float) -> Connection:
    if credentials is None:
        channel = grpc.aio.insecure_channel(address, options)
    else:
        channel = grpc.aio.secure_channel(address, credentials, options)
    try:
        async with asyncio.timeout(limit):
            await _until_ready(channel, address, tls=credentials is not None)
    except TimeoutError:
        await channel.close()
        raise JsThrow("Error", f"cannot connect to {address}: no connection after {limit:g} s") from None
    except BaseException:
        await channel.close()
        raise
    return Connection(address, channel)


async def _until_ready(channel: Any, address: str, *, tls: bool) -> None:
    """Wait for the first attempt's outcome. Raises JsThrow."""
    state = channel.get_state(try_to_connect=True)
    while state is not _READY:
        if state in _FAILED:
            kind = " with TLS (plaintext: true connects without)" if tls else ""
            raise JsThrow("Error", f"cannot connect to {address}{kind}: nobody answers there as a gRPC server")
        await channel.wait_for_state_change(state)
        state = channel.get_state(try_to_connect=True)


def close(vu: K6Vu, connection: Connection) -> None:
    """Close it; calls under way are cancelled."""
    vu.hub.await_(connection.channel.close())


def definitions(vu: K6Vu, connection: Connection, call: Call) -> dict[str, bytes]:
    """What the server tells of its services. Raises JsThrow."""
    return vu.hub.await_(reflected(connection.channel, call.metadata, call.timeout or _CONNECT_SECONDS))


def _credentials(vu: K6Vu, tls: Any) -> Any:
    given = cast("dict[str, Any]", tls) if isinstance(tls, dict) else {}
    if vu.options.get("insecureSkipTLSVerify"):
        vu.log("warn", "insecureSkipTLSVerify does not work for gRPC: give the server's CA as tls.cacerts of connect()")
    authorities = given.get("cacerts")
    if isinstance(authorities, list):
        authorities = "\n".join(str(each) for each in cast("list[Any]", authorities))
    key = given.get("key")
    if key and given.get("password"):
        key = _opened(str(key), str(given["password"]))
    return grpc.ssl_channel_credentials(_octets(authorities), _octets(key), _octets(given.get("cert")))


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


def _octets(text: Any) -> bytes | None:
    return str(text).encode() if text else None


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
    """A stream of a script. Writing waits for nobody; `next` waits for an event."""

    def __init__(self, vu: K6Vu, protos: Protos, connection: Connection, method: Method, call: Call) -> None:
        self._protos = protos
        self._method = method
        self._call = call
        self._exchange = Exchange(vu, connection, method, call)
        self._waiting: asyncio.Queue[Any] = asyncio.Queue()
        self._begun = asyncio.Event()
        self._ended = False
        self._told_headers = False
        self._answered = False
        self._cancelled = False
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
        self._begun.set()

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
            self._begun.set()

    def next(self) -> str:
        """Wait for the next event: JSON of [name, value]; "end" and "error" are the last ones."""
        exchange = self._exchange
        name, value, code = exchange.vu.hub.await_(self._next())
        if name == "data":
            exchange.count("grpc_streams_msgs_received")
            return f'["data", {self._protos.text(value)}]'
        if code is not None:
            exchange.over(code, time.perf_counter())
        return json.dumps([name, value])

    async def _next(self) -> tuple[str, Any, Any]:
        """(name, value, status if it is over)."""
        await self._begun.wait()
        going = self._going
        if going is None:
            return "end", None, None  # nothing was ever sent
        try:
            if not self._told_headers:
                self._told_headers = True
                return "metadata", _plain(await going.initial_metadata()), None
            message: Any = _EOF
            if self._method.receives_many:
                message = await going.read()
            elif not self._answered:
                self._answered = True
                message = await going
            if message is not _EOF:
                return "data", message, None
            code, details = await going.code(), await going.details()
        except grpc.aio.AioRpcError as failure:
            code, details = failure.code(), failure.details()
        except asyncio.CancelledError:
            if not self._cancelled:
                raise
            code, details = grpc.StatusCode.CANCELLED, "the stream was closed at the end of the iteration"
        if code is grpc.StatusCode.OK:
            return "end", None, code
        return "error", _error(code, details), code

    def cancel(self) -> None:
        """Give it up."""
        self._ended = self._cancelled = True
        self._begun.set()
        if self._going is not None:
            self._going.cancel()
