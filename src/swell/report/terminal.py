"""The end summary of a run on a terminal or in a plain log.

Rules: reads a `Run` only. The order is from what was seen to what it means, the verdict last. An invalid
run says so at the top as well, before any number can mislead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from swell.model.threshold import criterion_text, value_text
from swell.model.units import format_count, format_duration
from swell.report import tables
from swell.report.console import marks_for
from swell.report.figures import WEAK_MARK, plural, signed_share

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from swell.model.criteria import CriterionResult
    from swell.report.console import Marks
    from swell.runs.record import ErrorSummary, Run

__all__ = ["print_summary", "print_verdict"]

_STYLES = {
    "PASS": "bold white on green",
    "WARN": "bold black on yellow",
    "FAIL": "bold white on red",
    "INVALID": "bold white on magenta",
    "NONE": "bold white on blue",
}
_GRADES = {"met": "green", "acceptable": "yellow", "failed": "red"}
_MANY_ERRORS = 20
_EXAMPLE_LINES = 14
_EXAMPLE_WIDTH = 200
# Said by the message already, or too long for a glance; the record and --json have them.
_NOT_SHOWN = {"method", "name", "status", "request_headers", "response_headers", "headers"}


def print_summary(run: Run, console: Console, *, stored: str = "") -> None:
    """Everything, the verdict last. `stored`: where the record of the run lies."""
    marks = marks_for(console)
    sections: list[RenderableType | None] = [
        tables.endpoints_table(run, console.width),
        tables.latency_text(run, console.width),
        tables.phases_table(run),
        tables.groups_table(run),
        tables.checks_table(run, marks),
        tables.custom_table(run),
        tables.workloads_table(run),
        _errors(run),
        tables.generator_text(run),
        _thresholds(run, marks, console),
        _notes(run),
    ]
    console.print()
    console.print(_title(run), soft_wrap=not console.is_terminal)
    if run.verdict == "INVALID":
        console.print(Text(f" Do not trust these numbers: {'; '.join(run.reasons)}", style="bold magenta"))
    for section in sections:
        if section is not None:
            console.print()
            if isinstance(section, Table):
                tables.print_fitted(section, console)
            else:
                console.print(section)
    if stored:
        console.print()
        console.print(Text(f" Stored in {stored}", style="dim"), soft_wrap=True)
    print_verdict(run, console)


def print_verdict(run: Run, console: Console) -> None:
    """The verdict and its reasons."""
    console.print()
    line = Text(" ")
    line.append(f" {run.verdict} ", style=_STYLES.get(run.verdict, "bold"))
    line.append(f"  {_verdict_words(run)}", style="bold")
    console.print(line, soft_wrap=True)
    for reason in run.reasons:
        if console.is_terminal:
            console.print(Padding(Text(reason), (0, 0, 0, 4), expand=False))
        else:
            console.print(Text(f"    {reason}"), soft_wrap=True)
    console.print()


def _verdict_words(run: Run) -> str:
    count = len(run.thresholds)
    failed = sum(result.grade == "failed" for result in run.thresholds)
    if run.interrupted:
        return "the run was interrupted"
    match run.verdict:
        case "PASS" if not count:
            return "not worse than the baseline"
        case "PASS":
            return "the threshold is on target" if count == 1 else f"all {count} thresholds are on target"
        case "WARN":
            tolerated = any(result.grade == "acceptable" for result in run.thresholds)
            return "acceptable, but not on target" if tolerated else "on target, but not all went as planned"
        case "FAIL":
            if failed == count == 1:
                return "the threshold failed"
            return f"{failed} of {plural(count, 'threshold')} failed" if failed else "the run failed"
        case "INVALID":
            return "this run proves nothing"
        case _:
            return "nothing to judge by: no thresholds are set"


def _title(run: Run) -> Text:
    text = Text(" ")
    text.append(run.name or run.file, style="bold")
    parts = [run.target] if run.target else []
    parts.append(f"{format_duration(round(run.duration, 1) if run.duration >= 1 else run.duration)} of load")
    parts.append(plural(run.generator.workers, "worker"))
    parts.append(f"run {run.id}")
    text.append("  " + ", ".join(parts), style="dim")
    return text


def _errors(run: Run) -> RenderableType | None:
    if not run.errors:
        return None
    text = Text(" Errors", style="bold")
    groups = sorted(run.errors, key=lambda e: -e.count)
    for error in groups[:_MANY_ERRORS]:
        _append_error(text, error)
    if len(groups) > _MANY_ERRORS:
        rest = sum(error.count for error in groups[_MANY_ERRORS:])
        more = f"\n  ... and {plural(len(groups) - _MANY_ERRORS, 'more kind')} ({plural(rest, 'error')})"
        text.append(more, style="dim not bold")
    return text


def _append_error(text: Text, error: ErrorSummary) -> None:
    where = f"{error.method} {error.name}".strip()
    text.append(f"\n  {format_count(error.count)}x ", style="red not bold")
    message = error.message if error.message.startswith(error.kind) else f"{error.kind}: {error.message}"
    text.append(f"{where + '  ' if where else ''}{message}", style="default not bold")
    for line in _example_lines(error.example):
        text.append(f"\n      {line}", style="dim not bold")


def _example_lines(example: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for key, value in example.items():
        first, *rest = str(value).rstrip().splitlines() or [""]
        if key in _NOT_SHOWN or not (first or rest):
            continue
        lines.append(first if key == "traceback" else f"{key.replace('_', ' ')}: {first}")
        lines += rest
    if len(lines) > _EXAMPLE_LINES:
        # The end of a traceback says most, and so does the beginning of all else.
        half = _EXAMPLE_LINES // 2
        lines = [*lines[:half], "...", *lines[-half:]]
    return [line if len(line) <= _EXAMPLE_WIDTH else line[: _EXAMPLE_WIDTH - 3] + "..." for line in lines]


def _thresholds(run: Run, marks: Marks, console: Console) -> RenderableType | None:
    if not run.thresholds:
        return None
    beside = _thresholds_table(run, marks, beside=True)
    if tables.natural_width(beside, console) <= console.width:
        return beside
    return _thresholds_table(run, marks, beside=False)


def _thresholds_table(run: Run, marks: Marks, *, beside: bool) -> Table:
    """Remarks stand beside the criterion, or below it where there is no room."""
    table = tables.new_table("Thresholds", "measured", "margin", *([""] if beside else []))
    if beside:
        table.columns[3].justify = "left"
        table.columns[3].no_wrap = False
    for result in run.thresholds:
        style = _GRADES.get(result.grade, "magenta")
        mark = marks.of_grade(result.grade)
        remark = _remark(result)
        table.add_row(
            Text(f"{mark} {result.criterion.source or criterion_text(result.criterion)}", style=style),
            Text(_measured(result), style=style),
            "-" if result.margin is None else signed_share(result.margin),
            *([Text(remark, style="dim")] if beside else []),
        )
        if remark and not beside:
            table.add_row(Text(f"  {remark}", style="dim"), "", "")
    return table


def _measured(result: CriterionResult) -> str:
    if result.value is None:
        return "-"
    return (WEAK_MARK if result.unsupported else "") + value_text(result.criterion, result.value)


def _remark(result: CriterionResult) -> str:
    parts: list[str] = []
    if result.grade in {"acceptable", "no data"}:
        parts.append(result.grade)
    if result.stage:
        parts.append(f"worst stage: {result.stage}")
    elif result.start is not None and result.end is not None:
        parts.append(f"from {format_duration(result.start)} to {format_duration(result.end)}")
    if result.margin == 0 and result.grade != "met":
        parts.append("exactly on the limit, which is not within it")
    if result.failed_windows and result.windows > 1:
        parts.append(f"{result.failed_windows} of {plural(result.windows, 'window')} failed")
    if result.unsupported:
        parts.append(f"only {plural(result.count, 'sample')}: too few for this percentile")
    if result.note:
        parts.append(result.note)
    return "; ".join(parts)


def _notes(run: Run) -> RenderableType | None:
    lines = list(run.notes)
    if run.stop_reason and not run.interrupted:
        lines.insert(0, f"ended early: {run.stop_reason}")
    lines += run.warnings
    if _has_weak(run):
        lines.append("~ marks percentiles with too few samples to be reliable")
    if not lines:
        return None
    return Text("\n".join(f" {line}" for line in lines), style="dim")


def _has_weak(run: Run) -> bool:
    return any(endpoint.duration.weak for endpoint in run.endpoints)
