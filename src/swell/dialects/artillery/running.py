"""Runs a loaded Artillery test to its exit code.

Rules: Artillery's console and exit codes; whatever ends the run, Ctrl-C too, what was measured is printed, written and
stored. A failed threshold turns 0 into 1, a measurement that cannot be believed turns 0 into 3 where something was to
hold.
"""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec

from swell.coordinator.conduct import conduct
from swell.coordinator.cpus import auto_processes
from swell.coordinator.judge import Judge
from swell.coordinator.transports.processes import ProcessWorkers
from swell.dialects.artillery.buckets import bucket_of, periods_of
from swell.dialects.artillery.comparing import baseline_of, compared
from swell.dialects.artillery.compiling import check_test
from swell.dialects.artillery.console import Console
from swell.dialects.artillery.ending import Verdict, add_to_record, verdict_of
from swell.dialects.artillery.json_report import Report, output_path, write_report
from swell.dialects.artillery.lint import plugin_notes, transform_notes
from swell.dialects.artillery.loading import find_place
from swell.dialects.artillery.mistakes import ScriptError
from swell.dialects.artillery.planning import make_plan
from swell.dialects.artillery.publish.targets import PLUGIN, targets_of, targets_opened
from swell.dialects.artillery.settings import public_plan
from swell.dialects.artillery.shapes import mapping_of
from swell.dialects.artillery.slack import Ended, send_message
from swell.metrics.store import MetricStore
from swell.model.slices import most_workers
from swell.model.threshold import ThresholdError, parse_threshold
from swell.outputs.base import wants_points
from swell.outputs.feed import OutputFeed
from swell.outputs.registry import open_outputs
from swell.report.files import Files, problem, write_files
from swell.runs.keeping import NO_STORE, keep_run
from swell.runs.naming import new_run_id
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.coordinator.state import Outcome
    from swell.dialects.artillery.console import Style
    from swell.dialects.artillery.flags import Parsed
    from swell.dialects.artillery.loading import Loaded
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Plan
    from swell.outputs.base import Output
    from swell.runs.record import Run
    from swell.runs.writer import RunWriter

__all__ = ["execute"]

_LOST = 11
_SIGNALLED = 128  # and the number of the signal, as shells have it: 130 for Ctrl-C, 143 for SIGTERM
_DIED_EARLY = re.compile(r"worker \d+ ended before the start: ")


class Told:
    """The coordinator's side of a test: when the load began, and what exit code its scripts wish for."""

    def __init__(self, note: Callable[[str], object]) -> None:
        self._note = note
        self.origin: float | None = None
        self.exit_code: int | None = None

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`."""

    def receive(self, index: int, value: Any) -> None:
        """As `Companion.receive`."""
        del index
        what, said = value
        if what == "started":
            self.origin = said if self.origin is None else min(self.origin, said)
        elif what == "exit":
            self.exit_code = said
        elif what == "note":
            self._note(said)

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`."""


def execute(loaded: Loaded, parsed: Parsed, argv: Sequence[str]) -> int:
    """Run the test; returns the exit code. Raises ScriptError for what cannot be prepared."""
    output = output_path(parsed.one("output")) if parsed.has("output") else ""
    files = _files(parsed)
    console = _console(loaded, parsed)
    plan = _plan(loaded, parsed)
    loaded.check_payloads()  # what is wrong with them is told now
    check_test(loaded)
    console.line(f"Test run id: {loaded.test.test_id}")
    config, scenarios = loaded.test.config, loaded.test.scenarios
    for warning in [*loaded.warnings, *plugin_notes(config, scenarios), *transform_notes(scenarios)]:
        _say(f"WARNING: {warning}")
    started = time.time()
    workers = _workers(parsed.one("processes"), plan)
    baseline = baseline_of(parsed, public_plan(plan))
    outputs = _outputs(loaded, parsed)
    plan = msgspec.structs.replace(plan, processes=workers, raw_samples=wants_points(outputs))
    public = public_plan(plan)
    store = MetricStore()
    feed = OutputFeed(outputs, store)
    page = _page(parsed)
    run_id = new_run_id(started)
    command = ["swell", "artillery", *argv]
    url = NO_STORE if parsed.has("no-store") else parsed.one("store") or None
    writer = keep_run(public, run_id, started, workers=workers, command=command, url=url)
    told = Told(console.line)
    run: Run | None = None
    observers: list[Any] = [console, feed, *([page] if page is not None else [])]
    try:
        outcome = conduct(
            plan,
            transport=ProcessWorkers(),
            workers=workers,
            store=store,
            judge=Judge(plan),
            observers=observers,
            companion=told if page is None else page.companion(told),
            interrupt_grace=0.0,
            keep=writer.keep if writer is not None else None,
        )
        if outcome.script_error is not None:
            said = outcome.script_error[1]
            _say(f"Error: {said}")
            return _LOST if _DIED_EARLY.match(said) else 1
        run = summarize(
            public, store, outcome, run_id=run_id, workers=workers, command=command, strict=parsed.has("strict")
        )
        trouble = feed.notes()
        for note in trouble:
            _say(f"WARNING: {note}")
        run.notes += trouble
        origin = told.origin or console.origin or outcome.ended - outcome.duration
        report, verdict = _show(loaded, parsed, store, outcome, origin=origin, console=console)
        add_to_record(run, store, verdict.checks)
        run, comparison, compared_line = compared(baseline, run, store, strict=parsed.has("strict"))
        if compared_line:
            _say(f"swell: {compared_line}")
        _keep(writer, run)
        write_files(run, store, files, lambda text: _say(f"WARNING: {text}"), comparison=comparison)
        if output:
            _write(output, report, verdict, console)
        if page is not None:
            _end_page(page, run, store)
        code = _exit_code(verdict, run, outcome, told, judged=bool(plan.thresholds) or baseline is not None)
        ended = Ended(code, report.aggregate, verdict.checks, outcome.duration, parsed.one("name"), run.reasons)
        _tell_slack(loaded, ended)
    except OSError as error:
        raise ScriptError(f"the workers could not be started: {error}") from None
    finally:
        if writer is not None and run is None:
            writer.finish(None)
        if page is not None:
            page.shut()
        store.close()
    return code


def _show(
    loaded: Loaded, parsed: Parsed, store: MetricStore, outcome: Outcome, *, origin: float, console: Console
) -> tuple[Report, Verdict]:
    """Print the end of the run; what was measured, and what is to be thought of it."""
    periods = periods_of(store, origin)
    aggregate = bucket_of(store, origin, periods[0].period // 1000 if periods else int(origin))
    console.finish(periods, aggregate, outcome.duration, interrupted=outcome.interrupted)
    config = loaded.test.config
    verdict = verdict_of(config, aggregate, strict_compat=parsed.has("strict-compat"))
    if verdict.apdex is not None:
        console.apdex(verdict.apdex)
    if verdict.checks:
        console.checks(verdict.checks)
    return Report(aggregate, periods), verdict


def _exit_code(verdict: Verdict, run: Run, outcome: Outcome, told: Told, *, judged: bool) -> int:
    if outcome.interrupted:
        return _SIGNALLED + outcome.signal
    if outcome.lost:
        _say("Error: " + "; ".join(f"worker {lost.index}: {lost.reason}" for lost in outcome.lost))
        return _LOST
    code = verdict.exit_code or told.exit_code or 0
    if run.thresholds:
        _tell_thresholds(run)
    if not code and (judged or verdict.checks) and run.exit_code in {1, 3}:
        if run.exit_code == 3:
            _say("swell: this measurement proves nothing: " + "; ".join(run.reasons))
        return run.exit_code
    return code


def _tell_slack(loaded: Loaded, ended: Ended) -> None:
    if trouble := send_message(loaded.test.config, ended, {**os.environ, **loaded.env}):
        _say(f"WARNING: {trouble}")


def _keep(writer: RunWriter | None, run: Run) -> None:
    if writer is not None:
        writer.finish(run)
        if writer.error:
            _say(f"WARNING: this run could not be stored: {writer.error}")


def _tell_thresholds(run: Run) -> None:
    from swell.model.threshold import result_text  # noqa: PLC0415 - only with thresholds

    for result in run.thresholds:
        _say(f"swell: {result_text(result)}")


def _outputs(loaded: Loaded, parsed: Parsed) -> list[Output]:
    """The outputs of `--out` and of the plugin publish-metrics, opened."""
    test = loaded.test
    place = find_place(loaded.documents, "config", "plugins", PLUGIN)
    targets = targets_of(test.config, test_id=test.test_id, env={**os.environ, **loaded.env}, place=place)
    try:
        outputs = open_outputs(parsed.many("out"))
    except ValueError as error:
        raise ScriptError(str(error)) from None
    targets = targets_opened(targets)
    for note in targets.notes:
        _say(f"WARNING: {note}")
    return [*outputs, *targets.outputs]


def _plan(loaded: Loaded, parsed: Parsed) -> Plan:
    try:
        thresholds = [parse_threshold(text).source for text in parsed.many("threshold")]
    except ThresholdError as error:
        raise ScriptError(f"--threshold: {error}") from None
    seed = parsed.one("seed")
    if seed and not seed.lstrip("-").isdigit():
        raise ScriptError(f"--seed is a whole number, not {seed!r}")
    return make_plan(
        loaded,
        thresholds=thresholds,
        seed=int(seed) if seed else None,
        name=parsed.one("name"),
        tags=_tags(parsed.one("tags")),
    )


def _tags(text: str) -> dict[str, str]:
    """The tags of `--tags name:value,...`; what is none is left out, as in Artillery."""
    pairs = (each.partition(":") for each in text.split(",") if ":" in each)
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _console(loaded: Loaded, parsed: Parsed) -> Console:
    style = parsed.one("console", "new")
    if style not in {"new", "classic"}:
        raise ScriptError(f"--console is new or classic, not {style!r}")
    chosen: Style = "classic" if style == "classic" else "new"
    configured = mapping_of(loaded.test.config.get("plugins"))
    hidden = [f"plugins.{name}" for name, options in configured.items() if mapping_of(options).get("suppressOutput")]
    return Console(loaded.phases, style=chosen, quiet=parsed.has("quiet"), hidden=hidden)


def _files(parsed: Parsed) -> Files:
    files = Files(
        json=parsed.one("summary-json"),
        html=parsed.one("html"),
        junit=parsed.one("junit"),
        markdown=parsed.one("markdown"),
    )
    for option, path in files.named().items():
        if trouble := problem(path):
            raise ScriptError(f"{option.replace('--json', '--summary-json')} {path}: {trouble}")
    return files


def _workers(value: str, plan: Plan) -> int:
    if value in {"", "1"}:
        return 1
    if value != "auto" and not (value.isdigit() and int(value) > 0):
        raise ScriptError(f"--processes is a number or auto, not {value!r}")
    wanted = auto_processes() if value == "auto" else int(value)
    most = most_workers(plan)
    return wanted if most is None else max(1, min(wanted, most))


def _page(parsed: Parsed) -> Any:
    if not parsed.has("web"):
        return None
    from swell.web.attach import PageError, open_page  # noqa: PLC0415 - only where it is wanted

    try:
        page = open_page("")
    except PageError as error:
        raise ScriptError(f"--web: {error}") from None
    _say(f"The run is shown at {page.url}")
    return page


def _end_page(page: Any, run: Run, store: MetricStore) -> None:
    from swell.web.results import Results  # noqa: PLC0415 - only with a page

    page.finish(run, Results(run, store))


def _write(path: str, report: Report, verdict: Verdict, console: Console) -> None:
    try:
        write_report(path, report, verdict.checks)
    except OSError as error:
        _say(f"WARNING: the report could not be written: {path}: {error.strerror}")
        return
    console.line(f"Log file: {path}")


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - for people
