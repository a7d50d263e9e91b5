"""`--baseline NAME` of a run: what it is compared with at its end, found before it begins.

Rules: a baseline that is not there, or had another load, is told now and not after an hour. A store that fails
afterwards makes the comparison INVALID, and costs nothing that was measured.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from swell.analysis.comparison import Change, CompareOptions
from swell.analysis.judged import with_comparison
from swell.analysis.likeness import different_loads, unbelievable
from swell.report.comparison_words import baseline_line
from swell.runs.keeping import NO_STORE
from swell.runs.redact import redact_plan
from swell.runs.store import StoreError, open_store

if TYPE_CHECKING:
    from collections.abc import Generator

    from swell.analysis.comparison import Comparison
    from swell.metrics.store import MetricStore
    from swell.model.plan import Plan
    from swell.runs.record import Run
    from swell.runs.store import RunStore

__all__ = ["DEFAULT_NAME", "Baseline", "BaselineError", "compare_with", "find_baseline", "margin_of"]

DEFAULT_NAME = "default"
"""The baseline that `--baseline` means without a name."""


class BaselineError(ValueError):
    """The message is for people, and so is `hint`: what to do."""

    for_people = True

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Baseline(msgspec.Struct, frozen=True):
    """The run to compare with: its name as a baseline, its id, its store, and the practical margin (0.05: 5 %)."""

    name: str
    run_id: str
    store: str | None
    margin: float


def margin_of(text: str) -> float:
    """The share that `--margin` says: "5%", "0.05", or 0.05 for nothing. Raises BaselineError."""
    number = text.strip().removesuffix("%").strip()
    try:
        share = float(number or "5") / (100.0 if text.strip().endswith("%") or not number else 1.0)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise BaselineError(f"--margin is a share such as 5%, not {text!r}.")
    return share


def find_baseline(name: str, store: str | None, margin: float, plan: Plan) -> Baseline:
    """The baseline of this name. Raises BaselineError if there is none, or if `plan` is another load."""
    if store == NO_STORE:
        raise BaselineError("--baseline needs the store, and --no-store is given.")
    with _opened(store) as runs:
        found = runs.find(f"baseline:{name}")
        record = runs.run(found)
    if reason := unbelievable(record):
        raise BaselineError(f"the baseline {name} ({found.id}) proves nothing: {reason}.", "Mark another run.")
    if different := different_loads(record.plan, redact_plan(plan)):
        raise BaselineError(
            f"the baseline {name} ({found.id}) had another load: {different[0]}.",
            "Run it as the baseline was run, or make a new baseline: swell runs baseline RUN.",
        )
    return Baseline(name, found.id, store, margin)


def compare_with(
    baseline: Baseline, run: Run, metrics: MetricStore, *, strict: bool = False
) -> tuple[Run, Comparison | None]:
    """The run, judged by the comparison too, and the comparison; None if it could not be made. Raises nothing."""
    from swell.analysis.compare import compare  # noqa: PLC0415 - after the load: nothing of it is needed before

    try:
        with _opened(baseline.store) as runs:
            found = runs.find(baseline.run_id)
            record = runs.run(found)
            with runs.metrics(found) as base_metrics:
                base_metrics.finish(record.duration)
                comparison = compare(record, base_metrics, run, metrics, CompareOptions(margin=baseline.margin))
    except (BaselineError, OSError) as error:
        line = f"INVALID against baseline {baseline.name}: {error}"
        return with_comparison(run, Change.INVALID, line, strict=strict), None
    line = baseline_line(comparison, baseline.name)
    return with_comparison(run, comparison.verdict, line, strict=strict), comparison


@contextlib.contextmanager
def _opened(url: str | None) -> Generator[RunStore]:
    """An open store; what is wrong with it is a BaselineError."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - heavy

    try:
        with contextlib.closing(open_store(url)) as store:
            yield store
    except StoreError as error:
        raise BaselineError(f"{error}.") from None
    except SQLAlchemyError as error:
        raise BaselineError(f"the store failed: {str(getattr(error, 'orig', None) or error).strip()}.") from None
