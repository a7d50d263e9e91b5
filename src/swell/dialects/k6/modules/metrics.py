"""The module k6/metrics: Counter, Gauge, Rate, Trend (metrics.js holds the script's side).

Rules: metrics are made in init code only, the same in every VU; a sample is one call with the metric's number. Its tags
are those of the VU and those given with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.javascript import HostFunction, HostModule, JsThrow

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules"]


def modules() -> Mapping[str, HostModule]:
    """The module k6/metrics."""
    calls: dict[str, Any] = {"make": _make, "add": _add, "refuse": _refuse}
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in calls.items()}
    source = resources.files(__package__ or "").joinpath("metrics.js").read_text("utf-8")
    return {"k6/metrics": HostModule(exports, source)}


def _make(context: Any, kind: Any, name: Any, is_time: bool) -> int:
    vu: K6Vu = context.state
    if vu.phase != "init":
        raise JsThrow("Error", "metrics are made in init code only: at the top of the script")
    return vu.worker.declare(name, kind, is_time=is_time)


def _add(context: Any, number: int, value: float, tags: str | None) -> None:
    vu: K6Vu = context.state
    metric = vu.worker.metrics[number]
    extra = None if tags is None else msgspec.json.decode(tags, type=dict[str, str])
    if vu.phase == "init":
        raise JsThrow("Error", f"{metric.name}: samples cannot be added in init code")
    vu.sample(metric.name, metric.kind, value, extra, is_time=metric.is_time)


def _refuse(context: Any, number: int, value: str) -> bool:
    """A value that is no number: a warning, or an error with the option `throw`."""
    vu: K6Vu = context.state
    message = f"{vu.worker.metrics[number].name}: {value} is no number and was not added"
    if vu.options.get("throw"):
        raise JsThrow("TypeError", message)
    vu.log("warn", message)
    return False
