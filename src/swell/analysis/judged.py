"""A run that is judged by its comparison with a baseline too, beside its thresholds.

Rules: the order of `model.verdict` holds: a measurement that cannot be believed stays INVALID, a failure stays a
failure. A regression fails the run, what could not be compared makes it INVALID, what is not certain makes it WARN, and
a run without thresholds that is not worse than its baseline passes. No comparison is never a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from swell.analysis.comparison import Change
from swell.model.verdict import Verdict, exit_code

if TYPE_CHECKING:
    from swell.runs.record import Run

__all__ = ["with_comparison"]

_WORD = {
    Change.REGRESSED: Verdict.FAIL,
    Change.INVALID: Verdict.INVALID,
    Change.INCONCLUSIVE: Verdict.WARN,
    Change.IMPROVED: Verdict.PASS,
    Change.EQUIVALENT: Verdict.PASS,
}
# The worst first, as `model.verdict.decide` has it where the measurement itself can be believed.
_RANK = (Verdict.FAIL, Verdict.INVALID, Verdict.WARN, Verdict.PASS, Verdict.NONE)


def with_comparison(run: Run, change: Change, line: str, *, strict: bool = False) -> Run:
    """The record with the verdict of both; `line` says in one sentence what the comparison found."""
    own = Verdict(run.verdict)
    word = _WORD[change]
    if own is Verdict.INVALID or _RANK.index(own) < _RANK.index(word):
        return msgspec.structs.replace(run, notes=[*run.notes, line])
    if word is Verdict.PASS:
        reasons, warnings, notes = run.reasons, run.warnings, [*run.notes, line]
    elif word is own:
        reasons, warnings, notes = [*run.reasons, line], run.warnings, run.notes
    else:
        # What made the verdict until now is still worth knowing.
        reasons, warnings, notes = [line], [*run.warnings, *run.reasons], run.notes
    code = run.exit_code
    if word is not own:
        code = exit_code(word, strict=strict, interrupted=run.interrupted)
    return msgspec.structs.replace(
        run, verdict=word.value, reasons=reasons, warnings=warnings, notes=notes, exit_code=code
    )
