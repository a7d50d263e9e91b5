"""A comparison in words and figures, the same for terminals, Markdown and the lines of a verdict.

Rules: pure. Times in three digits, effects with their sign; a difference of shares is told in percentage points, so
that nobody takes it for a relative one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from swell.analysis.comparison import Change
from swell.metrics.builtin import BUILTIN
from swell.model.units import format_duration, format_rate
from swell.report.figures import amount, plural, share, signed_share

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison, ComparisonRow

__all__ = [
    "ORDER",
    "baseline_line",
    "difference_text",
    "effect_text",
    "figure_text",
    "headline",
    "interval_text",
    "metric_text",
    "metric_word",
    "needed_text",
    "sorted_rows",
    "summary_lines",
    "value_text",
]

ORDER = (Change.REGRESSED, Change.INCONCLUSIVE, Change.IMPROVED, Change.EQUIVALENT, Change.INVALID)
"""What matters first."""

_WORDS = {"http_reqs rate": "requests", "http_req_failed rate": "failed"}
_HEADLINES = {
    Change.REGRESSED: "worse than before",
    Change.IMPROVED: "better than before",
    Change.EQUIVALENT: "the same within the margin",
    Change.INCONCLUSIVE: "not certain yet",
    Change.INVALID: "this comparison proves nothing",
}


def sorted_rows(comparison: Comparison) -> list[ComparisonRow]:
    """The rows, what matters first, otherwise in their order."""
    return sorted(comparison.rows, key=lambda row: ORDER.index(row.verdict))


def headline(comparison: Comparison) -> str:
    """What the verdict means: `worse than before: 2 of 16 rows`."""
    count = len(comparison.of(comparison.verdict))
    words = _HEADLINES[comparison.verdict]
    if not comparison.rows or comparison.verdict is Change.INVALID:
        return words
    return f"{words}: {count} of {plural(len(comparison.rows), 'figure')}"


def metric_word(row: ComparisonRow) -> str:
    """`p95` for the duration of requests, `requests`, `failed`; other metrics by their names."""
    return metric_text(row.metric)


def metric_text(metric: str) -> str:
    """The same of a metric and statistic, such as `http_req_duration p95`."""
    return _WORDS.get(metric) or metric.removeprefix("http_req_duration ")


def value_text(row: ComparisonRow, value: float | None) -> str:
    """A value of the row's metric in its unit."""
    if not row.relative:
        return "-" if value is None else share(value)
    return figure_text(row.metric, value)


def figure_text(metric: str, value: float | None) -> str:
    """A value of a metric and statistic (`http_req_duration p95`) in its unit."""
    if value is None or not math.isfinite(value):
        return "-"
    name, _, statistic = metric.partition(" ")
    builtin = BUILTIN.get(name)
    if statistic == "rate":
        return share(value) if builtin is not None and builtin.kind == "rate" else format_rate(value)
    return amount(value, builtin.unit if builtin is not None else "")


def effect_text(row: ComparisonRow, value: float | None) -> str:
    """An effect or a bound of one: `+12.5 %`, `+0.4 pp` (percentage points)."""
    if value is None or not math.isfinite(value):
        return "-"
    return difference_text(value, relative=row.relative)


def difference_text(value: float, *, relative: bool) -> str:
    """A relative difference as `+12.5 %`, a difference of shares as `+0.4 pp`."""
    return signed_share(value) if relative else signed_share(value).replace(" %", " pp")


def interval_text(row: ComparisonRow) -> str:
    """`+8 % to +17 %`."""
    if row.low is None or row.high is None:
        return "-"
    return f"{effect_text(row, row.low)} to {effect_text(row, row.high)}"


def needed_text(row: ComparisonRow) -> str:
    """What a reader can do about the row; empty if nothing need be done."""
    if row.note:
        return row.note
    if row.verdict is not Change.INCONCLUSIVE:
        return ""
    return f"runs of {_long(row.needed)} would tell" if row.needed is not None else "too near the margin to tell"


def summary_lines(comparison: Comparison) -> list[str]:
    """What stands below the table: reasons, notes, what would settle it, how it was compared."""
    lines = [*comparison.reasons, *comparison.notes]
    if comparison.verdict is Change.INCONCLUSIVE and comparison.needed is not None:
        lines.append(f"runs of {_long(comparison.needed)} each would settle half of what is not certain")
    if comparison.rows:
        lines.append(
            f"margin {comparison.margin * 100:g} %, of shares {comparison.share_margin * 100:g} pp;"
            f" compared: {_long(comparison.seconds)} of each run, after {_long(comparison.start)} of warm-up"
        )
    return lines


def baseline_line(comparison: Comparison, baseline: str) -> str:
    """One sentence for the verdict of a run: what the comparison with its baseline found."""
    against = f"against baseline {baseline} ({comparison.base_id})"
    # The endpoint is the cause, what it does to all requests the consequence.
    rows = sorted(comparison.of(comparison.verdict), key=lambda row: row.endpoint == "all requests")
    if comparison.verdict is Change.INVALID:
        return f"INVALID {against}: {'; '.join(comparison.reasons) or 'nothing could be compared'}"
    if comparison.verdict is Change.EQUIVALENT:
        return f"EQUIVALENT {against}: {plural(len(rows), 'figure')} within the margin"
    told = [f"{row.endpoint} {metric_word(row)} {effect_text(row, row.effect)} ({interval_text(row)})" for row in rows]
    if comparison.verdict is Change.INCONCLUSIVE:
        more = f"; runs of {_long(comparison.needed)} would settle half" if comparison.needed is not None else ""
        return f"INCONCLUSIVE {against}: {len(rows)} of {plural(len(comparison.rows), 'figure')}{more}"
    cut = f" and {len(told) - 3} more" if len(told) > 3 else ""
    return f"{comparison.verdict} {against}: {', '.join(told[:3])}{cut}"


def _long(seconds: float) -> str:
    """A length of time, as coarse as advice is."""
    if seconds < 120:
        return format_duration(round(seconds))
    if seconds < 7200:
        return format_duration(60 * math.ceil(seconds / 60))
    return format_duration(3600 * math.ceil(seconds / 3600))
