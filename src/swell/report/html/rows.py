"""The rows of the report's tables: texts for people, and beside them the numbers to sort by.

Rules: pure functions of the record. Nothing here is HTML, but for the small lines: the template escapes every text.
A percentile that the samples do not support carries `WEAK_MARK`.
"""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from swell.model.threshold import criterion_text, value_text
from swell.model.units import format_count, format_rate
from swell.report.figures import WEAK_MARK, amount, milliseconds, plural, share, signed_share
from swell.report.html.sentences import clock
from swell.report.html.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markupsafe import Markup

    from swell.model.criteria import CriterionResult
    from swell.report.html.series import EndpointLine
    from swell.runs.record import EndpointSummary, ErrorSummary, MetricSummary, Run

__all__ = [
    "MOST_ROWS",
    "PHASE_WORDS",
    "TREND_HEADS",
    "Bar",
    "Cell",
    "CriterionRow",
    "EndpointRow",
    "ErrorRow",
    "PhaseRow",
    "criterion_rows",
    "endpoint_rows",
    "error_rows",
    "metric_values",
    "phase_bars",
    "phase_rows",
    "trend_cells",
]

PHASE_WORDS = {
    "blocked": "waiting for a connection",
    "looking_up": "looking up the host",
    "connecting": "connecting",
    "tls_handshaking": "TLS handshake",
    "sending": "sending",
    "waiting": "waiting for the answer",
    "receiving": "receiving",
}
TREND_HEADS = ("p50", "p95", "p99", "max")
_TREND = ("med", "p95", "p99", "max")
_OPENING = ("looking_up", "connecting", "tls_handshaking")
_MOST_BARS = 12
# What a file of a bounded size has room for.
MOST_ROWS = 500
_MOST_LINES = 150
_EXAMPLE, _EXAMPLES = 8_000, 250_000  # characters of one example, and of all


class Cell(NamedTuple):
    """A number as text, and to sort by (-1 where there is none)."""

    text: str
    value: float = -1.0
    bad: bool = False


class CriterionRow(NamedTuple):
    """One criterion. `fill` is how much of the limit is used, 0..1 (None: cannot be said)."""

    asked: str
    grade: str
    measured: str
    where: str
    margin: str
    fill: float | None
    note: str
    stages: list[tuple[str, str, str]]
    """(name, measured, grade)."""


class EndpointRow(NamedTuple):
    """One endpoint, or all together."""

    method: str
    name: str
    cells: list[Cell]
    rate_line: Markup | str = ""
    p95_line: Markup | str = ""


class ErrorRow(NamedTuple):
    """Errors that are alike, and the first of them as text; empty without one."""

    error: ErrorSummary
    example: str


class PhaseRow(NamedTuple):
    """One phase of all requests together."""

    key: str
    words: str
    share: float
    cells: list[str]


class Bar(NamedTuple):
    """The phases of one endpoint: (phase, width in per cent, text)."""

    label: str
    total: str
    parts: list[tuple[str, float, str]]


def criterion_rows(results: Iterable[CriterionResult]) -> list[CriterionRow]:
    """The criteria, those that need attention first."""
    order = {"failed": 0, "no data": 1, "acceptable": 2, "met": 3}
    return [_criterion(result) for result in sorted(results, key=lambda result: order[result.grade])]


def _criterion(result: CriterionResult) -> CriterionRow:
    criterion = result.criterion
    limit = criterion.target.limit
    fill = None
    if result.value is not None and criterion.target.op in {"<", "<="} and limit > 0 and result.value >= 0:
        fill = min(result.value / limit, 1.0)
    notes = [result.note] if result.note else []
    if result.unsupported:
        notes.append("too few samples for this percentile")
    if result.failed_windows and result.windows > 1:
        notes.append(f"{result.failed_windows} of {plural(result.windows, 'window')} failed")
    return CriterionRow(
        asked=criterion.source or criterion_text(criterion),
        grade=result.grade,
        measured="no data" if result.value is None else value_text(criterion, result.value),
        where=_where(result),
        margin="-" if result.margin is None else signed_share(result.margin),
        fill=fill,
        note="; ".join(notes),
        stages=[
            (stage.name, "no data" if stage.value is None else value_text(criterion, stage.value), stage.grade)
            for stage in result.stages
        ],
    )


def _where(result: CriterionResult) -> str:
    if result.stage:
        return f"in {result.stage}"
    if result.start is not None and result.end is not None:
        return f"from {clock(result.start)} to {clock(result.end)}"
    return ""


def endpoint_rows(run: Run, lines: Mapping[tuple[str, str], EndpointLine]) -> list[EndpointRow]:
    """Endpoints, those with most requests first: `MOST_ROWS` of them, the first with small lines."""
    rows: list[EndpointRow] = []
    for endpoint in sorted(run.endpoints, key=lambda each: (-each.requests, each.name, each.method))[:MOST_ROWS]:
        line = lines.get((endpoint.name, endpoint.method)) if len(rows) < _MOST_LINES else None
        row = endpoint_row(endpoint)
        if line is not None:
            row = row._replace(
                rate_line=sparkline(line.rate, f"requests over time: {_range(line.rate, format_rate)}", css="rate"),
                p95_line=sparkline(line.p95, f"p95 over time: {_range(line.p95, milliseconds)}", css="p95"),
            )
        rows.append(row)
    return rows


def endpoint_row(endpoint: EndpointSummary) -> EndpointRow:
    """One row without small lines."""
    failed = endpoint.failed / endpoint.requests if endpoint.requests else 0.0
    cells = [
        Cell(format_count(endpoint.requests), endpoint.requests),
        Cell(format_rate(endpoint.rate), endpoint.rate),
        Cell(f"{format_count(endpoint.failed)} ({share(failed)})" if endpoint.failed else "0", failed, failed > 0),
    ]
    return EndpointRow(endpoint.method, endpoint.name, [*cells, *trend_cells(endpoint.duration)])


def trend_cells(metric: MetricSummary) -> list[Cell]:
    """The percentiles of `TREND_HEADS`."""
    return [
        Cell((WEAK_MARK if key in metric.weak else "") + amount(metric.values[key], metric.unit), metric.values[key])
        if key in metric.values
        else Cell("-")
        for key in _TREND
    ]


def _range(values: Iterable[float], words: object) -> str:
    known = [value for value in values if math.isfinite(value)]
    assert callable(words)
    return f"{words(min(known))} to {words(max(known))}" if known else "none"


def phase_rows(run: Run) -> list[PhaseRow]:
    """Phases that took any time."""
    rows: list[PhaseRow] = []
    for phase in run.phases:
        if phase.avg <= 0:
            continue
        # Of the wait by itself only the sum is known: the metric has the opening of the connection in it.
        whole = math.isclose(phase.avg, phase.metric.values.get("avg", 0.0), rel_tol=1e-6)
        rest = [cell.text for cell in trend_cells(phase.metric)] if whole else ["-"] * len(_TREND)
        words = PHASE_WORDS.get(phase.name, phase.name)
        rows.append(PhaseRow(phase.name, words, phase.share, [share(phase.share), milliseconds(phase.avg), *rest]))
    return rows


def phase_bars(run: Run) -> list[Bar]:
    """Where the mean time of the slowest endpoints goes, to one scale."""
    found: list[tuple[float, EndpointSummary, dict[str, float]]] = []
    for endpoint in run.endpoints:
        own = dict(endpoint.phases)
        if "blocked" in own:
            own["blocked"] = max(0.0, own["blocked"] - sum(own.get(phase, 0.0) for phase in _OPENING))
        found.append((sum(own.values()), endpoint, own))
    found.sort(key=lambda each: -each[0])
    top = found[0][0] if found else 0.0
    if top <= 0:
        return []
    return [
        Bar(
            f"{endpoint.method} {endpoint.name}".strip(),
            milliseconds(total),
            [
                (phase, 100.0 * value / top, f"{PHASE_WORDS.get(phase, phase)}: {milliseconds(value)}")
                for phase, value in own.items()
                if value > 0
            ],
        )
        for total, endpoint, own in found[:_MOST_BARS]
        if total > 0
    ]


def metric_values(metric: MetricSummary) -> list[tuple[str, str]]:
    """(name, text) of the values that say what a metric of this type is about."""
    values = metric.values

    def text(key: str) -> str:
        if key not in values:
            return "-"
        return (WEAK_MARK if key in metric.weak else "") + amount(values[key], metric.unit)

    match metric.type:
        case "counter":
            rate = amount(values.get("rate", math.nan), metric.unit, per_second=True)
            return [("count", text("count")), ("rate", rate)]
        case "gauge":
            return [("last", text("value")), ("min", text("min")), ("max", text("max"))]
        case "rate":
            held = f"{format_count(values.get('passes', 0))} of {format_count(values.get('count', 0))}"
            return [("share", share(values.get("rate", math.nan))), ("true", held)]
        case "trend":
            count = format_count(values.get("count", 0))
            rest = zip(TREND_HEADS, (cell.text for cell in trend_cells(metric)), strict=True)
            return [("count", count), ("avg", text("avg")), *rest]


def error_rows(errors: Iterable[ErrorSummary]) -> list[ErrorRow]:
    """The most frequent errors with their examples, as far as `_EXAMPLES` characters go."""
    rows: list[ErrorRow] = []
    left = _EXAMPLES
    for error in islice(errors, MOST_ROWS):
        example = _example(error)[: min(left, _EXAMPLE)]
        left -= len(example)
        rows.append(ErrorRow(error, example))
    return rows


def _example(error: ErrorSummary) -> str:
    lines: list[str] = []
    for key, value in error.example.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
        lines.append(f"{key}: {shown}")
    return "\n".join(lines)
