"""The module k6: check, group, sleep, fail, randomSeed (k6.js holds the script's side).

Rules: a check is one call for each of its names. Groups put their path into the tag `group` of everything measured
inside. What differs from k6: the texts of errors are our own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.javascript import HostFunction, HostModule, JsThrow

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules"]

_CHECKS = "k6.checks"
_GROUP = "k6.group"


def modules() -> Mapping[str, HostModule]:
    """The module k6."""
    calls: dict[str, Any] = {"check": _check, "enter": _enter, "leave": _leave, "sleep": _sleep}
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in calls.items()}
    source = resources.files(__package__ or "").joinpath("k6.js").read_text("utf-8")
    return {"k6": HostModule(exports, source)}


def _check(context: Any, name: str, holds: bool, tags: str | None) -> None:
    vu: K6Vu = context.state
    recorder = vu.recorder
    if recorder is None:
        raise JsThrow("Error", "check() cannot be used in init code")
    here = vu.tags()
    if tags is not None:
        here = here.with_tags(**msgspec.json.decode(tags, type=dict[str, str]))
    known: tuple[Any, dict[str, int]] | None = here.cache.get(_CHECKS)
    if known is None or known[0] is not recorder:
        known = (recorder, {})
        here.cache[_CHECKS] = known
    number = known[1].get(name)
    if number is None:
        number = known[1][name] = recorder.series("checks", "rate", here.with_tags(check=name))
    recorder.add_sample((number, vu.hub.time(), 1.0 if holds else 0.0))


def _enter(context: Any, name: str) -> float:
    """Begin a group; returns the time for `leave`."""
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "group() cannot be used in init code")
    vu.group = f"{_path(vu)}::{name}"
    vu.retag()
    return vu.hub.time()


def _leave(context: Any, start: float) -> None:
    vu: K6Vu = context.state
    recorder = vu.recorder
    here = vu.tags()
    end = vu.hub.time()
    if recorder is not None:
        known = here.cache.get(_GROUP)
        if known is None or known[0] is not recorder:
            known = here.cache[_GROUP] = (recorder, recorder.series("group_duration", "trend", here, is_time=True))
        recorder.add_sample((known[1], end, (end - start) * 1000.0))
    vu.group = _path(vu).rpartition("::")[0]
    vu.retag()


def _path(vu: K6Vu) -> str:
    """The group that the VU is in; setup and teardown are groups of their own."""
    return vu.group or vu.base.get("group")


def _sleep(context: Any, seconds: float) -> None:
    vu: K6Vu = context.state
    if seconds <= 0:
        return
    if vu.worker.hub is None:
        time.sleep(seconds)  # init code outside of a run, which nobody waits beside
        return
    vu.hub.sleep(seconds)
