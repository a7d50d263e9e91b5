"""A plan in words and small plots: what `swell check` prints.

Rules: reads the plan only; nothing is sent and nothing runs. Totals are exact where the plan fixes them, and say
so where chance or the target decides.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from swell.coordinator.conduct import planned_duration
from swell.coordinator.judge import plan_stages
from swell.model.plan import (
    ArrivalRuns,
    ArrivalSequence,
    ArrivalStages,
    SharedIterations,
    SteeredUsers,
    UserIterations,
    UserStages,
)
from swell.model.profiles import (
    duration,
    expected_arrivals,
    peak_rate,
    peak_users,
    planned_iterations,
    rate_at,
    stage_windows,
    user_steps,
    users_at,
)
from swell.model.units import format_count, format_duration, format_rate
from swell.report.console import marks_for
from swell.report.figures import plural, share
from swell.report.plot import text_plot
from swell.runs.redact import redact_plan

if TYPE_CHECKING:
    from rich.console import Console

    from swell.model.plan import Plan, Workload
    from swell.report.console import Marks

__all__ = ["print_plan"]

_PLOT_WIDTH = 60


def print_plan(plan: Plan, workers: int, console: Console) -> None:
    """Explain the plan. Passwords in it stay hidden."""
    plan = redact_plan(plan)
    marks = marks_for(console)
    length = planned_duration(plan)
    title = Text(f"{plan.name or plan.source.path}", style="bold")
    where = f"against {plan.host}" if plan.host else "with the addresses in the test file"
    long = "until stopped" if length is None else format_duration(round(length, 3))
    title.append(f"  {where}, {long}, {plural(workers, 'worker')}", style="not bold")
    console.print(title, soft_wrap=True)
    for workload in plan.workloads:
        console.print()
        for line in _workload_lines(workload, plan, marks):
            console.print(Text(line), soft_wrap=True)
    console.print()
    for line in [*_threshold_lines(plan), *_http_lines(plan)]:
        console.print(Text(line), soft_wrap=True)


def _workload_lines(workload: Workload, plan: Plan, marks: Marks) -> list[str]:
    length = _length(workload, plan)
    lines = [f"Workload {workload.name}: {_profile_words(workload, length)}"]
    lines.append(f"  {_mix_words(workload)}")
    begin = f"starts at {format_duration(workload.start_time)}, " if workload.start_time else ""
    lines.append(f"  {begin}running iterations get {format_duration(workload.graceful_stop)} to end")
    lines.append(f"  {_total_words(workload, length)}")
    if workload.tags:
        lines.append("  tags: " + ", ".join(f"{name}={value}" for name, value in workload.tags.items()))
    if length:
        lines += ["", *(f"  {line}" for line in _plot(workload, length, marks))]
    return lines


def _length(workload: Workload, plan: Plan) -> float | None:
    """Seconds that the workload lasts in this plan, which may end before it; None: until stopped."""
    length = duration(workload.profile)
    if plan.duration is None:
        return length
    left = max(plan.duration - workload.start_time, 0.0)
    return left if length is None else min(length, left)


def _plot(workload: Workload, length: float, marks: Marks) -> list[str]:
    profile = workload.profile
    is_open = isinstance(profile, ArrivalStages | ArrivalRuns | ArrivalSequence)
    if is_open:
        return text_plot(
            lambda at: rate_at(profile, at),
            length,
            top_label=lambda top: f"{format_rate(top)} arrivals",
            time_label=format_duration,
            bars=marks.bars,
            width=_PLOT_WIDTH,
        )
    return text_plot(
        lambda at: float(users_at(profile, at)),
        length,
        top_label=lambda top: plural(top, "user"),
        time_label=format_duration,
        bars=marks.bars,
        width=_PLOT_WIDTH,
    )


def _profile_words(workload: Workload, length: float | None) -> str:
    profile = workload.profile
    long = "until stopped" if length is None else f"over {format_duration(round(length, 3))}"
    match profile:
        case UserStages():
            return f"up to {plural(_peak_users(profile, length), 'user')} {long} (closed model)"
        case SteeredUsers():
            count = plural(profile.users, "user") if profile.users else "users steered while it runs,"
            return f"{count} {long} (closed model)"
        case SharedIterations():
            return (
                f"{plural(profile.iterations, 'iteration')} shared by {plural(profile.users, 'user')}, {long} at most"
            )
        case UserIterations():
            each = plural(profile.iterations, "iteration")
            return f"{each} by each of {plural(profile.users, 'user')}, {long} at most"
        case ArrivalStages() | ArrivalRuns() | ArrivalSequence():
            policy = workload.policy
            lag = f", then wait up to {format_duration(policy.max_lag)}" if policy.max_lag else ""
            busy = f"when all are busy: up to {plural(policy.max_users, 'user')}{lag}, then drop"
            return f"up to {format_rate(_peak_rate(profile, length))} arrivals {long} (open model; {busy})"


def _peak_users(profile: UserStages, length: float | None) -> int:
    """The most users within `length` seconds."""
    if length is None or length == duration(profile):
        return peak_users(profile)
    return max((count for at, count in user_steps(profile) if at < length), default=0)


def _peak_rate(profile: ArrivalStages | ArrivalRuns | ArrivalSequence, length: float | None) -> float:
    """The highest rate within `length` seconds: on a line it is at an end of a stage, or where the run ends."""
    if not length or length == duration(profile):
        return peak_rate(profile)
    edges = {edge for window in stage_windows(profile) for edge in (window.start, math.nextafter(window.end, 0.0))}
    inside = [at for at in edges if at < length]
    return max(rate_at(profile, at) for at in (*inside, math.nextafter(length, 0.0)))


def _mix_words(workload: Workload) -> str:
    weights = sum(part.weight for part in workload.mix)
    parts: list[str] = []
    for part in workload.mix:
        if part.fixed_count:
            parts.append(f"{part.behaviour} ({plural(part.fixed_count, 'user')} fixed)")
        elif len(workload.mix) > 1 and weights > 0:
            parts.append(f"{part.behaviour} {share(part.weight / weights)}")
        else:
            parts.append(part.behaviour)
    return "users: " + ", ".join(parts)


def _total_words(workload: Workload, length: float | None) -> str:
    planned = planned_iterations(workload.profile, length)
    if planned is not None:
        return f"exactly {plural(planned, 'iteration')}, each started or counted as dropped"
    expected = expected_arrivals(workload.profile, length)
    if expected:
        return f"about {plural(round(expected), 'iteration')} (the spacing is random)"
    return "iterations: as many as the target answers"


def _threshold_lines(plan: Plan) -> list[str]:
    if not plan.thresholds:
        return ["Thresholds: none, so there will be no verdict. Add one with --threshold 'http_req_failed: rate < 1%'"]
    lines = ["Thresholds:", *(f"  {text}" for text in plan.thresholds)]
    if any("per stage" in text for text in plan.thresholds):
        stages = plan_stages(plan)
        names = ", ".join(f"{name} ({format_duration(s)} to {format_duration(e)})" for name, s, e in stages)
        lines.append(f"  stages: {names or 'none'}")
    return lines


def _http_lines(plan: Plan) -> list[str]:
    http = plan.http
    parts = [f"timeout {format_duration(http.timeout)}"]
    if http.verify is False:
        parts.append("TLS certificates NOT verified")
    if http.proxy:
        parts.append("through a proxy")
    parts += [f"{host}:{port} is {address}" for host, port, address in http.resolve]
    if http.discard_bodies:
        parts.append("bodies discarded")
    lines = [f"HTTP: {', '.join(parts)}"]
    if plan.tags:
        lines.append("Tags: " + ", ".join(f"{name}={value}" for name, value in plan.tags.items()))
    if plan.seed is not None:
        lines.append(f"Seed: {format_count(plan.seed).replace(',', '')}")
    return lines
