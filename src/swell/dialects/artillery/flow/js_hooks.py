"""The functions of a JavaScript processor as flows call them, whatever runs them.

Rules: the embedded engine (`js_processor`) and Node (`node_sidecar`) differ only in how a call gets there and back;
`_run` is theirs. Both know a VU by a number, which is forgotten when the VU ends. What a function hands to its callback
as an error, throws, or rejects with, is counted once and fails the VU.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from msgspec import Struct

from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.values import UNDEFINED, json_text, read_json, truthy

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.answers import Answer
    from swell.dialects.artillery.flow.request_params import RequestParams
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.runtime.fiber import Fiber
    from swell.runtime.hub import Hub

__all__ = ["BEFORE", "CONNECT", "Call", "JsHooks", "place_of"]

STEP, BEFORE, AFTER, ON_ERROR, WHILE, IF, TEMPLATE, CONNECT = range(8)
_FRAME: Final = re.compile(r"(?:^|[\s(])(?:file://)?((?:/|https?:)[^\s()]*?:\d+)(?=[:\s)]|$)")
_NOT_THEIRS: Final = ("/node_modules/", "/node_sidecar.cjs:")

R = TypeVar("R")


def place_of(stack: str) -> str:
    """The first place in a stack that is in the user's own code: `/path/processor.js:12`; "" without one."""
    places = _FRAME.findall(stack)
    return next((place for place in places if not any(part in place for part in _NOT_THEIRS)), "")


class Call(Struct, Generic[R], gc=False):
    """One call on its way: which function, how (`style`), with what.

    `text` is what else goes with it: the request or the arguments as JSON. Of a request that failed `code` says how; of
    a response there are `answer` and `params`, the request that was sent. `result` is None while there is none.
    """

    vu: Vuser
    style: int
    name: str
    text: str = ""
    params: RequestParams | None = None
    answer: Answer | None = None
    code: str = ""
    result: R | None = None
    fiber: Fiber | None = None

    def wake(self) -> None:
        """Let the fiber go on, if it still waits."""
        if self.fiber is not None:
            self.fiber.wake()


class JsHooks(ABC, Generic[R]):
    """As `Processor`, but for `_run` and `close`."""

    def __init__(self, hub: Hub | None, log: Callable[[str, str], None]) -> None:
        self.hub = hub
        self.log = log
        self.exit_code: int | None = None
        """What the processor has set as `artillery.suggestedExitCode`."""
        self.names: frozenset[str] = frozenset()
        """The functions that the processor has."""
        self.calls: dict[int, Call[R]] = {}
        self.vus: dict[int, Vuser] = {}
        self._numbers: dict[Vuser, int] = {}
        self._last = self._last_call = 0
        self._gone: list[int] = []

    def has(self, name: str) -> bool:
        """As `Processor.has`."""
        return name in self.names

    def step(self, vu: Vuser, name: str) -> None:
        """As `Processor.step`."""
        self._run(Call(vu, STEP, name))

    def before_request(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.before_request`."""
        changed = self._run(Call(vu, BEFORE, name, params.text))
        if changed is not None and "r" in changed:
            params.replace(_request_of(_plain(changed["r"])))

    def after_response(self, vu: Vuser, name: str, params: RequestParams, answer: Answer) -> None:
        """As `Processor.after_response`."""
        self._run(Call(vu, AFTER, name, "", params, answer))

    def connect(self, vu: Vuser, name: str, params: RequestParams) -> None:
        """As `Processor.connect`."""
        changed = self._run(Call(vu, CONNECT, name, params.text))
        if changed is not None and "r" in changed:
            params.replace(_plain(changed["r"]))

    def on_error(self, vu: Vuser, name: str, code: str, params: RequestParams) -> None:
        """As `Processor.on_error`."""
        if name in self.names:
            self._run(Call(vu, ON_ERROR, name, params.text, code=code))

    def condition(self, vu: Vuser, name: str) -> bool:
        """As `Processor.condition`."""
        result = self._run(Call(vu, WHILE, name))
        return result is not None and truthy(result.get("b"))

    def test(self, vu: Vuser, name: str) -> bool:
        """As `Processor.test`. A function that throws lets the request be sent."""
        try:
            result = self._run(Call(vu, IF, name))
        except VuserFailed:
            return True
        return result is not None and truthy(result.get("b"))

    def call(self, vu: Vuser, name: str, arguments: list[Any]) -> Any:
        """As `Processor.call`."""
        result = self._run(Call(vu, TEMPLATE, name, json_text(arguments)))
        return UNDEFINED if result is None else result.get("b", UNDEFINED)

    def release(self, vu: Vuser) -> None:
        """As `Processor.release`."""
        number = self._numbers.pop(vu, None)
        if number is not None:
            self.vus.pop(number, None)
            self._gone.append(number)

    @abstractmethod
    def close(self) -> None:
        """As `Processor.close`."""

    @abstractmethod
    def _run(self, call: Call[R]) -> dict[str, Any] | None:
        """What came of a call: changed variables are stored already. Raises VuserFailed.

        The result may have `r`, a changed request, and `b`, what the function answers.
        """

    def measured(self, number: int, kind: str, name: str, value: float) -> None:
        """A metric of the VU with this number: `counter`, `histogram`, `rate` or `error`."""
        vu = self.vus.get(number)
        if vu is None:
            return
        if kind == "counter":
            amount: Any = int(value) if float(value).is_integer() else value
            vu.metrics.counter(name, amount)
        elif kind == "histogram":
            vu.metrics.histogram(name, float(value))
        elif kind == "rate":
            vu.metrics.rate(name)
        else:
            vu.metrics.counter(f"errors.{name}")

    def _begin(self, call: Call[R]) -> tuple[int, int]:
        """The numbers of a new call and of its VU."""
        vu = call.vu
        number = self._numbers.get(vu)
        if number is None:
            self._last += 1
            number = self._numbers[vu] = self._last
            self.vus[number] = vu
        self._last_call += 1
        self.calls[self._last_call] = call
        return self._last_call, number

    def _raise_error(self, call: Call[R], result: dict[str, Any]) -> None:
        """Raise VuserFailed if the result has an error (`e` its code, `m` its message, `s` its stack)."""
        if "e" in result:
            raise self._failed(call, str(result["e"]), f"{result.get('m') or result['e']}\n{result.get('s', '')}")

    def _failed(self, call: Call[R], code: str, detail: str) -> VuserFailed:
        vu, name = call.vu, call.name
        place = place_of(detail)
        where = f" ({place})" if place else ""
        first = detail.split("\n", 1)[0]
        vu.warn_once(f"processor function {name}{where}: {first}")
        return vu.failure(code[:500], f"{name}{where}: {first}")


def _plain(request: Any) -> dict[str, Any]:
    """A request as a dictionary; the embedded engine tells it as JSON text."""
    return read_json(request) if isinstance(request, str) else request


def _request_of(spec: dict[str, Any]) -> dict[str, Any]:
    """Request parameters as a hook left them; Node's Buffers are bytes."""
    body = spec.get("body")
    if isinstance(body, dict):
        found = cast("dict[str, Any]", body)
        if found.get("type") == "Buffer" and isinstance(found.get("data"), list):
            spec["body"] = bytes(found["data"])
        elif isinstance(found.get("$form"), dict):
            spec["formData"] = found["$form"]
            del spec["body"]
            headers = cast("dict[str, Any]", spec.get("headers") or {})
            spec["headers"] = {k: v for k, v in headers.items() if k.lower() != "content-type"}
    return spec
