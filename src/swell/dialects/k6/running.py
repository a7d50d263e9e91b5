"""Runs a loaded k6 test to its exit code.

Rules: k6's exit codes; where the verdict is more than k6 could say, stderr says it: a measurement that cannot be
believed turns 0 into 3 if there are thresholds. Whatever happens, what was measured is summarized and stored.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swell.coordinator.conduct import conduct
from swell.coordinator.cpus import auto_processes
from swell.coordinator.transports.processes import ProcessWorkers
from swell.dialects.k6.ending import exit_code, show_results, tell_verdict
from swell.dialects.k6.execution_segments import part_of
from swell.dialects.k6.loading import LoadError
from swell.dialects.k6.log import make_line
from swell.dialects.k6.outputs import dashboard_of, open_outputs, split_specs
from swell.dialects.k6.progress import Progress, head_text
from swell.dialects.k6.rest_api_control import RemoteControl, Scalable
from swell.dialects.k6.rest_api_server import DEFAULT_ADDRESS, RestServer
from swell.dialects.k6.summary_data import TREND_STATS
from swell.dialects.k6.summary_judge import K6Judge
from swell.metrics.store import MetricStore
from swell.model.slices import most_workers
from swell.outputs.base import wants_points
from swell.outputs.feed import OutputFeed
from swell.report.files import Files, problem, write_files
from swell.runs.keeping import NO_STORE, keep_run
from swell.runs.naming import new_run_id
from swell.runs.summarize import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.dialects.k6.loading import Loaded
    from swell.metrics.snapshot import Snapshot
    from swell.runs.record import Run

__all__ = ["Told", "execute"]

_CONFIG, _NO_CODE = 104, 255


class Told:
    """The coordinator's side of a test: what its scripts said of the whole run."""

    def __init__(self, control: RemoteControl | None, progress: Progress) -> None:
        self.aborted: str | None = None
        self.failed: str | None = None
        self.setup: str | None = None
        self._control = control
        self._progress = progress

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`."""

    def receive(self, index: int, value: Any) -> None:
        """As `Companion.receive`."""
        del index
        what, said = value
        match what:
            case "abort":
                self.aborted = said
            case "fail":
                self.failed = said
            case "setup":
                self.setup = said
                if self._control is not None:
                    self._control.setup_data = msgspec.json.decode(said)
            case "interrupted":
                self._progress.interrupted += said
            case _:
                pass

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`."""


class LogSink:
    """Where lines of the log go: `--log-output`. Raises LoadError for what is none."""

    def __init__(self, where: str) -> None:
        name, _, argument = where.partition("=")
        self._stream: Any = None
        if name in {"", "stderr"}:
            self._stream = sys.stderr
        elif name == "stdout":
            self._stream = sys.stdout
        elif name == "file":
            path = argument.partition(",")[0]
            try:
                self._stream = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - for the whole test
            except OSError as error:
                raise LoadError(f"--log-output: {path}: {error.strerror}", _CONFIG) from None
        elif name == "loki":
            raise LoadError("--log-output: Loki is not supported; write a file and let an agent send it", _CONFIG)
        elif name != "none":
            raise LoadError(f"--log-output: {where!r} is none of stderr, stdout, none, file=PATH", _CONFIG)

    def write(self, line: str) -> None:
        """One line; a reader that is gone is no error."""
        if self._stream is None:
            return
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()


def execute(loaded: Loaded, argv: Sequence[str], sink: LogSink) -> int:
    """Run the test; returns the exit code. Raises LoadError for what cannot be prepared."""
    given, test, options = loaded.given, loaded.test, loaded.options
    started = test.started
    specs = split_specs(given.many("out"), os.environ)
    files = _files(given)
    trend_stats = tuple(options.get("summaryTrendStats") or TREND_STATS)
    workers = _workers(given.one("processes"), loaded)
    plan = msgspec.structs.replace(loaded.plan, processes=workers)
    store = MetricStore()
    judge = K6Judge(plan, store)
    line = make_line(test.log_style, started, colours=not _plain(given))
    progress = Progress(
        test.scenarios,
        quiet=given.has("quiet"),
        write_log=sink.write,
        log=lambda level, text: line(level, text, ""),
    )
    outputs, dashboard = _outputs(loaded, specs, progress)
    control, server = _remote(given, loaded, trend_stats, progress)
    page = _page(given, dashboard)
    if not given.has("quiet"):
        _announce(loaded, specs, page.url if page is not None else "")
    for warning in loaded.warnings:
        progress.say("warn", warning)
    plan = msgspec.structs.replace(plan, raw_samples=wants_points(outputs))
    feed = OutputFeed(outputs, store)
    baseline = _baseline(given, plan)
    run_id = new_run_id(started)
    command = ["swell", "k6", *argv]
    url = NO_STORE if given.has("no-store") else given.one("store") or None
    writer = keep_run(plan, run_id, started, workers=workers, command=command, url=url)
    told = Told(control, progress)
    run: Run | None = None
    observers: list[Any] = [progress, feed]
    observers += [each for each in (control, page) if each is not None]
    try:
        if control is not None and options.get("paused") and not _wait_for_start(control, progress):
            return 105
        outcome = conduct(
            plan,
            transport=ProcessWorkers(),
            workers=workers,
            store=store,
            judge=judge,
            observers=observers,
            companion=told if page is None else page.companion(told),
            steering=control if page is None else page.steering(control),
            interrupt_grace=0.0,
            keep=writer.keep if writer is not None else None,
        )
        run = summarize(
            plan, store, outcome, run_id=run_id, workers=workers, command=command, strict=given.has("strict")
        )
        run.notes += feed.notes()
        comparison = None
        if baseline is not None:
            from swell.report.comparison_baseline import compare_with  # noqa: PLC0415 - only where it is wanted

            run, comparison = compare_with(baseline, run, store, strict=given.has("strict"))
        show_results(loaded, run, store, outcome, told=told, exact=judge.exact, log=progress.say)
        stopped = control is not None and control.stopped
        code = exit_code(loaded, run, outcome, told, stopped=stopped, compared=baseline is not None)
        if dashboard is not None and dashboard.export and not files.html:
            files = msgspec.structs.replace(files, html=dashboard.export)
        _keep(run, store, files, progress, writer=writer, comparison=comparison)
        judged = bool(plan.thresholds) or baseline is not None
        tell_verdict(run, outcome, code, progress.say, loaded=loaded, judged=judged)
        _stay(page, run, store, linger=given.has("linger") or _is_on("K6_LINGER"))
    except OSError as error:
        raise LoadError(f"the workers could not be started: {error}", _NO_CODE) from None
    else:
        return code
    finally:
        if writer is not None and run is None:
            writer.finish(None)
        if server is not None:
            server.close()
        if page is not None:
            page.shut()
        store.close()


def _announce(loaded: Loaded, specs: Sequence[str], url: str) -> None:
    """Say what is going to happen. `url`: of the live page, "" for none."""
    part = part_of(loaded.options)
    share = 1.0 if part is None else float(part.own.share)
    print(head_text(loaded.given.files[0], loaded.test.scenarios, specs, url, share))  # noqa: T201
    sys.stdout.flush()


def _outputs(loaded: Loaded, specs: Sequence[str], progress: Progress) -> tuple[Any, Any]:
    """(outputs, dashboard) that the command line and the environment ask for."""
    by_metric: dict[str, list[str]] = {}
    for threshold in loaded.thresholds:
        by_metric.setdefault(threshold.metric, []).append(threshold.expression)
    try:
        outputs = open_outputs(
            specs,
            os.environ,
            thresholds=by_metric,
            system_tags=loaded.options.get("systemTags"),
            warn=lambda text: progress.say("warn", text),
        )
        return outputs, dashboard_of(specs, os.environ)
    except ValueError as error:
        raise LoadError(str(error), _NO_CODE) from None


def _files(given: Any) -> Files:
    files = Files(
        json=given.one("summary-json"), html=given.one("html"), junit=given.one("junit"), markdown=given.one("markdown")
    )
    for option, path in files.named().items():
        if trouble := problem(path):
            raise LoadError(f"{option.replace('--json', '--summary-json')} {path}: {trouble}", _CONFIG)
    return files


def _workers(value: str, loaded: Loaded) -> int:
    if value in {"", "1"}:
        return 1
    if value != "auto" and not (value.isdigit() and int(value) > 0):
        raise LoadError(f"--processes: is a number or auto, not {value!r}", _CONFIG)
    wanted = auto_processes() if value == "auto" else int(value)
    most = most_workers(loaded.plan)
    return wanted if most is None else max(1, min(wanted, most))


def _remote(
    given: Any, loaded: Loaded, trend_stats: Sequence[str], progress: Progress
) -> tuple[RemoteControl | None, RestServer | None]:
    """The REST API, if somebody may want it."""
    scalable = {
        name: Scalable(each["vus"], each["maxVUs"])
        for name, each in loaded.test.scenarios.items()
        if each["executor"] == "externally-controlled"
    }
    paused = bool(loaded.options.get("paused"))
    address = given.one("address") or os.environ.get("K6_ADDRESS", "")
    if not (address or scalable or paused):
        return None, None
    control = RemoteControl(scalable, paused=paused, trend_stats=trend_stats)
    try:
        server = RestServer(address or DEFAULT_ADDRESS, control)
    except ValueError as error:
        raise LoadError(f"--address: {error}", _CONFIG) from None
    trouble = server.open()
    if trouble:
        if paused or address:
            raise LoadError(trouble, 106)
        progress.say("warn", trouble)
    return control, server


def _wait_for_start(control: RemoteControl, progress: Progress) -> bool:
    """Until somebody resumes the test; False if it was interrupted or stopped instead."""
    progress.say("info", "the test is paused; start it with: swell k6 resume")
    try:
        while not control.wait_for_start(0.5):
            pass
    except KeyboardInterrupt:
        return False
    return not control.stopped


def _page(given: Any, dashboard: Any) -> Any:
    """The live page, for --web and for k6's dashboard."""
    spec = given.flags.get("web")
    if spec is None and (dashboard is None or dashboard.port < 0):
        return None
    from swell.web.attach import PageError, open_page  # noqa: PLC0415 - only where it is wanted

    try:
        page = open_page(spec if spec is not None else f"{dashboard.host}:{dashboard.port}")
    except PageError as error:
        raise LoadError(f"{'--web' if spec is not None else 'the web dashboard'}: {error}", _CONFIG) from None
    if dashboard is not None and dashboard.open_browser:
        webbrowser.open(page.url)
    return page


def _baseline(given: Any, plan: Any) -> Any:
    """The baseline that the run is to be compared with."""
    if "baseline" not in given.flags:
        return None
    from swell.report.comparison_baseline import BaselineError, find_baseline, margin_of  # noqa: PLC0415 - as below

    url = NO_STORE if given.has("no-store") else given.one("store") or None
    try:
        return find_baseline(given.one("baseline"), url, margin_of(given.one("margin")), plan)
    except BaselineError as error:
        raise LoadError(f"{error} {error.hint}".strip(), _CONFIG) from None


def _keep(run: Run, store: MetricStore, files: Files, progress: Progress, *, writer: Any, comparison: Any) -> None:
    if writer is not None:
        writer.finish(run)
        if writer.error:
            progress.say("warn", f"this run could not be stored: {writer.error}")
    write_files(run, store, files, lambda text: progress.say("warn", text), comparison=comparison)


def _stay(page: Any, run: Run, store: MetricStore, *, linger: bool) -> None:
    if page is not None:
        from swell.web.results import Results  # noqa: PLC0415 - only with a page

        page.finish(run, Results(run, store))
    if not linger:
        return
    print("The test is over; Ctrl-C ends this.", file=sys.stderr)  # noqa: T201 - for people
    with contextlib.suppress(KeyboardInterrupt):
        if page is not None:
            page.idle(lambda: False)
        else:
            while True:
                time.sleep(3600)


def _plain(given: Any) -> bool:
    return given.has("no-color") or bool(os.environ.get("NO_COLOR") or os.environ.get("K6_NO_COLOR"))


def _is_on(name: str) -> bool:
    return os.environ.get(name, "").lower() in {"true", "1"}
