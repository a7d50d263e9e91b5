"""The console of `swell artillery run`: phases as they begin and end, a report of each period, the summary.

Rules: an observer of the run: it reads, and what goes wrong in it touches nothing. A period is reported once all its
seconds are merged. Lines that scripts print go straight through. With `quiet` nothing but those is printed.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from swell.dialects.artillery.buckets import PERIOD, bucket_of, period_starts
from swell.dialects.artillery.console_text import classic_rows, clock, duration_words, heading, metric_rows
from swell.model.units import format_duration

if TYPE_CHECKING:
    from swell.coordinator.state import LiveRun
    from swell.dialects.artillery.buckets import Bucket
    from swell.dialects.artillery.ensure import Apdex, CheckResult
    from swell.dialects.artillery.phases import Phase

__all__ = ["Console", "Style"]

Style: TypeAlias = Literal["new", "classic"]

_GREY, _RED, _GREEN, _END = "\x1b[90m", "\x1b[31m", "\x1b[32m", "\x1b[39m"


class Console:
    """Writes to stdout. `hidden`: parts of names of metrics that are not printed. `write` takes one line."""

    def __init__(
        self,
        phases: Sequence[Phase],
        *,
        style: Style = "new",
        quiet: bool = False,
        hidden: Sequence[str] = (),
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._phases = list(phases)
        self._style: Style = style
        self._quiet = quiet
        self._hidden = tuple(hidden)
        self._write = write or _print
        self._colours = write is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.origin: float | None = None
        """When the load began, seconds since 1970; None before it did."""
        self._reported = 0
        self._started = 0
        self._completed = 0

    # What the coordinator calls.

    def refresh(self, live: LiveRun) -> None:
        """As `Observer.refresh`."""
        if live.elapsed <= 0 and not live.seconds:
            return
        if self.origin is None:
            self.origin = time.time() - live.elapsed
        if self._quiet:
            return
        self._tell_phases(live.elapsed)
        for start, begin, end in period_starts(self.origin, live.seconds):
            if begin >= self._reported and start + PERIOD - self.origin <= live.seconds:
                self._reported = end
                self.period(bucket_of(live.store, self.origin, start, begin, end))

    def notice(self, level: str, text: str) -> None:
        """As `Observer.notice`."""
        if level != "info":
            print(f"swell: {text}", file=sys.stderr)  # noqa: T201 - for people

    def output(self, worker: int, line: str) -> None:
        """As `Observer.output`: what scripts print."""
        del worker
        self._write(line)

    def close(self) -> None:
        """As `Observer.close`."""

    # What is printed.

    def line(self, text: str) -> None:
        """One line, unless quiet."""
        if not self._quiet:
            self._write(text)

    def period(self, bucket: Bucket, length: float = math.inf) -> None:
        """The report of one period; the run is not longer than `length` seconds."""
        end = clock(bucket.period / 1000 + PERIOD)
        if self._style == "classic":
            self._lines([f"Report @ {end}"])
            if self.origin is not None:
                passed = min(bucket.period / 1000 + PERIOD - self.origin, length)
                self._lines([f"Elapsed time: {duration_words(max(passed, 0.0))}"])
            self._lines([*(f"  {row}" for row in classic_rows(bucket, with_scenarios=False)), ""])
            return
        width = ((bucket.last_at or 0) - (bucket.first_at or 0)) / 1000
        self._lines(heading(f"Metrics for period to: {end}", self._painted(_GREY, f"(width: {width:g}s)")))
        self._lines([*metric_rows(bucket, self._hidden, self._dots), "", ""])

    def finish(self, report_periods: Sequence[Bucket], aggregate: Bucket, length: float, *, interrupted: bool) -> None:
        """What is left: the phases that ended, the last period, the summary. `length` in seconds."""
        if self._quiet:
            return
        if not interrupted:
            self._tell_phases(math.inf)
        origin = self.origin if self.origin is not None else time.time() - length
        for bucket in report_periods:
            if bucket.period / 1000 + PERIOD > origin + self._reported:
                self.period(bucket, length)
        said = "Test run ended early" if interrupted else "All VUs finished"
        if self._style == "classic":
            said = "Test run ended early" if interrupted else "All virtual users finished"
            text = f"Summary report @ {clock(time.time())}"
            self._lines([said, text, "-" * 66, *classic_rows(aggregate, with_scenarios=True), ""])
            return
        self._lines([f"{said}. Total time: {duration_words(length)}", ""])
        self._lines(heading(f"Summary report @ {clock(time.time())}"))
        self._lines(metric_rows(aggregate, self._hidden, self._dots))

    def apdex(self, apdex: Apdex) -> None:
        """The Apdex score."""
        self._lines(["", f"Apdex score: {apdex.score:g} ({apdex.ranking})"])

    def checks(self, results: Sequence[CheckResult]) -> None:
        """The results of `ensure`, those that hold first."""
        self._lines(["", "Checks:"])
        for result in sorted(results, key=lambda each: not each.ok):
            text = result.check.text
            if result.ok:
                self._lines([f"{self._painted(_GREEN, 'ok')}: {text}"])
            else:
                optional = "" if result.check.strict else " (optional)"
                trouble = f" - {result.trouble}" if result.trouble else ""
                self._lines([f"{self._painted(_RED, 'fail')}: {text}{optional}{trouble}"])

    # Small parts.

    def _tell_phases(self, elapsed: float) -> None:
        at = 0.0
        for place, phase in enumerate(self._phases):
            if self._started <= place and elapsed >= at:
                self._started = place + 1
                self._phase("started", phase, at)
            at += phase.duration
            if self._completed <= place and elapsed >= at:
                self._completed = place + 1
                self._phase("completed", phase, at)

    def _phase(self, what: str, phase: Phase, at: float) -> None:
        when = clock((self.origin or time.time()) + at)
        length = f"{phase.duration:g}s" if phase.duration == int(phase.duration) else format_duration(phase.duration)
        name = phase.name or "unnamed"
        if self._style == "classic":
            if what == "started":
                self._lines([f"Started phase {phase.index} ({name}), duration: {length} @ {when}"])
            return
        name = self._painted(_GREEN, name)
        self._lines([f"Phase {what}: {name} (index: {phase.index}, duration: {length}) {when}", ""])

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.line(line)

    def _dots(self, dots: str) -> str:
        return self._painted(_GREY, dots)

    def _painted(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_END}" if self._colours else text


def _print(line: Any) -> None:
    """A line on stdout; once its reader is gone, nowhere, so that report and exit code are not lost with it."""
    try:
        print(line, flush=True)  # noqa: T201 - what the command is for
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
