"""A comparison with another run as rows of a table.

Rules: reads by name what it is given (a record with `verdict` and `rows`), so that the report needs nothing of
the analysis. What is missing or not a number shows as a dash. Nothing here is HTML.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from swell.metrics.builtin import BUILTIN
from swell.report.figures import amount, share, signed_share

__all__ = ["ComparisonRow", "ComparisonTable", "comparison_table"]

_ORDER = {"REGRESSED": 0, "INVALID": 1, "INCONCLUSIVE": 2, "IMPROVED": 3, "EQUIVALENT": 4}
_TIME = re.compile(r"\b(p\d|p\(|avg|med|mean|median|max|min|duration|latency|time)", re.IGNORECASE)
_SHARE = re.compile(r"fail|error|share", re.IGNORECASE)


class ComparisonRow(NamedTuple):
    """One metric of one endpoint in both runs."""

    endpoint: str
    metric: str
    base: str
    new: str
    effect: str
    interval: str
    verdict: str


class ComparisonTable(NamedTuple):
    """The whole comparison."""

    verdict: str
    base: str
    """What the run is compared with; empty if it has no name."""
    rows: list[ComparisonRow]
    notes: list[str]


def comparison_table(comparison: object | None) -> ComparisonTable | None:
    """The rows, those that matter first; None without a comparison."""
    if comparison is None:
        return None
    rows = [_row(row) for row in getattr(comparison, "rows", None) or ()]
    rows.sort(key=lambda row: _ORDER.get(row.verdict, 2))
    base = next((getattr(comparison, name) for name in ("base_id", "base") if hasattr(comparison, name)), "")
    notes = [str(note) for name in ("reasons", "notes") for note in getattr(comparison, name, None) or ()]
    return ComparisonTable(_word(comparison), base if isinstance(base, str) else "", rows, notes)


def _row(row: Any) -> ComparisonRow:
    metric = str(getattr(row, "metric", ""))
    low, high = (_number(row, name) for name in ("low", "high"))
    unit = " %" if getattr(row, "relative", True) else " pp"  # percentage points
    interval = f"{_effect(low, unit)} to {_effect(high, unit)}" if math.isfinite(low) and math.isfinite(high) else "-"
    return ComparisonRow(
        endpoint=str(getattr(row, "endpoint", "")),
        metric=metric,
        base=_value(metric, _number(row, "base")),
        new=_value(metric, _number(row, "new")),
        effect=_effect(_number(row, "effect"), unit),
        interval=interval,
        verdict=_word(row),
    )


def _word(of: object) -> str:
    verdict = getattr(of, "verdict", "")
    return str(getattr(verdict, "value", verdict)).upper()


def _number(row: object, name: str) -> float:
    value = getattr(row, name, None)
    return float(value) if isinstance(value, int | float) else math.nan


def _effect(value: float, unit: str) -> str:
    return signed_share(value).replace(" %", unit) if math.isfinite(value) else "-"


def _value(metric: str, value: float) -> str:
    if not math.isfinite(value):
        return "-"
    builtin = BUILTIN.get(re.split(r"[\s:{.]", metric, maxsplit=1)[0])
    if (builtin is not None and builtin.kind == "rate") or (builtin is None and _SHARE.search(metric)):
        return share(value)
    if builtin is not None:
        return amount(value, builtin.unit)
    return amount(value, "ms" if _TIME.search(metric) else "")
