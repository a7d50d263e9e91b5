"""The host of processors: the bridge's functions, Node's modules, how names are found.

Rules: one host per worker. Modules are the files of this folder, by the table in `catalogue`; a package of the user's
own node_modules comes before ours where ours is only a part of it. What needs Node itself is refused by name.
"""

from __future__ import annotations

import json
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from swell.dialects.artillery.flow import ws_script
from swell.dialects.artillery.flow.node import builtins_crypto, builtins_system, fetching, generated
from swell.dialects.artillery.flow.templates import render
from swell.dialects.artillery.flow.values import UNDEFINED, json_ascii, json_text
from swell.dialects.javascript import DiskFiles, HostFunction, HostModule, JsHost, JsLimits, JsThrow, Resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swell.dialects.javascript import JsProgram

__all__ = ["NEEDED", "make_host", "make_resolver", "needs_node"]

_LONG: Final = 100
FIRST: Final = "artillery-first.mjs"
_FIRST_SOURCE: Final = b'import bridge from "swell:artillery"; bridge.globals();'

# Name a processor imports -> our file, without ".js".
_FILES: Final[Mapping[str, str]] = {
    "assert": "assert",
    "assert/strict": "assert",
    "buffer": "buffer",
    "child_process": "refused",
    "cluster": "refused",
    "net": "refused",
    "tls": "refused",
    "dgram": "refused",
    "worker_threads": "refused",
    "crypto": "crypto",
    "dns": "refused",
    "events": "events",
    "fs": "fs",
    "fs/promises": "fs_promises",
    "http": "http",
    "https": "http",
    "os": "os",
    "path": "path",
    "path/posix": "path",
    "perf_hooks": "perf_hooks",
    "process": "process",
    "querystring": "querystring",
    "stream": "stream",
    "string_decoder": "string_decoder",
    "timers": "timers",
    "timers/promises": "timers_promises",
    "url": "url",
    "util": "util",
    "zlib": "refused",
    "@faker-js/faker": "faker",
    "@faker-js/faker/locale/en": "faker",
    "faker": "faker",
    "faker/locale/en": "faker",
    "uuid": "uuid",
    "uuid/v1": "uuid_v4",
    "uuid/v4": "uuid_v4",
    "swell:fetch": "fetch",
}
# Ours stand in where the user has not installed the real ones.
_STAND_INS: Final[Mapping[str, str]] = {
    "axios": "axios",
    "dotenv": "dotenv",
    "dotenv/config": "dotenv_config",
    "form-data": "form_data",
    "jsonwebtoken": "jsonwebtoken",
    "lodash": "lodash",
    "lodash-es": "lodash",
    "nanoid": "nanoid",
    "node-fetch": "node_fetch",
    "cross-fetch": "node_fetch",
    "isomorphic-fetch": "node_fetch",
}
# These talk to the network through Node: ours are used even if the real ones are there.
_ALWAYS: Final = frozenset(
    ("axios", "node-fetch", "cross-fetch", "isomorphic-fetch", "form-data", "dotenv", "dotenv/config")
)


def make_host(processor: Path) -> JsHost:
    """The host for one processor file."""
    calls = {**builtins_crypto.calls(), **builtins_system.calls(), **fetching.calls(), **generated.calls()}
    modules: dict[str, HostModule] = {"swell:artillery": HostModule(_bridge(), _source("bridge"))}
    modules[ws_script.NAME] = ws_script.module()
    names = dict(_FILES)
    stand_ins = {name for name in _STAND_INS if name in _ALWAYS or not _installed(processor, name)}
    names |= {name: file for name, file in _STAND_INS.items() if name in stand_ins}
    for name, file in names.items():
        source = _source(file).replace("$NAME", name).replace("$ADVICE", _ADVICE)
        modules[name] = HostModule(calls.get(file, {}), source)
    return JsHost(
        modules=modules,
        console=_console,
        extras=frozenset({"URL", "structuredClone", "base64"}),
        limits=JsLimits(run_seconds=30.0, memory=1024 * 1024 * 1024),  # one context serves all VUs of a worker
    )


def make_resolver(processor: Path) -> Resolver:
    """How the imports of a processor are found."""
    return Resolver(manner="node", files=_Files(str(processor.parent / FIRST)), advice=partial(_advice, processor))


class _Files(DiskFiles):
    """The disk, and the one file of ours that runs before the processor."""

    def __init__(self, first: str) -> None:
        self._first = first

    def read(self, path: str) -> bytes:
        """As `JsFiles.read`."""
        return _FIRST_SOURCE if path == self._first else super().read(path)

    def exists(self, path: str) -> bool:
        """As `JsFiles.exists`."""
        return path == self._first or super().exists(path)


def _installed(processor: Path, name: str) -> bool:
    """Whether a node_modules folder from the processor upwards has the package."""
    package = name.split("/", maxsplit=1)[0]
    return any((folder / "node_modules" / package).is_dir() for folder in processor.absolute().parents)


def _source(file: str) -> str:
    return resources.files(__package__ or "").joinpath(f"{file}.js").read_text("utf-8")


# Modules of Node that processors can neither have nor do without once they import them.
_ONLY_NODE: Final = frozenset(name for name, file in _FILES.items() if file == "refused")
_MISSING: Final = frozenset(
    (
        *("async_hooks", "console", "constants", "diagnostics_channel", "dns/promises", "domain", "http2", "inspector"),
        *("module", "path/win32", "punycode", "readline", "readline/promises", "repl", "stream/consumers"),
        *("stream/promises", "stream/web", "sys", "trace_events", "tty", "util/types", "v8", "vm", "wasi"),
    )
)
NEEDED: Final = "it needs Node"
_ADVICE: Final = (
    "run the processor in Node (18 or newer on the PATH; --processor-runtime node), or write this part of it in Python "
    "(processor: checks.py)"
)


def needs_node(program: JsProgram) -> tuple[str, str, int] | None:
    """The first import of a module that only Node has: what to say, file and line. None: there is no such import."""
    for module in program.modules.values():
        for dependency in module.analysis.dependencies:
            target = module.targets.get(dependency.start)
            if target is not None and target.key in _ONLY_NODE:
                return (
                    f"the processor imports {dependency.specifier!r}, which only Node has",
                    module.key,
                    dependency.line,
                )
    return None


_NATIVE: Final = {
    "mongodb": "it speaks its own protocol over sockets",
    "mongoose": "it speaks its own protocol over sockets",
    "pg": "it speaks its own protocol over sockets",
    "mysql": "it speaks its own protocol over sockets",
    "mysql2": "it speaks its own protocol over sockets",
    "redis": "it speaks its own protocol over sockets",
    "ioredis": "it speaks its own protocol over sockets",
    "socket.io-client": "it speaks its own protocol over sockets",
    "ws": "it speaks its own protocol over sockets",
    "playwright": "it drives a browser",
    "@playwright": "it drives a browser",
    "puppeteer": "it drives a browser",
}


def _advice(processor: Path, specifier: str) -> str | None:
    """What to say about a package that cannot run here."""
    name = specifier.removeprefix("node:")
    own = name in _MISSING and not _installed(processor, name)
    why = "it is one of Node's own modules" if own else _NATIVE.get(name.split("/", maxsplit=1)[0])
    return None if why is None else f"cannot import {specifier!r}: {NEEDED} ({why}); {_ADVICE}"


# The bridge.


def _bridge() -> dict[str, object]:
    raw: dict[str, Callable[..., Any]] = {
        "get": _get,
        "keys": _keys,
        "uid": _uid,
        "scenario": _scenario,
        "emit": _emit,
        "finished": _finished,
        "body": _body,
        "headers": _headers,
        "request": _request,
        "reason": _reason,
        "testId": _test_id,
        "exitCode": _exit_code,
        "uncaught": _uncaught,
        "template": _template,
    }
    value = {"finished", "uncaught", "template", "request"}  # their texts may hold anything
    return {name: HostFunction(call, "value" if name in value else "raw") for name, call in raw.items()}


def _get(context: Any, vu: int, name: str) -> Any:
    """A variable as bridge.js reads it: a primitive, or a letter and text."""
    user = context.state.vus.get(vu)
    value = UNDEFINED if user is None else user.variables.get(name, UNDEFINED)
    if value is UNDEFINED:
        return None
    if value is None:
        return "n"
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if -(2**31) <= value < 2**31 else float(value)
    if isinstance(value, str) and "\0" not in value:
        try:
            value.encode()
        except UnicodeEncodeError:
            return "j" + json.dumps(value)
        return "s" + value
    return _object(value)


# Long lists are mostly whole files (loadAll), the same for all VUs and never changed in place. The list is kept beside
# its text, so that its id stays its own.
_long: dict[int, tuple[object, str]] = {}


def _object(value: Any) -> str:
    if not isinstance(value, list) or len(cast("list[Any]", value)) < _LONG:
        return "j" + json_ascii(value)
    known = _long.get(id(cast("object", value)))
    if known is None:
        if len(_long) >= 16:
            _long.clear()
        known = _long[id(cast("object", value))] = (cast("object", value), "j" + json_ascii(value))
    return known[1]


def _uid(context: Any, vu: int) -> str:
    return context.state.vus[vu].uid


def _test_id(context: Any) -> str:
    return context.state.test_id


def _call(context: Any, number: int) -> Any:
    """A call of a hook that got a response."""
    call = context.state.calls.get(number)
    if call is None:
        raise JsThrow("Error", "the hook that got this response is long over: read in it what is needed later")
    return call


def _headers(context: Any, call: int) -> str:
    return json.dumps(_call(context, call).answer.all_headers())


def _request(context: Any, call: int) -> str:
    return _call(context, call).params.text


def _reason(context: Any, call: int) -> str:
    return _call(context, call).answer.response.reason


def _keys(context: Any, vu: int) -> str:
    return json.dumps(list(context.state.vus[vu].variables))


def _scenario(context: Any, vu: int) -> str:
    return json_ascii(dict(context.state.vus[vu].scenario))


def _emit(context: Any, vu: int, kind: str, name: str, value: float) -> None:
    context.state.measured(vu, kind, name, value)


def _finished(context: Any, call: int, text: str) -> None:
    context.state.finished(call, text)


def _body(context: Any, call: int) -> str:
    text: str = _call(context, call).answer.text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text


def _exit_code(context: Any, code: int) -> None:
    context.state.exit_code = int(code)


def _uncaught(context: Any, text: str) -> None:
    context.state.log("error", f"processor: uncaught {text}")


class _Variables:
    """A scope of templates over the variables of one call."""

    def __init__(self, variables: dict[str, Any]) -> None:
        from random import Random  # noqa: PLC0415 - seldom used

        self.variables = variables
        self.random = Random()

    def call(self, name: str, arguments: list[Any]) -> Any:
        del name, arguments
        return UNDEFINED


def _template(context: Any, text: str, variables: str) -> str:
    del context
    return json_text(render(json.loads(text), _Variables(json.loads(variables))))


def _console(context: Any, level: str, text: str) -> None:
    context.state.log({"info": "log", "debug": "log"}.get(level, level), text)
