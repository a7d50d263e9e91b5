"""`swell run` on a locustfile: the options of all dialects, thresholds and arrivals, without Locust's own output.

Rules: the plan is made as for native files, over the locustfile's classes; without a load on the command line the
file's shape steers, or one user of each class runs. Locust's events come as in `swell locust`.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.locust.loader import LOADER
from swell.dialects.locust.testing import load_test
from swell.dialects.python.declarations import Declarations
from swell.dialects.python.loads import Load
from swell.dialects.python.planning import make_plan
from swell.model.plan import Source, SteeredUsers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.python.options import RunOptions
    from swell.model.plan import Plan

__all__ = ["plan_of_run"]


def plan_of_run(path: str, env: Mapping[str, str], options: RunOptions) -> Plan:
    """The plan of a locustfile under the common options. Raises TestFileError and OptionError."""
    argv = ["-f", path, "--headless"]
    if options.host:
        argv += ["--host", options.host]
    if options.duration is not None:
        argv += ["--run-time", str(math.ceil(options.duration))]
    for name, tags in (("--tags", options.include_tags), ("--exclude-tags", options.exclude_tags)):
        argv += [name, *tags] if tags else []
    test = load_test(argv)
    environment = test.make_environment()
    users: dict[str, Any] = dict(environment.user_classes_by_name)
    shape = Load(SteeredUsers(0, math.inf, options.duration, batched=True)) if test.shape is not None else None
    plan = make_plan(
        Declarations(users=users, loads={}, load=shape),
        Source(LOADER, path, dict(env)),
        msgspec.structs.replace(options, include_tags=(), exclude_tags=()),
    )
    source = msgspec.structs.replace(plan.source, options={"argv": json.dumps(argv), "front": "run"})
    return msgspec.structs.replace(plan, source=source)
