"""A comparison as Markdown, for a comment on a pull request or a step summary of GitHub.

Rules: a pure function; the verdict first. Nothing that was measured can break out of its cell. Long lists are cut, and
say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from swell.analysis.comparison import Change
from swell.report.comparison_words import (
    effect_text,
    headline,
    interval_text,
    metric_word,
    needed_text,
    sorted_rows,
    summary_lines,
    value_text,
)

if TYPE_CHECKING:
    from swell.analysis.comparison import Comparison, ComparisonRow

__all__ = ["comparison_markdown"]

_MARKS = {
    Change.REGRESSED: "❌",
    Change.IMPROVED: "✅",
    Change.EQUIVALENT: "✅",
    Change.INCONCLUSIVE: "⚠️",
    Change.INVALID: "⛔",
}
_ROWS = 80
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def comparison_markdown(comparison: Comparison) -> str:
    """The whole text, ending with a line break."""
    mark = _MARKS[comparison.verdict]
    between = f"{_run(comparison.new_id, comparison.new_name)} compared with"
    parts = [
        f"## {mark} {comparison.verdict}: {headline(comparison)}",
        f"{between} {_run(comparison.base_id, comparison.base_name)}",
    ]
    rows = sorted_rows(comparison)
    if rows:
        heads = ("Endpoint", "Figure", "Before", "Now", "Change", "Interval", "Result", "")
        lines = [heads, ("---", "---", "---:", "---:", "---:", "---:", "---", "---"), *map(_cells, rows[:_ROWS])]
        parts.append("\n".join(f"| {' | '.join(cells)} |" for cells in lines))
    if len(rows) > _ROWS:
        parts.append(f"... and {len(rows) - _ROWS} more")
    parts += ["\n".join(f"- {_plain(line)}" for line in summary_lines(comparison))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(row: ComparisonRow) -> tuple[str, ...]:
    return (
        _plain(row.endpoint),
        _plain(metric_word(row)),
        value_text(row, row.base),
        value_text(row, row.new),
        effect_text(row, row.effect),
        interval_text(row),
        f"{_MARKS[row.verdict]} {row.verdict}",
        _plain(needed_text(row)),
    )


def _run(run_id: str, name: str) -> str:
    return f"`{run_id}` {_plain(name)}".strip()


def _plain(text: str) -> str:
    """Text as text, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())[:300])
