"""Python processors: `processor: checks.py`, functions with the same arguments and no callbacks.

Rules: `def before(request, context, events)`, `def after(request, response, context, events)`, `def step(context,
events)`, `def more(context)` for whileTrue, `def wanted(vars)` for ifTrue, `def failed(error, request, context,
events)` for onError. They run in the VU's fiber, so blocking calls of the usual libraries stall that VU only. What they
raise fails the VU under its text. `request` is a dictionary to change, `context.vars` the variables themselves.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.answers import NO_JSON, Answer
from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.values import json_text, truthy
from swell.dialects.artillery.mistakes import Place, ScriptError
from swell.runtime.async_fiber import run_async
from swell.runtime.blocking import prepare

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.request_params import RequestParams
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_ear import PythonSocket

__all__ = ["Context", "Events", "PythonProcessor", "Reply"]


class Events:
    """`events` of a function: metrics of the test's own."""

    __slots__ = ("_vu",)

    def __init__(self, vu: Vuser) -> None:
        self._vu = vu

    def emit(self, kind: str, name: Any, value: float = 1) -> None:
        """`counter`, `histogram` (or `summary`), `rate`, `error`, and the old `customStat`."""
        metrics = self._vu.metrics
        if kind == "customStat":
            metrics.histogram(str(name["stat"]), float(name["value"]))
        elif kind == "counter":
            metrics.counter(str(name), int(value))
        elif kind in {"histogram", "summary"}:
            metrics.histogram(str(name), float(value))
        elif kind == "rate":
            metrics.rate(str(name))
        elif kind == "error":
            metrics.counter(f"errors.{name}")
        else:
            raise ValueError(f"events.emit: there is no kind {kind!r}; use counter, histogram, rate or error")


class Context:
    """`context` of a function. `vars` are the VU's variables, `session` its HTTP client, `ws` its WebSocket."""

    __slots__ = ("_vu",)

    def __init__(self, vu: Vuser) -> None:
        self._vu = vu

    @property
    def vars(self) -> dict[str, Any]:
        """The variables, to read and to change."""
        return self._vu.variables

    @property
    def scenario(self) -> Any:
        """The scenario as the script has it."""
        return self._vu.scenario

    @property
    def session(self) -> Any:
        """The VU's HTTP client; what it sends is not counted as `http.requests`."""
        return self._vu.session

    @property
    def ws(self) -> PythonSocket | None:
        """The WebSocket of a VU of the engine ws; None for others."""
        connection = self._vu.websocket
        if connection is None:
            return None
        from swell.dialects.artillery.flow.ws_ear import PythonSocket  # noqa: PLC0415 - few tests need it

        return PythonSocket(self._vu, connection)

    @property
    def uid(self) -> str:
        """The VU's identity."""
        return self._vu.uid


class Reply:
    """`response` of a function."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    @property
    def status_code(self) -> int:
        """The status."""
        return self._answer.status

    statusCode = status_code  # noqa: N815 - as in JavaScript processors

    @property
    def body(self) -> str:
        """The body as text."""
        return self._answer.text

    text = body

    @property
    def headers(self) -> Any:
        """The header fields; in any case of letters."""
        return self._answer.response.headers

    @property
    def url(self) -> str:
        """Where the response came from."""
        return self._answer.response.url

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        data = self._answer.data
        if data is NO_JSON:
            raise ValueError("the body is not JSON")
        return data


class PythonProcessor:
    """As `Processor`. Raises ScriptError for a file that cannot be loaded."""

    exit_code: int | None = None

    def __init__(self, path: Path, *, log: Callable[[str, str], None]) -> None:
        self._log = log
        self._path = path.absolute()
        self._functions: dict[str, Callable[..., Any]] = {}
        module = _load(self._path)
        for name, value in vars(module).items():
            if callable(value) and not name.startswith("_") and not isinstance(value, type):
                self._functions[name] = value

    @property
    def names(self) -> frozenset[str]:
        """The functions that the processor has."""
        return frozenset(self._functions)

    def has(self, name: str) -> bool:
        """As `Processor.has`."""
        return name in self._functions

    def step(self, vu: Vuser, name: str) -> None:
        """As `Processor.step`."""
        self._call(vu, name, Context(vu), Events(vu))

    def before_request(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.before_request`."""
        spec = params.spec
        before = json_text(spec)
        self._call(vu, name, spec, Context(vu), Events(vu))
        if isinstance(spec.get("body"), bytes) or json_text(spec) != before:
            params.replace(spec)

    def after_response(self, vu: Vuser, name: str, params: RequestParams, answer: Answer) -> None:
        """As `Processor.after_response`."""
        spec = {**params.spec, "url": params.url}
        self._call(vu, name, spec, Reply(answer), Context(vu), Events(vu))

    def on_error(self, vu: Vuser, name: str, code: str, params: RequestParams) -> None:
        """As `Processor.on_error`."""
        if name in self._functions:
            self._call(vu, name, VuserFailed(code), params.spec, Context(vu), Events(vu))

    def connect(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.connect`."""
        spec = params.spec
        self._call(vu, name, spec, Context(vu))
        params.replace(spec)

    def condition(self, vu: Vuser, name: str) -> bool:
        """As `Processor.condition`."""
        return truthy(self._call(vu, name, Context(vu)))

    def test(self, vu: Vuser, name: str) -> bool:
        """As `Processor.test`."""
        try:
            return truthy(self._call(vu, name, vu.variables))
        except VuserFailed:
            return True

    def call(self, vu: Vuser, name: str, arguments: list[Any]) -> Any:
        """As `Processor.call`."""
        return self._call(vu, name, *arguments)

    def release(self, vu: Vuser) -> None:
        """As `Processor.release`."""

    def close(self) -> None:
        """As `Processor.close`."""

    def _call(self, vu: Vuser, name: str, *arguments: Any) -> Any:
        function = self._functions[name]
        try:
            result = function(*arguments)
            return run_async(vu.hub, result) if inspect.iscoroutine(result) else result
        except VuserFailed:
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)
            line = next((frame.lineno for frame in reversed(place) if frame.filename == str(self._path)), 0)
            where = f"{self._path}:{line}" if line else str(self._path)
            message = str(error) or type(error).__name__
            vu.warn_once(f"processor function {name} ({where}): {type(error).__name__}: {error}")
            raise vu.failure(message[:500], f"{name} ({where}): {message}") from None


def _load(path: Path) -> ModuleType:
    try:
        prepare(path.read_bytes(), path.parent)
    except OSError as error:
        raise ScriptError(f"the processor cannot be read: {error.strerror}", Place(str(path))) from None
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(f"swell_processor_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise ScriptError(f"the processor is not Python: {error.msg}", Place(str(path), error.lineno or 0)) from None
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = frames[-1].lineno if frames else 0
        message = f"the processor cannot be loaded: {type(error).__name__}: {error}"
        raise ScriptError(message, Place(str(path), line or 0)) from None
    return module
