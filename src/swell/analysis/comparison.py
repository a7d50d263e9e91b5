"""The comparison of two runs, as data: what reports show and what a pipeline acts on.

Rules: plain data that survives JSON; numbers that do not exist are None. Effects of shares are differences (0.01: one
percentage point), all others are relative (0.2: twenty per cent more). An effect is of the number, whichever direction
is the good one; the verdict knows.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from swell.analysis.measures import DEFAULT_MEASURES, Measure

__all__ = ["Change", "CompareOptions", "Comparison", "ComparisonRow"]


class Change(StrEnum):
    """The five words about a change."""

    REGRESSED = "REGRESSED"
    IMPROVED = "IMPROVED"
    EQUIVALENT = "EQUIVALENT"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"


class CompareOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as a change. `margin` is relative (0.05: five per cent), `share_margin` a difference of shares."""

    margin: float = 0.05
    share_margin: float = 0.001
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    level: float = 0.95
    endpoints: tuple[str, ...] = ()
    """Only these, by name (`/search`) or method and name (`GET /search`); none: all."""
    warm_up: float | None = None
    """Seconds left out at the beginning; None: a tenth of the run, a minute at most."""
    block: float | None = None
    """Seconds of a block; None: by the length of the runs."""
    force: bool = False
    """Compare also what should not be compared."""
    seed: int = 1
    resamples: int = 1000


class ComparisonRow(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of one endpoint in both runs. `low` and `high` are the interval of the effect."""

    endpoint: str
    metric: str
    """Metric and statistic: `http_req_duration p95`."""
    verdict: Change
    base: float | None = None
    """The median of the blocks; of shares that of all samples."""
    new: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """How probable so large a change beyond the margin is by chance, adjusted for the number of rows."""
    relative: bool = True
    more_is_better: bool = False
    margin: float = 0.0
    blocks: int = 0
    block_seconds: int = 0
    needed: float | None = None
    """Of an inconclusive row: seconds that each run should last (to be compared) to settle it; None: beyond reason."""
    note: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A run against the one it is measured against. `reasons` made the verdict, `notes` a reader should know."""

    schema: str = "swell.comparison/1"
    verdict: Change
    base_id: str
    new_id: str
    base_name: str = ""
    new_name: str = ""
    rows: list[ComparisonRow] = []
    reasons: list[str] = []
    notes: list[str] = []
    margin: float = 0.05
    share_margin: float = 0.001
    level: float = 0.95
    paired: bool = False
    """Whether blocks were compared at the same time of both runs, because the load changes over time."""
    start: int = 0
    """Seconds of warm-up left out."""
    seconds: int = 0
    """Seconds of each run that were compared."""
    needed: float | None = None
    """Seconds that each run should last to settle half of what is inconclusive; None: nothing is, or none would."""

    def of(self, verdict: Change) -> list[ComparisonRow]:
        """The rows with this verdict."""
        return [row for row in self.rows if row.verdict is verdict]
