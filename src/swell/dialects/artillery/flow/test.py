"""A test as the VUs of one worker share it: settings of all requests, plugins, compiled scenarios.

Rules: made once per worker; scenarios are compiled when it is made, so that mistakes show before the first VU. Only
`told`, the warnings given so far, changes while the test runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from swell.dialects.artillery.flow.endpoint_metrics import Apdex, Endpoints
from swell.dialects.artillery.flow.expect_output import FORMATS, ExpectOutput
from swell.dialects.artillery.flow.fakes import set_fake_options
from swell.dialects.artillery.flow.http_shape import HttpDefaults
from swell.dialects.artillery.flow.http_step import names_of
from swell.dialects.artillery.flow.steps import FunctionStep, Step, compile_steps, hooks_of
from swell.dialects.artillery.flow.templates import Template, compile_template
from swell.dialects.artillery.flow.values import js_text, number_of

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.processor import Processor

__all__ = ["FlowTest", "Scenario"]

USER_AGENT: Final = "Artillery (https://artillery.io)"


class Scenario(NamedTuple):
    """One compiled scenario."""

    name: str
    steps: list[Step]


class FlowTest:
    """One test in one worker. `base` is the script's folder. Raises ValueError for scripts that cannot be run.

    `strict`: plugins act only if they are listed under `config.plugins`, as in Artillery; else `expect` always does.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        base: Path,
        scenarios: Sequence[Mapping[str, Any]],
        processor: Processor | None = None,
        *,
        strict: bool = False,
    ) -> None:
        self.config = config
        self.base = base
        self.processor = processor
        http = _mapping(config.get("http"))
        defaults = {**_mapping(config.get("defaults")), **_mapping(http.get("defaults"))}
        plugins = _mapping(config.get("plugins"))
        self.strict_capture = defaults.get("strictCapture") is not False
        self.think_jitter = _mapping(defaults.get("think")).get("jitter")
        self.extended_metrics = http.get("extendedMetrics") in {True, "true"}
        timeout = number_of(config.get("timeout")) or number_of(http.get("timeout")) or 10.0
        fixed, rendered = _headers(_mapping(defaults.get("headers")))
        cookies = {str(k): compile_template(v) for k, v in _mapping(defaults.get("cookie")).items()}
        target = js_text(config.get("target") or "")
        self.defaults = HttpDefaults(target, base, fixed, rendered, cookies, timeout, extended=True)
        self.apdex: Apdex | None = None
        if "apdex" in plugins or (config.get("apdex") is not None and not strict):
            self.apdex = Apdex({**_mapping(config.get("apdex")), **_mapping(plugins.get("apdex"))})
        self.endpoints: Endpoints | None = None
        if "metrics-by-endpoint" in plugins:
            self.endpoints = Endpoints(_mapping(plugins.get("metrics-by-endpoint")), target)
        self.expect_options: Mapping[str, Any] | None = None
        if "expect" in plugins or not strict:
            self.expect_options = _mapping(plugins.get("expect"))
        self.expect_output = ExpectOutput(_format_of(self.expect_options or {}), listed="expect" in plugins)
        if "fake-data" in plugins or "fake-data" in config:
            set_fake_options(_mapping(config.get("fake-data")) or _mapping(plugins.get("fake-data")))
        self.told: set[str] = set()
        self._compiled: dict[int, tuple[Mapping[str, Any], Scenario]] = {}
        for number, scenario in enumerate(scenarios):
            self.add(scenario, f"scenario {scenario.get('name', number)!r}")

    def add(self, scenario: Mapping[str, Any], where: str = "the flow") -> Scenario:
        """Compile one more scenario (`before` and `after` are such). Raises ValueError."""
        hooks = hooks_of(self, scenario)
        flow = scenario.get("flow")
        if not isinstance(flow, list):
            raise ValueError(f"{where} has no flow: a list of steps")
        first = [FunctionStep(self, name) for name in names_of(scenario.get("beforeScenario"))]
        last = [FunctionStep(self, name) for name in names_of(scenario.get("afterScenario"))]
        steps: list[Step] = [*compile_steps(self, cast("list[Any]", flow), hooks, where), *last]
        if hooks.engine is not None:
            steps = [hooks.engine.around(steps)]
        steps = [*first, *steps]
        compiled = Scenario(str(scenario.get("name", "")), steps)
        self._compiled[id(scenario)] = (scenario, compiled)
        return compiled

    def scenario(self, scenario: Mapping[str, Any]) -> Scenario:
        """The compiled form of a scenario; made now if it is new. Raises ValueError."""
        found = self._compiled.get(id(scenario))
        return found[1] if found is not None else self.add(scenario)


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _format_of(options: Mapping[str, Any]) -> str:
    """The format that the expect plugin is to print in; "" if none is named. Raises ValueError."""
    given = options.get("formatter") or options.get("outputFormat")
    if given is None or given in FORMATS:
        return str(given or "")
    raise ValueError(f"plugins.expect.outputFormat is one of {', '.join(FORMATS)}, not {given!r}")


def _headers(given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Template]]:
    """Default headers: those that never change, and those to be rendered for each request."""
    fixed: dict[str, str] = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "gzip, deflate, br"}
    rendered: dict[str, Template] = {}
    for name, value in given.items():
        template = compile_template(value)
        key = str(name).lower()
        if template.render is None:
            fixed[key] = js_text(value)
        else:
            rendered[key] = template
    return fixed, rendered
