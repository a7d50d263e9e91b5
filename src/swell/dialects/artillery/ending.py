"""What is to be thought of a finished test: checks, Apdex, the exit code; and the same in the record of the run.

Rules: Artillery's exit codes. Checks and expectations count also where their plugin is not switched on (Artillery would
ignore them in silence), unless `strict_compat`. In the record the sums over all names of one kind, which mean nothing,
give way to the metrics that the test made itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from swell.dialects.artillery.ensure import Apdex, CheckResult, apdex_of, checks_of, judge, variables_of
from swell.dialects.artillery.metrics import COUNTER, HISTOGRAM, RATE
from swell.runs.record import CheckSummary
from swell.runs.summarize import metric_summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from swell.dialects.artillery.buckets import Bucket
    from swell.metrics.store import MetricStore
    from swell.runs.record import Run

__all__ = ["Verdict", "add_to_record", "verdict_of"]

_FAILED_CHECK, _FAILED_EXPECTATION = 1, 21
# What every test has; the rest is the test's own.
_COMMON = ("http.", "vusers.", "errors.", "plugins.", "apdex.", "websocket.", "socketio.", "browser.")
_MOST_OWN = 200


class Verdict(NamedTuple):
    """The results of checks, and the exit code that they lead to (0: all is well)."""

    exit_code: int
    checks: list[CheckResult]
    apdex: Apdex | None


def verdict_of(config: Mapping[str, Any], aggregate: Bucket, *, strict_compat: bool = False) -> Verdict:
    """What the aggregate of a run means."""
    declared: Any = config.get("plugins")
    plugins: Mapping[str, Any] = cast("dict[str, Any]", declared) if isinstance(declared, dict) else {}
    wanted = "apdex" in plugins or (config.get("apdex") is not None and not strict_compat)
    apdex = apdex_of(aggregate) if wanted else None
    results: list[CheckResult] = []
    if "ARTILLERY_DISABLE_ENSURE" not in os.environ and ("ensure" in plugins or not strict_compat):
        results = judge(checks_of(config), variables_of(aggregate, apdex))
    code = 0
    if aggregate.counters.get("plugins.expect.failed") and ("expect" in plugins or not strict_compat):
        code = _FAILED_EXPECTATION
    if any(not each.ok and each.check.strict for each in results):
        code = _FAILED_CHECK
    return Verdict(code, results, apdex)


def add_to_record(run: Run, store: MetricStore, checks: Sequence[CheckResult]) -> None:
    """Put the checks and the test's own metrics into the record of the run."""
    run.checks += [
        CheckSummary(name=each.check.text, group="ensure", passes=int(each.ok), fails=int(not each.ok))
        for each in checks
    ]
    failed = [each.check.text for each in checks if not each.ok and each.check.strict]
    if failed and run.exit_code in {0, 1}:
        run.verdict = "FAIL"
        run.exit_code = 1
        run.reasons += [f"ensure: {text} does not hold" for text in failed]
    run.metrics = [each for each in run.metrics if each.name not in {COUNTER, RATE, HISTOGRAM}]
    for metric, tag in ((COUNTER, "counter"), (RATE, "rate"), (HISTOGRAM, "histogram")):
        own = [(name, found) for (name,), found in store.group_by(metric, [tag]) if not name.startswith(_COMMON)]
        run.metrics += [metric_summary(name, found, unit="", builtin=False) for name, found in own[:_MOST_OWN]]
