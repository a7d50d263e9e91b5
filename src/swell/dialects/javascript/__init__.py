"""The JavaScript runtime that the k6 and Artillery dialects share.

Rules: it knows neither of them: a host (host.py) gives modules, globals and functions, a resolver (resolve.py) the
manner of finding files. Import from this package, not from its modules.
"""

from __future__ import annotations

from swell.dialects.javascript.context import JsContext, JsFunction
from swell.dialects.javascript.errors import (
    JsError,
    JsFrame,
    JsImportError,
    JsLimitError,
    JsProgramError,
    JsSyntaxError,
    JsThrow,
)
from swell.dialects.javascript.host import HostFunction, HostModule, JsHost, JsLimits
from swell.dialects.javascript.jobs import JsOperation
from swell.dialects.javascript.native import EngineMismatch
from swell.dialects.javascript.program import JsProgram
from swell.dialects.javascript.resolve import DiskFiles, JsFiles, Resolver
from swell.dialects.javascript.shared import Shared, shared_array
from swell.dialects.javascript.values import PROMISE, UNDEFINED, Json
from swell.dialects.javascript.watch import Pulse

__all__ = [
    "PROMISE",
    "UNDEFINED",
    "DiskFiles",
    "EngineMismatch",
    "HostFunction",
    "HostModule",
    "JsContext",
    "JsError",
    "JsFiles",
    "JsFrame",
    "JsFunction",
    "JsHost",
    "JsImportError",
    "JsLimitError",
    "JsLimits",
    "JsOperation",
    "JsProgram",
    "JsProgramError",
    "JsSyntaxError",
    "JsThrow",
    "Json",
    "Pulse",
    "Resolver",
    "Shared",
    "shared_array",
]
