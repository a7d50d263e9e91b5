"""The modules k6/experimental/redis and k6/x/redis: a client of one Redis server (redis.js is the script's side).

Rules: a client is made in init code and connects when it is first used; each VU has a connection of its own, kept over
iterations. Nothing is recorded but what the script records. Clusters and sentinels are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote, urlsplit

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.dialects.k6.option_values import OptionError, seconds

if TYPE_CHECKING:
    from swell.dialects.k6.modules.redis_wire import Reply, Server, Wire

__all__ = ["close", "modules", "server_of"]

_REFUSED: Final = {"cluster": "clusters are", "masterName": "sentinels are", "sentinelUsername": "sentinels are"}


def modules() -> Mapping[str, HostModule]:
    """The modules of Redis."""
    exports: dict[str, object] = {
        "client": HostFunction(_client),
        "check": HostFunction(_check, "raw"),
        "run": HostFunction(_run, "spawn"),
    }
    source = resources.files(__package__ or "").joinpath("redis.js").read_text("utf-8")
    module = HostModule(exports, source)
    return {"k6/experimental/redis": module, "k6/x/redis": module}


def close(context: Any) -> None:
    """Close the connections of a script; harmless where there are none."""
    for wire in getattr(context, "k6_redis", ()):
        wire.close()


def _wires(context: Any) -> list[Wire]:
    try:
        return context.k6_redis
    except AttributeError:
        found: list[Wire] = []
        context.k6_redis = found
        return found


def _client(context: Any, options: Any = None) -> int:
    from swell.dialects.k6.modules.redis_wire import Wire  # noqa: PLC0415 - few scripts use Redis

    wires = _wires(context)
    wires.append(Wire(server_of(options)))
    return len(wires) - 1


def _check(context: Any) -> None:
    """Said when the command is given: what it starts may begin only after init code has ended."""
    if context.state.phase == "init":
        raise JsThrow("Error", "commands can be sent only in a running test, not in init code")


def _run(context: Any, number: int, words: list[Any]) -> Reply:
    from swell.dialects.k6.modules.redis_wire import RedisError  # noqa: PLC0415 - as above

    try:
        return context.state.hub.await_(_wires(context)[number].run([_word(each) for each in words]))
    except RedisError as error:
        raise JsThrow("Error", str(error)) from None


def _word(value: Any) -> str | bytes:
    """A command's argument as it is sent."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (str, int, float)):
        return str(value)
    raise JsThrow("TypeError", f"Redis takes strings, numbers and booleans, not {type(value).__name__}")


def server_of(options: Any) -> Server:
    """The server that a URL or an object of options names. Raises JsThrow."""
    if isinstance(options, str):
        return _from_url(options)
    if not isinstance(options, Mapping):
        raise JsThrow(
            "TypeError", "a Redis client needs a URL, such as redis://localhost:6379, or an object of options"
        )
    return _from_options(cast("Mapping[str, Any]", options))


def _from_url(url: str) -> Server:
    from swell.dialects.k6.modules.redis_wire import Server  # noqa: PLC0415 - as above

    parts = urlsplit(url)
    database = parts.path.strip("/")
    try:
        port = parts.port or 6379
    except ValueError:
        port = 0
    if parts.scheme not in {"redis", "rediss"} or not port or (database and not database.isdigit()):
        raise JsThrow(
            "Error", f"{url.rpartition('@')[2]!r} is no address of Redis: write redis://user:password@host:6379/0"
        )
    return Server(
        host=parts.hostname or "localhost",
        port=port,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=int(database or 0),
        tls=parts.scheme == "rediss",
    )


def _from_options(options: Mapping[str, Any]) -> Server:
    from swell.dialects.k6.modules.redis_wire import Server  # noqa: PLC0415 - as above

    for name, what in _REFUSED.items():
        if options.get(name):
            raise JsThrow("Error", f"{name}: {what} not supported; give the address of one server")
    socket = cast("dict[str, Any]", options.get("socket") or {})
    host, port = str(socket.get("host") or "localhost"), int(socket.get("port") or 6379)
    addresses = options.get("addrs")
    if isinstance(addresses, Sequence) and not isinstance(addresses, str) and addresses:
        if len(cast("Sequence[Any]", addresses)) > 1:
            raise JsThrow("Error", "addrs: clusters are not supported; give the address of one server")
        host, _, text = str(cast("Sequence[Any]", addresses)[0]).rpartition(":")
        if not host or not text.isdigit():
            raise JsThrow("Error", f"addrs: {addresses[0]!r} is no address: write host:port")
        port = int(text)
    tls = cast("dict[str, Any] | None", socket.get("tls"))
    return Server(
        host=host,
        port=port,
        username=str(options.get("username") or ""),
        password=str(options.get("password") or ""),
        database=int(options.get("database") or options.get("db") or 0),
        client_name=str(options.get("clientName") or ""),
        timeout=_seconds(socket.get("dialTimeout") or options.get("dialTimeout")),
        tls=bool(tls),
        authority=_pem((tls or {}).get("ca")),
        cert=_pem((tls or {}).get("cert")),
        key=_pem((tls or {}).get("key")),
    )


def _seconds(value: Any) -> float:
    try:
        return seconds("dialTimeout", value) or 5.0
    except OptionError as error:
        raise JsThrow("TypeError", str(error)) from None


def _pem(value: Any) -> str:
    """Certificates or a key as text: a text, bytes, or a list of these."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "\n".join(_pem(each) for each in cast("Sequence[Any]", value))
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")
