"""The end of a suite: one table and one verdict, on the terminal, as Markdown and as JUnit.

Rules: pure but for printing; percentiles that too few samples support are marked, as in the summary of a run. JUnit has
the criteria of each run as the run's own file would, so that CI shows every one by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from rich.text import Text

from swell.cli.suite_result import ERROR, INTERRUPTED, NOT_RUN, SKIPPED
from swell.model.units import format_count, format_rate
from swell.report.console import marks_for
from swell.report.figures import WEAK_MARK, share
from swell.report.junit import junit_text
from swell.report.markdown import plain_text, table_text
from swell.report.tables import new_table, print_fitted, time_value

if TYPE_CHECKING:
    from rich.console import Console

    from swell.cli.suite_result import SuiteResult, TestResult

__all__ = ["print_suite", "suite_junit", "suite_markdown"]

_STYLES = {
    "PASS": "green",
    "WARN": "yellow",
    "FAIL": "bold red",
    "INVALID": "bold magenta",
    ERROR: "bold red",
    INTERRUPTED: "bold magenta",
    "NONE": "blue",
    NOT_RUN: "dim",
    SKIPPED: "dim",
}
_MARKS = {"PASS": "✅", "WARN": "⚠️", "FAIL": "❌", "INVALID": "⛔", ERROR: "⛔", INTERRUPTED: "⛔"}
_NEUTRAL = "\N{INFORMATION SOURCE}\ufe0f"
_HEADS = ("Test", "verdict", "criteria failed", "requests", "rate", "p95", "failures", "run")
_LISTED = 10


def print_suite(result: SuiteResult, console: Console) -> None:
    """The table, what failed, the verdict last."""
    marks = marks_for(console)
    table = new_table(*_HEADS, left=2)
    for test in result.tests:
        cells: list[Text | str] = [Text(cell) for cell in _cells(test)]
        cells[1] = Text(test.verdict, style=_STYLES.get(test.verdict, ""))
        table.add_row(*cells)
    console.print()
    console.print(Text(f" {_title(result)}", style="bold"), soft_wrap=not console.is_terminal)
    console.print()
    print_fitted(table, console)
    for test in result.tests:
        if test.verdict in {"PASS", "NONE"} and not test.note:
            continue
        for line in _said(test):
            mark = marks.bad if test.verdict in {"FAIL", "INVALID", ERROR} else marks.soso
            console.print(Text(f"    {mark} {test.name}: {line}"), soft_wrap=not console.is_terminal)
    for note in result.notes:
        console.print(Text(f"    Note: {note}"), soft_wrap=True)
    console.print()
    line = Text(" ")
    line.append(f" {result.verdict} ", style=f"{_STYLES.get(result.verdict, '')} reverse")
    line.append(f"  {result.sentence}", style="bold")
    console.print(line, soft_wrap=True)
    console.print()


def _title(result: SuiteResult) -> str:
    return f"{result.name} on {result.target}" if result.target else result.name


def _said(test: TestResult) -> list[str]:
    lines = list(dict.fromkeys(test.reasons if test.verdict not in {"PASS", "NONE"} else [test.note]))
    return [*lines[:_LISTED], f"... and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else lines


def _cells(test: TestResult) -> list[str]:
    run = test.run
    if run is None:
        return [test.name, test.verdict, "-", "-", "-", "-", "-", "-"]
    if run.totals is None:
        return [test.name, test.verdict, test.criteria, "0", "-", "-", "-", run.id]
    failures = format_count(run.totals.failed)
    if run.totals.failed:
        failures += f" ({share(run.totals.failed / run.totals.requests)})"
    rate, p95 = format_rate(run.totals.rate), time_value(run.totals.duration, "p95")
    return [test.name, test.verdict, test.criteria, format_count(run.totals.requests), rate, p95, failures, run.id]


def suite_markdown(result: SuiteResult) -> str:
    """For a step summary of GitHub or a comment on a pull request; ends with a line break."""
    rows = [[plain_text(cell) for cell in _cells(test)] for test in result.tests]
    for row, test in zip(rows, result.tests, strict=True):
        row[1] = f"{_MARKS.get(test.verdict, _NEUTRAL)} {test.verdict}"
    parts = [
        f"## {_MARKS.get(result.verdict, _NEUTRAL)} {result.verdict}: {plain_text(_title(result))}",
        f"{plain_text(result.sentence)}",
        table_text([head[:1].upper() + head[1:] for head in _HEADS], rows, "llrrrrrl"),
    ]
    for test in result.tests:
        lines = _said(test) if test.verdict not in {"PASS", "NONE"} or test.note else []
        if lines:
            parts.append("\n".join([f"**{plain_text(test.name)}**", "", *(f"- {plain_text(line)}" for line in lines)]))
    parts += [f"Note: {plain_text(note)}" for note in result.notes]
    if any(WEAK_MARK in cell for test in result.tests for cell in _cells(test)[5:6]):
        parts.append(f"{WEAK_MARK} too few samples for this percentile.")
    return "\n\n".join(parts) + "\n"


def suite_junit(result: SuiteResult) -> str:
    """One `testsuite` for each test of the suite, as `--junit` of its own run would have it."""
    suites = ET.Element("testsuites", {"name": result.name})
    for test in result.tests:
        suites.append(_junit_suite(test))
    for key in ("tests", "failures", "errors", "skipped"):
        suites.set(key, str(sum(int(each.get(key, "0")) for each in suites)))
    suites.set("time", f"{sum(test.seconds for test in result.tests):.3f}")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _junit_suite(test: TestResult) -> ET.Element:
    found = None
    if test.run is not None:
        found = ET.fromstring(junit_text(test.run).encode()).find("testsuite")  # noqa: S314 - our own text
    if found is not None and test.run is not None:
        found.set("name", test.name)
        # The run alone does not know that its process ended with an error all the same.
        known = test.run.exit_code or test.run.verdict in {"FAIL", "INVALID"}
        if test.verdict in {"FAIL", "INVALID", ERROR} and not known:
            _case(found, test, "failure")
        return found
    suite = ET.Element("testsuite", {"name": test.name, "tests": "0", "failures": "0", "errors": "0", "skipped": "0"})
    suite.set("time", f"{test.seconds:.3f}")
    _case(suite, test, "skipped" if test.verdict in {SKIPPED, NOT_RUN} else "error")
    return suite


def _case(suite: ET.Element, test: TestResult, kind: str) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": test.name, "name": "run", "time": f"{test.seconds:.3f}"})
    problem = ET.SubElement(case, kind, {"message": test.note})
    if kind != "skipped":
        problem.set("type", test.verdict)
        problem.text = "\n".join(test.reasons)
    count = {"failure": "failures", "error": "errors", "skipped": "skipped"}[kind]
    for key in ("tests", count):
        suite.set(key, str(int(suite.get(key, "0")) + 1))
