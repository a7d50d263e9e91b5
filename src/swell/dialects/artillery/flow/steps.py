"""The steps of a flow that are no requests: think, log, function, loop, parallel; and the making of all steps.

Rules: a step is made once per worker and run by every VU, so it keeps nothing of a VU. What is wrong in the script is a
ValueError that names the step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

from swell.dialects.artillery.flow.conditions import compile_condition
from swell.dialects.artillery.flow.http_step import HttpStep, names_of
from swell.dialects.artillery.flow.paths import get_path, parse_path
from swell.dialects.artillery.flow.templates import compile_template, render_text
from swell.dialects.artillery.flow.think import Think
from swell.dialects.artillery.flow.values import UNDEFINED, number_of
from swell.dialects.artillery.flow.ws_engines import engine_of
from swell.runtime.together import run_together

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.dialects.artillery.flow.ws_engines import Engine

__all__ = ["FunctionStep", "Hooks", "Step", "compile_steps", "hooks_of"]

VERBS: Final = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "trace"))
_SIBLINGS: Final = frozenset(
    ("count", "over", "whileTrue", "loopValue", "loopElement", "limit", "jitter", "name", "ifTrue")
)


class Step(Protocol):
    """One step of a flow."""

    def run(self, vu: Vuser) -> None:
        """Do it. Raises VuserFailed."""
        ...


class Hooks(NamedTuple):
    """The hooks of a scenario, by names as the script gives them, and its engine if it is not HTTP."""

    before_request: list[Any]
    after_response: list[Any]
    on_error: list[str]
    engine: Engine | None = None


def compile_steps(test: FlowTest, flow: Sequence[Any], hooks: Hooks, where: str) -> list[Step]:
    """The steps of a flow; lists in it (YAML anchors) are flattened. Raises ValueError."""
    steps: list[Step] = []
    for number, item in enumerate(flow, 1):
        if isinstance(item, list):
            steps += compile_steps(test, cast("list[Any]", item), hooks, f"{where}, step {number}")
            continue
        if not isinstance(item, Mapping) or not item:
            raise ValueError(f"{where}, step {number}: a step is a mapping such as {{get: {{url: /}}}}, not {item!r}")
        spec = cast("Mapping[str, Any]", item)
        try:
            steps.append(_compile_step(test, spec, hooks, f"{where}, step {number}"))
        except ValueError as error:
            text = str(error)
            raise ValueError(text if text.startswith(where) else f"{where}, step {number}: {text}") from None
    return steps


def _compile_step(test: FlowTest, spec: Mapping[str, Any], hooks: Hooks, where: str) -> Step:
    if hooks.engine is not None and (own := hooks.engine.step(spec)) is not None:
        return own
    keys = [key for key in spec if key not in _SIBLINGS] or list(spec)
    kind = keys[0]
    value = spec[kind]
    if kind == "think":
        return Think(value, spec.get("jitter", test.think_jitter))
    if kind == "log":
        return _Log(value)
    if kind == "function":
        return FunctionStep(test, value)
    if kind == "loop":
        return _Loop(test, spec, compile_steps(test, _flow_of(value, "loop"), hooks, f"{where} (loop)"))
    if kind == "parallel":
        limit = number_of(spec.get("limit"))
        inner = compile_steps(test, _flow_of(value, "parallel"), hooks, f"{where} (parallel)")
        return _Parallel(inner, int(limit) if limit else 100)
    if isinstance(value, str) and kind.lower() in VERBS:
        value = {"url": value}
    if isinstance(value, Mapping) and ("url" in value or "uri" in value or kind.lower() in VERBS):
        request = cast("Mapping[str, Any]", value)
        extra = {key: spec[key] for key in ("name", "ifTrue") if key in spec and key not in request}
        # Old scripts have capture and expect beside the verb, where Artillery 1 found them.
        extra |= {key: spec[key] for key in ("capture", "match", "expect") if key in spec and key not in request}
        return HttpStep(test, kind.upper(), {**request, **extra}, hooks)
    return _unknown(test, kind, value)


def _unknown(test: FlowTest, kind: str, value: Any) -> Step:
    del test
    if kind in {"emit", "send", "connect", "wait", "response", "acknowledge", "namespace"}:
        raise ValueError(f"{kind!r} is a step of the engines ws and socketio; set the scenario's engine")
    if kind.lower() in VERBS:
        raise ValueError(f"{kind} needs a url, not {value!r}")
    raise ValueError(
        f"there is no step {kind!r}; steps are get, post, put, patch, delete, head, options, think, log, function, "
        "loop and parallel"
    )


def _flow_of(value: Any, kind: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{kind} is a list of steps, not {value!r}")
    return cast("list[Any]", value)


class _Log:
    """Shows a text."""

    def __init__(self, text: Any) -> None:
        self._text = compile_template(text)

    def run(self, vu: Vuser) -> None:
        vu.log("log", render_text(self._text, vu))


class FunctionStep:
    """Calls a function of the processor. One that does not exist is counted, and the VU goes on."""

    def __init__(self, test: FlowTest, name: Any) -> None:
        self._test = test
        self._name = compile_template(name if isinstance(name, str) else str(name))

    def run(self, vu: Vuser) -> None:
        """As `Step.run`."""
        name = render_text(self._name, vu)
        processor = self._test.processor
        if processor is None or not processor.has(name):
            vu.metrics.counter(f'errors.Undefined function "{name}"')
            return
        processor.step(vu, name)


class _Parallel:
    """Steps at once, on the same variables."""

    def __init__(self, steps: list[Step], limit: int) -> None:
        self._steps = steps
        self._limit = limit

    def run(self, vu: Vuser) -> None:
        jobs = [("", partial(step.run, vu)) for step in self._steps]
        run_together(vu.hub, jobs, max(1, self._limit), until_error=True)


class _Loop:
    """Steps again and again: a number of times, over a list, or while a function says so (asked after each pass)."""

    def __init__(self, test: FlowTest, spec: Mapping[str, Any], steps: list[Step]) -> None:
        self._steps = steps
        self._count_name = str(spec.get("loopValue") or "$loopCount")
        self._element_name = str(spec.get("loopElement") or "$loopElement")
        self._over = spec.get("over")
        self._count = compile_template(spec.get("count"))
        self._while: Callable[[Vuser], bool] | None = None
        name = spec.get("whileTrue")
        if name is not None:
            self._while = self._condition(test, str(name))
        if isinstance(self._over, str) and "{{" not in self._over:
            path = parse_path(self._over)
            self._items: Callable[[Vuser], Any] = lambda vu: get_path(vu.variables, path)
        else:
            self._items = compile_template(self._over)

    @staticmethod
    def _condition(test: FlowTest, name: str) -> Callable[[Vuser], bool]:
        processor = test.processor
        if processor is not None and processor.has(name):
            return lambda vu: processor.condition(vu, name)
        found = compile_condition(test, name)
        assert found is not None
        return found

    def run(self, vu: Vuser) -> None:
        if self._over is not None:
            items = self._items(vu)
            if isinstance(items, list):
                for index, item in enumerate(cast("list[Any]", items)):
                    vu.variables[self._element_name] = item
                    self._pass(vu, index)
                    if self._while is not None and not self._while(vu):
                        break
            return
        number, end = self._range(vu)
        while end is None or number < end:
            self._pass(vu, number)
            number += 1
            if self._while is not None and not self._while(vu):
                return
            if end is None:
                vu.hub.sleep(0)  # a loop without end and without requests must not hold up the others

    def _pass(self, vu: Vuser, number: int) -> None:
        vu.variables[self._count_name] = number
        for step in self._steps:
            step.run(vu)
        vu.variables[self._count_name] = number + 1  # what whileTrue and the steps after the loop see

    def _range(self, vu: Vuser) -> tuple[int, int | None]:
        """The first number, and the one after the last; None for no end."""
        count = self._count(vu)
        if count is None:
            return 0, None
        if count is UNDEFINED:
            return 0, 0
        number = number_of(count)
        if number is not None:
            return 0, int(number) if number > 0 else None
        first, mark, last = str(count).partition("-")
        if mark and first.strip().isdecimal() and last.strip().isdecimal():
            return int(first), int(last)
        return 0, 0


def hooks_of(test: FlowTest, scenario: Mapping[str, Any]) -> Hooks:
    """The hooks around every request of a scenario: those of `config`, then its own."""
    config = test.config
    http = cast("Mapping[str, Any]", config.get("http") or {})
    before = [*names_of(config.get("beforeRequest")), *names_of(http.get("beforeRequest"))]
    after = [*names_of(config.get("afterResponse")), *names_of(http.get("afterResponse"))]
    return Hooks(
        [*before, *names_of(scenario.get("beforeRequest"))],
        [*after, *names_of(scenario.get("afterResponse"))],
        [str(name) for name in names_of(scenario.get("onError"))],
        engine_of(test, scenario),
    )
