"""What `import locust` gives a test file: Locust's names, from where they are made here.

Rules: this module is `locust` while a locustfile is loaded and ever after (`aliases`). `events` belongs to one load of
one test: `aliases.fresh_events` puts new ones here before each. Submodules are loaded when they are asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.event import Events
from swell.dialects.locust.markov import MarkovTaskSet, transition, transitions
from swell.dialects.locust.shape import LoadTestShape
from swell.dialects.locust.tasks import SequentialTaskSet, TaskSet, tag, task
from swell.dialects.locust.users import HttpLocust, HttpUser, Locust, User
from swell.dialects.locust.version import LOCUST_VERSION
from swell.dialects.locust.wait_time import between, constant, constant_pacing, constant_throughput, poisson

if TYPE_CHECKING:
    from swell.dialects.locust import wait_time
    from swell.dialects.locust.debug import run_single_user
    from swell.dialects.locust.fasthttp import FastHttpUser

__all__ = [
    "FastHttpUser",
    "HttpLocust",
    "HttpUser",
    "LoadTestShape",
    "Locust",
    "MarkovTaskSet",
    "SequentialTaskSet",
    "TaskSet",
    "User",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "run_single_user",
    "tag",
    "task",
    "transition",
    "transitions",
    "wait_time",
]

__version__ = LOCUST_VERSION
version = LOCUST_VERSION

events = Events()


def __getattr__(name: str) -> Any:
    if name == "FastHttpUser":
        from swell.dialects.locust.fasthttp import FastHttpUser  # noqa: PLC0415 - only for those who use it

        return FastHttpUser
    if name == "run_single_user":
        from swell.dialects.locust.debug import run_single_user  # noqa: PLC0415 - as above

        return run_single_user
    from swell.dialects.locust.aliases import MODULES  # noqa: PLC0415 - made of this module

    full = "locust.user.wait_time" if name == "wait_time" else f"locust.{name}"
    if full in MODULES:
        return importlib.import_module(full)
    raise AttributeError(f"module 'locust' has no attribute {name!r}")
