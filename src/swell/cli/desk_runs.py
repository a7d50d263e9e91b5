"""`swell run --web-stay` and `--web-start`: one page, one run after the other.

Rules: each run is the run of a command line (what was typed, then what the form says), with the test file loaded
afresh in a process of its own. Ctrl-C ends a run in order and then the page; between runs it ends the page. The exit
code is that of the last run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli.desk import RunDesk
from swell.cli.desk_plan import plan_apart
from swell.cli.mistakes import Mistake
from swell.cli.planning import make_plan
from swell.cli.session import Done, Output, open_run_page, run_once, worker_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.web.page import LivePage

__all__ = ["serve"]


def serve(file: str, values: Mapping[str, Any], output: Output, command: Sequence[str]) -> int:
    """Run the test, or wait for the form, and then what the form says, until Ctrl-C; returns the exit code."""
    # What is wrong with the file is told now, in the terminal.
    plan = make_plan(file, values, require_host=not output.web_start)
    desk = RunDesk(values, starts=True, title=f"Start {Path(file).name}")
    page = open_run_page(output, desk)
    code = 0
    try:
        if not output.web_start:
            done = run_once(plan, worker_count(values["processes"], plan), output, command, desk)
            code = done.code
            if done.interrupted:
                return code
            _told(page, done)
        click.echo(f"The page waits at {page.url} until Ctrl-C.", err=True)
        while True:
            page.idle(lambda: desk.is_asked)
            done = _asked(page, desk, file, output, command)
            if done is None:
                continue
            code = done.code
            if done.interrupted:
                return code
            _told(page, done)
    except KeyboardInterrupt:
        return code
    finally:
        page.shut()


def _asked(page: LivePage, desk: RunDesk, file: str, output: Output, command: Sequence[str]) -> Done | None:
    """The run that the form asks for; None if it could not begin, which the page tells."""
    page.prepare("loading the test")
    try:
        values, added = desk.take()
        plan = plan_apart(file, values, page.idle, lambda said: _say(page, said))
        return run_once(plan, worker_count(values["processes"], plan), output, [*command, *added], desk)
    except Mistake as mistake:
        trouble = " ".join(part for part in (mistake.message, mistake.hint) if part)
        click.echo(f"Error: {trouble}", err=True)
        page.prepare("the test could not be started", trouble)
        return None


def _told(page: LivePage, done: Done) -> None:
    if done.trouble:
        page.prepare("the test could not be started", done.trouble)


def _say(page: LivePage, said: str) -> None:
    click.echo(said, err=True)
    for line in said.splitlines():
        page.say("warning", line)
