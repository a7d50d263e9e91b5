"""How a VU's WebSocket is opened: what `config.ws`, the step `connect` and a processor's function say about it.

Rules: a step's own target, headers and subprotocols replace those of `config.ws`, as in Artillery; the rest of its keys
and of `config.ws` are options of the connection. All of it may hold the VU's variables. Cookies that the VU has from
requests are sent too. Failures carry the codes of Node's client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import msgspec

from swell.dialects.artillery.flow.failures import error_code
from swell.dialects.artillery.flow.request_params import RequestParams
from swell.dialects.artillery.flow.templates import compile_template, render_text
from swell.dialects.artillery.flow.values import UNDEFINED, js_text, json_text, number_of
from swell.http.errors import InvalidUrl, RequestError
from swell.http.session import Session
from swell.websocket import MAX_MESSAGE, WebSocketError, connect

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser, VuserFailed
    from swell.model.plan import HttpOptions
    from swell.websocket import WebSocket

__all__ = ["NOT_OPENED", "Dialer", "WsOpening", "WsOrder", "header_texts", "mapping", "open_failure"]

NOT_OPENED: Final = (WebSocketError, RequestError, ValueError)
"""What keeps a WebSocket from opening: the server, or an address or a header that is none."""

_OWN: Final = frozenset(("target", "url", "headers", "subprotocols", "function"))


class WsOrder(NamedTuple):
    """One connection to be opened. `options` by the names of Node's `ws` client."""

    url: str
    headers: Mapping[str, str]
    subprotocols: tuple[str, ...]
    options: Mapping[str, Any]


class WsOpening:
    """How a step `connect` opens, or (None) how it is done without one. Raises ValueError for a step that cannot be."""

    def __init__(self, test: FlowTest, spec: object = None) -> None:
        config = mapping(test.config.get("ws"))
        own: Mapping[str, Any] = {}
        if isinstance(spec, Mapping):
            own = cast("Mapping[str, Any]", spec)
        elif isinstance(spec, str):
            own = {"target": spec}
        elif spec is not None:
            raise ValueError(f"connect is a URL, or a mapping such as {{target: ws://host/path}}, not {spec!r}")
        self._test = test
        self._target = compile_template(str(own.get("target") or own.get("url") or test.defaults.target))
        self._headers = compile_template(mapping(own.get("headers") or config.get("headers")))
        self._subprotocols = compile_template(own.get("subprotocols") or config.get("subprotocols"))
        shared = {**mapping(test.config.get("tls")), **config}
        self._options = compile_template({k: v for k, v in {**shared, **own}.items() if k not in _OWN})
        self._function = str(own["function"]) if own.get("function") else ""

    def order(self, vu: Vuser) -> WsOrder:
        """What is opened for this VU. Raises VuserFailed where the processor's function says so."""
        target = render_text(self._target, vu)
        if target.startswith("/"):
            target = self._test.defaults.target.rstrip("/") + target
        order = WsOrder(
            target, header_texts(self._headers(vu)), _names(self._subprotocols(vu)), mapping(self._options(vu))
        )
        return self._asked(vu, order) if self._function else order

    def _asked(self, vu: Vuser, order: WsOrder) -> WsOrder:
        """The order as the processor's function changes it: `(params, context, done)`."""
        processor = self._test.processor
        if processor is None or not processor.has(self._function):
            vu.warn_once(f"connect: the processor has no function {self._function!r}")
            return order
        shown = {
            "target": order.url,
            "subprotocols": list(order.subprotocols),
            "options": {**order.options, "headers": dict(order.headers)},
        }
        params = RequestParams(json_text(shown))
        processor.connect(vu, self._function, params)
        if not params.changed:
            return order
        spec = params.spec
        options = mapping(spec.get("options"))
        headers = {**mapping(options.get("headers")), **mapping(spec.get("headers"))}
        rest = {name: value for name, value in options.items() if name != "headers"}
        return WsOrder(js_text(spec.get("target", "")), header_texts(headers), _names(spec.get("subprotocols")), rest)


class Dialer:
    """Opens WebSockets of VUs; one per scenario, for it keeps the settings made from options."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[HttpOptions, HttpOptions]] = {}

    def open(self, vu: Vuser, order: WsOrder) -> WebSocket:
        """An open WebSocket. Raises VuserFailed, counted."""
        try:
            socket = self.dial(vu, order)
        except NOT_OPENED as error:
            raise open_failure(vu, order.url, error) from None
        asked = order.subprotocols or any(name.lower() == "sec-websocket-protocol" for name in order.headers)
        if asked and not socket.subprotocol:
            socket.abort()
            raise vu.failure("Server sent no subprotocol", f"{order.url}: none of {', '.join(order.subprotocols)}")
        return socket

    def dial(
        self,
        vu: Vuser,
        order: WsOrder,
        *,
        session: Session | None = None,
        name: str | None = None,
        timeout: float | None = None,
    ) -> WebSocket:
        """An open WebSocket. `timeout`: seconds, where the options say none; else that of requests.

        Raises one of NOT_OPENED.
        """
        options = order.options
        handshake = number_of(options.get("handshakeTimeout"))
        most = number_of(options.get("maxPayload"))
        return connect(
            session or self.session(vu, options),
            order.url,
            name=name,
            headers=order.headers,
            subprotocols=order.subprotocols,
            timeout=handshake / 1000.0 if handshake else timeout or vu.test.defaults.timeout,
            compression=options.get("perMessageDeflate") not in (None, False, UNDEFINED),
            max_message=int(most) if most else MAX_MESSAGE,
            cookies=vu.session.cookies if session is None else None,
        )

    def session(self, vu: Vuser, options: Mapping[str, Any]) -> Session:
        """The VU's session, or one with TLS settings and proxy of the connection's own."""
        client = vu.session.client
        special = _special(options, client.options)
        if not special:
            return vu.session
        key = json_text(special)
        known = self._known.get(key)
        if known is None or known[0] is not client.options:
            known = self._known[key] = (client.options, msgspec.structs.replace(client.options, **special))
        session = Session(client.hub, client.recorder, known[1])
        session.headers = vu.session.headers
        session.cookies = vu.session.cookies
        session.max_redirects = 0
        return session


def _special(options: Mapping[str, Any], now: HttpOptions) -> dict[str, Any]:
    """The settings that are not those of the VU's requests."""
    found: dict[str, Any] = {}
    if options.get("rejectUnauthorized") in (False, "false") and now.verify is not False:
        found["verify"] = False
    elif isinstance(options.get("ca"), str) and "-----BEGIN" not in options["ca"] and now.verify is True:
        found["verify"] = options["ca"]
    for name, setting in (("cert", "client_cert"), ("key", "client_key")):
        value = options.get(name)
        if isinstance(value, str) and "-----BEGIN" not in value and getattr(now, setting) != value:
            found[setting] = value
    proxy = options.get("proxy")
    if proxy:
        found["proxy"] = js_text(mapping(proxy).get("url", "") if isinstance(proxy, Mapping) else proxy)
    return found


def open_failure(vu: Vuser, url: str, error: Exception) -> VuserFailed:
    """Count what kept a WebSocket from opening; the exception to raise."""
    if isinstance(error, WebSocketError):
        if error.status:
            code = f"Unexpected server response: {error.status}"
        else:
            code = error_code(RequestError(error.kind, error.message))
        return vu.failure(code, f"{url}: {error.message}")
    if isinstance(error, InvalidUrl):
        return vu.failure(f"Invalid URL: {url}", str(error))
    code = error_code(error) if isinstance(error, RequestError) else str(error)
    return vu.failure(code, f"{url}: {error}")


def mapping(value: Any) -> dict[str, Any]:
    """A mapping of a script; empty for what is none."""
    return (
        {str(key): item for key, item in cast("Mapping[Any, Any]", value).items()} if isinstance(value, Mapping) else {}
    )


def header_texts(value: Any) -> dict[str, str]:
    """Header fields as they are sent; those without a value are left out."""
    return {
        name: js_text(item).replace("\r", " ").replace("\n", " ")
        for name, item in mapping(value).items()
        if item is not None and item is not UNDEFINED
    }


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(js_text(each) for each in cast("list[Any]", value) if each not in {None, UNDEFINED, ""})
    return tuple(part.strip() for part in js_text(value).split(",") if part.strip()) if isinstance(value, str) else ()
