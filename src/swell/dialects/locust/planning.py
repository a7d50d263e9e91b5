"""From a loaded locustfile and its command line to the plan.

Rules: without options of Swell's the load is Locust's: -u users at -r per second in batches, or a shape, which steers
while it runs. --rate and --swell-profile take their place without a change of the file.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swell.dialects.locust.loader import LOADER
from swell.dialects.locust.runners import WORKLOAD, shares
from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.options import RunOptions, checked_host, load_from_options
from swell.model.named_profiles import NAMED_PROFILES, load_profile
from swell.model.plan import ArrivalPolicy, Plan, Source, SteeredUsers, Workload
from swell.model.scaling import scale_plan
from swell.model.threshold import ThresholdError, parse_threshold
from swell.model.threshold_lines import threshold_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.dialects.locust.env import Environment
    from swell.dialects.locust.testing import LocustTest

__all__ = ["make_plan"]

# Code at the end of a user or of the test has no limit in Locust; one that never ends must not keep the run for ever.
LAST_WORDS = 60.0
LAST_EVENTS = 3600.0


def make_plan(test: LocustTest, environment: Environment, argv: Sequence[str], *, processes: int) -> Plan:
    """The plan of one run. Raises OptionError."""
    options = test.options
    given = options.swell_profile or options.rate
    if options.num_users is None and not given:
        options.num_users = 1
    if options.spawn_rate is None and not given:
        options.spawn_rate = 1
    profile, policy = _load(test, options)
    grace = float(options.stop_timeout)
    workload = Workload(
        name=WORKLOAD,
        mix=shares(environment.user_classes),
        profile=profile,
        policy=policy,
        graceful_stop=grace,
        graceful_ramp_down=grace,
        last_words=LAST_WORDS,
    )
    host = (options.host or "").rstrip() or ""
    source = Source(
        LOADER,
        test.files.paths[0],
        options={
            "argv": json.dumps(list(argv)),
            "several": "yes" if processes > 1 else "no",
            "overrides": json.dumps({"num_users": options.num_users, "spawn_rate": options.spawn_rate}),
        },
    )
    plan = Plan(
        source=source,
        workloads=(workload,),
        thresholds=(
            *(_threshold(text) for text in options.threshold),
            *(line for name in options.thresholds for line in _criteria(name)),
        ),
        host=checked_host(host, "--host") if "://" in host else host,
        # With a shape the run time says nothing, as in Locust: the shape ends the test.
        duration=float(options.run_time) if options.run_time and test.shape is None else None,
        processes=processes,
        seed=options.seed,
        name=environment.locustfile or "",
        setup_timeout=LAST_EVENTS,
        teardown_timeout=LAST_EVENTS,
    )
    try:
        return scale_plan(plan, options.time_scale, options.load_scale)
    except ValueError as error:
        raise OptionError(str(error)) from None


def _load(test: LocustTest, options: Any) -> tuple[Any, ArrivalPolicy]:
    if options.swell_profile:
        if options.rate is not None and options.num_users is not None:
            raise OptionError("--swell-profile takes --users or --rate, not both")
        if options.swell_profile.strip().lower() not in NAMED_PROFILES:
            raise OptionError(
                f"there is no load profile {options.swell_profile!r}; there are {', '.join(NAMED_PROFILES)}"
            )
        try:
            duration = None if options.run_time is None else float(options.run_time)
            profile = load_profile(options.swell_profile, users=options.num_users, rate=options.rate, duration=duration)
        except ValueError as error:
            raise OptionError(str(error)) from None
        return profile, ArrivalPolicy()
    if options.rate is not None:
        if options.run_time is None:
            raise OptionError("--rate needs --run-time: how long shall arrivals come?")
        load = load_from_options(
            RunOptions(rate=options.rate, users=options.num_users, duration=float(options.run_time))
        )
        assert load is not None
        return load.profile, load.policy
    if test.shape is not None:
        return SteeredUsers(0, math.inf, None, batched=True), ArrivalPolicy()
    return SteeredUsers(options.num_users, float(options.spawn_rate), None, batched=True), ArrivalPolicy()


def _threshold(text: str) -> str:
    try:
        return parse_threshold(text).source
    except ThresholdError as error:
        raise OptionError(f"--threshold: {error}") from None


def _criteria(name: str) -> tuple[str, ...]:
    try:
        return threshold_lines(Path(name).read_text(encoding="utf-8"), name)
    except OSError as error:
        raise OptionError(f"--thresholds {name}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise OptionError(f"--thresholds: {error}") from None
