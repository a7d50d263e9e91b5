"""`--baseline` of `swell artillery run`: found before the run, compared with at its end.

Rules: a baseline that is not there, or was another load, is told before anything is sent. The plan that counts is the
public one, as it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from swell.dialects.artillery.mistakes import ScriptError
from swell.runs.keeping import NO_STORE

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison
    from swell.dialects.artillery.flags import Parsed
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan
    from swell.report.comparison_baseline import Baseline
    from swell.runs.record import Run

__all__ = ["baseline_of", "compared"]


def baseline_of(parsed: Parsed, plan: Plan) -> Baseline | None:
    """The baseline that a command line asks for. Raises ScriptError if it cannot be compared with."""
    if not parsed.has("baseline"):
        if parsed.has("margin"):
            raise ScriptError("--margin is for --baseline")
        return None
    from swell.report.comparison_baseline import (  # noqa: PLC0415 - only where it is wanted
        DEFAULT_NAME,
        BaselineError,
        find_baseline,
        margin_of,
    )

    store = NO_STORE if parsed.has("no-store") else parsed.one("store") or None
    try:
        return find_baseline(parsed.one("baseline") or DEFAULT_NAME, store, margin_of(parsed.one("margin")), plan)
    except BaselineError as error:
        raise ScriptError(f"{error} {error.hint}".rstrip()) from None


def compared(
    baseline: Baseline | None, run: Run, store: MetricStore, *, strict: bool
) -> tuple[Run, Comparison | None, str]:
    """The run, judged by the comparison too; the comparison; and what it found, in one line."""
    if baseline is None:
        return run, None, ""
    from swell.report.comparison_baseline import compare_with  # noqa: PLC0415 - only where it is wanted

    before = {*run.reasons, *run.warnings, *run.notes}
    run, comparison = compare_with(baseline, run, store, strict=strict)
    line = next((text for text in (*run.reasons, *run.notes) if text not in before), "")
    return run, comparison, line
