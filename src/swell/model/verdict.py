"""The verdict: one function that decides the word, its reasons and the exit code together.

Rules: what is printed and what a CI job sees come from the same `Judgement`, always. The order of precedence, in
which the first match decides:

1. no criteria: NONE; everything else is a warning.
2. the measurement cannot be believed: INVALID. Nothing was measured, the test itself broke, the generator was
   saturated while it measured, or a worker was lost (its load was not delivered). This wins over FAIL, because the
   failure may be the generator's: a wrong number is worse than none.
3. a criterion failed, or ended the run by failing: FAIL. This wins over 4: a failure that was measured stands,
   whatever else was not.
4. a criterion has no data, or the run was aborted before its end: INVALID.
5. a criterion is acceptable but not on target, or planned arrivals were dropped: WARN. Dropped arrivals do not fail
   by themselves (a criterion on dropped_iterations does, and then it alone speaks for them).
6. PASS.

An interrupted run gets the verdict of what was measured until then.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from swell.model.criteria import CriterionResult
from swell.model.threshold_text import result_text, too_few_text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EXIT_FAIL",
    "EXIT_INTERRUPTED",
    "EXIT_INVALID",
    "EXIT_OK",
    "EXIT_USAGE",
    "GeneratorState",
    "Judgement",
    "Verdict",
    "decide",
    "exit_code",
]

EXIT_OK = 0
EXIT_FAIL = 1
EXIT_USAGE = 2
EXIT_INVALID = 3
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells do


class Verdict(StrEnum):
    """The five words a run can end with."""

    PASS = "PASS"  # noqa: S105 (a verdict, not a password)
    WARN = "WARN"
    FAIL = "FAIL"
    INVALID = "INVALID"
    NONE = "NONE"


class GeneratorState(msgspec.Struct, frozen=True):
    """How the generator did while criteria were judged: seconds in which any worker was saturated, and why."""

    saturated_seconds: int = 0
    reasons: tuple[str, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """The end of a run. `reasons` made the verdict; `warnings` did not, but a reader should know them."""

    verdict: Verdict
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    exit_code: int


def decide(
    results: Sequence[CriterionResult],
    generator: GeneratorState | None = None,
    *,
    measured: bool = True,
    lost_workers: Sequence[str] = (),
    dropped_share: float = 0.0,
    aborted: str = "",
    aborted_by_criterion: bool = False,
    interrupted: bool = False,
    broken: str = "",
    strict: bool = False,
) -> Judgement:
    """Verdict, reasons and exit code of one run.

    `measured`: whether there was any sample at all. `lost_workers`: their names. `dropped_share`: dropped of all
    planned arrivals, 0..1. `aborted`: why the run ended early on its own, if it did; with `aborted_by_criterion` it
    was a criterion, which then counts as failed even if it has recovered since. `broken`: why the test itself could
    not run (its setup raised, say). `interrupted`: a person stopped it.
    """
    unbelievable = _unbelievable(generator or GeneratorState(), lost_workers, measured=measured, broken=broken)
    dropped = f"{_percent(dropped_share)} of the planned arrivals were dropped" if dropped_share > 0 else ""
    ended_early = f"the run was aborted: {aborted}" if aborted else ""
    failed = _texts(results, "failed")
    if aborted_by_criterion:
        failed.insert(0, ended_early or "the run was aborted by a criterion")
        ended_early = ""
    no_data = _texts(results, "no data")
    no_data += [f"{ended_early}; the plan did not run to its end"] if ended_early else []
    tolerated = _texts(results, "acceptable")
    if dropped and not any(result.criterion.metric == "dropped_iterations" for result in results):
        tolerated.append(f"{dropped}: the load asked for was not delivered")
        dropped = ""
    ranking = (
        (Verdict.INVALID, unbelievable),
        (Verdict.FAIL, failed),
        (Verdict.INVALID, no_data),
        (Verdict.WARN, tolerated),
    )
    verdict, reasons = Verdict.NONE if not results else Verdict.PASS, list[str]()
    if results:
        verdict, reasons = next(((word, texts) for word, texts in ranking if texts), (verdict, reasons))
    warnings = [text for _, texts in ranking if texts is not reasons for text in texts]
    warnings += [dropped] if dropped else []
    warnings += [
        f"{result.criterion.source}: {too_few_text(result)}"
        for result in results
        if result.unsupported and result.grade == "met"
    ]
    if interrupted:
        warnings.append("the run was interrupted: only what was measured until then is judged")
    code = exit_code(verdict, strict=strict, interrupted=interrupted, broken=bool(broken))
    return Judgement(verdict, tuple(reasons), tuple(warnings), code)


def exit_code(verdict: Verdict, *, strict: bool = False, interrupted: bool = False, broken: bool = False) -> int:
    """The process exit code that belongs to a verdict. `broken`: the test itself could not run."""
    if interrupted:
        return EXIT_INTERRUPTED
    if broken:
        return EXIT_USAGE
    match verdict:
        case Verdict.PASS | Verdict.NONE:
            return EXIT_OK
        case Verdict.WARN:
            return EXIT_FAIL if strict else EXIT_OK
        case Verdict.FAIL:
            return EXIT_FAIL
        case Verdict.INVALID:
            return EXIT_INVALID


def _unbelievable(generator: GeneratorState, lost_workers: Sequence[str], *, measured: bool, broken: str) -> list[str]:
    """Everything that puts all numbers of the run in doubt."""
    reasons: list[str] = []
    if broken:
        reasons.append(f"the test could not run: {broken}")
    if not measured:
        reasons.append("nothing was measured")
    if generator.saturated_seconds > 0:
        because = f" ({'; '.join(generator.reasons)})" if generator.reasons else ""
        reasons.append(f"the load generator was saturated for {generator.saturated_seconds} s{because}")
    reasons += [f"worker {name} was lost, and its load with it" for name in lost_workers]
    return reasons


def _texts(results: Sequence[CriterionResult], grade: str) -> list[str]:
    return [result_text(result) for result in results if result.grade == grade]


def _percent(share: float) -> str:
    """Never 0 % for something that happened."""
    percent = share * 100
    return "less than 0.01 %" if percent < 0.01 else f"{percent:.2f} %"
