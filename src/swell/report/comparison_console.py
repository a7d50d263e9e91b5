"""A comparison on a terminal or in a plain log.

Rules: reads a `Comparison` only. What matters comes first, the verdict last; what is equivalent is counted where the
list would be long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from swell.analysis.comparison import Change
from swell.model.units import plural
from swell.report import tables
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
    from rich.console import Console
    from rich.table import Table

    from swell.analysis.comparison import Comparison, ComparisonRow

__all__ = ["print_comparison"]

_STYLES = {
    Change.REGRESSED: ("red", "bold white on red"),
    Change.IMPROVED: ("green", "bold white on green"),
    Change.EQUIVALENT: ("dim", "bold white on green"),
    Change.INCONCLUSIVE: ("yellow", "bold black on yellow"),
    Change.INVALID: ("magenta", "bold white on magenta"),
}
_MANY = 60
_WIDE, _MIDDLE = 128, 100  # columns of a terminal


def print_comparison(comparison: Comparison, console: Console, *, every: bool = False, verdict: bool = True) -> None:
    """The table, what a reader should know, and the `verdict`.

    `every`: also rows of a long list that say nothing new.
    """
    rows = sorted_rows(comparison)
    shown = rows if every or len(rows) <= _MANY else _cut(comparison)
    console.print()
    title = Text(" ")
    title.append(comparison.new_name or comparison.new_id, style="bold")
    title.append(f"  {comparison.new_id} compared with {comparison.base_id}", style="dim")
    console.print(title, soft_wrap=True)
    if shown:
        console.print()
        table = _table(shown, console.width)
        tables.print_fitted(table, console)
    lines = summary_lines(comparison)
    if len(shown) < len(rows):
        lines.insert(0, f"{plural(len(rows) - len(shown), 'more figure')} left out; --all shows all")
    if lines:
        console.print()
        console.print(Text("\n".join(f" {line}" for line in lines), style="dim"), soft_wrap=True)
    if not verdict:
        return
    console.print()
    line = Text(" ")
    line.append(f" {comparison.verdict.value} ", style=_STYLES[comparison.verdict][1])
    line.append(f"  {headline(comparison)}", style="bold")
    console.print(line, soft_wrap=True)
    console.print()


def _table(rows: list[ComparisonRow], width: int) -> Table:
    """The rows; figures are never cut: a narrow terminal gets fewer columns."""
    heads = ["Endpoint", "", "before", "now", "change", "interval", "result", "advice"]
    if width < _WIDE:
        heads.remove("advice")
    if width < _MIDDLE:
        heads.remove("before")
    table = tables.new_table(*heads, left=1)
    for head, column in zip(heads, table.columns, strict=True):
        if head in {"", "result", "advice"}:
            column.justify = "left"
    for row in rows:
        cells: dict[str, str | Text] = {
            "Endpoint": Text(row.endpoint),
            "": metric_word(row),
            "before": value_text(row, row.base),
            "now": value_text(row, row.new),
            "change": effect_text(row, row.effect),
            "interval": interval_text(row),
            "result": Text(row.verdict.value, style=_STYLES[row.verdict][0]),
            "advice": Text(needed_text(row), style="dim"),
        }
        table.add_row(*(cells[head] for head in heads))
    return table


def _cut(comparison: Comparison) -> list[ComparisonRow]:
    loud = [row for row in sorted_rows(comparison) if row.verdict is not Change.EQUIVALENT]
    return loud[:_MANY]
