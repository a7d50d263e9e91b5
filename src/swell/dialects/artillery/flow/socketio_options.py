"""How a VU connects to a Socket.IO server: address, query, headers and transports, as `config.socketio` says.

Rules: options have the names of socket.io-client's. Over `config.socketio` go `config.engines.socketio-v3` (where the
engine of that name has them), a scenario's own `socketio`, its step `connect`, and what a function sets as
`context.socketio` and `context.extraHeaders`. All of it may hold the VU's variables. A path of the target is a
namespace, as in the client. Without `transports` a WebSocket is opened at once. `EIO: 3` speaks with servers of
Socket.IO 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from urllib.parse import parse_qsl, quote, urlsplit

from swell.dialects.artillery.flow.templates import compile_template, render_text
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, number_of
from swell.dialects.artillery.flow.ws_opening import header_texts, mapping

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["DEFAULT_TRANSPORTS", "HEADERS_VARIABLE", "OPTIONS_VARIABLE", "SocketioOpening", "SocketioOrder"]

OPTIONS_VARIABLE: Final = "$socketio"
"""The variable that holds what a function set as `context.socketio`."""
HEADERS_VARIABLE: Final = "$extraHeaders"
"""The variable that holds what a function set as `context.extraHeaders`."""

DEFAULT_TRANSPORTS: Final = ("polling", "websocket")
"""Without `transports`: as socket.io-client does, and so as real users load the target."""

_OWN: Final = frozenset(("target", "url", "path", "query", "extraHeaders", "transports", "auth", "EIO", "eio"))


class SocketioOrder(NamedTuple):
    """One connection. `base` is scheme and host, `prefix` the namespace of the target ("" for the main one)."""

    base: str
    path: str
    query: tuple[tuple[str, str], ...]
    prefix: str
    headers: Mapping[str, str]
    transports: tuple[str, ...]
    auth: Any
    version: int
    timeout: float
    options: Mapping[str, Any]

    def url(self, transport: str, session: str = "") -> str:
        """Where a transport asks; `session`: the id that the server gave."""
        pairs = [*self.query, ("EIO", str(self.version)), ("transport", transport)]
        if self.version == 3 and transport == "polling":
            pairs.append(("b64", "1"))  # else it mixes bytes into its texts
        if session:
            pairs.append(("sid", session))
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"{self.base}{self.path}?{text}"


class SocketioOpening:
    """How a step `connect` opens, or (None) how it is done without one. Raises ValueError for wrong options."""

    def __init__(self, test: FlowTest, scenario: Mapping[str, Any], spec: object = None) -> None:
        own: dict[str, Any] = {}
        if isinstance(spec, Mapping):
            own = mapping(cast("Mapping[str, Any]", spec))
        elif isinstance(spec, str):
            own = {"target": spec}
        elif spec is not None and spec is not True:
            raise ValueError(f"connect is a URL, or options such as {{query: {{token: x}}}}, not {spec!r}")
        engines = mapping(test.config.get("engines"))
        given = mapping(test.config.get("socketio"))
        for options in (engines.get("socketio"), engines.get("socketio-v3"), scenario.get("socketio"), own):
            given |= mapping(options)
        self._target = compile_template(str(given.get("target") or given.get("url") or test.defaults.target))
        self._given = compile_template(given)
        self._tls = compile_template(mapping(test.config.get("tls")))
        self._timeout = test.defaults.timeout
        names = given.get("transports")
        for name in cast("list[Any]", names) if isinstance(names, list) else []:
            if name not in {"websocket", "polling"}:
                raise ValueError(f"socketio.transports: there is no transport {name!r}; use websocket and polling")

    def order(self, vu: Vuser) -> SocketioOrder:
        """What is opened for this VU. Raises ValueError where its values make no address."""
        target = render_text(self._target, vu)
        if target.startswith("/"):
            target = vu.test.defaults.target.rstrip("/") + target
        parts = urlsplit(target if "://" in target else f"http://{target}")
        if not parts.netloc:
            raise ValueError(f"Invalid URL: {target}")
        given = {**mapping(self._given(vu)), **mapping(vu.variables.get(OPTIONS_VARIABLE))}
        query = [*parse_qsl(parts.query, keep_blank_values=True), *_pairs(given.get("query"))]
        version = number_of(given.get("EIO", given.get("eio", dict(query).get("EIO"))))
        names = given.get("transports")
        transports = tuple(js_text(each) for each in cast("list[Any]", names)) if isinstance(names, list) else ()
        timeout = number_of(given.get("timeout"))
        path = "/" + js_text(given.get("path") or "/socket.io").strip("/")
        return SocketioOrder(
            base=f"{parts.scheme}://{parts.netloc}",
            path=path if given.get("addTrailingSlash") is False else path.rstrip("/") + "/",
            query=tuple(pair for pair in query if pair[0] not in {"EIO", "transport", "sid"}),
            prefix=parts.path.rstrip("/"),
            headers=header_texts({**mapping(given.get("extraHeaders")), **mapping(vu.variables.get(HEADERS_VARIABLE))}),
            transports=transports or DEFAULT_TRANSPORTS,
            auth=given.get("auth"),
            version=3 if version == 3 else 4,
            timeout=timeout / 1000.0 if timeout else self._timeout,
            options={**mapping(self._tls(vu)), **{k: v for k, v in given.items() if k not in _OWN}},
        )


def _pairs(query: Any) -> list[tuple[str, str]]:
    """The query of options: a mapping, or a text as in a URL."""
    if isinstance(query, str):
        return parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    return [(name, js_text(value)) for name, value in mapping(query).items() if value is not UNDEFINED]
