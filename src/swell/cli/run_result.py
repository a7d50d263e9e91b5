"""What a load test measured, as a test asserts on it: the results of the pytest fixture `swell`.

Rules: reads a record, never a target. What was not measured is an error in words when it is asked for, never a zero:
a comparison with it would pass. Times are milliseconds, as in all metrics.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from swell.cli.mistakes import nearest
from swell.model.threshold import result_text
from swell.report.figures import milliseconds, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from swell.runs.record import EndpointSummary, MetricSummary, Run

__all__ = ["Endpoint", "LoadResult", "Metric", "RunVerdict"]


class RunVerdict:
    """The word a run ended with. `name` is PASS, WARN, FAIL, INVALID or NONE; `reasons` made it."""

    def __init__(self, run: Run, exit_code: int) -> None:
        self.name = run.verdict
        self.reasons = list(run.reasons)
        self.failed = [result_text(each) for each in run.thresholds if not each.passed]
        self._exit_code = exit_code or run.exit_code

    @property
    def passed(self) -> bool:
        """Whether all criteria are met or acceptable. A run without any (NONE) has not passed: nothing was judged."""
        return self.name in {"PASS", "WARN"} and not self._exit_code

    def __repr__(self) -> str:
        """The word and what made it, which is what pytest shows of a failed assertion."""
        said = "; ".join(self.failed or self.reasons)
        if self.name == "NONE":
            said = "there are no criteria: give some in the test file, or thresholds=[...]"
        elif self.name in {"PASS", "WARN"} and self._exit_code:
            said = f"but it ended with exit code {self._exit_code}"
        return f"<{self.name}: {said}>" if said else f"<{self.name}>"

    def __str__(self) -> str:
        return self.name


class Metric:
    """The values of one metric over the whole run: `p95`, `avg`, `count`, ... as attributes.

    Trends have count, rate, avg, min, med, max, p90, p95, p99 and p99_9; counters count and rate; rates rate (0..1),
    passes, fails and count; gauges value, min and max.
    """

    def __init__(self, summary: MetricSummary) -> None:
        self.name = summary.name
        self.unit = summary.unit
        self.values: Mapping[str, float] = dict(summary.values)
        self.weak = list(summary.weak)
        """Percentiles that too few samples support."""

    def __getattr__(self, name: str) -> float:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.values[name]
        except KeyError:
            known = f"it has {', '.join(self.values)}" if self.values else "nothing was measured"
            raise AttributeError(f"{self.name} has no {name}: {known}") from None

    def __repr__(self) -> str:
        values = (
            f"{key}={milliseconds(v) if self.unit == 'ms' and key not in {'count', 'rate'} else f'{v:g}'}"
            for key, v in self.values.items()
        )
        return f"<{self.name}: {', '.join(values) or 'nothing measured'}>"


class Endpoint:
    """All requests with one name and method. `duration` is their response time."""

    def __init__(self, summary: EndpointSummary) -> None:
        self.name = summary.name
        self.method = summary.method
        self.requests = summary.requests
        self.failures = summary.failed
        self.rate = summary.rate
        self.statuses: Mapping[str, int] = dict(summary.statuses)
        self.duration = Metric(summary.duration)

    def __repr__(self) -> str:
        return f"<{self.method} {self.name}: {plural(self.requests, 'request')}, {self.failures} failed>"


class LoadResult:
    """One finished run. `record` is everything that is known of it (`swell.runs.record.Run`)."""

    def __init__(self, run: Run, exit_code: int, *, store: str | None, output: str = "") -> None:
        self.record = run
        self.exit_code = exit_code
        self.run_id = run.id
        self.verdict = RunVerdict(run, exit_code)
        self.output = output
        """What the run printed; empty if that was not captured."""
        self._store = store

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return self.record.totals.requests if self.record.totals is not None else 0

    @property
    def failures(self) -> int:
        """How many of them failed."""
        return self.record.totals.failed if self.record.totals is not None else 0

    @property
    def failure_rate(self) -> float:
        """The share of failed requests, 0..1. Raises LookupError if there was no request."""
        if not self.requests:
            raise LookupError("no request was made, so there is no failure rate")
        return self.failures / self.requests

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.record.totals.rate if self.record.totals is not None else 0.0

    @property
    def duration(self) -> float:
        """Seconds of load."""
        return self.record.duration

    @property
    def endpoints(self) -> list[Endpoint]:
        """Requests by name and method."""
        return [Endpoint(each) for each in self.record.endpoints]

    @property
    def checks(self) -> dict[str, tuple[int, int]]:
        """How often each check held and how often it failed, by its name."""
        return {each.name: (each.passes, each.fails) for each in self.record.checks}

    def endpoint(self, name: str, method: str = "") -> Endpoint:
        """The one endpoint with this name (and method). Raises LookupError if there is none, or are several."""
        found = [one for one in self.endpoints if one.name == name and method.upper() in {"", one.method}]
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"{name} was called with {', '.join(each.method for each in found)}: name one of them")
        raise LookupError(f"there is no endpoint {name!r}. {_known(name, (one.name for one in self.endpoints))}")

    def metric(self, name: str, tags: Mapping[str, str] | None = None) -> Metric:
        """A metric by its name, built in or of the test. Raises LookupError for one that was not recorded."""
        for one in self.record.metrics:
            if one.name == name and one.tags == dict(tags or {}):
                return Metric(one)
        raise LookupError(f"there is no metric {name!r}. {_known(name, (one.name for one in self.record.metrics))}")

    def report(self, path: str | Path) -> Path:
        """Write the HTML report; returns where it is. Raises RuntimeError if it cannot be written."""
        if self._store is None:
            raise RuntimeError("there is no report of this run: it was not kept (swell_store = none)")
        target = Path(path).resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        words = ["report", self.run_id, "--output", str(target), "--store", self._store]
        # A process of its own: the libraries of the report stay out of this one.
        done = subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-P", "-m", "swell", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or f"swell report ended with exit code {done.returncode}")
        return target

    def __repr__(self) -> str:
        return f"<run {self.run_id}: {self.verdict.name}, {plural(self.requests, 'request')}, {self.failures} failed>"


def _known(word: str, choices: Iterable[str]) -> str:
    known = list(dict.fromkeys(choices))
    near = nearest(word, known)
    if near:
        return f"Did you mean {near!r}?"
    return f"There are: {', '.join(known)}" if known else "Nothing was measured."
