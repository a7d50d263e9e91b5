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
from typing import TYPE_CHECKING, Any

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
from swell.outputs.base import wants_points
from swell.outputs.feed import OutputFeed
from swell.outputs.registry import open_outputs
from swell.report.console import make_console
from swell.report.files import Files, problem, write_files
from swell.report.live import make_view
from swell.report.summary_json import encode_summary
from swell.report.terminal import print_summary
from swell.runs.keeping import NO_STORE, keep_run
from swell.runs.naming import new_run_id
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from swell.analysis.comparison import Comparison
    from swell.cli.desk import RunDesk
    from swell.coordinator.state import Observer, Outcome
    from swell.model.plan import Plan
    from swell.outputs.base import Output as RunningOutput
    from swell.report.comparison_baseline import Baseline
    from swell.runs.record import Run
    from swell.runs.writer import RunWriter
    from swell.web.page import LivePage

__all__ = ["Done", "Output", "execute", "open_run_page", "run_once", "worker_count"]


class Output(msgspec.Struct, frozen=True):
    """Where results go; `files.json` may be "-" for stdout, `out` are outputs while the run goes on."""

    quiet: bool = False
    strict: bool = False
    files: Files = Files()
    out: tuple[str, ...] = ()
    store: str | None = None
    """The URL of the run store, None for the project's own."""
    web: str | None = None
    """Address of the live page, "" for the default; None for no page."""
    web_stay: bool = False
    baseline: str | None = None
    """Name of the baseline to compare with at the end."""
    margin: float = 0.05
    web_start: bool = False
    """Whether the page's form begins the first run; the page then stays, too."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Output:
        """From the options of `output_options`. Raises Mistake now, not after an hour of load."""
        files = Files(
            json=values["json_path"],
            html=values["html"],
            junit=values["junit"],
            markdown=values["markdown"],
        )
        for option, path in files.named().items():
            if trouble := problem(path):
                raise Mistake(f"{option} {path}: {trouble}.", "Name a file that can be written.")
        store = NO_STORE if values["no_store"] else values["store"]
        _check_store(store)
        web, start = values.get("web"), bool(values.get("web_start"))
        stay = start or bool(values.get("web_stay"))
        web = "" if stay and web is None else web
        out, baseline = tuple(values["out"]), values.get("baseline")
        margin = values.get("margin") or 0.05
        return cls(values["quiet"], values["strict"], files, out, store, web, stay, baseline, margin, start)


def _check_store(url: str | None) -> None:
    """Refuse a store that was named and cannot be used. Of the project's own store only a warning is made, later."""
    if not url or url == NO_STORE:
        return
    from swell.runs.store import StoreError, open_store  # noqa: PLC0415 - only where it is wanted

    try:
        open_store(url).close()
    except StoreError as error:
        raise Mistake(f"--store: {error}.", "Name another place, or say --no-store.") from None


def worker_count(processes: int | None, plan: Plan) -> int:
    """Workers for `--processes` (None: auto), no more than the plan can be divided among; 0 means one in a thread."""
    wanted = auto_processes() if processes is None else processes
    most = most_workers(plan)
    if most is not None and wanted > most:
        if processes is not None:
            click.echo(f"--processes {wanted}: this plan can be divided among {most} at most; using {most}.", err=True)
        return most
    return wanted


class Done(msgspec.Struct, frozen=True):
    """How one run ended. `trouble`: what kept the test from running; it then has no result."""

    code: int
    interrupted: bool = False
    trouble: str = ""


def execute(plan: Plan, workers: int, output: Output, command: Sequence[str]) -> int:
    """Run the plan once and show everything; returns the exit code. For pages that stay see `desk_runs.serve`."""
    if output.web is None:
        return run_once(plan, workers, output, command).code
    from swell.cli.desk import RunDesk  # noqa: PLC0415 - only where it is wanted

    desk = RunDesk({})
    page = open_run_page(output, desk)
    try:
        return run_once(plan, workers, output, command, desk).code
    finally:
        page.shut()


def run_once(plan: Plan, workers: int, output: Output, command: Sequence[str], desk: RunDesk | None = None) -> Done:
    """Run the plan and show everything, on the page of `desk` too, which keeps what was measured until its next run."""
    baseline = _find_baseline(output, plan)
    started = time.time()
    outputs = _open_outputs(output)
    plan = msgspec.structs.replace(plan, processes=max(workers, 1), raw_samples=wants_points(outputs))
    store = MetricStore()
    feed = OutputFeed(outputs, store)
    observers: list[Observer] = [make_view(make_console(stderr=True), quiet=output.quiet), feed]
    run_id = new_run_id(started)
    writer = keep_run(plan, run_id, started, workers=max(workers, 1), command=command, url=output.store)
    page = None
    if desk is not None:
        page = desk.page
        observers.append(page)
        if writer is not None:
            page.stored_as(run_id, command)
    kept: Run | None = None
    try:
        outcome = conduct(
            plan if desk is None else desk.conducted(plan),
            transport=ProcessWorkers() if workers else ThreadWorker(),
            workers=max(workers, 1),
            store=store,
            judge=Judge(plan),
            observers=observers,
            steering=None if page is None else page.steering(),
            companion=None if page is None else page.companion(),
            keep=writer.keep if writer is not None else None,
        )
        if outcome.script_error is not None:
            _show_script_error(outcome)
        run = summarize(
            plan if desk is None else desk.stored(plan),
            store,
            outcome,
            run_id=run_id,
            workers=max(workers, 1),
            command=command,
            strict=output.strict,
        )
        run.notes += feed.notes()
        if outcome.script_error is not None:
            said = outcome.script_error[1].strip() or outcome.script_error[0]
            return Done(run.exit_code, outcome.interrupted, said.splitlines()[-1])
        if desk is not None:
            desk.note(run)
        comparison = None
        if baseline is not None:
            from swell.report.comparison_baseline import compare_with  # noqa: PLC0415 - only where it is wanted

            run, comparison = compare_with(baseline, run, store, strict=output.strict)
        kept = run
        _show(run, store, output, writer, comparison)
        if page is not None:
            from swell.web.results import Results  # noqa: PLC0415 - only where it is wanted

            page.finish(run, Results(run, store, comparison))
        return Done(run.exit_code, outcome.interrupted)
    except OSError as error:
        raise Mistake(f"the workers could not be started: {error}.") from None
    finally:
        if writer is not None and kept is None:
            writer.finish(None)
        if page is None or kept is None:
            store.close()


def _find_baseline(output: Output, plan: Plan) -> Baseline | None:
    if output.baseline is None:
        return None
    from swell.report.comparison_baseline import BaselineError, find_baseline  # noqa: PLC0415 - only where wanted

    try:
        return find_baseline(output.baseline, output.store, output.margin, plan)
    except BaselineError as error:
        raise Mistake(str(error), error.hint) from None


def open_run_page(output: Output, desk: RunDesk) -> LivePage:
    """The page of `--web`, open and with its desk. Raises Mistake."""
    from swell.web.archive import archive_of  # noqa: PLC0415 - only where it is wanted
    from swell.web.attach import PageError, open_page  # noqa: PLC0415 - as above

    try:
        page = desk.page = open_page(output.web or "", desk=desk.desk, archive=archive_of(output.store))
    except PageError as error:
        raise Mistake(f"--web: {error}.", "Name another address: --web 127.0.0.1:8099.") from None
    click.echo(f"The run is shown at {page.url}", err=True)
    return page


def _open_outputs(output: Output) -> list[RunningOutput]:
    try:
        return open_outputs(output.out)
    except ValueError as error:
        raise Mistake(str(error)) from None


def _show_script_error(outcome: Outcome) -> None:
    assert outcome.script_error is not None
    phase, text = outcome.script_error
    where = {"load": "the test could not be loaded", "setup": "setup failed", "start": "the test could not be started"}
    click.echo(f"Error: {where.get(phase, f'{phase} failed')}:\n{text}", err=True)


def _show(
    run: Run, store: MetricStore, output: Output, writer: RunWriter | None, comparison: Comparison | None
) -> None:
    if writer is not None:
        writer.finish(run)
        if writer.error:
            _warn(f"this run could not be stored: {writer.error}")
    write_files(run, store, output.files, _warn, comparison)
    stored = writer.place if writer is not None and not writer.error else ""
    to_stdout = output.files.json != "-"

    def summary() -> None:
        console = make_console(stderr=not to_stdout)
        if comparison is not None:
            from swell.report.comparison_console import print_comparison  # noqa: PLC0415 - only where it is wanted

            print_comparison(comparison, console, verdict=False)
        print_summary(run, console, stored=stored)

    if to_stdout or not output.quiet:
        _guarded("the summary could not be printed", summary)
    if not to_stdout:
        text = encode_summary(run, comparison)
        _guarded("the JSON summary could not be written", lambda: sys.stdout.write(text))


def _warn(text: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(f"warning: {text}", err=True)


def _guarded(trouble: str, action: Callable[[], object]) -> None:
    """Do it; a failure to write is told, not raised."""
    try:
        action()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader had enough
        _drop_stdout()
    except OSError as error:
        _warn(f"{trouble}: {error}")
        _drop_stdout()


def _drop_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again, if stdout can no longer be written."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
