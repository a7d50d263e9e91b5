"""Runs the tests of a suite, one after the other, each as a process of its own.

Rules: signals are this module's: the first Ctrl-C ends the test that runs in good order and starts no other, a second
one ends it at once; the results until then are kept. A test that breaks keeps no other from running.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from swell.cli.child_run import ChildRun
from swell.cli.suite_commands import test_command, test_environment, typed
from swell.cli.suite_result import NOT_RUN, SKIPPED, SuiteResult, TestResult, judge_test
from swell.cli.suite_target import started_target
from swell.runs.redact import redact_command

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from swell.cli.suite_commands import Asked
    from swell.model.suite import Suite, SuiteTarget, SuiteTest

__all__ = ["placeholders", "run_suite", "skipped"]

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def placeholders(url: str, scratch: str) -> dict[str, str]:
    """Values of the words in braces; a URL that is not known yet stays as it is."""
    values = {"python": sys.executable, "tmp": scratch}
    return {"url": url, **values} if url else values


def skipped(test: SuiteTest, target: SuiteTarget | None) -> bool:
    """Whether a test is not for this target."""
    return bool(test.only_on) and (target is None or target.name not in test.only_on)


def run_suite(
    suite: Suite, tests: Sequence[SuiteTest], target: SuiteTarget | None, asked: Asked, folder: Path
) -> SuiteResult:
    """Run the tests against the target. Raises Mistake for what is wrong before the first of them."""
    running = _Running(suite, target, asked, folder)
    with tempfile.TemporaryDirectory(prefix="swell-suite-") as scratch, running.signals():
        # All that is wrong with any of them is told before the target starts.
        values = placeholders(target.url if target is not None else "", scratch)
        for test in tests:
            if not skipped(test, target):
                test_command(suite, test, target, asked, values)
        if target is None:
            return running.all(tests, values, lambda: "")
        log = folder / suite.outputs.folder / f"target-{target.name}.log"
        with started_target(
            target,
            folder=folder,
            log=log,
            values=values,
            stopped=lambda: running.interrupted,
            place=suite.place("targets", target.name),
        ) as started:
            return running.all(tests, placeholders(started.url, scratch), started.trouble)


class _Running:
    """The tests as they go on, and the signals that end them."""

    def __init__(self, suite: Suite, target: SuiteTarget | None, asked: Asked, folder: Path) -> None:
        self._suite = suite
        self._target = target
        self._asked = asked
        self._folder = folder
        self._child: ChildRun | None = None
        self.interrupted = False

    @contextlib.contextmanager
    def signals(self) -> Generator[None]:
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, *_: Any) -> None:
        self.interrupted = True
        if self._child is not None:
            self._child.interrupt()

    def all(self, tests: Sequence[SuiteTest], values: Mapping[str, str], trouble: Callable[[], str]) -> SuiteResult:
        results: list[TestResult] = []
        notes: list[str] = []
        for number, test in enumerate(tests, 1):
            if skipped(test, self._target):
                note = f"only on {', '.join(test.only_on)}"
                results.append(TestResult(name=test.name, verdict=SKIPPED, note=note))
            elif self.interrupted:
                results.append(TestResult(name=test.name, verdict=NOT_RUN, note="the suite was interrupted before"))
            else:
                results.append(self._one(test, values, f"{number} of {len(tests)}"))
            if not notes and not self.interrupted and (problem := trouble()):
                notes.append(problem)
                click.echo(f"warning: {problem}", err=True)
        return SuiteResult(
            name=self._suite.name or self._folder.name,
            target=self._target.name if self._target is not None else "",
            tests=tuple(results),
            interrupted=self.interrupted,
            strict=self._asked.strict,
            notes=tuple(notes),
        )

    def _one(self, test: SuiteTest, values: Mapping[str, str], place: str) -> TestResult:
        words = test_command(self._suite, test, self._target, self._asked, values)
        click.echo(f"\n=== {test.name} ({place}): {typed(redact_command(words))}\n", err=True)
        sys.stdout.flush()
        began = time.monotonic()
        environment = test_environment(test, self._target, values)
        with ChildRun(words, folder=self._folder, environment=environment) as child:
            self._child = child
            if self.interrupted:  # the signal came while it was being started
                child.interrupt()
            try:
                code, run = child.wait()
            finally:
                self._child = None
        return judge_test(test.name, code, run, time.monotonic() - began)
