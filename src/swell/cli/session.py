"""From a checked plan to an exit code: what `swell run` and `swell demo` share.

Rules: results go to stdout, the way there to stderr (with `--json -` stdout belongs to the JSON alone). Whatever cannot
be written afterwards (a full disk, a closed pipe) costs a warning, never the verdict. The exit code is the
judgement's.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from swell.cli.mistakes import Mistake
from swell.coordinator.conduct import conduct
from swell.coordinator.cpus import auto_processes
from swell.coordinator.judge import Judge
from swell.coordinator.transports.processes import ProcessWorkers
from swell.coordinator.transports.threads import ThreadWorker
from swell.metrics.store import MetricStore
from swell.model.slices import most_workers
from swell.report.console import make_console
from swell.report.live import make_view
from swell.report.summary_json import encode_summary
from swell.report.terminal import print_summary
from swell.runs.files import new_run_id, save_run
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.coordinator.state import Outcome
    from swell.model.plan import Plan
    from swell.runs.record import Run

__all__ = ["Output", "check_json_path", "execute", "worker_count"]


class Output(msgspec.Struct, frozen=True):
    """Where results go."""

    quiet: bool = False
    strict: bool = False
    json: str = ""
    """A path, "-" for stdout, "" for none."""
    keep: bool = True
    """Whether the record of the run is stored."""


def check_json_path(path: str) -> None:
    """Say now, not after an hour of load, that the summary cannot be written. Raises Mistake."""
    if path in {"", "-"}:
        return
    target = Path(path)
    if target.is_dir():
        raise Mistake(f"--json {path}: this is a directory.", "Name a file in it.")
    existed = target.exists()
    try:
        target.open("a").close()
    except OSError as error:
        raise Mistake(f"--json {path}: cannot be written: {error.strerror}.", "Name a file that can.") from None
    if not existed:
        target.unlink(missing_ok=True)


def worker_count(processes: int | None, plan: Plan) -> int:
    """Workers for `--processes` (None: auto), no more than the plan can be divided among; 0 means one in a thread."""
    wanted = auto_processes() if processes is None else processes
    most = most_workers(plan)
    if most is not None and wanted > most:
        if processes is not None:
            click.echo(f"--processes {wanted}: this plan can be divided among {most} at most; using {most}.", err=True)
        return most
    return wanted


def execute(plan: Plan, workers: int, output: Output, command: Sequence[str]) -> int:
    """Run the plan and show everything; returns the exit code."""
    started = time.time()
    plan = msgspec.structs.replace(plan, processes=max(workers, 1))
    store = MetricStore()
    view = make_view(make_console(stderr=True), quiet=output.quiet)
    try:
        outcome = conduct(
            plan,
            transport=ProcessWorkers() if workers else ThreadWorker(),
            workers=max(workers, 1),
            store=store,
            judge=Judge(plan),
            observers=[view],
        )
        run = summarize(
            plan,
            store,
            outcome,
            run_id=new_run_id(started),
            workers=max(workers, 1),
            command=command,
            strict=output.strict,
        )
    except OSError as error:
        raise Mistake(f"the workers could not be started: {error}.") from None
    finally:
        store.close()
    if outcome.script_error is not None:
        _show_script_error(outcome)
        return run.exit_code
    _show(run, output)
    return run.exit_code


def _show_script_error(outcome: Outcome) -> None:
    assert outcome.script_error is not None
    phase, text = outcome.script_error
    where = {"load": "the test could not be loaded", "setup": "setup failed", "start": "the test could not be started"}
    click.echo(f"Error: {where.get(phase, f'{phase} failed')}:\n{text}", err=True)


def _show(run: Run, output: Output) -> None:
    stored: list[Path] = []
    if output.keep:
        _guarded("the record of this run could not be stored", lambda: stored.append(save_run(run)))
    to_stdout = output.json != "-"

    def summary() -> None:
        console = make_console(stderr=not to_stdout)
        print_summary(run, console, stored=str(stored[0]) if stored else "")

    if to_stdout or not output.quiet:
        _guarded("the summary could not be printed", summary)
    if output.json:
        _guarded("the JSON summary could not be written", lambda: _write_json(run, output.json))


def _write_json(run: Run, path: str) -> None:
    text = encode_summary(run)
    if path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        Path(path).write_text(text, encoding="utf-8")


def _guarded(trouble: str, action: Callable[[], object]) -> None:
    """Do it; a failure to write is told, not raised."""
    try:
        action()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough
        _drop_stdout()
    except OSError as error:
        with contextlib.suppress(OSError):
            click.echo(f"warning: {trouble}: {error}", err=True)
        _drop_stdout()


def _drop_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again, if stdout can no longer be written."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
