"""A run as Markdown, for a comment on a pull request or a step summary of GitHub: `--markdown FILE`.

Rules: a pure function of the record; the verdict first, then what made it. Nothing that was measured can break out of
its cell. Long lists are cut, and say so, so that the text stays below the 65,536 characters of a comment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from swell.metrics.redaction import redact_url
from swell.model.threshold import criterion_text, value_text
from swell.model.units import format_count, format_duration, format_rate
from swell.report.figures import WEAK_MARK, amount, milliseconds, plural, share, signed_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swell.model.threshold import CriterionResult
    from swell.runs.record import EndpointSummary, Run

__all__ = ["markdown_text", "plain_text", "table_text"]

_MARKS = {"PASS": "✅", "WARN": "⚠️", "FAIL": "❌", "INVALID": "⛔", "NONE": "\N{INFORMATION SOURCE}\ufe0f"}
_GRADES = {"met": "✅ met", "acceptable": "⚠️ acceptable", "failed": "❌ failed", "no data": "⛔ no data"}
_ENDPOINTS, _THRESHOLDS, _LISTED = 40, 60, 10
_CELL = 160
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def markdown_text(run: Run) -> str:
    """The whole text, ending with a line break."""
    parts = [_head(run), _thresholds(run), _requests(run), _metrics(run), _checks(run), _errors(run), _foot(run)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(run: Run) -> str:
    lines = [f"## {_MARKS.get(run.verdict, '')} {run.verdict}: {plain_text(run.name or run.id)}", ""]
    lines += [f"- {plain_text(reason)}" for reason in run.reasons[:_LISTED]]
    lines += [f"- warning: {plain_text(warning)}" for warning in run.warnings[:_LISTED]]
    lines += ["- the run was interrupted"] if run.interrupted and not run.warnings else []
    return "\n".join(lines).rstrip()


def _thresholds(run: Run) -> str:
    if not run.thresholds:
        return ""
    rows = [_threshold(result) for result in run.thresholds[:_THRESHOLDS]]
    return table_text(("Threshold", "Measured", "Margin", "Result"), rows, "lrrl") + _cut(
        len(run.thresholds), _THRESHOLDS
    )


def _threshold(result: CriterionResult) -> tuple[str, ...]:
    criterion = result.criterion
    value = "-" if result.value is None else value_text(criterion, result.value)
    margin = "-" if result.margin is None else signed_share(result.margin)
    return _code(criterion.source or criterion_text(criterion)), value, margin, _GRADES[result.grade]


def _requests(run: Run) -> str:
    if run.totals is None:
        return ""
    shown = sorted(run.endpoints, key=lambda each: -each.requests)[:_ENDPOINTS]
    rows = [_endpoint(each, f"{each.method} {redact_url(each.name)}".strip()) for each in shown]
    if len(rows) != 1:
        rows.append(_endpoint(run.totals, "all requests", bold=True))
    heads = ("Requests", "Count", "Rate", "Failed", "Median", "p95", "p99", "Max")
    return table_text(heads, rows, "lrrrrrrr") + _cut(len(run.endpoints), _ENDPOINTS)


def _endpoint(endpoint: EndpointSummary, name: str, *, bold: bool = False) -> tuple[str, ...]:
    values, weak = endpoint.duration.values, endpoint.duration.weak
    failed = share(endpoint.failed / endpoint.requests) if endpoint.requests else "-"
    times = [
        "-" if key not in values else (WEAK_MARK if key in weak else "") + milliseconds(values[key])
        for key in ("med", "p95", "p99", "max")
    ]
    cells = (name if bold else _code(name), format_count(endpoint.requests), format_rate(endpoint.rate), failed, *times)
    return tuple(f"**{cell}**" for cell in cells) if bold else cells


def _metrics(run: Run) -> str:
    own = [metric for metric in run.metrics if not metric.builtin][:_ENDPOINTS]
    rows = [
        (
            _code(metric.name),
            metric.type,
            ", ".join(
                f"{key} {share(value) if key == 'rate' and metric.type == 'rate' else amount(value, metric.unit)}"
                for key, value in metric.values.items()
                if key in _SHOWN[metric.type]
            ),
        )
        for metric in own
    ]
    return table_text(("Metric", "Type", "Values"), rows, "lll") if rows else ""


_SHOWN = {
    "counter": ("count",),
    "gauge": ("value", "min", "max"),
    "rate": ("rate",),
    "trend": ("avg", "med", "p95", "max"),
}


def _checks(run: Run) -> str:
    rows = [
        (
            plain_text(check.name),
            plain_text(check.group.removeprefix("::")),
            format_count(check.passes),
            format_count(check.fails),
        )
        for check in sorted(run.checks, key=lambda each: -each.fails)[:_ENDPOINTS]
    ]
    if not rows:
        return ""
    return table_text(("Check", "Group", "Held", "Failed"), rows, "llrr") + _cut(len(run.checks), _ENDPOINTS)


def _errors(run: Run) -> str:
    rows = [
        (
            format_count(error.count),
            _code(f"{error.method} {redact_url(error.name)}".strip()),
            plain_text(error.message or error.kind),
        )
        for error in run.errors[:_LISTED]
    ]
    return table_text(("Errors", "Request", "What"), rows, "rll") + _cut(len(run.errors), _LISTED) if rows else ""


def _foot(run: Run) -> str:
    generator = run.generator
    facts = [
        f"{format_duration(round(run.duration, 1))} of load",
        plural(generator.workers, "worker"),
        f"generator {generator.state}",
        f"run `{run.id}`",
    ]
    if run.target:
        facts.insert(0, plain_text(run.target))
    lines = [f"{' · '.join(facts)}"]
    if any(endpoint.duration.weak for endpoint in run.endpoints):
        lines.append(f"\n{WEAK_MARK} too few samples for this percentile.")
    lines += [f"\nNote: {plain_text(note)}" for note in run.notes[:_LISTED]]
    return "\n".join(lines)


def table_text(heads: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    """A table; `sides` says "l" or "r" for each column."""
    rule = ["---:" if side == "r" else "---" for side in sides]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows))


def _cut(total: int, shown: int) -> str:
    return f"\n\n... and {format_count(total - shown)} more" if total > shown else ""


def _code(text: str) -> str:
    """Text as code, where that cannot go wrong; a pipe would end the cell even there."""
    line = _one_line(text)
    if not line or "`" in line or "\\" in line:
        return plain_text(text)
    return "`" + line.replace("|", "\\|") + "`"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CELL else line[: _CELL - 3] + "..."


def plain_text(text: str) -> str:
    """Text on one line with nothing in it that Markdown or HTML would take for its own, cut to a bounded length."""
    # A mention of somebody must not come out of a measurement.
    return _SPECIAL.sub(r"\\\1", _one_line(text)).replace("@", "@\u200b")
