"""`swell run` on a k6 script: the options of all dialects, without k6's own output.

Rules: users, duration, iterations and stages on the command line mean what they mean to k6; arrival rates, spawn rates
and named profiles make one scenario of the script's functions. Without any, the script's own scenarios run. A host goes
into `__ENV.BASE_URL`, where scripts look for it. Exit codes and summary are those of `swell run`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.k6.flags import Given
from swell.dialects.k6.inspect_requirements import duration_text
from swell.dialects.k6.loading import LoadError, load
from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.options import load_from_options
from swell.model.named_profiles import NAMED_PROFILES, load_profile
from swell.model.plan import ArrivalPolicy, ArrivalRuns, ArrivalSequence, ArrivalStages, HttpOptions, Share, Workload
from swell.model.profiles import duration as profile_duration
from swell.model.profiles import peak_users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.python.options import RunOptions
    from swell.metrics.builtin import Kind
    from swell.model.plan import Plan, Profile

__all__ = ["plan_of_run"]

_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)


def plan_of_run(path: str, env: Mapping[str, str], options: RunOptions) -> tuple[Plan, dict[str, Kind]]:
    """(plan, the script's own metrics) of a script under the common options. Raises OptionError."""
    own = _own_load(options)
    try:
        loaded = load(_given(path, env, options, own=own is not None))
    except LoadError as error:
        raise OptionError(str(error)) from None
    plan: Plan = loaded.plan
    if own is not None:
        plan = _reshaped(plan, loaded.test, *own)
    plan = msgspec.structs.replace(
        plan,
        http=_http(plan.http, options.http),
        seed=options.seed,
        thresholds=(*plan.thresholds, *options.thresholds),
        tags={**plan.tags, **options.tags},
        name=options.name or plan.name,
        processes=options.processes,
        host=options.host,
    )
    return plan, loaded.instance.declared()


def _given(path: str, env: Mapping[str, str], options: RunOptions, *, own: bool) -> Given:
    """The command line of k6 that says the same."""
    pairs = dict(env)
    if options.host:
        pairs.setdefault("BASE_URL", options.host)
    # The run's own view shows what scripts print, line by line.
    flags: dict[str, Any] = {"env": [f"{name}={value}" for name, value in pairs.items()], "log-format": "raw"}
    if options.only:
        flags["scenario"] = list(options.only)
    if not own:
        for name, value in (("vus", options.users), ("iterations", options.iterations)):
            if value is not None:
                flags[name] = str(value)
        if options.duration is not None:
            flags["duration"] = duration_text(options.duration)
        if options.stages:
            flags["stage"] = [f"{duration_text(length)}:{target:g}" for length, target in options.stages]
    return Given(flags, [path])


def _own_load(options: RunOptions) -> tuple[Profile, ArrivalPolicy] | None:
    """A load that k6's own flags cannot say."""
    if options.include_tags or options.exclude_tags:
        raise OptionError("--tags and --exclude-tags select tasks of Python tests; name scenarios with --only")
    if options.profile:
        if options.profile.strip().lower() not in NAMED_PROFILES:
            raise OptionError(
                f"there is no load profile {options.profile!r}; for any file: {', '.join(NAMED_PROFILES)}"
            )
        try:
            profile = load_profile(options.profile, users=options.users, rate=options.rate, duration=options.duration)
        except ValueError as error:
            raise OptionError(str(error)) from None
        return profile, ArrivalPolicy()
    if options.rate is None and not options.rate_stages and options.spawn_rate is None:
        return None
    found = load_from_options(options)
    return None if found is None else (found.profile, found.policy)


def _reshaped(plan: Plan, test: Any, profile: Profile, policy: ArrivalPolicy) -> Plan:
    """The plan with one workload of this load over the functions of the script's scenarios."""
    functions = list(dict.fromkeys(share.behaviour for workload in plan.workloads for share in workload.mix))
    is_open = isinstance(profile, _OPEN)
    length = profile_duration(profile)
    scenario: dict[str, Any] = {
        "executor": "constant-arrival-rate" if is_open else "constant-vus",
        "startTime": "0s",
        "gracefulStop": "30s",
        "exec": functions[0],
        "duration": duration_text(length or 0.0),
    }
    scenario["preAllocatedVUs" if is_open else "vus"] = 1 if is_open else peak_users(profile)
    test.scenarios = {"default": scenario}
    workload = Workload(
        name="default", mix=tuple(Share(function) for function in functions), profile=profile, policy=policy
    )
    source = msgspec.structs.replace(plan.source, options=test.pack())
    return msgspec.structs.replace(plan, workloads=(workload,), source=source)


def _http(script: HttpOptions, given: HttpOptions) -> HttpOptions:
    """The script's options with those of the command line on top."""
    default = HttpOptions()
    changed = {
        name: getattr(given, name)
        for name in HttpOptions.__struct_fields__
        if getattr(given, name) != getattr(default, name)
    }
    return msgspec.structs.replace(script, **changed)
