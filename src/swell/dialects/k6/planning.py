"""From k6's options and scenarios to the plan that the engine runs.

Rules: pure. Every scenario is a workload with k6's exact timing (reference of the engine: `model.plan`): a constant
rate starts its first iteration at once, a ramping rate when its area reaches 1. Thresholds are checked here: an unknown
metric, or an aggregation that it does not have, is an `OptionError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from swell.dialects.k6.inspect_requirements import seconds_of
from swell.dialects.k6.modules.http_settings import CONNECTION_TAGS, http_options
from swell.dialects.k6.option_values import OptionError
from swell.metrics.builtin import BUILTIN
from swell.metrics.exact import DEFAULT_SAMPLES
from swell.model.criteria import AGGREGATIONS
from swell.model.metrics_view import MetricKind
from swell.model.plan import (
    ArrivalPolicy,
    ArrivalStages,
    Plan,
    Profile,
    Share,
    SharedIterations,
    Source,
    Stage,
    SteeredUsers,
    UserIterations,
    UserStages,
    Workload,
)
from swell.model.profiles import duration, user_steps
from swell.model.threshold import ThresholdError, parse_threshold

if TYPE_CHECKING:
    from swell.dialects.k6.execution_segments import Part, Stripe

__all__ = ["LOADER", "Threshold", "largest_vus", "make_plan", "thresholds_of"]

LOADER = "swell.dialects.k6.loader:load"
"""What `Source.loader` says for k6 scripts."""

_EXPRESSION = re.compile(
    r"(?P<aggregation>avg|min|max|med|count|rate|value|p)\s*(?:\(\s*(?P<q>\d+(?:\.\d+)?)\s*\))?"
    r"\s*(?P<operator>>=|<=|===|==|!=|>|<)\s*(?P<limit>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
)
_NEVER_TAGS = {"vu", "iter"}
_USER_AGENT = "Grafana k6/2.2.0"


class Threshold(NamedTuple):
    """One criterion: `metric` and `expression` as the script has them, `line` in our grammar."""

    metric: str
    expression: str
    line: str


def make_plan(
    script: str,
    options: Mapping[str, Any],
    scenarios: Mapping[str, Mapping[str, Any]],
    *,
    env: Mapping[str, str],
    settings: Mapping[str, str],
    thresholds: Iterable[str] = (),
    processes: int = 1,
    name: str = "",
    part: Part | None = None,
) -> Plan:
    """The plan. `settings` travel to the workers; `thresholds` are lines in our grammar.

    `part`: what this instance runs of the scenarios, which are those of the whole test. Raises OptionError.
    """
    workloads = [
        _workload(name, scenario, part)
        for name, scenario in scenarios.items()
        if part is None or part.scenario(scenario) is not None
    ]
    return Plan(
        source=Source(LOADER, script, dict(env), dict(settings)),
        workloads=tuple(workloads),
        thresholds=tuple(thresholds),
        http=http_options(options, _USER_AGENT),
        processes=processes,
        tags=dict(options.get("tags") or {}),
        name=name,
        setup_timeout=seconds_of(options.get("setupTimeout"), "60s"),
        teardown_timeout=seconds_of(options.get("teardownTimeout"), "60s"),
        exact_samples=DEFAULT_SAMPLES,
    )


def largest_vus(scenario: Mapping[str, Any]) -> int:
    """The VUs that a scenario certainly uses: those that are made before the test starts."""
    match scenario["executor"]:
        case "ramping-vus":
            return max([scenario["startVUs"], *(stage["target"] for stage in scenario["stages"])])
        case "constant-arrival-rate" | "ramping-arrival-rate":
            return scenario["preAllocatedVUs"]
        case _:
            return scenario["vus"]


def _workload(name: str, whole: Mapping[str, Any], part: Part | None) -> Workload:
    scenario = whole if part is None else part.scenario(whole) or whole
    policy = ArrivalPolicy()
    if "preAllocatedVUs" in scenario:
        policy = ArrivalPolicy(scenario["preAllocatedVUs"], scenario["maxVUs"], 0.0)
    return Workload(
        name=name,
        mix=(Share(scenario["exec"]),),
        profile=_profile(scenario) if part is None else _part_of_profile(_profile(whole), _profile(scenario), part.own),
        start_time=seconds_of(scenario["startTime"]),
        graceful_stop=seconds_of(scenario.get("gracefulStop")),
        graceful_ramp_down=seconds_of(scenario.get("gracefulRampDown"), "30s"),
        policy=policy,
        tags=dict(scenario.get("tags") or {}),
        env=dict(scenario.get("env") or {}),
    )


def _profile(scenario: Mapping[str, Any]) -> Profile:
    unit = seconds_of(scenario.get("timeUnit"), "1s")
    match scenario["executor"]:
        case "shared-iterations":
            return SharedIterations(scenario["vus"], scenario["iterations"], seconds_of(scenario["maxDuration"]))
        case "per-vu-iterations":
            return UserIterations(scenario["vus"], scenario["iterations"], seconds_of(scenario["maxDuration"]))
        case "constant-vus":
            vus = float(scenario["vus"])
            return UserStages((Stage(seconds_of(scenario["duration"]), vus),), vus)
        case "ramping-vus":
            return UserStages(_stages(scenario), float(scenario["startVUs"]))
        case "constant-arrival-rate":
            rate = scenario["rate"] / unit
            return ArrivalStages((Stage(seconds_of(scenario["duration"]), rate),), rate)
        case "ramping-arrival-rate":
            return ArrivalStages(_stages(scenario, unit), scenario["startRate"] / unit, offset=1.0)
        case _:
            return SteeredUsers(scenario["vus"], float("inf"), seconds_of(scenario["duration"]) or None)


def _part_of_profile(whole: Profile, scaled: Profile, own: Stripe) -> Profile:
    """What an instance runs of a profile, at the times of the whole; `scaled` is its part without regard to times."""
    match whole:
        case UserStages():
            return _stepwise(whole, own)
        case ArrivalStages():
            share = float(own.share)
            stages = tuple(Stage(each.duration, each.target * share, each.name) for each in whole.stages)
            offsets = tuple((place + whole.offset) * share for place in own.places)
            return ArrivalStages(stages, whole.start * share, offset=whole.offset, offsets=offsets)
        case _:
            return scaled


def _stepwise(whole: UserStages, own: Stripe) -> UserStages:
    """The users that come and go with the numbers of a stripe, as steps."""
    steps = [(at, own.count(users)) for at, users in user_steps(whole)]
    stages: list[Stage] = []
    since, count = 0.0, steps[0][1]
    for at, users in steps[1:]:
        if users != count:
            stages += [Stage(at - since, count), Stage(0.0, users)]
            since, count = at, users
    length = duration(whole) or 0.0
    return UserStages((*stages, Stage(max(length - since, 0.0), count)), steps[0][1])


def _stages(scenario: Mapping[str, Any], unit: float = 1.0) -> tuple[Stage, ...]:
    return tuple(Stage(seconds_of(stage["duration"]), stage["target"] / unit) for stage in scenario["stages"])


def thresholds_of(
    thresholds: Mapping[str, Iterable[Any]],
    declared: Mapping[str, MetricKind],
    system_tags: Sequence[str] | None = None,
) -> list[Threshold]:
    """The thresholds of a script. `declared`: the script's own metrics; `system_tags`: the option, None for k6's
    default. Raises OptionError.
    """
    found: list[Threshold] = []
    for metric, criteria in thresholds.items():
        name, tags = _selector(metric)
        if name.startswith("http_req"):
            _check_connection_tags(metric, tags, system_tags)
        kind = declared.get(name) or (BUILTIN[name].kind if name in BUILTIN else None)
        if kind is None:
            raise OptionError(
                "thresholds", f"there is no metric {name!r}: it must be built in or made in the init code of the script"
            )
        found += [_threshold(metric, name, tags, kind, criterion) for criterion in criteria]
    return found


def _check_connection_tags(metric: str, tags: Mapping[str, str], system_tags: Sequence[str] | None) -> None:
    """Raises OptionError for a tag that is recorded only if it is asked for."""
    recorded = CONNECTION_TAGS[:2] if system_tags is None else system_tags
    for tag in tags:
        if tag in CONNECTION_TAGS and tag not in recorded:
            raise OptionError(
                f"thresholds[{metric!r}]", f"the tag {tag!r} is recorded only if the option systemTags names it"
            )


def _threshold(metric: str, name: str, tags: Mapping[str, str], kind: MetricKind, criterion: Any) -> Threshold:
    fields: Mapping[str, Any] = {"threshold": criterion} if isinstance(criterion, str) else criterion
    expression = str(fields["threshold"])
    parsed = _EXPRESSION.fullmatch(expression.strip())
    if parsed is None or (parsed["aggregation"] == "p") != (parsed["q"] is not None):
        raise OptionError(
            f"thresholds[{metric!r}]",
            f"{expression!r} is no threshold: write AGGREGATION OPERATOR NUMBER, such as p(95)<500 or rate<0.01",
        )
    aggregation = parsed["aggregation"]
    offered = AGGREGATIONS[kind] if kind != "gauge" else ("value",)
    if aggregation not in offered or (kind == "trend" and aggregation == "count"):
        shown = ", ".join("p(N)" if each == "p" else each for each in offered if (kind, each) != ("trend", "count"))
        raise OptionError(f"thresholds[{metric!r}]", f"a {kind} has no {aggregation!r}; it has: {shown}")
    if parsed["q"] is not None and float(parsed["q"]) > 100:
        raise OptionError(f"thresholds[{metric!r}]", f"{expression!r}: a percentile lies between 0 and 100")
    shown_q = f"({parsed['q']})" if parsed["q"] is not None else ""
    operator = "==" if parsed["operator"] == "===" else parsed["operator"]
    selector = "{" + ",".join(f"{tag}:{_quoted(value)}" for tag, value in tags.items()) + "}" if tags else ""
    line = f"{name}{selector}: {aggregation}{shown_q} {operator} {parsed['limit']}"
    if fields.get("abortOnFail"):
        after = seconds_of(fields.get("delayAbortEval"))
        line += f" abort after {after:g}s" if after else " abort"
    try:
        parse_threshold(line)
    except ThresholdError as error:
        raise OptionError(f"thresholds[{metric!r}]", f"{expression!r}: {error}") from None
    return Threshold(metric, expression, line)


def _selector(metric: str) -> tuple[str, dict[str, str]]:
    """Name and tags of `name{tag:value,tag:value}`."""
    name, brace, rest = metric.partition("{")
    if not brace:
        return metric.strip(), {}
    inner, closing, _ = rest.rpartition("}")
    if not closing or not inner.strip():
        raise OptionError(f"thresholds[{metric!r}]", "this selects nothing: write metric{tag:value}")
    tags: dict[str, str] = {}
    for part in inner.split(","):
        tag, colon, value = part.partition(":")
        if not colon:
            raise OptionError(f"thresholds[{metric!r}]", f"{part!r} is no tag:value")
        tag = tag.strip().strip("\"'")
        if tag in _NEVER_TAGS:
            raise OptionError(f"thresholds[{metric!r}]", f"{tag!r} is no tag that thresholds can select by, as in k6")
        # A request's url tag and its name are the same in k6: the name is the URL unless given.
        tags["name" if tag == "url" else tag] = value.strip().strip("\"'")
    return name.strip(), tags


def _quoted(value: str) -> str:
    return msgspec.json.encode(value).decode()
