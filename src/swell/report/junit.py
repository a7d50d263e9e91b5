"""A run as JUnit XML, which CI systems show as tests: `--junit FILE`.

Rules: a pure function of the record. One test for each threshold, one for each endpoint that was compared with a
baseline, and one for the verdict, so that the file fails exactly when the run did: failed thresholds, regressions and
the verdict FAIL are failures, no data and INVALID are errors. Checks do not make a verdict, so they are told in the
output and are no tests of their own.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from swell.analysis.comparison import Change
from swell.model.threshold import criterion_text, result_text
from swell.report.comparison_words import effect_text, interval_text, metric_word
from swell.report.figures import plural

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison, ComparisonRow
    from swell.model.threshold import CriterionResult
    from swell.runs.record import Run

__all__ = ["junit_text"]

# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_text(run: Run, comparison: Comparison | None = None) -> str:
    """The file's text. `comparison`: with the baseline, if there is one."""
    suite = ET.Element("testsuite", {"name": _clean(run.name or run.id)})
    properties = ET.SubElement(suite, "properties")
    facts = {"run": run.id, "file": run.file, "target": run.target, "verdict": run.verdict, **run.tags}
    for name, value in facts.items():
        if value:
            ET.SubElement(properties, "property", {"name": _clean(name), "value": _clean(value)})
    for result in run.thresholds:
        _threshold(suite, run, result)
    if comparison is not None:
        _comparison(suite, run, comparison)
    _verdict(suite, run)
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": len(suite.findall("testcase/error")),
        "skipped": 0,
    }
    attributes = {name: str(count) for name, count in counts.items()} | {"time": _seconds(run.duration)}
    suite.attrib.update(attributes)
    suite.set("timestamp", dt.datetime.fromtimestamp(run.started, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    said = [*(f"warning: {text}" for text in run.warnings), *(f"note: {text}" for text in run.notes)]
    said += [
        f"check {each.name!r}: {plural(each.passes, 'pass', 'passes')}, {each.fails} failed" for each in run.checks
    ]
    if said:
        ET.SubElement(suite, "system-out").text = _clean("\n".join(said))
    suites = ET.Element("testsuites", {"name": "swell", **attributes})
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _threshold(suite: ET.Element, run: Run, result: CriterionResult) -> None:
    text = result_text(result)
    case = _case(suite, run, result.criterion.source or criterion_text(result.criterion), "0")
    if result.grade == "failed":
        _problem(case, "failure", "threshold", text)
    elif result.grade == "no data":
        _problem(case, "error", "no data", text)
    else:
        ET.SubElement(case, "system-out").text = _clean(text)


def _comparison(suite: ET.Element, run: Run, comparison: Comparison) -> None:
    # The same names in each run: CI systems follow a test by its name.
    against = "against the baseline"
    if comparison.verdict is Change.INVALID:
        text = "\n".join(comparison.reasons) or "nothing could be compared"
        _problem(_case(suite, run, against, "0"), "error", "INVALID", text)
        return
    by_endpoint: dict[str, list[ComparisonRow]] = {}
    for row in comparison.rows:
        by_endpoint.setdefault(row.endpoint, []).append(row)
    for endpoint, rows in by_endpoint.items():
        case = _case(suite, run, f"{endpoint} {against}", "0")
        # What is worse first: it is the message.
        told = sorted(rows, key=lambda row: row.verdict is not Change.REGRESSED)
        text = "\n".join(_row_text(row) for row in told)
        if told[0].verdict is Change.REGRESSED:
            _problem(case, "failure", "regression", text)
        else:
            ET.SubElement(case, "system-out").text = _clean(text)


def _row_text(row: ComparisonRow) -> str:
    if row.effect is None:
        return f"{metric_word(row)} {row.verdict}{f': {row.note}' if row.note else ''}"
    return f"{metric_word(row)} {row.verdict} {effect_text(row, row.effect)} ({interval_text(row)})"


def _verdict(suite: ET.Element, run: Run) -> None:
    case = _case(suite, run, "verdict", _seconds(run.duration))
    text = "\n".join([run.verdict, *run.reasons])
    if run.verdict == "FAIL":
        _problem(case, "failure", "FAIL", text)
    elif run.verdict == "INVALID":
        _problem(case, "error", "INVALID", text)
    elif run.exit_code:
        _problem(case, "error", f"exit code {run.exit_code}", run.stop_reason or text)
    else:
        ET.SubElement(case, "system-out").text = _clean(text)


def _case(suite: ET.Element, run: Run, name: str, seconds: str) -> ET.Element:
    named = {"classname": _clean(run.file or run.name or "swell"), "name": _clean(name), "time": seconds}
    return ET.SubElement(suite, "testcase", named)


def _problem(case: ET.Element, kind: str, type_: str, text: str) -> None:
    found = ET.SubElement(case, kind, {"type": type_, "message": _clean(text.partition("\n")[0])})
    found.text = _clean(text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
