"""Thresholds of a k6 summary as JUnit XML.

Rules: pure; a test case for each threshold, and nothing else, since nothing else fails a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

__all__ = ["junit_xml"]


def junit_xml(data: Mapping[str, Any], name: str = "k6 thresholds") -> str:
    """The document; `data` is what handleSummary gets."""
    cases: list[str] = []
    failures = 0
    metrics: dict[str, dict[str, dict[str, Any]]] = data["metrics"]
    for metric, found in metrics.items():
        for threshold, outcome in (found.get("thresholds") or {}).items():
            title = quoteattr(f"{metric} - {threshold}")
            if outcome.get("ok"):
                cases.append(f"<testcase name={title} />")
                continue
            failures += 1
            values = ", ".join(f"{key}={value}" for key, value in (found.get("values") or {}).items())
            cases.append(f'<testcase name={title}><failure message="failed">{escape(values)}</failure></testcase>')
    counts = f'tests="{len(cases)}" failures="{failures}"'
    body = "\n".join(cases)
    return (
        f'<?xml version="1.0"?>\n<testsuites {counts}>\n<testsuite name={quoteattr(name)} {counts}>'
        f"{body}\n</testsuite>\n</testsuites>"
    )
