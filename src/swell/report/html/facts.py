"""What was run and how the generator did, as pairs of name and text.

Rules: pure functions of the record; empty facts are left out. Nothing here is HTML.
"""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING, NamedTuple

from swell.coordinator.judge import plan_stages
from swell.model.plan import SharedIterations, SteeredUsers, UserIterations, UserStages
from swell.model.profiles import duration, peak_rate, peak_users
from swell.model.units import format_count, format_duration, format_rate, format_size
from swell.report.figures import WEAK_MARK, milliseconds, plural, share

if TYPE_CHECKING:
    from swell.model.plan import Workload
    from swell.runs.record import Run

__all__ = [
    "Figure",
    "generator_facts",
    "generator_trouble",
    "headline",
    "key_figures",
    "run_facts",
    "stages_of",
    "workload_words",
]


class Figure(NamedTuple):
    """One of the large numbers at the top."""

    name: str
    text: str
    note: str = ""
    bad: bool = False


def headline(run: Run) -> str:
    """The verdict in one sentence."""
    failed = sum(result.grade == "failed" for result in run.thresholds)
    total = len(run.thresholds)
    match run.verdict:
        case "PASS":
            return f"All {total} criteria are on target." if total > 1 else "The criterion is on target."
        case "WARN":
            return "Good enough, but not in everything on target."
        case "FAIL":
            return f"{failed} of {plural(total, 'criterion', 'criteria')} failed." if failed else "The run failed."
        case "INVALID":
            return "This measurement cannot be trusted."
        case _ if run.plan.thresholds:  # a report of a run that goes on
            return "Not decided yet: there are criteria without data."
        case _:
            return "Nothing was asked of this run, so it is neither good nor bad."


def key_figures(run: Run) -> list[Figure]:
    """What people ask first."""
    totals = run.totals
    figures: list[Figure] = []
    if totals is not None:
        failed = totals.failed / totals.requests if totals.requests else 0.0
        note = plural(totals.failed, "request") if totals.failed else ""
        figures += [
            Figure("Requests", format_count(totals.requests), format_rate(totals.rate)),
            Figure("Failed", share(failed), note, totals.failed > 0),
        ]
        values, weak = totals.duration.values, totals.duration.weak
        figures += [
            Figure(name, (WEAK_MARK if key in weak else "") + milliseconds(values[key]), note)
            for name, key, note in (("Median", "med", ""), ("p95", "p95", ""), ("p99", "p99", ""))
            if key in values
        ]
    users = run.generator.users_max or sum(workload.peak_users for workload in run.workloads)
    if users:
        figures.append(Figure("Users", format_count(users), "at most"))
    figures.append(Figure("Load", format_duration(round(run.duration, 1)), ""))
    return figures


def run_facts(run: Run) -> list[tuple[str, str]]:
    """What was run, where and when."""
    started = dt.datetime.fromtimestamp(run.started, dt.UTC)
    ended = dt.datetime.fromtimestamp(run.ended, dt.UTC)
    host = run.host
    machine = [host.name, host.system, plural(host.cpus, "CPU") if host.cpus else ""]
    machine.append(f"{format_size(host.memory)} of memory" if host.memory else "")
    commit = getattr(run, "git_commit", "") or ""
    facts = [
        ("Test", run.file),
        ("Target", run.target),
        ("Command", shlex.join(run.command)),
        ("Started", f"{started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Ended", f"{ended:%Y-%m-%d %H:%M:%S} UTC"),
        ("Ended early", run.stop_reason or ("interrupted" if run.interrupted else "")),
        ("Load generator", ", ".join(part for part in machine if part)),
        ("Tags", ", ".join(f"{name}={value}" for name, value in run.tags.items())),
        ("Git commit", str(commit)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        ("Run", run.id),
    ]
    return [(name, text) for name, text in facts if text]


def workload_words(workload: Workload) -> str:
    """The load profile in a few words."""
    profile = workload.profile
    length = duration(profile)
    long = "until stopped" if length is None else f"over {format_duration(round(length, 3))}"
    match profile:
        case UserStages():
            return f"up to {plural(peak_users(profile), 'user')} {long}"
        case SteeredUsers():
            count = plural(profile.users, "user") if profile.users else "users steered while it runs,"
            return f"{count} {long}"
        case SharedIterations():
            iterations = plural(profile.iterations, "iteration")
            return f"{iterations} shared by {plural(profile.users, 'user')}, {long} at most"
        case UserIterations():
            each = plural(profile.iterations, "iteration")
            return f"{each} by each of {plural(profile.users, 'user')}, {long} at most"
        case _:
            return f"up to {format_rate(peak_rate(profile))} arrivals {long}"


def stages_of(run: Run) -> list[tuple[str, float, float]]:
    """(name, start, end) of the plan's stages; none where the whole plan is one."""
    stages = plan_stages(run.plan)
    return stages if len({(start, end) for _, start, end in stages}) > 1 else []


def generator_facts(run: Run) -> list[tuple[str, str]]:
    """How the load generator did; empty if nobody watched it."""
    facts = run.generator
    if not facts.seconds:
        return []
    return [
        ("Workers", format_count(facts.workers)),
        ("CPU of one core", f"{share(facts.cpu_avg)} on average, {share(facts.cpu_max)} at most"),
        ("Event loop", f"at most {milliseconds(facts.loop_lag_max_ms)} late"),
        ("Start of iterations", f"p99 at most {milliseconds(facts.schedule_lag_p99_max_ms)} late"),
        ("Garbage collection", f"at most {milliseconds(facts.gc_max_ms)} in a second"),
        ("Memory", f"{format_size(facts.rss_max)}, the largest worker"),
        ("Open files", format_count(facts.open_files_max)),
        ("Dropped arrivals", format_count(facts.dropped)),
    ]


def generator_trouble(run: Run) -> list[str]:
    """What a reader must know about the generator."""
    facts = run.generator
    lines = [
        f"{plural(seconds, 'second')} {word}"
        for seconds, word in ((facts.strained_seconds, "strained"), (facts.saturated_seconds, "saturated"))
        if seconds
    ]
    lines += facts.reasons
    lines += [
        f"worker {silence.index} said nothing for {format_duration(round(silence.seconds))} "
        f"from {format_duration(round(silence.at))} on"
        for silence in facts.silences
    ]
    return [
        *lines,
        *(f"worker {lost.index} lost at {format_duration(round(lost.at))}: {lost.reason}" for lost in facts.lost),
    ]
