"""Swell: load testing that is fast and truthful.

Rules: names are loaded when they are first used, so that `import swell` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swell.dialects.python.checks import check, group
    from swell.dialects.python.current import abort, blocking, sleep
    from swell.dialects.python.events import EventHook, events
    from swell.dialects.python.exceptions import (
        FeederError,
        InterruptTaskSet,
        RescheduleTask,
        RescheduleTaskImmediately,
        StopUser,
    )
    from swell.dialects.python.feeders import csv_feeder, feeder, jsonl_feeder
    from swell.dialects.python.lifecycle import setup, teardown
    from swell.dialects.python.loads import (
        arrival_stages,
        arrival_steps,
        arrivals,
        iterations,
        iterations_per_user,
        pause,
        ramp,
        sequence,
        stages,
        steps,
        users,
    )
    from swell.dialects.python.metrics import Counter, Gauge, Rate, Trend
    from swell.dialects.python.rendezvous import rendezvous
    from swell.dialects.python.shapes import LoadTestShape
    from swell.dialects.python.tasks import tag, task
    from swell.dialects.python.tasksets import SequentialTaskSet, TaskSet
    from swell.dialects.python.users import HttpUser, User
    from swell.dialects.python.waits import (
        between,
        constant,
        constant_pacing,
        constant_throughput,
        poisson,
    )
    from swell.dialects.python.websockets import WebSocketClosed, WebSocketError

__version__ = "0.1.0"

__all__ = [
    "Counter",
    "EventHook",
    "FeederError",
    "Gauge",
    "HttpUser",
    "InterruptTaskSet",
    "LoadTestShape",
    "Rate",
    "RescheduleTask",
    "RescheduleTaskImmediately",
    "SequentialTaskSet",
    "StopUser",
    "TaskSet",
    "Trend",
    "User",
    "WebSocketClosed",
    "WebSocketError",
    "__version__",
    "abort",
    "arrival_stages",
    "arrival_steps",
    "arrivals",
    "between",
    "blocking",
    "check",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "csv_feeder",
    "events",
    "feeder",
    "group",
    "iterations",
    "iterations_per_user",
    "jsonl_feeder",
    "pause",
    "poisson",
    "ramp",
    "rendezvous",
    "sequence",
    "setup",
    "sleep",
    "stages",
    "steps",
    "tag",
    "task",
    "teardown",
    "users",
]

_MODULES = {
    "checks": ("check", "group"),
    "current": ("abort", "blocking", "sleep"),
    "events": ("EventHook", "events"),
    "exceptions": (
        "FeederError",
        "InterruptTaskSet",
        "RescheduleTask",
        "RescheduleTaskImmediately",
        "StopUser",
    ),
    "feeders": ("csv_feeder", "feeder", "jsonl_feeder"),
    "lifecycle": ("setup", "teardown"),
    "loads": (
        "arrival_stages",
        "arrival_steps",
        "arrivals",
        "iterations",
        "iterations_per_user",
        "pause",
        "ramp",
        "sequence",
        "stages",
        "steps",
        "users",
    ),
    "metrics": ("Counter", "Gauge", "Rate", "Trend"),
    "rendezvous": ("rendezvous",),
    "shapes": ("LoadTestShape",),
    "tasks": ("tag", "task"),
    "tasksets": ("SequentialTaskSet", "TaskSet"),
    "users": ("HttpUser", "User"),
    "waits": ("between", "constant", "constant_pacing", "constant_throughput", "poisson"),
    "websockets": ("WebSocketClosed", "WebSocketError"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'swell' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"swell.dialects.python.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
