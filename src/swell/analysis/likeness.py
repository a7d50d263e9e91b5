"""Whether two runs may be compared: the same load, machines alike, measurements that can be believed.

Rules: pure. What does not change the load does not count: names, tags, thresholds, seeds, secrets, the address of the
target, how many workers shared the work. Messages are for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.coordinator.conduct import planned_duration
from swell.model.plan import ArrivalRuns, ArrivalSequence, ArrivalStages
from swell.model.profiles import rate_at, users_at
from swell.model.units import plural

if TYPE_CHECKING:
    from swell.model.plan import Plan, Workload
    from swell.runs.record import Run

__all__ = ["common_seconds", "different_hosts", "different_loads", "is_steady", "load_key", "unbelievable"]

_OPEN = (ArrivalStages, ArrivalRuns, ArrivalSequence)
_STEADY = 0.05
# Of the HTTP options, those that change what is sent or waited for; the others say where and with which keys.
_HTTP = ("discard_bodies", "max_connections_per_host", "max_redirects", "share_connections")


def load_key(plan: Plan) -> bytes:
    """Equal for plans that make the same load."""
    return msgspec.json.encode([_workload(each) for each in plan.workloads] + [_rest(plan)], order="sorted")


def different_loads(base: Plan, new: Plan) -> list[str]:
    """In which parts two plans differ, as far as that changes the load; empty: in none."""
    found: list[str] = []
    first = {each.name: _workload(each) for each in base.workloads}
    second = {each.name: _workload(each) for each in new.workloads}
    found += [f"workload {name} is in the base only" for name in first if name not in second]
    found += [f"workload {name} is in the new run only" for name in second if name not in first]
    for name, before in first.items():
        after = second.get(name, before)
        parts = ", ".join(part.replace("_", " ") for part in before if before[part] != after[part])
        found += [f"workload {name} has another {parts}"] if parts else []
    rest, other = _rest(base), _rest(new)
    found += [f"the {part.replace('_', ' ')} is another" for part in rest if rest[part] != other[part]]
    return found


def different_hosts(base: Run, new: Run) -> list[str]:
    """In what the machines that made the load differ; empty if they are alike or unknown."""
    one, other = base.host, new.host
    found: list[str] = []
    if one.cpus and other.cpus and one.cpus != other.cpus:
        found.append(f"the base was measured with {plural(one.cpus, 'processor')}, the new run with {other.cpus}")
    systems = [host.system.split(" ")[0] for host in (one, other)]
    if all(systems) and systems[0] != systems[1]:
        found.append(f"the base was measured on {systems[0]}, the new run on {systems[1]}")
    return found


def unbelievable(run: Run) -> str:
    """Why a run cannot be compared with anything; empty if it can."""
    if run.verdict == "INVALID":
        return "; ".join(run.reasons) or "its verdict is INVALID"
    if run.generator.saturated_seconds > 0:
        return f"its load generator was saturated for {run.generator.saturated_seconds} s"
    if run.generator.lost:
        return "it lost a worker, and its load with it"
    if run.totals is None and not run.metrics:
        return "nothing was measured"
    return ""


def common_seconds(base: Run, new: Run) -> float:
    """How many seconds from the start both runs were under load as planned: without the grace of last iterations."""
    lengths = [base.duration, new.duration]
    lengths += [planned for run in (base, new) if (planned := planned_duration(run.plan)) is not None]
    return max(0.0, min(lengths))


def is_steady(plan: Plan, start: float, end: float) -> bool:
    """Whether the load that is planned stays the same within these seconds of the run."""
    return all(_is_steady(each, start, end) for each in plan.workloads)


def _is_steady(workload: Workload, start: float, end: float) -> bool:
    profile, levels = workload.profile, list[float]()
    # An hour need not be looked at by the second.
    step = max(1, int((end - start) / 600))
    for second in range(int(start), int(end), step):
        at = second + 0.5 - workload.start_time
        if at < 0:
            levels.append(0.0)
        else:
            levels.append(rate_at(profile, at) if isinstance(profile, _OPEN) else float(users_at(profile, at)))
    return not levels or max(levels) - min(levels) <= _STEADY * max(levels)


def _workload(workload: Workload) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(workload)
    return {part: value for part, value in plain.items() if part not in {"tags", "env"}}


def _rest(plan: Plan) -> dict[str, object]:
    http = msgspec.to_builtins(plan.http)
    return {"duration": plan.duration, **{name: http[name] for name in _HTTP}}
