"""What a host gives to its scripts: functions, modules, globals, a console, limits.

Rules: everything here is made once per worker and shared by all contexts; what differs per user reaches a host
function through its first argument, the calling `JsContext` (its `state` belongs to the host). Host functions may
block their fiber. What they raise becomes a JavaScript error that the script can catch; exceptions that are no
`Exception` (a killed user), and those listed in `fatal`, pass through the script uncaught to whoever called it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["HostFunction", "HostModule", "JsHost", "JsLimits"]

Kind = Literal["raw", "value", "promise", "spawn", "caller"]
KINDS: dict[Kind, int] = {"raw": 0, "value": 1, "promise": 2, "spawn": 2, "caller": 3}


@dataclass(frozen=True, slots=True)
class HostFunction:
    """A Python function for scripts; its first argument is the context, then come the script's arguments.

    `kind`: "value" converts any arguments and results (`None` gives undefined; return `Json("null")` for null).
    "raw" is the fastest, for JavaScript written around it: arguments are numbers, booleans, None and strings without
    NUL and lone surrogates, results None (null), bool, int, float or str; anything else that the JavaScript passes
    arrives as the binding's own object and must not be kept. "caller" is "value"
    with the name of the user's calling file as second argument. "promise": the function returns a `JsOperation` of
    `context.operation()`, the script gets a promise. "spawn": the script gets a promise at once, the function runs in
    a fiber of its own and may block; its result or exception settles the promise.
    """

    call: Callable[..., Any]
    kind: Kind = "value"


@dataclass(frozen=True, slots=True)
class HostModule:
    """A module of the host. `exports`: names -> HostFunction, plain callables (taken as kind "value") or data.

    With `source`, the body of `function (host, exports, core)`: `host` has the entries of `exports`, and what the
    source puts into its own `exports` (or returns) is what scripts see. A "default" export, if any, is also spread
    into names; without one, the default is the object of all names. Unknown names are undefined to importers.
    """

    exports: Mapping[str, object] = field(default_factory=dict[str, object])
    source: str | None = None


@dataclass(frozen=True, slots=True)
class JsLimits:
    """How much one context may use.

    `run_seconds`: of running without a wait (time in blocking host calls does not count); `load_seconds`: the same
    while the script is loaded. `slice_seconds`: after so long the others get a turn, wherever the script is.
    `memory` and `stack` are bytes; the stack is the C stack below the first call into the script.
    """

    run_seconds: float = 10.0
    load_seconds: float = 60.0
    slice_seconds: float = 0.01
    memory: int = 256 * 1024 * 1024
    stack: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class JsHost:
    """A host as a whole. `console(context, level, text)`: level is debug, info, warn or error.

    `globals` as the exports of a module. `extras` switches on globals that k6 lacks: any of "URL" (with
    URLSearchParams), "structuredClone" and "base64" (atob, btoa). `global_alias` adds
    `global`.
    """

    modules: Mapping[str, HostModule] = field(default_factory=dict[str, HostModule])
    globals: Mapping[str, object] = field(default_factory=dict[str, object])
    console: Callable[[Any, str, str], None] | None = None
    extras: frozenset[str] = frozenset()
    global_alias: bool = True
    limits: JsLimits = JsLimits()
    fatal: tuple[type[BaseException], ...] = ()
