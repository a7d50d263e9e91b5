"""Runs a prepared locustfile to its exit code.

Rules: the workers write Locust's output to this process's stdout and stderr themselves. The exit code is the one that
the test's own process would have had; a failed threshold turns 0 into 1, a measurement that proves nothing 0 into 3
where thresholds were given.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec

from swell.coordinator.conduct import conduct
from swell.coordinator.judge import Judge
from swell.coordinator.transports.processes import ProcessWorkers
from swell.metrics.store import MetricStore
from swell.outputs.feed import OutputFeed
from swell.outputs.registry import open_outputs
from swell.report.files import write_files
from swell.runs.keeping import keep_run
from swell.runs.naming import new_run_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swell.coordinator.state import LiveRun, Outcome
    from swell.dialects.locust.prepared import Prepared
    from swell.dialects.locust.web_relay import Relay
    from swell.metrics.snapshot import Snapshot
    from swell.model.plan import Plan
    from swell.runs.record import Run
    from swell.web.page import LivePage

__all__ = ["execute"]

_WRONG_USE = 2


class _FrontDoor:
    """The coordinator's side of a test in one worker: keeps the exit code that it reports."""

    def __init__(self, relay: Relay | None) -> None:
        self.exit_code: int | None = None
        self._relay = relay

    def open(self, send: Callable[[int, object], None], end: Callable[[str], None]) -> None:
        """As `Companion.open`."""

    def receive(self, index: int, value: Any) -> None:
        """As `Companion.receive`."""
        del index
        if value[0] == "exit":
            self.exit_code = value[1]
        elif value[0] == "web" and self._relay is not None:
            self._relay.answered(value[1], value[2])
        elif value[0] == "web_last" and self._relay is not None:
            self._relay.last = value[1]

    def measured(self, index: int, snapshot: Snapshot) -> None:
        """As `Companion.measured`."""


class _Notices:
    """An observer that tells only what the workers cannot tell."""

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        if level != "info" and not text.startswith(("interrupted", "the test ended")):
            print(f"swell: {text}", file=sys.stderr)  # noqa: T201 - for people

    def output(self, worker: int, line: str) -> None:
        """As `Observer.output`; workers print themselves."""

    def close(self) -> None:
        """As `Observer.close`."""


def execute(
    prepared: Prepared,
    arguments: Sequence[str],
    *,
    page: LivePage | None = None,
    relay: Relay | None = None,
    on_start: Callable[[], object] = lambda: None,
) -> int:
    """Run the plan; returns the exit code. `page` shows it, and keeps its store until the next run.

    `relay` hands requests of the page on to the test.
    """
    plan = prepared.plan
    assert plan is not None
    plan = plan if page is None else _with_page(plan)
    started = time.time()
    try:
        outputs, baseline = open_outputs(prepared.out), _baseline(prepared)
    except ValueError as error:
        hint = getattr(error, "hint", "")
        print(f"swell locust: error: {error} {hint}".rstrip(), file=sys.stderr)  # noqa: T201 - for people
        return _WRONG_USE
    store = MetricStore()
    feed = OutputFeed(outputs, store)
    run_id = new_run_id(started)
    command = ["swell", "locust", *arguments]
    writer = keep_run(plan, run_id, started, workers=plan.processes, command=command, url=prepared.store)
    run: Run | None = None
    if relay is not None:
        relay.begun()
    companion, master = _companion(arguments, plan, store, relay)
    own: Any = master if master is not None and master.steers else None
    observed: list[Any] = [_Notices(), feed]
    if page is not None:
        observed.append(page)
        if writer is not None:
            page.stored_as(run_id, command)
        on_start()
    try:
        outcome = conduct(
            plan,
            transport=ProcessWorkers(own_output=True, echo=page is not None),
            workers=plan.processes,
            store=store,
            judge=Judge(plan),
            observers=observed,
            companion=companion if page is None else page.companion(companion),
            steering=own if page is None else page.steering(own),
            interrupt_grace=None,
            keep=writer.keep if writer is not None else None,
        )
        if master is not None:
            master.finish()
        if outcome.script_error is not None:
            print(outcome.script_error[1], file=sys.stderr)  # noqa: T201 - for people
            return companion.exit_code or 1
        run = _summary(prepared, store, outcome, command, run_id)
        run.notes += feed.notes()
        run, comparison = _compared(baseline, run, store, strict=prepared.strict)
        if writer is not None:
            writer.finish(run)
            if writer.error:
                _warn(f"this run could not be stored: {writer.error}")
        write_files(run, store, prepared.files, _warn, comparison=comparison)
        if page is not None:
            from swell.web.results import Results  # noqa: PLC0415 - only with a page

            page.finish(run, Results(run, store))
        return _judged(prepared, run, companion.exit_code)
    except OSError as error:
        print(f"swell locust: the workers could not be started: {error}", file=sys.stderr)  # noqa: T201 - for people
        return 1
    finally:
        if relay is not None:
            relay.ended()
        if writer is not None and run is None:
            writer.finish(None)
        if page is None or run is None:
            store.close()


def _with_page(plan: Plan) -> Plan:
    """The test may add to a page."""
    source = msgspec.structs.replace(plan.source, options={**plan.source.options, "page": "yes"})
    return msgspec.structs.replace(plan, source=source)


def _companion(arguments: Sequence[str], plan: Plan, store: MetricStore, relay: Relay | None) -> tuple[Any, Any]:
    """What speaks with the workers, and the master if there is one."""
    if plan.processes == 1:
        return _FrontDoor(relay), None
    from swell.dialects.locust.master import Master  # noqa: PLC0415 - only for several processes

    master = Master(arguments, plan, store, page=relay is not None)
    if relay is not None:
        relay.here = master.answer_web
    return master, master


def _baseline(prepared: Prepared) -> Any:
    """The baseline to compare with, None for none. Raises BaselineError."""
    if prepared.baseline is None or prepared.plan is None:
        return None
    from swell.report.comparison_baseline import find_baseline, margin_of  # noqa: PLC0415 - only where it is wanted

    return find_baseline(prepared.baseline, prepared.store, margin_of(prepared.margin), prepared.plan)


def _compared(baseline: Any, run: Run, store: MetricStore, *, strict: bool) -> tuple[Run, Any]:
    """The run, judged by the comparison too, and the comparison."""
    if baseline is None:
        return run, None
    from swell.report.comparison_baseline import compare_with  # noqa: PLC0415 - only where it is wanted

    return compare_with(baseline, run, store, strict=strict)


def _summary(prepared: Prepared, store: MetricStore, outcome: Outcome, command: Sequence[str], run_id: str) -> Run:
    from swell.runs.summarize import summarize  # noqa: PLC0415 - after the run

    plan = prepared.plan
    assert plan is not None
    return summarize(
        plan,
        store,
        outcome,
        run_id=run_id,
        workers=plan.processes,
        command=command,
        strict=prepared.strict,
    )


def _judged(prepared: Prepared, run: Run, code: int | None) -> int:
    judged = prepared.thresholds or prepared.baseline is not None
    if judged:
        from swell.report.console import make_console  # noqa: PLC0415 - after the run
        from swell.report.terminal import print_summary  # noqa: PLC0415 - as above

        print_summary(run, make_console(stderr=True))
    if code is None:
        return 1  # the worker was lost
    if code == 0 and judged and run.exit_code in {1, 3}:
        return run.exit_code
    return code


def _warn(text: str) -> None:
    print(f"swell: {text}", file=sys.stderr)  # noqa: T201 - for people
