"""The module k6: check, group, sleep, fail, randomSeed (k6.js holds the script's side).

Rules: a check is one call for each of its names, which scripts know by number. Groups put their path into the tag
`group` of everything measured inside. What differs from k6: the texts of errors are our own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.javascript import HostFunction, HostModule, JsThrow
from swell.runtime.fiber import current_fiber

if TYPE_CHECKING:
    from swell.dialects.k6.vu import K6Vu

__all__ = ["modules"]

_GROUP = "k6.group"


def modules() -> Mapping[str, HostModule]:
    """The module k6."""
    calls: dict[str, Any] = {
        "name": _name,
        "check": _check,
        "checkTagged": _check_tagged,
        "enter": _enter,
        "leave": _leave,
        "sleep": _sleep,
    }
    exports: dict[str, object] = {name: HostFunction(call, "raw") for name, call in calls.items()}
    source = resources.files(__package__ or "").joinpath("k6.js").read_text("utf-8")
    return {"k6": HostModule(exports, source)}


def _name(context: Any, name: str) -> int:
    """The number of a check's name, the same in all VUs of the process."""
    vu: K6Vu = context.state
    return vu.worker.check_numbers.setdefault(name, len(vu.worker.check_numbers))


def _check(context: Any, code: int) -> None:
    """A check without tags of its own: twice its number, and 1 if it holds."""
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "check() cannot be used in init code")
    here = current_fiber().tags
    recorder = vu.worker.recorder
    if here is not vu.check_tags:
        vu.check_tags, vu.check_series = here, {}
    assert recorder is not None
    number = vu.check_series.get(code >> 1)
    if number is None:
        name = next(name for name, known in vu.worker.check_numbers.items() if known == code >> 1)
        number = vu.check_series[code >> 1] = recorder.series("checks", "rate", here.with_tags(check=name))
    recorder.add_sample((number, vu.hub.time(), float(code & 1)))


def _check_tagged(context: Any, name: str, holds: bool, tags: str) -> None:
    vu: K6Vu = context.state
    if vu.phase == "init":
        raise JsThrow("Error", "check() cannot be used in init code")
    extra = msgspec.json.decode(tags, type=dict[str, str])
    vu.sample("checks", "rate", 1.0 if holds else 0.0, {**extra, "check": name})


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
