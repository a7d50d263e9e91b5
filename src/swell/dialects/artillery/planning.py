"""From a loaded Artillery test to the plan that the engine runs.

Rules: pure. All phases are one workload of arrivals, each arrival a new user of a scenario drawn by weight; VUs get all
the time they need after the last phase, as in Artillery. A scenario with `phases` of its own is a workload of its own,
and so is one with `users` (a closed model), which Artillery has not. Nothing drops arrivals but `maxVusers`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.artillery.behaviours import behaviour_names
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.phases import PhaseError, part_of, read_phase
from swell.dialects.artillery.shapes import mapping_of
from swell.model.plan import (
    ArrivalPolicy,
    ArrivalSequence,
    HttpOptions,
    Plan,
    Share,
    Source,
    Stage,
    UserStages,
    Workload,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from swell.dialects.artillery.loading import Loaded
    from swell.dialects.artillery.phases import Phase
    from swell.dialects.artillery.settings import ArtilleryTest
    from swell.model.plan import Profile

__all__ = ["LOADER", "USER_AGENT", "http_options", "make_plan", "weights"]

LOADER = "swell.dialects.artillery.loader:load"
"""What `Source.loader` says for Artillery's scripts."""

USER_AGENT = "Artillery (https://artillery.io)"
WORKLOAD = "artillery"
# Artillery waits for VUs and hooks without limit; a week is none, and is still a number.
_NO_LIMIT = 7 * 86_400.0
_HOOK_LIMIT = 3600.0
_MANY = 1_000_000


def make_plan(
    loaded: Loaded,
    *,
    thresholds: Iterable[str] = (),
    processes: int = 1,
    seed: int | None = None,
    name: str = "",
    tags: Mapping[str, str] | None = None,
) -> Plan:
    """The plan of one run. `thresholds` are lines in our grammar. Raises ScriptError."""
    test = loaded.test
    return Plan(
        source=Source(LOADER, test.script, dict(loaded.env), test.pack()),
        workloads=_workloads(test, loaded.phases),
        thresholds=tuple(thresholds),
        host=str(test.config.get("target") or ""),
        http=http_options(test.config),
        processes=processes,
        seed=seed,
        name=name,
        tags=dict(tags or {}),
        setup_timeout=_HOOK_LIMIT,
        teardown_timeout=_HOOK_LIMIT,
    )


def weights(scenarios: list[dict[str, Any]]) -> list[float]:
    """The weight of each scenario, 1 by default; what is no number weighs nothing, as in Artillery."""
    found: list[float] = []
    for scenario in scenarios:
        weight = scenario.get("weight", 1)
        try:
            value = float(weight) if not isinstance(weight, bool) else 0.0
        except (TypeError, ValueError):
            value = 0.0
        found.append(value if math.isfinite(value) and value > 0 else 0.0)
    return found


def http_options(config: Mapping[str, Any]) -> HttpOptions:
    """What `config` says about connections, TLS and times."""
    http = mapping_of(config.get("http"))
    tls = mapping_of(config.get("tls"))
    limit = _number(config.get("timeout")) or _number(http.get("timeout")) or 10.0
    pool = int(_number(http.get("pool")) or 0)
    most = int(_number(http.get("maxSockets")) or 0)
    return HttpOptions(
        timeout=limit,
        verify=_verify(tls),
        client_cert=str(tls["cert"]) if tls.get("cert") else None,
        client_key=str(tls["key"]) if tls.get("key") else None,
        max_redirects=10,
        share_connections=pool > 0,
        max_connections_per_host=pool or most,
        user_agent=USER_AGENT,
    )


def _workloads(test: ArtilleryTest, phases: list[Phase]) -> tuple[Workload, ...]:
    chosen = list(enumerate(test.scenarios)) if test.only is None else [(test.only, test.scenarios[test.only])]
    weighed = weights([scenario for _, scenario in chosen])
    names = behaviour_names(test.scenarios)
    common: list[Share] = []
    workloads: list[Workload] = []
    for (index, scenario), weight in zip(chosen, weighed, strict=True):
        own = _own_profile(scenario, index)
        if own is not None:
            fresh = isinstance(own, ArrivalSequence)
            workloads.append(_workload(names[index], (Share(names[index]),), own, fresh=fresh))
        elif weight or test.only is not None:
            common.append(Share(names[index], weight or 1.0))
    if common:
        profile = ArrivalSequence(tuple(part_of(phase) for phase in phases))
        workloads.insert(0, _workload(WORKLOAD, tuple(common), profile))
    if not workloads:
        raise ScriptError("every scenario has the weight 0: nothing would run")
    return tuple(workloads)


def _workload(name: str, mix: tuple[Share, ...], profile: Profile, *, fresh: bool = True) -> Workload:
    return Workload(
        name=name,
        mix=mix,
        profile=profile,
        graceful_stop=_NO_LIMIT,
        graceful_ramp_down=_NO_LIMIT,
        last_words=0.0,
        policy=ArrivalPolicy(initial_users=0, max_users=_MANY, max_lag=0.0),
        pick="random",
        fresh_users=fresh,
    )


def _own_profile(scenario: Mapping[str, Any], index: int) -> Profile | None:
    """The load of a scenario that has one of its own: `phases`, some with `users` (all of them, or none)."""
    specs = scenario.get("phases")
    if specs is None:
        return None
    if not isinstance(specs, list) or not specs:
        raise ScriptError(f"scenarios[{index}].phases is a list of phases")
    listed = cast("list[Any]", specs)
    closed = [isinstance(each, dict) and "users" in each for each in listed]
    try:
        if all(closed):
            return _closed(cast("list[dict[str, Any]]", listed))
        if any(closed):
            raise PhaseError("", "phases with users (a closed model) and with arrivals cannot be mixed in one scenario")  # noqa: TRY301 - one message for all
        return ArrivalSequence(tuple(part_of(read_phase(each, number)) for number, each in enumerate(listed)))
    except PhaseError as error:
        raise ScriptError(f"scenarios[{index}].phases: {error}") from None


def _closed(specs: list[dict[str, Any]]) -> UserStages:
    """A number of users that repeat the scenario: `users` from the start of a phase, `rampTo` at its end."""
    stages: list[Stage] = []
    for number, spec in enumerate(specs):
        phase = read_phase({"duration": spec.get("duration"), "pause": None, "arrivalRate": spec["users"]}, number)
        users = phase.arrival_rate or 0.0
        last = _number(spec.get("rampTo"))
        stages += [
            Stage(0.0, users),
            Stage(phase.duration, users if last is None else last, str(spec.get("name") or "")),
        ]
    return UserStages(tuple(stages))


def _verify(tls: Mapping[str, Any]) -> bool | str:
    if tls.get("rejectUnauthorized") in (False, "false"):
        return False
    return str(tls["ca"]) if isinstance(tls.get("ca"), str) else True


def _number(value: Any) -> float | None:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None
