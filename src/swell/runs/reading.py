"""Reads records and plans back from JSON, infinite numbers included.

Rules: pure. JSON has no infinity, so it is written as null; where the model has no None, null is infinity ("all users
at once", a stage without end). Raises msgspec.MsgspecError for what is no record.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from swell.model.plan import Plan
from swell.runs.record import Run

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_plan", "read_run"]

T = TypeVar("T")

_ENDLESS = frozenset({"spawn_rate", "max_duration", "graceful_stop", "graceful_ramp_down", "max_lag"})


def read_run(data: bytes) -> Run:
    """The record that was written as JSON."""
    return _read(data, Run, lambda found: _mend_plan(found.get("plan")))


def read_plan(data: bytes) -> Plan:
    """The plan that was written as JSON."""
    return _read(data, Plan, _mend_plan)


def _read(data: bytes, kind: type[T], mend: Callable[[dict[str, Any]], None]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError:
        found: Any = json.loads(data)
        if not isinstance(found, dict):
            raise
        mend(cast("dict[str, Any]", found))
        return msgspec.convert(found, kind)


def _mend_plan(plan: Any) -> None:
    if isinstance(plan, dict):
        workloads = cast("dict[str, Any]", plan).get("workloads")
        for workload in cast("list[Any]", workloads) if isinstance(workloads, list) else ():
            _mend(workload)


def _mend(part: Any, *, is_stage: bool = False) -> None:
    """Put infinity where null cannot be meant, in a workload and all within."""
    if isinstance(part, list):
        for each in cast("list[Any]", part):
            _mend(each, is_stage=is_stage)
        return
    if not isinstance(part, dict):
        return
    values = cast("dict[str, Any]", part)
    for name, value in values.items():
        if value is None and (name in _ENDLESS or (is_stage and name == "duration")):
            values[name] = math.inf
        else:
            _mend(value, is_stage=name == "stages")
