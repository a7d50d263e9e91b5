"""`swell run` on an Artillery script: the options of all dialects, the common summary, without Artillery's console.

Rules: the load is the script's phases unless the command line gives one; then all scenarios share it by weight. Checks
of `ensure` become thresholds as far as they can be said as such; the others are named. What Artillery ignores in
silence is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swell.dialects.artillery.compiling import check_test
from swell.dialects.artillery.ensure import checks_of, thresholds_of
from swell.dialects.artillery.lint import lint
from swell.dialects.artillery.loading import Given, load
from swell.dialects.artillery.planning import WORKLOAD, http_options, make_plan
from swell.dialects.artillery.publish.targets import equivalents
from swell.dialects.artillery.slack import slack_note
from swell.dialects.python.exceptions import OptionError
from swell.dialects.python.options import load_from_options
from swell.model.named_profiles import NAMED_PROFILES, load_profile
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages, HttpOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swell.dialects.python.options import RunOptions
    from swell.model.plan import Plan, Profile

__all__ = ["is_script", "plan_of_run"]

_SCENARIOS = re.compile(r"""^\s*["']?scenarios["']?\s*:""", re.MULTILINE)


def is_script(path: str) -> bool:
    """Whether a file looks like an Artillery script (its mistakes are told when it is loaded)."""
    if Path(path).suffix.lower() not in {".yml", ".yaml", ".json"}:
        return False
    try:
        return _SCENARIOS.search(Path(path).read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False


def plan_of_run(path: str, env: Mapping[str, str], options: RunOptions, warn: Callable[[str], object]) -> Plan:
    """The plan of a script under the common options. Raises ScriptError and OptionError."""
    if options.include_tags or options.exclude_tags:
        raise OptionError("--tags and --exclude-tags select tasks of Python tests; a scenario is selected with --only")
    loaded = load(Given(scripts=[path], target=options.host, env=dict(env), require_target=options.require_host))
    config = loaded.test.config
    loaded.check_payloads()
    check_test(loaded)
    found = lint(loaded.documents, config, loaded.test.scenarios)
    for warning in [*loaded.warnings, *found, *equivalents(config), *slack_note(config)]:
        warn(warning)
    lines, left = thresholds_of(checks_of(config))
    for check in left:
        warn(f"ensure: {check.text!r} is judged by `swell artillery run` only")
    plan = make_plan(
        loaded,
        thresholds=[*lines, *options.thresholds],
        processes=options.processes,
        seed=options.seed,
        name=options.name,
        tags=options.tags,
    )
    plan = _with_load(plan, options)
    return msgspec.structs.replace(
        plan,
        workloads=_only(plan, options.only),
        http=_merged_http(options.http, http_options(config)),
        duration=options.duration,
    )


def _with_load(plan: Plan, options: RunOptions) -> Plan:
    profile = _asked(options)
    if profile is None:
        return plan
    shares = {share.behaviour: share for workload in plan.workloads for share in workload.mix}
    fresh = isinstance(profile, ArrivalStages | ArrivalRuns | ArrivalSequence)
    workload = msgspec.structs.replace(
        plan.workloads[0],
        name=WORKLOAD,
        mix=tuple(shares.values()),
        profile=profile,
        fresh_users=fresh,
        graceful_stop=30.0,
        graceful_ramp_down=30.0,
    )
    return msgspec.structs.replace(plan, workloads=(workload,))


def _asked(options: RunOptions) -> Profile | None:
    """The load of the command line."""
    if options.profile:
        if options.profile.strip().lower() not in NAMED_PROFILES:
            raise OptionError(f"there is no load profile {options.profile!r}; there are {', '.join(NAMED_PROFILES)}")
        try:
            return load_profile(options.profile, users=options.users, rate=options.rate, duration=options.duration)
        except ValueError as error:
            raise OptionError(str(error)) from None
    asked = load_from_options(options)
    return asked.profile if asked is not None else None


def _only(plan: Plan, names: tuple[str, ...]) -> tuple[Any, ...]:
    """The workloads with the named scenarios (or workloads) alone."""
    if not names:
        return plan.workloads
    known = [*(w.name for w in plan.workloads), *(share.behaviour for w in plan.workloads for share in w.mix)]
    for name in names:
        if name not in known:
            raise OptionError(f"--only {name}: there is no such scenario; known: {', '.join(dict.fromkeys(known))}")
    left: list[Any] = []
    for workload in plan.workloads:
        mix = tuple(share for share in workload.mix if workload.name in names or share.behaviour in names)
        if mix:
            left.append(msgspec.structs.replace(workload, mix=mix))
    return tuple(left)


def _merged_http(given: HttpOptions, own: HttpOptions) -> HttpOptions:
    """The options of the command line, the script's where they leave the default."""
    default = HttpOptions()
    names = [field.name for field in msgspec.structs.fields(HttpOptions)]
    changes = {name: getattr(own, name) for name in names if getattr(given, name) == getattr(default, name)}
    return msgspec.structs.replace(given, **changes)


def own_metrics() -> dict[str, Any]:
    """The metrics that thresholds on a script may name beside the built-in ones."""
    from swell.dialects.artillery.metrics import COUNTER, HISTOGRAM, RATE  # noqa: PLC0415 - once

    return {COUNTER: "counter", RATE: "counter", HISTOGRAM: "trend"}
