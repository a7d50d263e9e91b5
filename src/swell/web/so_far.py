"""A run that goes on, as far as a report of it needs to know: taken where the run is conducted, used elsewhere.

Rules: pure copies, so that a report can be made in another thread while the run goes on. Criteria without data are
open: with one of them, what is met so far is no PASS.
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

import msgspec

from swell.coordinator.state import Outcome
from swell.model.plan import Plan
from swell.model.verdict import Verdict
from swell.runs.record import Run

if TYPE_CHECKING:
    from swell.coordinator.state import LiveRun

__all__ = ["RunId", "SoFar", "so_far"]

_GOES_ON = "the run goes on: this is what was measured so far"
_OPEN = frozenset({Verdict.PASS.value, Verdict.WARN.value, Verdict.NONE.value})


class RunId(msgspec.Struct, frozen=True):
    """Under which id a run is stored, and the command line that began it."""

    id: str
    command: tuple[str, ...] = ()


class SoFar(msgspec.Struct, frozen=True):
    """What is known of the run at this moment. `outcome` has the criteria that have data; `open` counts the others."""

    run_id: str
    plan: Plan
    workers: int
    command: tuple[str, ...]
    outcome: Outcome
    open: int

    def judged(self, run: Run) -> Run:
        """The record, with a verdict only as far as there can be one."""
        warnings = [each for each in run.warnings if not each.startswith("the run was interrupted")]
        changes = {"warnings": [_GOES_ON, *warnings], "interrupted": False, "exit_code": 0, "stop_reason": ""}
        run = msgspec.structs.replace(run, **changes)
        if self.open and run.verdict in _OPEN:
            waiting = f"{self.open} {'criterion has' if self.open == 1 else 'criteria have'} no data yet"
            return msgspec.structs.replace(run, verdict=Verdict.NONE.value, reasons=[waiting])
        return run


def so_far(live: LiveRun, run: RunId) -> SoFar:
    """The run as it stands; to be called in the thread that conducts it."""
    ended = time.time()
    known = [result for result in live.results if result.grade != "no data"]
    waiting = len(live.results) - len(known) if live.results else len(live.plan.thresholds)
    outcome = Outcome(
        started=ended - max(live.elapsed, 0.0),
        ended=ended,
        duration=float(live.seconds),
        interrupted=True,
        stop_reason=_GOES_ON,
        lost=list(live.lost),
        results=known,
        health=copy.deepcopy(live.health),
    )
    return SoFar(run.id, live.plan, live.workers, run.command, outcome, waiting)
