"""The module k6/execution: where the VU is in the test, and how to end it (execution.js holds the script's side).

Rules: every property is asked for when it is read. What belongs to a scenario is unavailable in init code, setup and
teardown. `instance` is this process; numbers "in test" are unique over all processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.engine.script import AbortRun

if TYPE_CHECKING:
    from swell.dialects.k6.program import K6Program
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/execution."""
    calls: dict[str, Any] = {
        "scenario": _scenario,
        "instance": _instance,
        "vu": _vu,
        "options": _options,
        "abort": _abort,
        "fail": _fail,
        "tags": _tags,
        "setTag": _set_tag,
        "deleteTag": _delete_tag,
    }
    exports: dict[str, object] = {name: HostFunction(call) for name, call in calls.items()}
    source = resources.files(__package__ or "").joinpath("execution.js").read_text("utf-8")
    return {"k6/execution": HostModule(exports, source)}


def _program(vu: K6Vu, what: str) -> K6Program:
    program = vu.worker.program_side
    if program is None:
        raise JsThrow("Error", f"{what} is not available in init code")
    return program


def _scenario(context: Any, name: str) -> Any:
    vu: K6Vu = context.state
    if vu.phase != "vu" or vu.user is None:
        raise JsThrow("Error", "exec.scenario is available in iterations of scenarios only")
    return _program(vu, "exec.scenario").scenario_field(vu, name)


def _instance(context: Any, name: str) -> Any:
    vu: K6Vu = context.state
    return _program(vu, "exec.instance").instance_field(name)


def _vu(context: Any, name: str) -> Any:
    vu: K6Vu = context.state
    match name:
        case "idInInstance":
            return vu.own_number
        case "idInTest":
            return vu.number
        case "iterationInInstance":
            return max(vu.iteration, 0)
        case _:
            if vu.phase != "vu":
                raise JsThrow("Error", "exec.vu.iterationInScenario is available in iterations of scenarios only")
            return max(vu.scenario_iteration, 0)


def _options(context: Any) -> Any:
    vu: K6Vu = context.state
    return dict(vu.options) | {"scenarios": vu.worker.test.scenarios}


def _abort(context: Any, message: Any = None) -> None:
    vu: K6Vu = context.state
    reason = "test aborted" if message is None else str(message)
    vu.worker.tell("abort", reason)
    raise AbortRun(reason)


def _fail(context: Any, message: Any = None) -> None:
    vu: K6Vu = context.state
    reason = "test marked as failed" if message is None else str(message)
    vu.worker.tell("fail", reason)
    vu.log("error", reason)


def _tags(context: Any) -> dict[str, str]:
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "exec.vu.tags is not available in init code")
    found = vu.tags().as_dict()
    found.setdefault("group", "")
    return found


def _set_tag(context: Any, name: str, value: str) -> None:
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "exec.vu.tags is not available in init code")
    vu.own_tags[name] = value
    vu.retag()


def _delete_tag(context: Any, name: str) -> None:
    vu: K6Vu = context.state
    if vu.own_tags.pop(name, None) is not None:
        vu.retag()
