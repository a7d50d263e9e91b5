"""k6's seven executors as data: which fields each has, what they default to, and what cannot be.

Rules: pure. A scenario goes in as a script has it and comes out complete, with durations as texts; wrong and unknown
fields are an `OptionError`. The shortcuts (vus, duration, iterations, stages) become one scenario named "default".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from swell.dialects.k6.inspect_requirements import seconds_of
from swell.dialects.k6.option_values import (
    OptionError,
    decimal,
    duration,
    integer,
    mapping,
    stages,
    text,
    text_map,
)

__all__ = ["EXECUTORS", "describe", "scenarios_of", "select"]

_NAME = re.compile(r"[0-9A-Za-z_-]+")
_ONE_SECOND = 1.0


class _Field(NamedTuple):
    """How a field is read, what it is if nobody says, and whether somebody must."""

    parse: Callable[[str, Any], Any]
    default: Any = None
    required: bool = False


def _entries(name: str, value: Any) -> dict[str, Any] | None:
    return None if value is None else dict(mapping(name, value))


_COMMON: Mapping[str, _Field] = {
    "executor": _Field(text, required=True),
    "startTime": _Field(duration, "0s"),
    "gracefulStop": _Field(duration, "30s"),
    "exec": _Field(text, "default"),
    "env": _Field(text_map),
    "tags": _Field(text_map),
    "options": _Field(_entries),
}

EXECUTORS: Mapping[str, Mapping[str, _Field]] = {
    "shared-iterations": {
        "vus": _Field(integer, 1),
        "iterations": _Field(integer, 1),
        "maxDuration": _Field(duration, "10m0s"),
    },
    "per-vu-iterations": {
        "vus": _Field(integer, 1),
        "iterations": _Field(integer, 1),
        "maxDuration": _Field(duration, "10m0s"),
    },
    "constant-vus": {"vus": _Field(integer, 1), "duration": _Field(duration, required=True)},
    "ramping-vus": {
        "startVUs": _Field(integer, 1),
        "stages": _Field(stages, required=True),
        "gracefulRampDown": _Field(duration, "30s"),
    },
    "constant-arrival-rate": {
        "rate": _Field(decimal, required=True),
        "timeUnit": _Field(duration, "1s"),
        "duration": _Field(duration, required=True),
        "preAllocatedVUs": _Field(integer, required=True),
        "maxVUs": _Field(integer),
    },
    "ramping-arrival-rate": {
        "startRate": _Field(decimal, 0),
        "timeUnit": _Field(duration, "1s"),
        "stages": _Field(stages, required=True),
        "preAllocatedVUs": _Field(integer, required=True),
        "maxVUs": _Field(integer),
    },
    "externally-controlled": {
        "vus": _Field(integer, 0),
        "maxVUs": _Field(integer),
        "duration": _Field(duration, "0s"),
    },
}
"""The fields of each executor besides the common ones."""

_NOT_NEGATIVE = ("vus", "startVUs", "rate", "startRate", "maxVUs", "iterations", "preAllocatedVUs")
_POSITIVE = {
    "shared-iterations": ("vus", "iterations"),
    "per-vu-iterations": ("vus", "iterations"),
    "constant-vus": ("vus",),
    "constant-arrival-rate": ("rate",),
}
_AT_LEAST_A_SECOND = {
    "shared-iterations": "maxDuration",
    "per-vu-iterations": "maxDuration",
    "constant-vus": "duration",
    "constant-arrival-rate": "duration",
}


def scenarios_of(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The scenarios as they would run, by start time and name. Raises OptionError."""
    given: Mapping[str, Any] = options.get("scenarios") or {}
    raw = given or {"default": _shortcut(options)}
    found = {name: _scenario(name, dict(mapping(f"scenario {name}", value))) for name, value in raw.items()}
    order = sorted(found, key=lambda name: (seconds_of(found[name]["startTime"]), name))
    return {name: found[name] for name in order}


def select(scenarios: Mapping[str, dict[str, Any]], names: list[str]) -> dict[str, dict[str, Any]]:
    """Only these scenarios; they begin at once if none is left that begins before them. Raises OptionError."""
    if not names:
        return dict(scenarios)
    for name in names:
        if name not in scenarios:
            close = difflib.get_close_matches(name, scenarios, 1)
            hint = f" Did you mean {close[0]!r}?" if close else f" There are: {', '.join(scenarios)}."
            raise OptionError("--scenario", f"the test has no scenario {name!r}.{hint}")
    chosen = {name: dict(scenario) for name, scenario in scenarios.items() if name in names}
    first = min(seconds_of(scenario["startTime"]) for scenario in chosen.values())
    for scenario in chosen.values():
        # Nobody selects a scenario in order to wait for those that were left out.
        scenario["startTime"] = duration("startTime", (seconds_of(scenario["startTime"]) - first) * 1000.0)
    return chosen


def _shortcut(options: Mapping[str, Any]) -> dict[str, Any]:
    """The one scenario that vus, duration, iterations and stages mean."""
    vus = options.get("vus")
    if "iterations" in options:
        made: dict[str, Any] = {"executor": "shared-iterations", "vus": vus, "iterations": options["iterations"]}
        return made | {"maxDuration": options["duration"]} if "duration" in options else made
    if "duration" in options:
        return {"executor": "constant-vus", "vus": vus, "duration": options["duration"]}
    if options.get("stages"):
        return {"executor": "ramping-vus", "startVUs": vus, "stages": options["stages"]}
    if vus is not None:
        return {"executor": "shared-iterations", "vus": vus, "iterations": vus}
    return {"executor": "per-vu-iterations"}


def _scenario(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    """One scenario, complete."""
    where = f"scenario {name}"
    if not _NAME.fullmatch(name):
        raise OptionError(where, "names of scenarios consist of letters, digits, _ and -")
    kind = raw.get("executor")
    if not isinstance(kind, str) or kind not in EXECUTORS:
        close = difflib.get_close_matches(str(kind), EXECUTORS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(EXECUTORS)}"
        problem = "has no executor" if not kind else f"there is no executor {kind!r}"
        raise OptionError(where, f"{problem}; {hint}")
    fields = {**_COMMON, **EXECUTORS[kind]}
    for key in raw:
        if key not in fields:
            close = difflib.get_close_matches(key, fields, 1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has: {', '.join(sorted(fields))}"
            raise OptionError(where, f"{kind} has no field {key!r}{hint}")
    made: dict[str, Any] = {"executor": kind}
    for key, field in fields.items():
        if key == "executor":
            continue
        value = field.parse(f"{where}: {key}", raw.get(key))
        if value is None:
            if field.required:
                raise OptionError(where, f"{kind} needs the field {key!r}")
            value = field.default
        if value is not None:
            made[key] = value
    _check(where, made)
    return made


def _check(where: str, made: dict[str, Any]) -> None:
    """What fits no meaning."""
    kind = made["executor"]
    for key in _NOT_NEGATIVE:
        if made.get(key, 0) < 0:
            raise OptionError(where, f"{key} must not be negative")
    for key in _POSITIVE.get(kind, ()):
        if made[key] == 0:
            raise OptionError(where, f"{key} must be greater than 0")
    lasting = _AT_LEAST_A_SECOND.get(kind)
    if lasting is not None and seconds_of(made[lasting]) < _ONE_SECOND:
        raise OptionError(where, f"{lasting} must be at least 1s")
    if "timeUnit" in made and seconds_of(made["timeUnit"]) <= 0:
        raise OptionError(where, "timeUnit must be longer than 0")
    if kind == "shared-iterations" and made["iterations"] < made["vus"]:
        raise OptionError(where, f"iterations ({made['iterations']}) must not be fewer than vus ({made['vus']})")
    if kind == "ramping-vus" and made["startVUs"] == 0 and all(stage["target"] == 0 for stage in made["stages"]):
        raise OptionError(where, "some target of the stages, or startVUs, must be greater than 0")
    if not made.get("exec"):
        raise OptionError(where, "exec must name an exported function")
    own: Mapping[str, Any] = made.get("options") or {}
    if own.get("browser"):
        raise OptionError(where, "k6/browser is not supported; use Playwright with `swell run` for browsers")
    _check_vus(where, made)


def _check_vus(where: str, made: dict[str, Any]) -> None:
    """How many VUs there are at first and at most, filled in and checked."""
    kind = made["executor"]
    if kind == "externally-controlled":
        made.pop("gracefulStop")
        made.setdefault("maxVUs", made["vus"])
        least, most = made["vus"], made["maxVUs"]
    elif "preAllocatedVUs" in made:
        made.setdefault("maxVUs", made["preAllocatedVUs"])
        least, most = made["preAllocatedVUs"], made["maxVUs"]
        if most == 0:
            raise OptionError(where, "preAllocatedVUs, or maxVUs, must be greater than 0")
    else:
        return
    if most < least:
        raise OptionError(where, f"maxVUs ({most}) must not be less than {least}")


def describe(scenario: Mapping[str, Any]) -> str:
    """What a scenario does, in one line as k6 shows it."""
    kind = scenario["executor"]
    extras: list[str] = []
    unit = scenario.get("timeUnit", "1s")
    per = "s" if seconds_of(unit) == 1 else unit
    match kind:
        case "shared-iterations":
            said = f"{scenario['iterations']} iterations shared among {scenario['vus']} VUs"
            extras.append(f"maxDuration: {scenario['maxDuration']}")
        case "per-vu-iterations":
            said = f"{scenario['iterations']} iterations for each of {scenario['vus']} VUs"
            extras.append(f"maxDuration: {scenario['maxDuration']}")
        case "constant-vus":
            said = f"{scenario['vus']} looping VUs for {scenario['duration']}"
        case "ramping-vus":
            peak = max([scenario["startVUs"], *(stage["target"] for stage in scenario["stages"])])
            said = f"Up to {peak} looping VUs for {_total(scenario)} over {len(scenario['stages'])} stages"
            extras.append(f"gracefulRampDown: {scenario['gracefulRampDown']}")
        case "constant-arrival-rate":
            said = f"{scenario['rate']:.2f} iterations/{per} for {scenario['duration']}"
            extras.append(f"maxVUs: {_range(scenario)}")
        case "ramping-arrival-rate":
            peak = max([scenario["startRate"], *(stage["target"] for stage in scenario["stages"])])
            said = f"Up to {peak:.2f} iterations/{per} for {_total(scenario)} over {len(scenario['stages'])} stages"
            extras.append(f"maxVUs: {_range(scenario)}")
        case _:
            length = scenario["duration"]
            said = "Externally controlled execution with "
            said += f"{scenario['vus']} VUs, {scenario['maxVUs']} max VUs, "
            said += "infinite duration" if seconds_of(length) == 0 else f"{length} duration"
    if scenario["exec"] != "default":
        extras.append(f"exec: {scenario['exec']}")
    if seconds_of(scenario["startTime"]) > 0:
        extras.append(f"startTime: {scenario['startTime']}")
    if "gracefulStop" in scenario and seconds_of(scenario["gracefulStop"]) > 0:
        extras.append(f"gracefulStop: {scenario['gracefulStop']}")
    return f"{said} ({', '.join(extras)})" if extras else said


def _total(scenario: Mapping[str, Any]) -> str:
    return str(duration("", sum(seconds_of(stage["duration"]) for stage in scenario["stages"]) * 1000.0))


def _range(scenario: Mapping[str, Any]) -> str:
    least, most = scenario["preAllocatedVUs"], scenario["maxVUs"]
    return f"{least}" if least == most else f"{least}-{most}"
