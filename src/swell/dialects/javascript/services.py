"""The host functions that our own JavaScript needs, by the numbers it calls them with.

Rules: order is the contract with core.js and its parts (0 load, 1 error, 2 settled, 3 module, 4-5 timers, 6 console,
7-10 modules, 11-12 texts, 13 shared items, 14 callable released). Each gets the context first; "value" functions
then get the kinds of their arguments and convert.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from swell.dialects.javascript.errors import JsError, JsLimitError, JsSyntaxError, JsThrow
from swell.dialects.javascript.resolve import file_url

if TYPE_CHECKING:
    from swell.dialects.javascript.context import JsContext
    from swell.dialects.javascript.host import HostFunction

__all__ = ["OWN_CALLS", "describe_error", "value_call"]


def value_call(function: HostFunction) -> Callable[..., Any]:
    """The raw form of a converting host function."""
    call, kind = function.call, function.kind

    def value(context: JsContext, kinds: int, *arguments: Any) -> Any:
        return context.result_for_script(call(context, *(context.arguments(kinds, arguments) if kinds else arguments)))

    def promise(context: JsContext, kinds: int, *arguments: Any) -> Any:
        return call(context, *context.arguments(kinds, arguments)).number

    def spawn(context: JsContext, kinds: int, *arguments: Any) -> Any:
        return context.spawn(call, *context.arguments(kinds, arguments)).number

    return {"promise": promise, "spawn": spawn}.get(kind, value)


def describe_error(error: BaseException, number: int) -> str:
    """JSON of [name, message, number] for the error that a script gets."""
    if isinstance(error, RecursionError) or (isinstance(error, JsLimitError) and error.limit == "stack"):
        return json.dumps(["RangeError", "Maximum call stack size exceeded", number])
    if isinstance(error, JsLimitError):
        return json.dumps(["InternalError", error.message, number])
    if isinstance(error, (JsThrow, JsError)):
        return json.dumps([error.name or "Error", error.message, number])
    name = "Error"
    if isinstance(error, (JsSyntaxError, TypeError)):
        name = "TypeError" if isinstance(error, TypeError) else "SyntaxError"
    return json.dumps([name, str(error) or type(error).__name__, number])


def _load(context: JsContext, what: int, name: str) -> None:
    context.load_part(what, name)


def _error(context: JsContext) -> str | None:
    return context.take_error()


def _settled(context: JsContext, ticket: int) -> None:
    context.settled.add(ticket)


def _module(context: JsContext, _: int, name: str) -> str:
    return context.program.table.modules[name]


def _timer(context: JsContext, delay: float, repeat: bool) -> int:
    return context.jobs.set_timer(delay / 1000.0, repeat=repeat)


def _clear(context: JsContext, number: int) -> None:
    context.jobs.clear_timer(number)


def _console(context: JsContext, level: str, text: str) -> None:
    console = context.program.host.console
    if console is not None:
        console(context, level, text)


def _resolve(context: JsContext, specifier: str, importer: str, required: bool) -> list[Any]:
    del required
    try:
        target = context.program.resolve(specifier, importer)
    except (ValueError, OSError) as error:
        raise JsThrow("Error", str(error)) from None
    return [target.kind, target.key]


def _url(context: JsContext, specifier: str, importer: str) -> str:
    if not specifier:
        return file_url(importer)
    try:
        return file_url(context.program.resolver.path(specifier, importer))
    except ValueError as error:
        raise JsThrow("Error", str(error)) from None


def _json(context: JsContext, key: str) -> str:
    return context.program.modules[key].text


def _evaluate(context: JsContext, key: str) -> None:
    context.require_module(key)


def _encode(_: JsContext, text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _decode(_: JsContext, data: bytes, label: str, fatal: bool, final: bool) -> list[Any]:
    try:
        name = codecs.lookup({"unicode-1-1-utf-8": "utf-8", "utf8": "utf-8"}.get(label.strip().lower(), label)).name
        decoder = codecs.getincrementaldecoder(name)("strict" if fatal else "replace")
    except LookupError:
        raise JsThrow("RangeError", f"the encoding {label!r} is unknown") from None
    try:
        text = decoder.decode(bytes(data), final)
    except UnicodeDecodeError:
        raise JsThrow("TypeError", f"the bytes are not valid {name}") from None
    rest = decoder.getstate()[0]
    return [text, len(data) - len(rest), name]


def _item(context: JsContext, array: int, index: int) -> str:
    return context.shared.item(array, index)


def _released(context: JsContext, number: int) -> None:
    context.release_callable(number)


def _converting(call: Callable[..., Any]) -> Callable[..., Any]:
    def value(context: JsContext, kinds: int, *arguments: Any) -> Any:
        return context.result_for_script(call(context, *context.arguments(kinds, arguments)))

    return value


OWN_CALLS: Final[tuple[Callable[..., Any], ...]] = (
    _load,
    _error,
    _settled,
    _module,
    _timer,
    _clear,
    _converting(_console),
    _converting(_resolve),
    _converting(_url),
    _converting(_json),
    _converting(_evaluate),
    _converting(_encode),
    _converting(_decode),
    _item,
    _released,
)
