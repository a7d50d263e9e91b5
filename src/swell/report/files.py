"""The files that a finished run leaves: reports and summaries, the same for every command that runs tests.

Rules: what cannot be written is known before the load where that can be known (`problem`), and afterwards costs a
warning, never the verdict; one file that fails keeps no other from being written. "-" as the JSON summary is stdout
and not handled here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from swell.report.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from swell.analysis.comparison import Comparison
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run

__all__ = ["RECORD_VARIABLE", "Files", "problem", "write_files"]

RECORD_VARIABLE = "SWELL_RECORD"
"""Environment variable of a program that starts runs: the file for the record (`runs.record.Run`) of one, as JSON."""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Paths by what is written there, "" for nothing."""

    json: str = ""
    html: str = ""
    junit: str = ""
    markdown: str = ""

    def named(self) -> dict[str, str]:
        """Option name -> path, of the files that are wanted."""
        wanted = {"--json": self.json, "--html": self.html, "--junit": self.junit, "--markdown": self.markdown}
        return {option: path for option, path in wanted.items() if path and path != "-"}


def problem(path: str) -> str:
    """Why this file cannot be written; "" if it can, as far as can be known. Missing folders are made later."""
    target = Path(path)
    if target.is_dir():
        return "this is a directory"
    folder = next(each for each in (target.parent, *target.parent.parents) if each.exists())
    if not folder.is_dir():
        return f"cannot be written: {folder} is no directory"
    if folder != target.parent:
        return ""
    existed = target.exists()
    try:
        target.open("a").close()
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    if not existed:
        target.unlink(missing_ok=True)
    return ""


def write_files(
    run: Run, store: MetricStore, files: Files, warn: Callable[[str], None], comparison: Comparison | None = None
) -> None:
    """Write what is wanted; `warn` is told what could not be. `comparison`: with the baseline, if there is one."""

    def json() -> None:
        from swell.report.summary_json import encode_summary  # noqa: PLC0415 - each of these only where it is wanted

        _write(files.json, encode_summary(run, comparison))

    def html() -> None:
        from swell.report.html import write_report  # noqa: PLC0415 - as above

        write_report(run, store, Path(files.html), comparison=comparison)

    def junit() -> None:
        from swell.report.junit import junit_text  # noqa: PLC0415 - as above

        _write(files.junit, junit_text(run, comparison))

    def markdown() -> None:
        from swell.report.markdown import markdown_text  # noqa: PLC0415 - as above

        text = markdown_text(run)
        if comparison is not None:
            from swell.report.comparison_markdown import comparison_markdown  # noqa: PLC0415 - as above

            text += "\n" + comparison_markdown(comparison)
        _write(files.markdown, text)

    def record() -> None:
        _write(os.environ[RECORD_VARIABLE], msgspec.json.encode(run).decode())

    named = files.named()
    writers = (
        ("the record could not be written", record, bool(os.environ.get(RECORD_VARIABLE))),
        ("the JSON summary could not be written", json, "--json" in named),
        ("the HTML report could not be written", html, "--html" in named),
        ("the JUnit file could not be written", junit, "--junit" in named),
        ("the Markdown summary could not be written", markdown, "--markdown" in named),
    )
    for trouble, write, wanted in writers:
        if not wanted:
            continue
        try:
            write()
        except OSError as error:
            warn(f"{trouble}: {error}")


def _write(path: str, text: str) -> None:
    write_whole(Path(path), text)
