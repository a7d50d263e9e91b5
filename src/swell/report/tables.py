"""The sections of the end summary as rich renderables, one function each.

Rules: pure functions of a `Run`; None when there is nothing to show. Percentiles that the sample count does
not support carry `WEAK_MARK`. Names come from tests and targets: they are text, cut only where a terminal
is too narrow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from swell.model.units import format_count, format_duration, format_rate, format_size
from swell.report.figures import WEAK_MARK, amount, milliseconds, plural, share

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType

    from swell.report.console import Marks
    from swell.runs.record import EndpointSummary, MetricSummary, Run

__all__ = [
    "checks_table",
    "custom_table",
    "endpoints_table",
    "generator_text",
    "groups_table",
    "latency_text",
    "natural_width",
    "new_table",
    "phases_table",
    "print_fitted",
    "print_whole",
    "time_value",
    "trend_columns",
    "workloads_table",
]

_NARROW = 100
_LEAST_NAME = 12
_ENDLESS = 10_000
_MANY_ENDPOINTS = 60
_TREND = ("avg", "med", "p95", "p99", "max")
_WORDS = {"avg": "avg", "med": "p50", "p95": "p95", "p99": "p99", "max": "max"}
_PHASE_WORDS = {
    "blocked": "waiting for a connection",
    "looking_up": "looking up the host",
    "connecting": "connecting",
    "tls_handshaking": "TLS handshake",
    "sending": "sending",
    "waiting": "waiting for the answer",
    "receiving": "receiving",
}


def new_table(*headers: str, left: int = 1) -> Table:
    """A calm table: the first `left` columns are texts, the others numbers.

    An empty header row is left out.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True, show_edge=False, show_header=any(headers), collapse_padding=True)
    for place, header in enumerate(headers):
        if place < left:
            table.add_column(header, overflow="fold", no_wrap=False)
        else:
            table.add_column(header, justify="right", no_wrap=True)
    return table


def natural_width(table: Table, console: Console) -> int:
    """Columns that the table takes where there is room enough."""
    return console.measure(table, options=console.options.update(max_width=_ENDLESS)).maximum


def print_fitted(table: Table, console: Console) -> None:
    """Print it. Where the terminal is too narrow, the first column gives way, and then the terminal breaks the lines:
    figures are never cut.
    """
    first = table.columns[0]
    excess = natural_width(table, console) - console.width
    if excess > 0:
        widest = max((cell_len(str(cell)) for cell in first.cells), default=0)
        first.width = max(min(_LEAST_NAME, widest), widest - excess)
    print_whole(table, console)


def print_whole(table: Table, console: Console) -> None:
    """Print it as wide as it is: the terminal breaks lines that are too long, and nothing is cut."""
    before, needed = console.width, natural_width(table, console)
    if needed <= before:
        console.print(table)
        return
    try:
        console.width = needed
        console.print(table, crop=False)
    finally:
        console.width = before


def time_value(metric: MetricSummary, key: str) -> str:
    """One value of a trend, marked if it is weak."""
    value = metric.values.get(key)
    if value is None:
        return "-"
    return (WEAK_MARK if key in metric.weak else "") + amount(value, metric.unit)


def trend_columns(metric: MetricSummary, keys: Iterable[str] = _TREND) -> list[str]:
    """Several values of a trend."""
    return [time_value(metric, key) for key in keys]


def endpoints_table(run: Run, width: int) -> RenderableType | None:
    """Requests, failures, rate and response times per endpoint, the total last."""
    if not run.endpoints:
        return None
    keys = _TREND if width >= _NARROW else ("med", "p95", "p99")
    table = new_table("Endpoint", "requests", "failed", "rate", *(_WORDS[key] for key in keys))
    table.columns[0].overflow = "ellipsis"
    table.columns[0].no_wrap = True
    shown = sorted(run.endpoints, key=lambda e: (-e.requests, e.name, e.method))
    for endpoint in shown[:_MANY_ENDPOINTS]:
        table.add_row(*_endpoint_row(endpoint, keys))
    if len(shown) > _MANY_ENDPOINTS:
        table.add_row(Text(f"... and {len(shown) - _MANY_ENDPOINTS} more (--json has them all)", style="dim"))
    if run.totals is not None and len(run.endpoints) > 1:
        table.add_section()
        table.add_row(*_endpoint_row(run.totals, keys), style="bold")
    return table


def _endpoint_row(endpoint: EndpointSummary, keys: Iterable[str]) -> list[Text | str]:
    failed = Text("0")
    if endpoint.failed:
        portion = share(endpoint.failed / endpoint.requests)
        failed = Text(f"{format_count(endpoint.failed)} ({portion})", style="red")
    return [
        Text(f"{endpoint.method} {endpoint.name}".strip()),
        format_count(endpoint.requests),
        failed,
        format_rate(endpoint.rate),
        *trend_columns(endpoint.duration, keys),
    ]


def latency_text(run: Run, width: int) -> Text | None:
    """Latency from the intended start, where arrivals are planned: what a person would have waited."""
    if run.totals is None or run.totals.latency is None:
        return None
    latency = run.totals.latency
    text = Text(" From the intended start  ", style="bold")
    keys = _TREND if width >= _NARROW else ("med", "p95", "p99")
    text.append("   ".join(f"{_WORDS[key]} {time_value(latency, key)}" for key in keys), style="default not bold")
    return text


def phases_table(run: Run) -> RenderableType | None:
    """Where the time of requests goes."""
    phases = [phase for phase in run.phases if phase.metric.values.get("max", 0.0) > 0 and phase.avg > 0]
    if not phases:
        return None
    table = new_table("Where the time goes", "share", "avg", "p95", "p99", "max")
    for phase in phases:
        # Of the wait by itself only the sum is known: the metric has the opening of the connection in it.
        whole = math.isclose(phase.avg, phase.metric.values.get("avg", 0.0), rel_tol=1e-6)
        rest = trend_columns(phase.metric, ("p95", "p99", "max")) if whole else ["-", "-", "-"]
        average = amount(phase.avg, phase.metric.unit)
        table.add_row(_PHASE_WORDS.get(phase.name, phase.name), share(phase.share), average, *rest)
    return table


def checks_table(run: Run, marks: Marks) -> RenderableType | None:
    """Checks with the share that held; the broken ones stand out."""
    if not run.checks:
        return None
    table = new_table("Checks", "held", "broken", "share")
    for check in sorted(run.checks, key=lambda c: (c.group, c.name)):
        total = check.passes + check.fails
        name = f"{check.group} {check.name}".strip()
        mark = marks.bad if check.fails else marks.good
        table.add_row(
            Text(f"{mark} {name}", style="red" if check.fails else ""),
            format_count(check.passes),
            format_count(check.fails),
            share(check.passes / total if total else 0.0),
        )
    return table


def groups_table(run: Run) -> RenderableType | None:
    """Groups with how long they took."""
    if not run.groups:
        return None
    table = new_table("Groups", "count", "avg", "p50", "p95", "p99", "max")
    for group in sorted(run.groups, key=lambda g: g.name):
        count = group.duration.values.get("count", 0)
        table.add_row(Text(group.name), format_count(count), *trend_columns(group.duration))
    return table


def custom_table(run: Run) -> RenderableType | None:
    """Metrics that the test itself made."""
    own = [metric for metric in run.metrics if not metric.builtin]
    if not own:
        return None
    table = new_table("Own metrics", "values", left=2)
    for metric in sorted(own, key=lambda m: m.name):
        table.add_row(Text(metric.name), _own_values(metric))
    return table


def _own_values(metric: MetricSummary) -> str:
    values = metric.values
    match metric.type:
        case "counter":
            rate = amount(values.get("rate", 0.0), metric.unit, per_second=True)
            return f"{amount(values.get('count', 0.0), metric.unit)}  ({rate})"
        case "gauge":
            low, high = (amount(values.get(key, 0.0), metric.unit) for key in ("min", "max"))
            return f"{amount(values.get('value', 0.0), metric.unit)}  (from {low} to {high})"
        case "rate":
            of = f"{format_count(values.get('passes', 0))} of {format_count(values.get('count', 0))}"
            return f"{share(values.get('rate', 0.0))}  ({of})"
        case "trend":
            return "  ".join(f"{_WORDS[key]} {time_value(metric, key)}" for key in _TREND)


def workloads_table(run: Run) -> RenderableType | None:
    """What was planned and what came of it; shown when there are arrivals, drops or several workloads."""
    told = [w for w in run.workloads if w.planned is not None or w.dropped]
    if not told and len(run.workloads) < 2:
        return None
    table = new_table("Workloads", "planned", "started", "dropped", "iterations", "users", "lag p99", "lag max")
    for workload in run.workloads:
        planned = "-" if workload.planned is None else format_count(round(workload.planned))
        dropped = Text(format_count(workload.dropped), style="red" if workload.dropped else "")
        lag = trend_columns(workload.lag, ("p99", "max")) if workload.lag is not None else ["-", "-"]
        table.add_row(
            Text(f"{workload.name} ({workload.model})"),
            planned,
            "-" if workload.planned is None else format_count(workload.started),
            dropped,
            format_count(workload.iterations),
            format_count(workload.peak_users),
            *lag,
        )
    return table


def generator_text(run: Run) -> Text:
    """The generator's own state in a few lines."""
    facts = run.generator
    style = {"ok": "green", "strained": "yellow"}.get(facts.state, "bold red")
    text = Text(" Generator  ", style="bold")
    if not facts.seconds:  # nothing is known: neither good nor bad
        text.append("no health record", style="default not bold")
        return text
    text.append(facts.state.upper(), style=style)
    text.append(
        f"  {plural(facts.workers, 'worker')}, CPU {share(facts.cpu_avg)} (max {share(facts.cpu_max)}) of a core,"
        f" event loop up to {milliseconds(facts.loop_lag_max_ms)} late, {format_size(facts.rss_max)} of memory",
        style="default not bold",
    )
    trouble = [
        f"{format_duration(seconds)} {word}"
        for seconds, word in ((facts.strained_seconds, "strained"), (facts.saturated_seconds, "saturated"))
        if seconds
    ]
    lines = [", ".join(trouble)] if trouble else []
    lines += facts.reasons
    lines += [
        f"worker {silence.index} said nothing for {format_duration(round(silence.seconds))}"
        f" from {format_duration(round(silence.at))} on"
        for silence in facts.silences
    ]
    lines += [f"worker {lost.index} lost at {format_duration(round(lost.at))}: {lost.reason}" for lost in facts.lost]
    for line in lines:
        text.append(f"\n    {line}", style="yellow not bold")
    return text
