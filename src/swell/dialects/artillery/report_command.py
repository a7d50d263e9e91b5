"""`artillery report FILE`: a JSON report as an HTML page.

Rules: the page stands beside the report unless `-o` says otherwise, as it did in Artillery.
"""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from swell.dialects.artillery.json_report import read_report
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.report_html import page

__all__ = ["report"]


def report(file: str, output: str, *, browse: bool = False) -> int:
    """Write the page of a report; returns the exit code. Raises ScriptError."""
    target = Path(output) if output else Path(f"{file}.html")
    text = page(read_report(file), Path(file).name)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScriptError(f"{target} cannot be written: {error.strerror}") from None
    click.echo(f"Report generated: {target}")
    if browse:
        webbrowser.open(target.resolve().as_uri())
    return 0
