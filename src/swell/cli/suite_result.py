"""What came of the tests of a suite: one word for each, one word and one exit code for all.

Rules: pure. A test is judged by its record and by its exit code together: a run that measured well but ended with an
error is no pass, and one whose own command calls it a success is only a warning. A process that left no record measured
nothing. The worst word wins, in the order of `WORDS`.
"""

from __future__ import annotations

import msgspec

from swell.model.criteria import CriterionResult
from swell.model.threshold import result_text
from swell.model.verdict import EXIT_FAIL, EXIT_INTERRUPTED, EXIT_INVALID, EXIT_OK, EXIT_USAGE
from swell.report.figures import plural
from swell.runs.record import Run

__all__ = ["ERROR", "INTERRUPTED", "NOT_RUN", "SKIPPED", "WORDS", "SuiteResult", "TestResult", "judge_test"]

ERROR = "ERROR"
"""The test broke, or could not be started: there is no record."""
INTERRUPTED = "INTERRUPTED"
"""Of a whole suite: nothing had failed until then, but it is no PASS."""
NOT_RUN = "NOT RUN"
"""The suite was interrupted before."""
SKIPPED = "SKIPPED"
"""The test is not for this target."""

WORDS = (SKIPPED, "NONE", "PASS", NOT_RUN, "WARN", "FAIL", "INVALID", ERROR)
"""The least bad first. NOT RUN decides nothing: the suite is interrupted then."""

_EXIT_CODES = {"FAIL": EXIT_FAIL, "INVALID": EXIT_INVALID, ERROR: EXIT_USAGE}
_BROKEN = "it ended without a result: its own output says why"


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """One test of a suite."""

    __test__ = False  # not a class of pytest's

    name: str
    verdict: str
    exit_code: int = 0
    run: Run | None = None
    seconds: float = 0.0
    """From the start of the process to its end."""
    note: str = ""

    @property
    def reasons(self) -> list[str]:
        """What made the verdict, for people."""
        found = [*(self.run.reasons if self.run is not None else ())]
        return [*found, self.note] if self.note else found

    @property
    def failed_criteria(self) -> list[str]:
        """The criteria that failed, with what was measured."""
        return [result_text(each) for each in self._criteria if each.grade == "failed"]

    @property
    def criteria(self) -> str:
        """How many criteria failed, for a table."""
        if self.run is None:
            return "-"
        if not self.run.thresholds:
            return "no criteria"
        silent = sum(each.grade == "no data" for each in self._criteria)
        return f"{len(self.failed_criteria)} of {len(self._criteria)}" + (f", {silent} no data" if silent else "")

    @property
    def _criteria(self) -> list[CriterionResult]:
        return [] if self.run is None else self.run.thresholds


class SuiteResult(msgspec.Struct, frozen=True, kw_only=True):
    """All tests of a suite, in order."""

    name: str
    target: str = ""
    tests: tuple[TestResult, ...] = ()
    interrupted: bool = False
    strict: bool = False
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst word among the tests that ran; INVALID if none did, INTERRUPTED where nothing worse came of it."""
        ran = [each.verdict for each in self.tests if each.verdict not in {SKIPPED, NOT_RUN}]
        worst = max(ran, key=WORDS.index, default="INVALID")
        return INTERRUPTED if self.interrupted and worst not in {"FAIL", ERROR} else worst

    @property
    def exit_code(self) -> int:
        """As of a run: 0, 1, 2, 3 or 130."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.verdict == "WARN" and self.strict:
            return EXIT_FAIL
        return _EXIT_CODES.get(self.verdict, EXIT_OK)

    @property
    def sentence(self) -> str:
        """What the verdict means, in one line."""
        counts = {word: sum(each.verdict == word for each in self.tests) for word in reversed(WORDS)}
        said = {"PASS": "passed", "WARN": "acceptable", "FAIL": "failed", "NONE": "without criteria"}
        parts = [f"{count} {said.get(word, word.lower())}" for word, count in counts.items() if count]
        return f"{plural(len(self.tests), 'test')}: {', '.join(parts)}"


def judge_test(name: str, exit_code: int, run: Run | None, seconds: float) -> TestResult:
    """The result of a test that ended with this exit code and left this record."""
    if run is None:
        return TestResult(name=name, verdict=ERROR, exit_code=exit_code, seconds=seconds, note=_no_record(exit_code))
    verdict, note = run.verdict, ""
    if exit_code and not run.exit_code and not run.interrupted and verdict in {"PASS", "WARN", "NONE"}:
        # Locust's own exit code, say, for a request that failed.
        verdict, note = "FAIL", f"it ended with exit code {exit_code}"
    elif run.exit_code and verdict in {"PASS", "NONE"} and not run.interrupted:
        verdict, note = "FAIL", run.stop_reason or f"it ended with exit code {run.exit_code}"
    elif verdict in {"FAIL", "INVALID"} and not exit_code:
        # k6 lets thresholds without samples pass, say.
        verdict, note = "WARN", f"{run.verdict} by Swell's own rules; its command calls it a success"
    elif run.interrupted:
        note = run.stop_reason or "it was interrupted"
    return TestResult(name=name, verdict=verdict, exit_code=exit_code, run=run, seconds=seconds, note=note)


def _no_record(exit_code: int) -> str:
    if exit_code > 128:
        return f"it was ended by signal {exit_code - 128}"
    return f"{_BROKEN} (exit code {exit_code})"
